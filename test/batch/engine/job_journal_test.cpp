// Jobs with a journal: what is resumed, given again, refused and shared between items that ask the same.
#include <doctest/doctest.h>

#include <filesystem>

#include "batch/engine/job_support.hpp"
#include "batch/output/record.hpp"
#include "store/journal/support.hpp"

using namespace std::chrono_literals;
using namespace weir;
using namespace batch_test;

namespace {

batch::ask at_once(answering& by, unsigned failures = 0, errc code = errc::overloaded) {
  return [&by, failures, code](const batch_item& i) { return by(i, 100ms, failures, code); };
}

// A job over items that an earlier one has answered in part, on a real file.
class resumed {
public:
  std::shared_ptr<journal> open() { return open_journal(folder / "job.journal"); }

  void first(std::vector<batch_item> items) {
    answering before;
    batch job(at_once(before), batch_options().journal(open()));
    collected dropped;
    const auto from = items_of(std::move(items));
    run_of earlier;
    CHECK_FALSE(earlier.with_journal(job, *from, dropped));
    REQUIRE(earlier.ended);
  }
  std::exception_ptr again(std::vector<batch_item> items, batch_options o) {
    batch job(ask, o.journal(open()));
    const auto from = items_of(std::move(items));
    auto why = run.with_journal(job, *from, to);
    REQUIRE(run.ended);
    return why;
  }

  weir::test::journal_folder folder;
  answering by;
  batch::ask ask = at_once(by);
  collected to;
  run_of run;
};

// The same on a journal in memory, which a test can break.
class on_memory {
public:
  std::exception_ptr operator()(std::vector<batch_item> items, batch_options o, const batch::ask& ask) {
    auto from = items_of(std::move(items));
    run_of now;
    const auto kept = std::make_shared<paced_journal>(now.io, disk);
    if (prepare)
      prepare(*kept);
    batch job(ask, o.journal(kept));
    auto why = now(job, *from, to);
    ended = now.ended;
    report = now.report;
    return why;
  }

  std::shared_ptr<paced_journal::disk> disk = std::make_shared<paced_journal::disk>();
  std::function<void(paced_journal&)> prepare;
  collected to;
  batch_report report;
  bool ended = false;
};

} // namespace

TEST_CASE("a job that is run again asks only what has no answer, and gives the sink everything") {
  resumed r;
  r.first(rows(20));
  CHECK_FALSE(r.again(rows(50), batch_options()));
  CHECK(r.by.calls == 30);
  CHECK(r.to.results.size() == 50);
  CHECK(r.to.order.size() == 50);
  CHECK(r.run.report.restored == 20);
  CHECK(r.to.results.at("row-3").restored);
  CHECK(r.to.results.at("row-3").body == "{\"to\":\"row-3\"}");
  CHECK(r.to.results.at("row-3").index == 3);
  CHECK_FALSE(r.to.results.at("row-30").restored);
}

TEST_CASE("a job without replay gives the sink what is new, in the input's order too") {
  for (const bool ordered : {false, true}) {
    CAPTURE(ordered);
    resumed r;
    r.first(rows(20));
    CHECK_FALSE(r.again(rows(50), batch_options().replay(false).ordered(ordered).in_flight(4)));
    CHECK(r.by.calls == 30);
    CHECK(r.to.order.size() == 30);
    CHECK(r.run.report.done == 50);
    REQUIRE_FALSE(r.to.order.empty());
    if (ordered)
      CHECK(r.to.order.front() == "row-20");
  }
}

TEST_CASE("a job of which everything is done ends at once, asks nothing, and can be replayed in order") {
  for (const bool replay : {false, true})
    for (const bool ordered : {false, true}) {
      CAPTURE(replay);
      CAPTURE(ordered);
      resumed r;
      r.first(rows(300));
      CHECK_FALSE(r.again(rows(300), batch_options().replay(replay).ordered(ordered).in_flight(2)));
      CHECK(r.by.calls == 0);
      CHECK(r.to.order.size() == (replay ? 300 : 0));
      CHECK(r.run.report.complete());
    }
}

