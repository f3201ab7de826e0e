// What a batch does next, against its rules.
#include <doctest/doctest.h>

#include <deque>
#include <random>
#include <set>

#include "batch/engine/batch_core.hpp"
#include "batch/engine/id_set.hpp"
#include "batch/engine/number_set.hpp"

using namespace std::chrono_literals;
using namespace weir;
using namespace weir::batch_engine;

namespace {

const time_point start = time_point(duration(24h));
const failure none;
const failure overloaded(errc::overloaded, "overloaded");
const failure refused(errc::bad_request, "refused");
const failure throttled(errc::rate_limited, "slow down");

core_limits limits(std::size_t in_flight) {
  core_limits l;
  l.in_flight = in_flight;
  return l;
}

void begin(batch_core& c, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) {
    REQUIRE(c.may_read(start));
    c.read();
    c.started();
  }
}

} // namespace

TEST_CASE("a batch core starts as many items as may be in flight, and one more for each that is answered") {
  batch_core c(limits(3));
  begin(c, 3);
  CHECK_FALSE(c.may_read(start));
  CHECK(c.answered(none, true, 0, 0, start) == verdict::final_result);
  begin(c, 1);
  CHECK_FALSE(c.may_read(start));
}

TEST_CASE("a batch core has no more items under way than twice as many, which a kill would repeat") {
  batch_core c(limits(3));
  begin(c, 3);
  for (int i = 0; i < 3; ++i) {
    CHECK(c.answered(none, true, 0, 0, start) == verdict::final_result);
    begin(c, 1);
  }
  CHECK(c.answered(none, true, 0, 0, start) == verdict::final_result);
  CHECK_FALSE(c.may_read(start)); // two are asked, and four are not saved
  c.written();
  CHECK_FALSE(c.may_read(start));
  c.saved();
  CHECK(c.may_read(start));
}

TEST_CASE("a batch core reads no further while the sink is behind") {
  batch_core c(limits(2));
  for (int i = 0; i < 4; ++i) {
    begin(c, 1);
    c.answered(none, true, 0, 0, start);
    c.saved();
  }
  CHECK_FALSE(c.may_read(start));
  c.written();
  CHECK(c.may_read(start));
}

TEST_CASE("a failure that may pass is asked again once the input has ended, so often and no more") {
  batch_core c(limits(2));
  begin(c, 1);
  CHECK(c.answered(overloaded, false, 0, 0, start) == verdict::again);
  c.next_again(start);
  CHECK_FALSE(c.may_start_again(start));
  c.input_ended();
  CHECK_FALSE(c.finished());
  CHECK(c.may_start_again(start));
  c.next_again(std::nullopt);
  c.started_again();
  CHECK(c.answered(overloaded, false, 1, 0, start) == verdict::final_result);
  c.written();
  CHECK(c.finished());
}

TEST_CASE("a later try waits longer each time, and as long as the provider says, within bounds") {
  const batch_core c(limits(1));
  CHECK(c.not_before(overloaded, 0, start) == start + 1s);
  CHECK(c.not_before(overloaded, 3, start) == start + 8s);
  CHECK(c.not_before(overloaded, 40, start) == start + 32s);
  CHECK(c.not_before(failure(overloaded).retry_after(duration(90s)), 0, start) == start + 90s);
  CHECK(c.not_before(failure(overloaded).retry_after(duration(24h)), 0, start) == start + 5min);
  CHECK(c.not_before(failure(throttled).retry_after(duration(20min)), 0, start) == start + 20min);
  CHECK(c.not_before(failure(throttled).retry_after(duration(72h)), 0, start) == start + 24h);
}

TEST_CASE("a provider that names a time is not called before it, and what was not sent has not had its try") {
  batch_core c(limits(4));
  begin(c, 3);
  const auto later = failure(throttled).retry_after(duration(20min));
  const auto unsent = failure(errc::limit_reached, "its turn is too late").retry_after(duration(20min));
  CHECK(c.answered(later, false, 0, 0, start) == verdict::again);
  CHECK_FALSE(c.may_read(start)); // while calls are in flight, which may be answered all the same
  CHECK(c.answered(unsent, false, 0, 0, start) == verdict::deferred);
  CHECK_FALSE(c.wakes_at(start));
  CHECK(c.answered(unsent, false, 9, 0, start) == verdict::deferred);
  CHECK(c.wakes_at(start) == start + 20min);
  CHECK_FALSE(c.may_read(start + 20min - 1ns));
  const auto then = start + 20min;
  CHECK(c.may_read(then));
  c.read();
  c.started();
  CHECK_FALSE(c.may_read(then)); // one call tries
  CHECK(c.answered(none, true, 0, 0, then) == verdict::final_result);
  c.saved();
  CHECK(c.may_read(then));
}

