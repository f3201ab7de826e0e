// What holds a job back, or up: budgets, rounds, sources and sinks that wait, rows that cannot be asked.
#include <doctest/doctest.h>

#include <boost/asio/detached.hpp>

#include <weir/client/client.hpp>
#include <weir/client/client_group.hpp>
#include <weir/codec/schema.hpp>
#include <weir/core/scope.hpp>
#include <weir/policy/handler.hpp>
#include <weir/task/text_generation.hpp>

#include "batch/engine/job_support.hpp"

using namespace std::chrono_literals;
using namespace weir;
using namespace batch_test;

namespace {

// Gives so many items, and then waits for ever.
class waits_after final : public batch_source {
public:
  explicit waits_after(std::vector<batch_item> items) : items_(std::move(items)) {}
  asio::awaitable<std::optional<batch_item>> next() override {
    if (at_ == items_.size())
      co_await sleep_for(24h);
    co_return std::move(items_[at_++]);
  }

private:
  std::vector<batch_item> items_;
  std::size_t at_ = 0;
};

class waits_for_ever final : public batch_sink {
public:
  asio::awaitable<void> write(batch_result) override {
    ++began;
    co_await sleep_for(24h);
  }
  int began = 0;
};

// A budget in which there is room for so many calls at a time.
class purse {
public:
  explicit purse(std::size_t room) : room_(room) {}
  asio::awaitable<batch_result> operator()(const batch_item& item) {
    if (running_ >= room_) {
      ++refused;
      auto f = failure(errc::over_budget, "no room");
      batch_result r;
      r.failure = window == duration() ? f : f.retry_after(window);
      co_return r;
    }
    ++running_;
    auto waiting = sleep_for(1s);
    co_await std::move(waiting);
    if (!spends)
      --running_;
    ++answered;
    co_return answer_to(item);
  }
  void refill() { running_ = 0; }

  std::size_t refused = 0, answered = 0;
  duration window{};
  bool spends = false;

private:
  std::size_t room_, running_ = 0;
};

std::vector<batch_item> broken(int n) {
  std::vector<batch_item> all;
  for (int i = 0; i < n; ++i)
    all.push_back(batch_item::rejected("line-" + std::to_string(i), failure(errc::invalid_argument, "no JSON")));
  return all;
}

} // namespace

TEST_CASE("any number of rows that cannot be asked are results, with nothing else in flight") {
  for (const bool ordered : {false, true}) {
    answering by;
    batch job([&](const batch_item& i) { return by(i, 1s, 0, errc::overloaded); },
              batch_options().in_flight(2).ordered(ordered));
    collected to;
    const auto from = items_of(broken(500));
    run_of run;
    CHECK_FALSE(run(job, *from, to));
    CHECK(run.ended);
    CHECK(to.results.size() == 500);
    CHECK(run.report.failed() == 500);
  }
}

TEST_CASE("a row that cannot be asked reaches the sink before the source gives the next one") {
  answering by;
  batch job([&](const batch_item& i) { return by(i, 1s, 0, errc::overloaded); });
  collected to;
  waits_after from(broken(1));
  run_of run;
  run(job, from, to, 1s);
  CHECK(to.results.size() == 1);
}

TEST_CASE("a source that waits for ever holds nothing back, and is left when the job is drained or stopped") {
  for (const bool stops : {false, true}) {
    answering by;
    const auto scopes = scope::live();
    {
      batch job([&](const batch_item& i) { return by(i, 1s, 0, errc::overloaded); });
      collected to;
      waits_after from(rows(3));
      run_of run;
      run(job, from, to, 10s);
      CHECK(to.results.size() == 3);
      CHECK_FALSE(run.ended);
      stops ? job.stop() : job.drain();
      testing::run(run.io, 1s);
      CHECK(run.ended);
      CHECK_FALSE(run.why);
      CHECK_FALSE(run.report.complete());
    }
    CHECK(scope::live() == scopes);
  }
}

TEST_CASE("an item that a source gives to a job that drains already is not asked") {
  class late final : public batch_source {
  public:
    asio::awaitable<std::optional<batch_item>> next() override {
      try {
        co_await sleep_for(2s);
      } catch (const boost::system::system_error&) {
        // A source that gives what it has all the same.
      }
      co_return row(n++, "Hi");
    }
    int n = 0;
  };
  answering by;
  batch job([&](const batch_item& i) { return by(i, 1s, 0, errc::overloaded); });
  collected to;
  late from;
  run_of run;
  run(job, from, to, 3s);
  CHECK(by.calls == 1);
  job.drain();
  testing::run(run.io, 1min);
  CHECK(run.ended);
  CHECK(by.calls == 1);
}

