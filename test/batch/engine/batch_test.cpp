// Batches over a function that answers, on simulated time: what the sink gets, and what ends a job.
#include <doctest/doctest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

#include <algorithm>
#include <map>
#include <set>
#include <thread>

#include <weir/batch/batch.hpp>
#include <weir/client/client_group.hpp>
#include <weir/core/backoff.hpp>
#include <weir/core/scope.hpp>
#include <weir/core/within.hpp>
#include <weir/testing.hpp>

#include "batch/engine/job_support.hpp"

namespace asio = boost::asio;
using namespace std::chrono_literals;
using namespace weir;
using namespace batch_test;

TEST_CASE("each item's result comes once, and no more are in flight than may be") {
  answering by;
  batch job([&](const batch_item& i) { return by(i, 100ms, 0, errc::overloaded); }, batch_options().in_flight(7));
  collected to;
  const auto from = items_of(rows(50));
  run_of run;
  CHECK_FALSE(run(job, *from, to));
  REQUIRE(run.ended);
  CHECK(to.results.size() == 50);
  CHECK(to.order.size() == 50);
  CHECK(by.most == 7);
  CHECK(to.results.at("row-3").body == "{\"to\":\"row-3\"}");
  CHECK(to.results.at("row-3").index == 3);
  CHECK(run.report.complete());
  CHECK(run.report.succeeded() == 50);
  CHECK(run.report.total == 50);
  CHECK(job.progress().done == 50);
}

TEST_CASE("an ordered job gives results in the input's order, and others as they come") {
  answering by;
  const auto takes = [](const batch_item& i) { return i.id() == "row-0" ? duration(10s) : duration(1s); };
  for (const bool ordered : {true, false}) {
    batch job([&](const batch_item& i) { return by(i, takes(i), 0, errc::overloaded); },
              batch_options().in_flight(4).ordered(ordered));
    collected to;
    const auto from = items_of(rows(12));
    run_of run;
    CHECK_FALSE(run(job, *from, to));
    CHECK(to.results.size() == 12);
    CHECK((to.order.front() == "row-0") == ordered);
    if (ordered)
      for (int i = 0; i < 12; ++i)
        CHECK(to.order[static_cast<std::size_t>(i)] == "row-" + std::to_string(i));
  }
}

TEST_CASE("an item whose failure may pass is asked again after the others, and its calls are counted") {
  answering by;
  batch job(
      [&](const batch_item& i) { return by(i, 1s, i.id() == "row-0" || i.id() == "row-1" ? 1 : 0, errc::overloaded); },
      batch_options().in_flight(1));
  collected to;
  const auto from = items_of(rows(4));
  run_of run;
  CHECK_FALSE(run(job, *from, to));
  CHECK(to.results.at("row-0").succeeded());
  CHECK(to.results.at("row-0").calls == 2);
  CHECK(to.results.at("row-3").calls == 1);
  CHECK(to.order == std::vector<std::string>{"row-2", "row-3", "row-0", "row-1"});
}

TEST_CASE("an item that fails for good is a result like any other") {
  answering by;
  batch job([&](const batch_item& i) { return by(i, 1s, i.id() == "row-1" ? 9 : 0, errc::bad_request); });
  collected to;
  const auto from = items_of(rows(3));
  run_of run;
  CHECK_FALSE(run(job, *from, to));
  CHECK(run.report.complete());
  CHECK(run.report.failed() == 1);
  CHECK(to.results.at("row-1").failure.code() == errc::bad_request);
  REQUIRE(run.report.failures.size() == 1);
  CHECK(run.report.failures[0].example_id == "row-1");
}

TEST_CASE("what a function throws is the item's failure") {
  batch job([](const batch_item& i) -> asio::awaitable<batch_result> {
    if (i.id() == "row-1")
      throw std::runtime_error("no");
    co_return answer_to(i);
  });
  collected to;
  const auto from = items_of(rows(3));
  run_of run;
  CHECK_FALSE(run(job, *from, to));
  CHECK(to.results.at("row-1").failure.code() == errc::unexpected);
}

TEST_CASE("an item that cannot be asked has its failure as its result") {
  answering by;
  auto items = rows(2);
  items.push_back(batch_item::rejected("in.jsonl:3", failure(errc::invalid_argument, "no JSON")).origin("in.jsonl:3"));
  batch job([&](const batch_item& i) { return by(i, 1s, 0, errc::overloaded); });
  collected to;
  const auto from = items_of(std::move(items));
  run_of run;
  CHECK_FALSE(run(job, *from, to));
  CHECK(by.calls == 2);
  CHECK(to.results.at("in.jsonl:3").failure.message() == "no JSON");
  CHECK(to.results.at("in.jsonl:3").calls == 0);
}