TEST_CASE("a provider that takes no calls long after the time that it named ends the job") {
  auto l = limits(1);
  l.longest_outage = 10min;
  batch_core c(l);
  const auto later = failure(throttled).retry_after(duration(20min));
  auto now = start;
  for (int i = 0; i < 2; ++i) {
    REQUIRE(c.may_read(now));
    c.read();
    c.started();
    CHECK(c.answered(later, false, 0, 0, now) == verdict::again);
    now += 20min;
  }
  c.read();
  c.started();
  CHECK(c.answered(later, false, 0, 0, now) == verdict::given_up);
  CHECK(c.draining());
  CHECK(c.why().find("long after the time that it had named") != std::string::npos);

  batch_core unnamed(l);
  begin(unnamed, 1);
  CHECK(unnamed.answered(failure(errc::limit_reached, "the queue is full"), false, 1, 0, start) ==
        verdict::final_result);
  l.longest_outage = duration();
  batch_core at_once(l);
  begin(at_once, 1);
  CHECK(at_once.answered(failure(errc::limit_reached, "late").retry_after(duration(20min)), false, 1, 0, start) ==
        verdict::final_result);
}

TEST_CASE("what the provider refuses is final") {
  batch_core c(limits(1));
  begin(c, 1);
  CHECK(c.answered(refused, false, 0, 0, start) == verdict::final_result);
}

TEST_CASE("refusals in a row end the job, and one answer between them does not") {
  auto l = limits(1);
  l.max_failures_in_a_row = 3;
  batch_core c(l);
  const auto next = [&](bool answer) {
    begin(c, 1);
    c.answered(answer ? none : refused, answer, 0, 0, start);
    c.saved();
    c.written();
  };
  next(false);
  next(false);
  next(true);
  next(false);
  next(false);
  CHECK_FALSE(c.draining());
  next(false);
  CHECK(c.draining());
  CHECK(c.why().find("3 items in a row failed, the last one with: refused") == 0);
  CHECK(c.finished());
}

TEST_CASE("an account without money ends the job, and the item is left for the next run") {
  batch_core c(limits(2));
  begin(c, 2);
  CHECK(c.answered(failure(errc::quota_exhausted, "no credit"), false, 0, 0, start) == verdict::given_up);
  CHECK(c.draining());
  CHECK_FALSE(c.finished());
  CHECK(c.answered(none, true, 0, 0, start) == verdict::final_result);
  c.written();
  CHECK(c.finished());
}

TEST_CASE("an item that a budget has no room for waits for the calls in flight, and ends the job if there are none") {
  batch_core c(limits(3));
  begin(c, 2);
  const failure over(errc::over_budget, "over budget");
  CHECK(c.answered(over, false, 0, 0, start) == verdict::postponed);
  c.next_again(start);
  CHECK_FALSE(c.may_read(start)); // or each further item would be refused as well
  CHECK(c.answered(none, true, 0, 0, start) == verdict::final_result);
  c.saved();
  c.written();
  CHECK_FALSE(c.may_read(start)); // it is asked before others are
  CHECK(c.may_start_again(start));
  c.next_again(std::nullopt);
  c.started_again();
  CHECK(c.answered(over, false, 0, 0, start) == verdict::given_up);
  CHECK(c.finished());
}

TEST_CASE("an item that a budget has no room for does not wait for a call that an open circuit has ended") {
  batch_core c(limits(2));
  begin(c, 1);
  c.answered(none, true, 0, 0, start);
  c.saved();
  begin(c, 2);
  CHECK(c.answered(failure(errc::over_budget, "over budget"), false, 0, 0, start) == verdict::postponed);
  c.next_again(start);
  CHECK(c.answered(failure(errc::circuit_open, "down"), false, 0, 0, start) == verdict::deferred);
  CHECK(c.may_start_again(start));
}

TEST_CASE("a budget that has room again within minutes is waited for") {
  batch_core c(limits(3));
  begin(c, 1);
  const auto over = failure(errc::over_budget, "over budget").retry_after(duration(40s));
  CHECK(c.answered(over, false, 0, 0, start) == verdict::postponed);
  c.next_again(start);
  CHECK_FALSE(c.may_read(start));
  CHECK(c.wakes_at(start) == start + 40s);
  CHECK(c.may_start_again(start + 40s));
  c.next_again(std::nullopt);
  c.started_again();
  CHECK_FALSE(c.may_read(start + 40s)); // one at first, and one more for each that is answered
  c.answered(none, true, 0, 0, start + 41s);
  c.saved();
  for (int i = 0; i < 2; ++i) {
    CHECK(c.may_read(start + 41s));
    c.read();
    c.started();
  }
  CHECK_FALSE(c.may_read(start + 41s));
}

