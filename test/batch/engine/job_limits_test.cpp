// What holds a job back, or up: budgets, rounds, what a provider puts off, and how many may be in flight.
#include <doctest/doctest.h>

#include "batch/engine/job_support.hpp"

using namespace std::chrono_literals;
using namespace weir;
using namespace batch_test;

namespace {

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

} // namespace

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
