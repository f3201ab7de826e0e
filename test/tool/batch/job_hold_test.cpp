// What a job is said to wait for.
#include "tool/batch/job_hold.hpp"

#include <doctest/doctest.h>

#include <ctime>

using namespace weir;
using namespace std::chrono_literals;
using cli::job_moment;

namespace {

std::chrono::system_clock::time_point local_time(int hour, int minute) {
  std::tm at{};
  at.tm_year = 126;
  at.tm_mon = 5;
  at.tm_mday = 15;
  at.tm_hour = hour;
  at.tm_min = minute;
  at.tm_isdst = -1;
  return std::chrono::system_clock::from_time_t(std::mktime(&at));
}

job_moment busy() {
  job_moment m;
  m.job.total = 100;
  m.job.read = 50;
  m.job.in_flight = m.most_in_flight = 8;
  m.job.calls_per_s = 20;
  m.now = local_time(13, 45);
  return m;
}

} // namespace

TEST_CASE("a job that is held by nothing else is held by its calls, its input or its end") {
  auto m = busy();
  CHECK(cli::hold_of(m).why == held_by::concurrency);
  m.job.in_flight = 3;
  CHECK(cli::hold_of(m).why == held_by::input);
  m.job.again = 2;
  CHECK(cli::hold_of(m).why == held_by::nothing);
  m.job.read = 100;
  CHECK(cli::hold_of(m).why == held_by::end);
  m.job.read = 50;
  m.ending = true;
  CHECK(cli::hold_of(m).why == held_by::end);
  m.job.in_flight = 0;
  CHECK(cli::hold_of(m).why == held_by::nothing);
}

TEST_CASE("calls without an answer are told by how long there was none, unless it is known why") {
  auto m = busy();
  m.silent = 9s;
  CHECK(cli::hold_of(m).why == held_by::concurrency);
  m.silent = 40s;
  CHECK(cli::hold_of(m).why == held_by::answers);
  CHECK(cli::hold_of(m).since == duration(40s));
  m.throttled = true;
  CHECK(cli::hold_of(m).why == held_by::provider);
  m.job.in_flight = 0;
  m.throttled = false;
  CHECK(cli::hold_of(m).why == held_by::input);
}

TEST_CASE("a limit that the provider has named the end of is told with it") {
  auto m = busy();
  m.client.rate_limits.emplace_back().suspended = 20min;
  auto h = cli::hold_of(m);
  CHECK(h.why == held_by::provider);
  CHECK(h.left == duration(20min));
  CHECK(h.until == "14:05");
  m.client.rate_limits.front().suspended = 1s;
  CHECK(cli::hold_of(m).why == held_by::provider);
  CHECK_FALSE(cli::hold_of(m).left);
  m.client.rate_limits.front().suspended = duration();
  m.client.rate_limits.front().waiting_batch = 1;
  CHECK(cli::hold_of(m).why == held_by::rate_limit);

  m = busy();
  m.job.in_flight = 0;
  m.job.held = 11h;
  m.last_failure = failure(errc::rate_limited, "slow down");
  h = cli::hold_of(m);
  CHECK(h.why == held_by::provider);
  CHECK(h.until == "Jun 16 00:45");
  m.last_failure = failure(errc::limit_reached, "its turn is too late");
  CHECK(cli::hold_of(m).why == held_by::provider);
  m.client.rate_limits.emplace_back().requests_per_day.limit = 1000;
  CHECK(cli::hold_of(m).why == held_by::rate_limit);
  m.last_failure = failure(errc::over_budget, "the budget is used up");
  CHECK(cli::hold_of(m).why == held_by::budget);
  m.last_failure = failure(errc::overloaded, "busy");
  CHECK(cli::hold_of(m).why == held_by::outage);
}

TEST_CASE("a target that is down is told with how long, why, and when it is tried again") {
  auto m = busy();
  auto& circuit = m.client.breakers.emplace_back();
  circuit.state = breaker_state::phase::open;
  circuit.since = 200s;
  circuit.next_probe = 12s;
  CHECK(cli::hold_of(m).why == held_by::concurrency); // others are answered
  m.job.calls_per_s = 0;
  m.last_failure = failure(errc::first_token_timeout, "nothing came");
  auto h = cli::hold_of(m);
  CHECK(h.why == held_by::outage);
  CHECK(h.since == duration(200s));
  CHECK(h.left == duration(12s));
  CHECK(h.what == make_error_code(errc::first_token_timeout).message());
  m.job.in_flight = 0;
  m.job.held = 45s;
  CHECK(cli::hold_of(m).left == duration(45s));
  circuit.state = breaker_state::phase::half_open;
  circuit.next_probe = duration();
  m.job.held.reset();
  m.last_failure = failure();
  h = cli::hold_of(m);
  CHECK_FALSE(h.left);
  CHECK(h.what.empty());
}