TEST_CASE("an id that comes twice ends the job, and what was begun is kept") {
  answering by;
  auto items = rows(3);
  items.emplace_back("row-1", chat("m").user("Another"));
  items.emplace_back("row-9", chat("m").user("Another"));
  batch job([&](const batch_item& i) { return by(i, 1s, 0, errc::overloaded); });
  collected to;
  const auto from = items_of(std::move(items));
  run_of run;
  const auto why = run(job, *from, to);
  REQUIRE(why);
  CHECK(text_of(why).find("\"row-1\" comes twice") != std::string::npos);
  CHECK(to.results.size() == 3);
}

TEST_CASE("a sink that fails ends the job with its error") {
  answering by;
  batch job([&](const batch_item& i) { return by(i, 1s, 0, errc::overloaded); }, batch_options().in_flight(2));
  collected to;
  to.fails_after = 3;
  const auto from = items_of(rows(50));
  run_of run;
  CHECK(text_of(run(job, *from, to)) == "the sink is full");
  CHECK(by.calls < 10);
  CHECK(by.running == 0);
}

TEST_CASE("a slow sink holds the job back") {
  answering by;
  batch job([&](const batch_item& i) { return by(i, 1ms, 0, errc::overloaded); }, batch_options().in_flight(2));
  collected to;
  to.slow = 1s;
  const auto from = items_of(rows(50));
  run_of run;
  CHECK_FALSE(run(job, *from, to, 10s));
  CHECK_FALSE(run.ended);
  CHECK(by.calls <= 10 + 5);
}

TEST_CASE("a source that fails ends the job with its error, once what is in flight is answered") {
  class failing final : public batch_source {
  public:
    asio::awaitable<std::optional<batch_item>> next() override {
      if (++n == 4)
        throw error(errc::invalid_argument, "the file has vanished");
      co_return batch_item("row-" + std::to_string(n), chat("m").user("Hi"));
    }
    int n = 0;
  };
  answering by;
  batch job([&](const batch_item& i) { return by(i, 1s, 0, errc::overloaded); });
  collected to;
  failing from;
  run_of run;
  CHECK(text_of(run(job, from, to)) == "the file has vanished");
  CHECK(to.results.size() == 3);
}

TEST_CASE("a job that is told to drain finishes what is in flight and says so") {
  answering by;
  std::optional<batch> job;
  job.emplace(
      [&](const batch_item& i) {
        if (by.calls == 9)
          job->drain();
        return by(i, 1s, 0, errc::overloaded);
      },
      batch_options().in_flight(5));
  collected to;
  const auto from = items_of(rows(50));
  run_of run;
  CHECK_FALSE(run(*job, *from, to));
  CHECK(to.results.size() == by.calls);
  CHECK(by.calls <= 10);
  CHECK_FALSE(run.report.complete());
}

TEST_CASE("a job that is stopped gives up what is in flight, which has no result") {
  answering by;
  const auto scopes = scope::live();
  std::optional<batch> job;
  job.emplace([&](const batch_item& i) { return by(i, i.id() < "row-2" ? 1s : 1h, 0, errc::overloaded); },
              batch_options().in_flight(5));
  collected to;
  const auto from = items_of(rows(50));
  run_of run;
  asio::co_spawn(
      run.io,
      [&]() -> asio::awaitable<void> {
        co_await sleep_for(10s);
        job->stop();
      },
      asio::detached);
  CHECK_FALSE(run(*job, *from, to, 1min));
  CHECK(run.ended);
  CHECK(by.running == 0);
  CHECK(to.results.size() < by.calls);
  CHECK_FALSE(run.report.complete());
  job.reset();
  CHECK(scope::live() == scopes);
}

TEST_CASE("a job ends at the deadline around it, with the results that came before") {
  answering by;
  batch job([&](const batch_item& i) { return by(i, i.id() == "row-1" ? 1h : 1s, 0, errc::overloaded); },
            batch_options().in_flight(2));
  collected to;
  const auto from = items_of(rows(5));
  asio::io_context io;
  testing::manual_time::install(io);
  std::exception_ptr why;
  asio::co_spawn(io, within(10s, job.run(*from, to)), [&](std::exception_ptr e, batch_report) { why = e; });
  testing::run(io, 1min);
  REQUIRE(why);
  CHECK(failure_of(why).code() == errc::deadline_exceeded);
  CHECK(to.results.size() == 4);
  CHECK(by.running == 0);
}

TEST_CASE("a job that is destroyed while it runs stops, and its run ends") {
  answering by;
  auto job = std::make_unique<batch>([&](const batch_item& i) { return by(i, 1h, 0, errc::overloaded); });
  collected to;
  const auto from = items_of(rows(5));
  asio::io_context io;
  testing::manual_time::install(io);
  bool ended = false;
  asio::co_spawn(io, job->run(*from, to), [&](std::exception_ptr, batch_report) { ended = true; });
  testing::run(io, 1s);
  CHECK_FALSE(ended);
  job.reset();
  testing::run(io, 1s);
  CHECK(ended);
  CHECK(by.running == 0);
}