TEST_CASE("a sink that fails in mid-job loses nothing that was answered, and the next run gives it everything") {
  for (const bool ordered : {false, true}) {
    CAPTURE(ordered);
    resumed job;
    const auto options = batch_options().in_flight(4).ordered(ordered);
    job.to.fails_after = 7;
    // So long that some are in flight when the journal, in real time, has kept the first ones.
    job.ask = [&by = job.by](const batch_item& i) {
      return by(i, std::chrono::minutes(10 + 30 * (i.id().back() % 4)), 0, errc::overloaded);
    };
    const auto why = job.again(rows(50), options);
    CHECK(failure_of(why).code() == errc::not_saved);
    CHECK(text_of(why) == "the sink is full");
    CHECK(job.to.results.size() == 7);
    const auto answered = job.by.calls;
    CHECK(answered < 50);
    // Those too that were in flight when it failed.
    CHECK(job.open()->count(record_kind(outcome::complete)) == answered);
    job.to = collected();
    CHECK_FALSE(job.again(rows(50), options));
    CHECK(job.run.report.complete());
    CHECK(job.run.report.restored == answered);
    CHECK(job.to.results.size() == 50);
    CHECK(job.by.calls == 50);
    CHECK(std::ranges::all_of(job.by.asked, [](const auto& a) { return a.second == 1; }));
  }
}

TEST_CASE("an item that was answered and whose request has changed is refused, or asked again where that is forced") {
  resumed r;
  r.first(rows(5));
  auto items = rows(5);
  items[3] = row(3, "Something else");
  SUBCASE("refused") {
    const auto why = r.again(std::move(items), batch_options());
    CHECK(text_of(why).find("\"row-3\" was answered in an earlier run, and its request has changed") !=
          std::string::npos);
    CHECK(r.by.calls == 0);
    CHECK(r.to.results.size() == 3);
  }
  SUBCASE("forced") {
    CHECK_FALSE(r.again(std::move(items), batch_options().force(true)));
    CHECK(r.by.calls == 1);
    CHECK(r.to.results.size() == 5);
    CHECK_FALSE(r.to.results.at("row-3").restored);
  }
}

TEST_CASE("an item that has failed is asked again by the next run, changed or not") {
  on_memory run;
  answering bad;
  CHECK_FALSE(run(rows(3), batch_options(), at_once(bad, 9, errc::bad_request)));
  CHECK(run.report.failed() == 3);
  run.to = collected();
  answering good;
  auto items = rows(3);
  items[1] = row(1, "Something else");
  CHECK_FALSE(run(std::move(items), batch_options(), at_once(good)));
  CHECK(good.calls == 3);
  CHECK(run.report.succeeded() == 3);
}

TEST_CASE("an id that comes twice is refused in a resumed job too, whether the first one was answered or not") {
  for (const bool replay : {false, true}) {
    CAPTURE(replay);
    resumed r;
    r.first(rows(2));
    auto items = rows(2);
    items.push_back(rows(1)[0]);
    const auto why = r.again(std::move(items), batch_options().replay(replay));
    CHECK(text_of(why).find("\"row-0\" comes twice") != std::string::npos);
    CHECK(std::count(r.to.order.begin(), r.to.order.end(), "row-0") <= 1);
  }
}

TEST_CASE("a journal that stays open serves one job after the other") {
  resumed r;
  const auto kept = r.open();
  for (int n = 10; n <= 30; n += 10) {
    batch job(at_once(r.by), batch_options().journal(kept));
    collected all;
    const auto from = items_of(rows(n));
    run_of now;
    CHECK_FALSE(now.with_journal(job, *from, all));
    CHECK(all.results.size() == static_cast<std::size_t>(n));
  }
  CHECK(r.by.calls == 30);
}