TEST_CASE("a sink that waits for ever holds the job back, and a cancellation of the run ends it") {
  answering by;
  const auto scopes = scope::live();
  {
    batch job([&](const batch_item& i) { return by(i, i.id() < "row-2" ? 1s : 1h, 0, errc::overloaded); },
              batch_options().in_flight(4));
    waits_for_ever to;
    const auto from = items_of(rows(50));
    asio::io_context io;
    testing::manual_time::install(io);
    std::exception_ptr why;
    asio::co_spawn(io, within(10s, job.run(*from, to)), [&](std::exception_ptr e, batch_report) { why = e; });
    testing::run(io, 5s);
    CHECK(to.began == 1);
    CHECK(by.calls < 15);
    testing::run(io, 1min);
    REQUIRE(why);
    CHECK(failure_of(why).code() == errc::deadline_exceeded);
    CHECK(by.running == 0);
  }
  CHECK(scope::live() == scopes);
}

TEST_CASE("a job that is stopped ends its calls at once, also while its sink waits") {
  answering by;
  batch job([&](const batch_item& i) { return by(i, i.id() == "row-0" ? 1s : 1h, 0, errc::overloaded); },
            batch_options().in_flight(4));
  waits_for_ever to;
  const auto from = items_of(rows(50));
  run_of run;
  run(job, *from, to, 5s);
  CHECK(by.running == 4); // in the place of the one that was answered, another one
  job.stop();
  testing::run(run.io, 1s);
  CHECK(by.running == 0);
}

TEST_CASE("items that a budget has no room for are asked before others are read, and all are in the end") {
  for (const bool ordered : {false, true}) {
    CAPTURE(ordered);
    purse by(3);
    batch job(std::ref(by), batch_options().in_flight(32).ordered(ordered));
    class watched final : public batch_source {
    public:
      asio::awaitable<std::optional<batch_item>> next() override {
        if (n == 1000)
          co_return std::nullopt;
        co_return rows(1, n++)[0];
      }
      int n = 0;
    };
    watched from;
    collected to;
    run_of run;
    run.begin(job, from, to);
    testing::run(run.io, 10500ms);
    CHECK(by.answered == 30);
    // In memory: what is in flight and what has been refused for now, not the whole input.
    CHECK(static_cast<std::size_t>(from.n) <= by.answered + 2 * 32);
    testing::run(run.io, 1h);
    CHECK(run.ended);
    CHECK_FALSE(run.why);
    CHECK(run.report.complete());
    CHECK(to.results.size() == 1000);
    // One that is refused again for each that has been answered, not all of them.
    CHECK(by.refused < 10 * 1000);
  }
}

TEST_CASE("a budget without room and nothing in flight ends the job, with everything that was answered") {
  purse by(10);
  by.spends = true;
  batch job(std::ref(by), batch_options().in_flight(4));
  collected to;
  const auto from = items_of(rows(50));
  run_of run;
  CHECK_FALSE(run(job, *from, to));
  CHECK(run.ended);
  CHECK(to.results.size() == 10);
  CHECK(run.report.stopped.find("no room") != std::string::npos);
  CHECK(run.report.in_flight == 0);
}

TEST_CASE("a budget's next window is waited for, again and again") {
  purse by(10);
  by.spends = true;
  by.window = duration(1min);
  batch job(std::ref(by), batch_options().in_flight(4));
  collected to;
  const auto from = items_of(rows(35));
  run_of run;
  run.begin(job, *from, to);
  for (int windows = 0; windows < 6; ++windows) {
    testing::run(run.io, 65s);
    by.refill();
  }
  testing::run(run.io, 5min);
  CHECK(run.ended);
  CHECK_FALSE(run.why);
  CHECK(to.results.size() == 35);
}

TEST_CASE("a window that opens after the job's deadline is not waited for") {
  purse by(2);
  by.spends = true;
  by.window = duration(9min);
  batch job(std::ref(by), batch_options().in_flight(4));
  collected to;
  const auto from = items_of(rows(35));
  asio::io_context io;
  testing::manual_time::install(io);
  std::exception_ptr why;
  asio::co_spawn(io, within(1min, job.run(*from, to)), [&](std::exception_ptr e, batch_report) { why = e; });
  testing::run(io, 2min);
  REQUIRE(why);
  CHECK(to.results.size() == 2);
}