TEST_CASE("a job whose run is destroyed by a sink that cannot even begin to wait ends its reader") {
  // As where memory is short: Asio throws out of the context, and destroys the coroutines that were about to wait.
  class unable final : public batch_sink {
  public:
    asio::awaitable<void> write(batch_result) override {
      auto waiting = asio::async_initiate<const asio::use_awaitable_t<>&, void()>(
          [](auto&&) { throw std::bad_alloc(); }, asio::use_awaitable);
      co_await std::move(waiting);
    }
  };
  answering by;
  asio::io_context io;
  testing::manual_time::install(io);
  unable to;
  const auto from = items_of(rows(50));
  {
    batch job([&](const batch_item& i) { return by(i, 1s, 0, errc::overloaded); }, batch_options().in_flight(1));
    asio::co_spawn(io, job.run(*from, to), asio::detached);
    CHECK_THROWS_AS(testing::run(io, 5s), std::bad_alloc);
    testing::run(io, 5s);
    CHECK(job.progress().done == 1);
    CHECK(by.running == 0);
  }
  testing::run(io, 5s);
  CHECK(by.calls < 4);
}

TEST_CASE("a job outlives the context that it ran on") {
  answering by;
  batch job([&](const batch_item& i) { return by(i, i.id() == "row-0" ? 1s : 1h, 0, errc::overloaded); });
  collected to;
  const auto from = items_of(rows(5));
  {
    asio::io_context io;
    testing::manual_time::install(io);
    asio::co_spawn(io, job.run(*from, to), asio::detached);
    testing::run(io, 5s);
    CHECK(job.progress().done == 1);
  }
  CHECK(job.progress().done == 1);
  job.stop();
  job.drain();
}

TEST_CASE("a job runs once") {
  answering by;
  batch job([&](const batch_item& i) { return by(i, 1s, 0, errc::overloaded); });
  collected to;
  const auto first = items_of(rows(1));
  run_of run;
  CHECK_FALSE(run(job, *first, to));
  const auto second = items_of(rows(1));
  CHECK(text_of(run(job, *second, to)).find("runs once") != std::string::npos);
}

TEST_CASE("options that cannot work are refused") {
  const auto by = [](const batch_item& i) -> asio::awaitable<batch_result> { co_return answer_to(i); };
  CHECK_THROWS_WITH_AS(batch(by, batch_options().in_flight(0)), doctest::Contains("at least 1"), error);
  CHECK_THROWS_WITH_AS(batch(by, batch_options().dedupe(true)), doctest::Contains("journal"), error);
}

TEST_CASE("a batch asks through a client, and the answer is a body of OpenAI's shape") {
  testing::fake_provider fake;
  fake.otherwise(testing::answer("Hello"));
  client c(fake.options());
  batch job(c, batch_options().in_flight(3));
  collected to;
  const auto from = items_of(rows(10));
  run_of run;
  CHECK_FALSE(run(job, *from, to));
  REQUIRE(to.results.size() == 10);
  const auto& r = to.results.at("row-4");
  CHECK(r.succeeded());
  CHECK(r.body.find("\"content\":\"Hello\"") != std::string::npos);
  CHECK(std::any_cast<const completion&>(r.value).text() == "Hello");
  CHECK(r.usage.completion_tokens == 1);
  CHECK(r.calls == 1);
  CHECK(run.report.output_tokens == 10);
}

TEST_CASE("a batch asks through the threads of a group") {
  testing::fake_provider fake;
  fake.otherwise(testing::answer("Hello"));
  client_group group(fake.options(), 3);
  batch job(group, batch_options().in_flight(16));
  collected to;
  const auto from = items_of(rows(300));
  asio::io_context io;
  std::exception_ptr why;
  asio::co_spawn(io, job.run(*from, to), [&](std::exception_ptr e, batch_report) { why = e; });
  io.run();
  CHECK_FALSE(why);
  CHECK(to.results.size() == 300);
  for (const auto& [id, r] : to.results)
    CHECK(r.succeeded());
}

TEST_CASE("a batch on a group is stopped from another thread, and its calls end") {
  testing::fake_provider fake;
  fake.otherwise(testing::silence());
  client_group group(fake.options(), 2);
  batch job(group, batch_options().in_flight(16));
  collected to;
  const auto from = items_of(rows(300));
  asio::io_context io;
  bool ended = false;
  asio::co_spawn(io, job.run(*from, to), [&](std::exception_ptr, batch_report) { ended = true; });
  std::thread other([&] {
    while (job.progress().in_flight < 16)
      std::this_thread::sleep_for(1ms);
    job.stop();
  });
  io.run();
  other.join();
  CHECK(ended);
  CHECK(to.results.empty());
  group.join();
}
