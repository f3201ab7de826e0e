// Sources and sinks that wait, and rows that cannot be asked.
#include <doctest/doctest.h>

#include <weir/core/scope.hpp>

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