TEST_CASE("an ordered job reads so far ahead of the result that it waits for, and no further") {
  auto l = limits(2);
  l.ordered = true;
  batch_core c(l);
  begin(c, 2);
  CHECK(c.answered(none, true, 0, 0, start) == verdict::final_result); // the second item
  CHECK_FALSE(c.may_read(start));
  SUBCASE("until it is there") {
    c.answered(none, true, 0, 0, start);
    c.saved();
    c.saved();
    c.written();
    c.written();
    c.moved_to(2);
    CHECK(c.may_read(start));
  }
  SUBCASE("and asks again what holds it back, rather than wait for the end of the input") {
    CHECK(c.answered(overloaded, false, 0, 0, start) == verdict::again);
    c.next_again(start + 1s);
    CHECK(c.wakes_at(start) == start + 1s);
    CHECK(c.may_start_again(start + 1s));
  }
}

TEST_CASE("followers of an item are counted until they are written") {
  batch_core c(limits(1));
  begin(c, 1);
  c.answered(none, true, 0, 2, start);
  c.input_ended();
  c.written();
  c.written();
  CHECK_FALSE(c.finished());
  c.written();
  CHECK(c.finished());
}

TEST_CASE("a batch core ends every job, whatever the answers are") {
  std::mt19937_64 dice(7);
  const auto throttled_long = failure(throttled).retry_after(duration(15s));
  const auto unsent = failure(errc::limit_reached, "its turn is too late").retry_after(duration(15s));
  for (int round = 0; round < 500; ++round) {
    auto l = limits(1 + dice() % 5);
    l.rounds = dice() % 3;
    l.max_again = dice() % 4;
    l.max_failures_in_a_row = dice() % 2 ? 0 : 5;
    batch_core c(l);
    auto now = start;
    std::size_t left = dice() % 60, unwritten = 0;
    std::deque<unsigned> in_flight;                      // rounds
    std::deque<std::pair<unsigned, time_point>> waiting; // round, not before
    for (int step = 0; !c.finished(); ++step) {
      REQUIRE(step < 10'000);
      if (c.may_read(now)) {
        if (left == 0) {
          c.input_ended();
        } else {
          --left;
          c.read();
          c.started();
          in_flight.push_back(0);
        }
      }
      if (c.may_start_again(now)) {
        REQUIRE_FALSE(waiting.empty());
        in_flight.push_back(waiting.front().first);
        waiting.pop_front();
        c.next_again(waiting.empty() ? std::nullopt : std::optional(waiting.front().second));
        c.started_again();
      }
      REQUIRE(in_flight.size() <= l.in_flight);
      if (!in_flight.empty() && dice() % 2) {
        const auto r = in_flight.front();
        in_flight.pop_front();
        const auto what = dice() % 8;
        const auto& f = what < 3    ? none
                        : what == 3 ? overloaded
                        : what == 4 ? throttled_long
                        : what == 5 ? unsent
                                    : refused;
        switch (c.answered(f, what < 3, r, 0, now)) {
        case verdict::final_result:
          c.saved();
          ++unwritten;
          break;
        case verdict::again:
          waiting.emplace_back(r + 1, c.not_before(f, r, now));
          c.next_again(waiting.front().second);
          break;
        case verdict::deferred:
          waiting.emplace_back(r, now);
          c.next_again(waiting.front().second);
          break;
        default: break;
        }
      }
      if (unwritten > 0 && dice() % 2) {
        --unwritten;
        c.written();
      }
      now += 300ms;
    }
    CHECK(unwritten == 0);
    if (!c.draining())
      CHECK(left == 0);
  }
}

TEST_CASE("a set of numbers knows each one, the first and the last included") {
  number_set some;
  CHECK_FALSE(some.contains(0));
  std::mt19937_64 dice(3);
  std::set<std::uint64_t> all;
  for (int i = 0; i < 5000; ++i) {
    const auto n = i == 0 ? 0 : i == 1 ? ~std::uint64_t{1} : i % 2 ? dice() >> (dice() % 64) : std::uint64_t(i) * 4096;
    CHECK(some.insert(n) == all.insert(n).second);
    CHECK(some.contains(n));
  }
  CHECK(some.size() == all.size());
  for (int i = 0; i < 5000; ++i)
    if (const auto n = dice(); !all.contains(n))
      CHECK_FALSE(some.contains(n));
}

TEST_CASE("a set of ids knows each one") {
  id_set ids;
  for (int i = 0; i < 5000; ++i)
    CHECK(ids.insert("row-" + std::to_string(i)));
  for (int i = 0; i < 5000; ++i)
    CHECK_FALSE(ids.insert("row-" + std::to_string(i)));
  CHECK(ids.size() == 5000);
}