TEST_CASE("a later round waits as long as the provider has asked for") {
  int calls = 0;
  batch job([&](const batch_item& i) -> asio::awaitable<batch_result> {
    if (++calls > 2)
      co_return answer_to(i);
    batch_result r;
    r.failure = failure(errc::rate_limited, "later").retry_after(duration(40s));
    co_return r;
  });
  collected to;
  const auto from = items_of(rows(2));
  run_of run;
  run.begin(job, *from, to);
  testing::run(run.io, 39s);
  CHECK(calls == 2);
  REQUIRE(job.progress().held);
  CHECK(*job.progress().held <= 1s);
  testing::run(run.io, 2s);
  CHECK(calls == 4);
  CHECK(run.ended);
  CHECK(run.report.succeeded() == 2);
}

TEST_CASE("what a provider puts off for longer than a call may wait is asked when it takes calls again") {
  // After ten answers it takes none for 20 minutes; what comes meanwhile is not sent, as by the gate of a client.
  int sent = 0;
  std::size_t unsent = 0;
  run_of run;
  const auto& time = time_of(run.io.get_executor());
  const auto opens = time.now() + 20min;
  batch job(
      [&](const batch_item& i) -> asio::awaitable<batch_result> {
        auto waiting = sleep_for(1s);
        co_await std::move(waiting);
        if (time.now() >= opens || ++sent <= 10)
          co_return answer_to(i);
        unsent += sent > 11 ? 1 : 0;
        auto r = failed_with(sent == 11 ? errc::rate_limited : errc::limit_reached);
        r.failure.retry_after(opens - time.now());
        co_return r;
      },
      batch_options().in_flight(8));
  collected to;
  const auto from = items_of(rows(200));
  run.begin(job, *from, to);
  testing::run(run.io, 10min);
  CHECK(to.results.size() == 10);
  REQUIRE(job.progress().held);
  CHECK(*job.progress().held <= 10min);
  CHECK(*job.progress().held > 9min);
  testing::run(run.io, 20min);
  CHECK(run.ended);
  CHECK(run.report.complete());
  CHECK(run.report.succeeded() == 200);
  CHECK(run.report.elapsed < 25min);
  CHECK(unsent < 20); // no more of them are tried in vain
}

TEST_CASE("an item that is ended by nobody of the job's leaves the job unfinished, which it says") {
  answering by;
  batch job([&](const batch_item& i) { return by(i, 1s, i.id() == "row-3" ? 9 : 0, errc::cancelled); },
            batch_options().in_flight(1));
  collected to;
  const auto from = items_of(rows(9));
  run_of run;
  CHECK_FALSE(run(job, *from, to));
  CHECK(run.ended);
  CHECK(to.results.size() == 3);
  CHECK_FALSE(run.report.complete());
}

TEST_CASE("any number may be in flight that a program can write") {
  for (const auto n : {std::size_t(-1), std::size_t(1) << 63, std::size_t(1) << 60}) {
    answering by;
    batch job([&](const batch_item& i) { return by(i, 1s, 0, errc::overloaded); }, batch_options().in_flight(n));
    collected to;
    const auto from = items_of(rows(9));
    run_of run;
    CHECK_FALSE(run(job, *from, to));
    CHECK(to.results.size() == 9);
  }
}

TEST_CASE("what a function throws that is no exception is the item's failure too") {
  batch job([](const batch_item& i) -> asio::awaitable<batch_result> {
    if (i.id() == "row-1")
      throw 42;
    co_return answer_to(i);
  });
  collected to;
  const auto from = items_of(rows(3));
  run_of run;
  CHECK_FALSE(run(job, *from, to));
  CHECK(to.results.size() == 3);
  CHECK_FALSE(to.results.at("row-1").succeeded());
}

TEST_CASE("a job may be ended and destroyed by its own source, function and sink") {
  for (const int who : {0, 1, 2})
    for (const int how : {0, 1, 2}) {
      CAPTURE(who);
      CAPTURE(how);
      std::unique_ptr<batch> job;
      const auto end = [&job, how] {
        if (job && how == 0)
          job->stop();
        else if (job && how == 1)
          job->drain();
        else
          job.reset();
      };
      class ending_source final : public batch_source {
      public:
        explicit ending_source(std::function<void()> f) : end(std::move(f)) {}
        asio::awaitable<std::optional<batch_item>> next() override {
          if (n == 5)
            end();
          co_return row(n++, "Hi");
        }
        std::function<void()> end;
        int n = 0;
      };
      class ending_sink final : public batch_sink {
      public:
        explicit ending_sink(std::function<void()> f) : end(std::move(f)) {}
        asio::awaitable<void> write(batch_result) override {
          if (++n == 3)
            end();
          co_return;
        }
        std::function<void()> end;
        int n = 0;
      };
      const auto nothing = [] {};
      answering by;
      job = std::make_unique<batch>(
          [&](const batch_item& i) {
            if (who == 1 && by.calls == 4)
              end();
            return by(i, 1s, 0, errc::overloaded);
          },
          batch_options().in_flight(3));
      ending_source from(who == 0 ? std::function<void()>(end) : nothing);
      ending_sink to(who == 2 ? std::function<void()>(end) : nothing);
      run_of run;
      run(*job, from, to, 1min);
      CHECK(run.ended);
      CHECK(by.running == 0);
      CHECK(by.calls < 10);
    }
}

