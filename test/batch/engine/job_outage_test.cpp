// Jobs whose target is down, and comes back or does not.
#include <doctest/doctest.h>

#include "batch/engine/job_support.hpp"

using namespace std::chrono_literals;
using namespace batch_test;
using namespace weir;

namespace {

/// A target that is down from one time to another, behind a circuit that opens after five failures for 30 seconds, and
/// then lets one call try.
class target_with_circuit {
public:
  target_with_circuit(asio::io_context& io, duration from, duration to)
      : time_(time_of(io.get_executor())), begin_(time_.now()), from_(from), to_(to) {}

  asio::awaitable<batch_result> operator()(const batch_item& item) {
    const auto now = time_.now();
    if (now < open_until_ || (open_until_ != time_point() && trying_)) {
      ++refused;
      auto r = failed_with(errc::circuit_open);
      r.failure.retry_after(std::max<duration>(open_until_ - now, 1s));
      co_return r;
    }
    trying_ = open_until_ != time_point();
    ++sent;
    auto waiting = sleep_for(1s);
    co_await std::move(waiting);
    trying_ = false;
    const auto since = time_.now() - begin_;
    if (since < from_ || since >= to_) {
      failures_ = 0;
      open_until_ = {};
      co_return answer_to(item);
    }
    if (++failures_ >= 5)
      open_until_ = time_.now() + 30s;
    co_return failed_with(errc::overloaded);
  }

  std::size_t refused = 0, sent = 0;

private:
  time_source& time_;
  time_point begin_, open_until_{};
  duration from_, to_;
  int failures_ = 0;
  bool trying_ = false;
};

class outage {
public:
  outage(duration from, duration to) : target(run.io, from, to) {}

  void play(int items, batch_options o) {
    batch job([this](const batch_item& i) { return target(i); }, std::move(o));
    const auto source = items_of(rows(items));
    why = run(job, *source, all, 24h);
  }

  run_of run;
  target_with_circuit target;
  collected all;
  std::exception_ptr why;
};

} // namespace

TEST_CASE("a job waits for a target that is down, and then answers every item") {
  for (const bool ordered : {false, true})
    for (const std::size_t in_flight : {1, 20, 300}) {
      CAPTURE(ordered);
      CAPTURE(in_flight);
      outage o(3s, 4min);
      o.play(2000, batch_options().in_flight(in_flight).ordered(ordered).rounds(6));
      REQUIRE_FALSE(o.why);
      CHECK(o.run.report.complete());
      CHECK(o.all.results.size() == 2000);
      CHECK(o.run.report.succeeded() == 2000);
      // A try every 30 seconds, and those in flight when it went down.
      CHECK(o.target.refused < 4 * in_flight + 200);
    }
}

TEST_CASE(
    "a job whose target does not come back ends in time, and says why; nothing that it was not asked has failed") {
  outage o(3s, 100h);
  o.play(2000, batch_options().in_flight(20).rounds(3));
  REQUIRE_FALSE(o.why);
  CHECK(o.run.ended);
  CHECK_FALSE(o.run.report.complete());
  CHECK(o.run.report.stopped.find("has not recovered") != std::string::npos);
  CHECK(o.run.report.elapsed < 15min);
  CHECK(o.run.report.failed() == 0);
  outage soon(3s, 100h);
  soon.play(2000, batch_options().in_flight(20).longest_outage(1min));
  CHECK(soon.run.report.elapsed < 3min);
  outage at_once(3s, 100h);
  at_once.play(2000, batch_options().in_flight(20).longest_outage(duration()));
  CHECK(at_once.run.report.failed() > 0);
}

TEST_CASE("a job that has had no answer at all does not wait for one") {
  outage o(0s, 100h);
  o.play(2000, batch_options().in_flight(20).rounds(0));
  CHECK(o.run.report.stopped.find("items in a row failed") != std::string::npos);
  CHECK(o.run.report.elapsed < 1min);
}

TEST_CASE("what one target of several refuses does not hold up the others, and is answered at the end") {
  run_of run;
  target_with_circuit down(run.io, 0s, 2min);
  target_with_circuit up(run.io, 1h, 2h);
  batch job([&](const batch_item& i) { return i.id().back() == '3' ? down(i) : up(i); },
            batch_options().in_flight(10).rounds(5));
  collected all;
  const auto source = items_of(rows(2000));
  CHECK_FALSE(run(job, *source, all, 24h));
  CHECK(run.report.succeeded() == 2000);
  CHECK(run.report.elapsed < 6min);
}
