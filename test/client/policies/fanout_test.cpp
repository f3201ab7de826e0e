// What the default policies do to many calls at once: they must not harm what works without them.
#include <doctest/doctest.h>

#include <algorithm>

#include "client/policies/fanout.hpp"
#include "policy/rate/limited_servers.hpp"

using namespace std::chrono_literals;
using namespace weir;
using weir::test::fanout;
using weir::test::limited_kinds;
using weir::test::way;

namespace {

const failure busy = failure(errc::overloaded, "busy").status(503);
const failure lost(errc::connection_lost, "the connection was lost");

fanout crowd(double share, std::size_t at_once, duration first_token, const failure& how, bool streamed) {
  fanout f;
  f.at_once = at_once;
  f.calls = std::max<std::size_t>(600, 2 * at_once);
  f.how = [=](std::size_t index, std::size_t number) {
    if (test::fails(share, index, number))
      return way::refused(how, 1ms);
    // A response in one piece says nothing before its end.
    return streamed ? way::good(1ms, first_token, 2s) : way::good(first_token + 2s);
  };
  return f;
}

} // namespace

TEST_CASE("errors of some calls: with the breaker no fewer succeed than without, and hardly more requests are sent") {
  for (const double share : {0.02, 0.1})
    for (const std::size_t at_once : {20u, 500u})
      for (const duration first_token : {duration(), duration(20ms), duration(300ms), duration(3s)})
        for (const bool streamed : {true, false}) {
          CAPTURE(share);
          CAPTURE(at_once);
          CAPTURE(first_token.count());
          CAPTURE(streamed);
          const auto& how = at_once == 20 ? lost : busy;
          auto with = crowd(share, at_once, first_token, how, streamed), without = with;
          with.play(options());
          without.play(options().breaker(breaker().enabled(false)));
          CHECK(with.answered >= without.answered);
          CHECK(with.answered >= with.calls - 3);
          // What succeeds only with it is not held against it.
          const auto more = 2 * (with.answered - without.answered);
          CHECK(static_cast<double>(with.requests) <= 1.02 * static_cast<double>(without.requests + more));
        }
}

TEST_CASE("a large crowd whose rounds begin and end together loses no call to an exhausted quota") {
  auto f = crowd(0.1, 2000, 3s, busy, true);
  f.how = [](std::size_t index, std::size_t number) {
    return test::fails(0.1, index, number) ? way::refused(busy, 1ms) : way::good(1ms, 3s, 10ms);
  };
  f.play(options());
  // One in a thousand fails three times.
  CHECK(f.answered >= f.calls - 8);
  CHECK(static_cast<double>(f.requests) <= 1.13 * static_cast<double>(f.calls));
}

TEST_CASE("in a full outage the default policies send hardly more requests than there are calls") {
  for (const std::size_t at_once : {1u, 100u, 2000u}) {
    CAPTURE(at_once);
    fanout f;
    f.calls = 5000;
    f.at_once = at_once;
    f.deadline = 5s;
    f.how = [](std::size_t, std::size_t) { return way::refused(busy, 1ms); };
    f.play(options());
    CHECK(f.answered == 0);
    CHECK(f.requests <= 5020);
  }
}

namespace {

failure throttled(std::optional<duration> hint) {
  return failure(errc::rate_limited, "slow down").status(429).retry_after(hint);
}

} // namespace

TEST_CASE("a rate-limited server is used to at least four fifths, whatever its kind, with and without retry-after") {
  constexpr double rate = 5;
  constexpr std::size_t calls = 200;
  for (const auto& kind : limited_kinds())
    for (const bool hints : {false, true})
      for (const std::size_t at_once : {12u, 100u}) {
        CAPTURE(kind.name);
        CAPTURE(hints);
        CAPTURE(at_once);
        const auto server = kind.make(rate);
        fanout f;
        f.calls = calls;
        f.at_once = at_once;
        std::optional<time_point> begin;
        f.now = [&](time_point t) { begin = begin.value_or(t), f.at = t - *begin; };
        f.how = [&, hints = hints](std::size_t, std::size_t) {
          const auto wait = server->refuses(f.at);
          if (!wait)
            return way::good(50ms);
          // Whole seconds, as servers give them.
          return way::refused(
              throttled(hints ? std::optional<duration>(std::chrono::ceil<std::chrono::seconds>(*wait)) : std::nullopt),
              2ms);
        };
        f.play(options());
        CHECK(f.answered == calls);
        CHECK(f.took <=
              10s + std::chrono::duration_cast<duration>(std::chrono::duration<double>(calls / (0.8 * rate))));
      }
}

TEST_CASE("429s of some calls with a retry-after of one second do not stop the others") {
  fanout f;
  f.calls = 3000;
  f.at_once = 300;
  f.how = [](std::size_t index, std::size_t number) {
    return test::fails(0.05, index, number) ? way::refused(throttled(1s), 1ms) : way::good(1ms, 20ms, 100ms);
  };
  f.play(options());
  CHECK(f.answered >= 2995);
  CHECK(f.took <= 6s);
}