TEST_CASE("a client that is closed while a job runs ends the job, which says why") {
  testing::fake_provider fake;
  fake.otherwise(testing::answer("Hello").after(duration(2s)));
  client c(fake.options());
  batch job(c, batch_options().in_flight(3));
  collected to;
  const auto from = items_of(rows(500));
  run_of run;
  run.begin(job, *from, to);
  testing::run(run.io, 1s);
  c.close();
  testing::run(run.io, 1min);
  CHECK(run.ended);
  CHECK_FALSE(run.report.complete());
  CHECK(to.results.size() == 3); // running replies continue
}

TEST_CASE("a group that is destroyed while a job runs ends the job, which says why") {
  testing::fake_provider fake;
  fake.otherwise(testing::silence());
  auto group = std::make_unique<client_group>(fake.options(), 2);
  batch job(*group, batch_options().in_flight(16));
  collected to;
  const auto from = items_of(rows(300));
  asio::io_context io;
  batch_report report;
  bool ended = false;
  asio::co_spawn(io, job.run(*from, to), [&](std::exception_ptr, batch_report r) {
    report = std::move(r);
    ended = true;
  });
  while (job.progress().in_flight < 16)
    io.run_one();
  group.reset();
  io.run_for(10s);
  CHECK(ended);
  CHECK_FALSE(report.complete());
  CHECK(to.results.empty());
}

TEST_CASE("an answer that does not fit the schema is asked for once more, and what the second call comes to counts") {
  const auto wanted = std::make_shared<const schema>(R"({"type":"object","required":["label"]})");
  const auto play = [&](std::vector<testing::response> answers, unsigned rounds, collected& to) {
    testing::fake_provider fake;
    for (auto& a : answers)
      fake.then(std::move(a));
    fake.otherwise(testing::answer(R"({"label":"late"})"));
    client c(fake.options().retry(retry().attempts(1)));
    batch job(c, batch_options().in_flight(1).rounds(rounds).schema(wanted));
    const auto from = items_of(rows(1));
    run_of run;
    CHECK_FALSE(run(job, *from, to));
    CHECK(run.ended);
  };
  SUBCASE("it fits then") {
    collected to;
    play({testing::answer("no JSON"), testing::answer(R"({"label":"x"})")}, 0, to);
    CHECK(to.results.at("row-0").succeeded());
    CHECK(to.results.at("row-0").calls == 2);
  }
  SUBCASE("the second call fails for a reason that may pass: both are made again") {
    collected to;
    play({testing::answer("no JSON"), testing::refusal(503)}, 1, to);
    CHECK(to.results.at("row-0").succeeded());
    CHECK(to.results.at("row-0").calls == 3);
  }
  SUBCASE("it does not: a failure, and the answer is kept") {
    collected to;
    play({testing::answer("no JSON"), testing::answer("[]")}, 3, to);
    const auto& r = to.results.at("row-0");
    CHECK(r.failure.code() == errc::unexpected_content);
    CHECK(r.calls == 2);
    CHECK(r.body.find("\"content\":\"[]\"") != std::string::npos);
  }
}

TEST_CASE("items are asked at the priority of batches, unless their requests say otherwise") {
  class watching final : public handler {
  public:
    watching(handler_ptr next, std::vector<priority>& seen) : next_(std::move(next)), seen_(seen) {}
    asio::awaitable<reply> operator()(call& c) override {
      seen_.push_back(c.priority);
      return (*next_)(c);
    }

  private:
    handler_ptr next_;
    std::vector<priority>& seen_;
  };
  std::vector<priority> seen;
  testing::fake_provider fake;
  fake.otherwise(testing::answer("Hello"));
  client c(fake.options().layer([&seen](handler_ptr next) { return std::make_shared<watching>(next, seen); }));
  batch job(c, batch_options().in_flight(1));
  collected to;
  std::vector<batch_item> items = rows(1);
  items.push_back(batch_item("text", text_generation("m").prompt("Hi")));
  items.push_back(
      batch_item("now", chat("m").user("Hi").options(call_options().tag("a", "b").priority(priority::interactive))));
  const auto from = items_of(std::move(items));
  run_of run;
  CHECK_FALSE(run(job, *from, to));
  CHECK(seen == std::vector<priority>{priority::batch, priority::batch, priority::interactive});
}