TEST_CASE("an id that no journal can keep is refused before it is asked") {
  on_memory run;
  answering by;
  auto items = rows(1);
  items.emplace_back(std::string(70'000, 'x'), chat("m").user("Hi"));
  CHECK(text_of(run(std::move(items), batch_options(), at_once(by))).find("longer than 64 KiB") != std::string::npos);
  CHECK(run.ended);
  CHECK(by.calls == 1);
}

TEST_CASE("items that ask the same are asked once, while the first is in flight and afterwards") {
  on_memory run;
  answering by;
  std::vector<batch_item> items;
  for (int i = 0; i < 60; ++i)
    items.push_back(row(i, "Question " + std::to_string(i % 3)));
  SUBCASE("many at once") {
    CHECK_FALSE(run(std::move(items), batch_options().dedupe(true).in_flight(8), at_once(by)));
  }
  SUBCASE("one after the other") {
    CHECK_FALSE(run(std::move(items), batch_options().dedupe(true).in_flight(1).ordered(true), at_once(by)));
  }
  CHECK(run.ended);
  CHECK(by.calls == 3);
  CHECK(run.to.order.size() == 60);
  CHECK(run.report.repeated == 57);
  CHECK(run.to.results.at("row-59").same_as == "row-2");
  CHECK(run.to.results.at("row-59").body == "{\"to\":\"row-2\"}");
  CHECK(run.to.results.at("row-59").calls == 0);
  run.to = collected();
  // Each has a result of its own in the journal.
  std::vector<batch_item> last;
  last.push_back(row(59, "Question 2"));
  answering nobody;
  CHECK_FALSE(run(std::move(last), batch_options().dedupe(true), at_once(nobody)));
  CHECK(nobody.calls == 0);
  CHECK(run.to.results.at("row-59").same_as == "row-2");
}

TEST_CASE("an item that asks what one of an earlier run asked has its answer") {
  on_memory run;
  answering by;
  CHECK_FALSE(run(rows(3), batch_options().dedupe(true), at_once(by)));
  auto items = rows(3);
  items.push_back(row(7, "Question 1"));
  run.to = collected();
  CHECK_FALSE(run(std::move(items), batch_options().dedupe(true), at_once(by)));
  CHECK(by.calls == 3);
  CHECK(run.to.results.at("row-7").same_as == "row-1");
}

TEST_CASE("followers of an item that fails for good fail as it does, and follow none that comes later") {
  on_memory run;
  answering by;
  std::vector<batch_item> items;
  for (int i = 0; i < 5; ++i)
    items.push_back(row(i, "The same"));
  CHECK_FALSE(run(std::move(items), batch_options().dedupe(true), at_once(by, 9, errc::bad_request)));
  CHECK(by.calls == 1);
  CHECK(run.report.failed() == 5);
  CHECK(run.to.results.at("row-4").failure.code() == errc::bad_request);
  run.to = collected();
  std::vector<batch_item> more;
  for (int i = 0; i < 5; ++i)
    more.push_back(row(i, "The same"));
  answering good;
  CHECK_FALSE(run(std::move(more), batch_options().dedupe(true), at_once(good)));
  CHECK(good.calls == 1);
  CHECK(run.report.succeeded() == 5);
}

TEST_CASE("followers of an item that is asked again wait for its last answer") {
  on_memory run;
  answering by;
  std::vector<batch_item> items;
  for (int i = 0; i < 5; ++i)
    items.push_back(row(i, "The same"));
  CHECK_FALSE(run(std::move(items), batch_options().dedupe(true), at_once(by, 1, errc::overloaded)));
  CHECK(by.calls == 2);
  CHECK(run.report.succeeded() == 5);
}

TEST_CASE("an item is asked again as soon as no more can be read, also where followers were read last") {
  class late final : public batch_source {
  public:
    asio::awaitable<std::optional<batch_item>> next() override {
      if (n == 1)
        co_await sleep_for(10s);
      if (n == 40)
        co_return std::nullopt;
      co_return row(n++, "The same");
    }
    int n = 0;
  };
  for (const bool ordered : {false, true}) {
    CAPTURE(ordered);
    run_of now;
    const auto kept = std::make_shared<paced_journal>(now.io, std::make_shared<paced_journal::disk>());
    answering by;
    // Not all of them have a place: in order as many as may be in flight, otherwise sixteen times as many.
    batch job(at_once(by, 1), batch_options().in_flight(2).dedupe(true).ordered(ordered).journal(kept));
    late from;
    collected to;
    CHECK_FALSE(now(job, from, to));
    CHECK(now.ended);
    CHECK(now.report.succeeded() == 40);
    CHECK(by.calls == 2);
  }
}

TEST_CASE("followers of an item that is given up have no result, and are asked by the next run") {
  on_memory run;
  answering by;
  std::vector<batch_item> items;
  for (int i = 0; i < 5; ++i)
    items.push_back(row(i, "The same"));
  CHECK_FALSE(run(std::move(items), batch_options().dedupe(true), at_once(by, 9, errc::quota_exhausted)));
  CHECK(run.ended);
  CHECK(run.to.results.empty());
  CHECK_FALSE(run.report.complete());
}

// Or one question that half of a large input asks would bring all of it into memory.
TEST_CASE("no more followers are read than have a place, while their leader is in flight") {
  on_memory run;
  class endless final : public batch_source {
  public:
    asio::awaitable<std::optional<batch_item>> next() override {
      if (n == 10'000)
        co_return std::nullopt;
      co_return row(n++, "The same");
    }
    int n = 0;
  };
  answering by;
  endless from;
  run_of now;
  const auto kept = std::make_shared<paced_journal>(now.io, run.disk);
  batch job([&](const batch_item& i) { return by(i, 1min, 0, errc::overloaded); },
            batch_options().dedupe(true).in_flight(4).journal(kept));
  now.begin(job, from, run.to);
  testing::run(now.io, 30s);
  CHECK(from.n < 5000);
  testing::run(now.io, 1h);
  CHECK(now.ended);
  CHECK(by.calls == 1);
  CHECK(now.report.succeeded() == 10'000);
}

TEST_CASE("answers are kept while the sink waits, and while as many wait for the journal others are asked") {
  answering by;
  collected to;
  to.slow = 1h;
  run_of run;
  const auto disk = std::make_shared<paced_journal::disk>();
  const auto o = batch_options().in_flight(4);
  SUBCASE("to the end") {
    batch job(at_once(by), batch_options(o).journal(std::make_shared<paced_journal>(run.io, disk)));
    const auto from = items_of(rows(6));
    run.begin(job, *from, to);
    testing::run(run.io, 10s);
    CHECK(disk->records.size() == 6);
    CHECK(to.results.empty());
  }
  SUBCASE("and no more") {
    batch job(at_once(by), batch_options(o).journal(std::make_shared<paced_journal>(run.io, disk, 10s)));
    const auto from = items_of(rows(50));
    run.begin(job, *from, to);
    testing::run(run.io, 5s);
    CHECK(by.calls == 8);
    CHECK(by.running == 0);
    CHECK(job.progress().in_flight == 8);
  }
}

TEST_CASE(
    "a journal that fails ends the job with its error, gives the sink nothing that is not kept, and asks no more") {
  for (const std::size_t after : {0, 1, 7, 20}) {
    CAPTURE(after);
    on_memory run;
    run.prepare = [after](paced_journal& j) { j.fails_after = after; };
    answering by;
    const auto why = run(rows(50), batch_options().in_flight(4), at_once(by));
    CHECK(run.ended);
    CHECK(failure_of(why).code() == errc::not_saved);
    CHECK(run.to.results.size() == after);
    CHECK(run.disk->records.size() == after);
    CHECK(by.calls <= after + 8);
    CHECK(run.report.in_flight == 0);
  }
}

TEST_CASE("without room on the journal's disk nothing is sent, and the job says so") {
  on_memory m;
  answering by;
  m.prepare = [](paced_journal& j) { j.room = 1000; };
  const auto why = m(rows(5), batch_options(), at_once(by));
  REQUIRE(m.ended);
  CHECK(text_of(why).find("has no room for another result") != std::string::npos);
  CHECK(failure_of(why).code() == errc::not_saved);
  CHECK(by.calls == 0);
  m.prepare = {};
  CHECK_FALSE(m(rows(5), batch_options(), at_once(by)));
  CHECK(m.report.succeeded() == 5);
}

TEST_CASE("no more is sent than the journal's disk has room for, and what was sent is kept") {
  for (const bool ordered : {false, true})
    for (const std::uint64_t room : {20'000, 60'000, 100'000, 400'000}) {
      CAPTURE(ordered);
      CAPTURE(room);
      on_memory m;
      answering by;
      m.prepare = [room](paced_journal& j) { j.room = room; };
      const auto why = m(rows(500), batch_options().in_flight(8).ordered(ordered), at_once(by));
      REQUIRE(m.ended);
      const auto kept = m.disk->records.size();
      CHECK((why == nullptr) == (kept == 500));
      CHECK(by.calls == kept);
      CHECK(by.most <= std::max<std::size_t>(1, room / 16'384));
      CHECK(kept > 0);
    }
}

TEST_CASE("items that have an answer need no room") {
  on_memory m;
  answering by;
  CHECK_FALSE(m(rows(5), batch_options(), at_once(by)));
  m.prepare = [](paced_journal& j) { j.room = 0; };
  CHECK_FALSE(m(rows(5), batch_options(), at_once(by)));
  CHECK(m.report.restored == 5);
}

TEST_CASE("a journal that refuses a record ends the job, with what was kept") {
  for (const bool dedupe : {false, true}) {
    on_memory run;
    run.prepare = [](paced_journal& j) { j.throws_at = 5; };
    answering by;
    std::vector<batch_item> items;
    for (int i = 0; i < 50; ++i)
      items.push_back(row(i, "Question " + std::to_string(i / 2)));
    const auto why = run(std::move(items), batch_options().in_flight(4).dedupe(dedupe), at_once(by));
    CHECK(run.ended);
    CHECK(why);
    CHECK(run.to.results.size() == run.disk->records.size());
  }
}

TEST_CASE("a journal that cannot be read back ends the job") {
  on_memory run;
  answering by;
  CHECK_FALSE(run(rows(5), batch_options(), at_once(by)));
  run.to = collected();
  run.prepare = [](paced_journal& j) { j.unreadable = true; };
  SUBCASE("for what is replayed") { CHECK(text_of(run(rows(9), batch_options(), at_once(by))) != ""); }
  SUBCASE("for the answer of an equal item") {
    std::vector<batch_item> items = rows(5);
    items.push_back(row(6, "Question 1"));
    CHECK(text_of(run(std::move(items), batch_options().replay(false).dedupe(true), at_once(by))) != "");
  }
  CHECK(run.ended);
}

TEST_CASE("a journal that never calls back leaves nothing behind once its job is stopped and its context destroyed") {
  collected to;
  answering by;
  const auto from = items_of(rows(5));
  std::optional<batch> job;
  {
    run_of now;
    const auto kept = std::make_shared<paced_journal>(now.io, std::make_shared<paced_journal::disk>());
    kept->drops_callbacks = true;
    job.emplace(at_once(by), batch_options().journal(kept));
    now.begin(*job, *from, to);
    testing::run(now.io, 1min);
    CHECK_FALSE(now.ended);
    job->stop();
    testing::run(now.io, 1min);
  }
  CHECK(to.results.empty());
}

TEST_CASE("an ordered job with a journal gives results in the order of places, past those that are missing") {
  on_memory run;
  answering by;
  std::vector<batch_item> some;
  for (int i = 0; i < 30; i += 3)
    some.push_back(rows(1, i)[0]);
  CHECK_FALSE(run(std::move(some), batch_options(), at_once(by)));
  run.to = collected();
  const auto ask = [&by](const batch_item& i) {
    return by(i, i.id() == "row-1" ? 5s : 100ms, i.id() == "row-4" ? 1 : i.id() == "row-7" ? 9 : 0, errc::overloaded);
  };
  CHECK_FALSE(run(rows(30), batch_options().ordered(true).in_flight(3), ask));
  CHECK(run.ended);
  REQUIRE(run.to.order.size() == 30);
  for (int i = 0; i < 30; ++i)
    CHECK(run.to.order[static_cast<std::size_t>(i)] == "row-" + std::to_string(i));
}
