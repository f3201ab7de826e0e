// The gate after a 429: when it closes, who may try, and how it opens.
#include <doctest/doctest.h>

#include <vector>

#include "policy/rate/gate.hpp"
#include "policy/rate/rate_limit_core.hpp"

#include "rate_limit_support.hpp"

using namespace std::chrono_literals;
using namespace weir;

namespace {

// The outcome for the call at `age`, over and over, until calls have been accepted for so long.
duration next(gate_core& gate, duration age) { return gate.ready(age); }

} // namespace

TEST_CASE("a 429 with a retry-after closes the gate until then, one call tries, and the others follow at a pace") {
  gate_core gate(1h);
  const auto a = gate.pass(0s);
  gate.throttled(1s, a, 30s, 0);
  CHECK(gate.closed(1s));
  CHECK(gate.ready(1s) == 31s);
  CHECK_FALSE(gate.open(31s - 1ns));
  CHECK(gate.open(31s));
  const auto first = gate.pass(31s);
  CHECK_FALSE(gate.open(31s));
  gate.accepted(31s + 100ms, first);
  CHECK_FALSE(gate.open(31s + 249ms));
  CHECK(gate.open(31s + 250ms));
  gate.pass(31s + 250ms);
  // Doubles in half a second, while nothing is known of what the provider sustains.
  const auto third = next(gate, 31s + 250ms);
  CHECK(third > 31s + 400ms);
  CHECK(third < 31s + 450ms);
}

TEST_CASE("without a retry-after the gate stays closed longer after each refused try, up to 4 s") {
  gate_core gate(1h);
  duration age{}, before{};
  for (int i = 0; i < 20; ++i) {
    const auto passed = gate.pass(age);
    gate.throttled(age, passed, std::nullopt, 0.999);
    const auto wait = gate.ready(age) - age;
    CHECK(wait >= before);
    CHECK(wait <= 4s);
    before = wait;
    age += wait;
  }
  CHECK(before > 3900ms);
}

TEST_CASE("a call that tries and is not refused in four times the time that refusals take counts as served") {
  gate_core gate(1h);
  gate.throttled(100ms, gate.pass(0s), 5s, 0);
  gate.pass(5100ms);
  CHECK(gate.ready(5100ms) == 5500ms);
  CHECK(gate.soonest(5100ms) == 5100ms);
  gate.pass(5500ms);
  CHECK(gate.ready(5500ms) < 5800ms);
}

TEST_CASE("scattered 429s among many calls do not close the gate for long, a refusal of all does") {
  gate_core gate(1h);
  std::vector<gate_core::ticket> calls;
  const auto pass = [&](duration age) { calls.push_back(gate.pass(age)); };
  for (int i = 0; i < 300; ++i)
    pass(0s);
  gate.throttled(1ms, calls[10], 1s, 0);
  CHECK(gate.closed(1ms));
  for (const std::size_t i : {40u, 80u, 120u, 160u})
    gate.throttled(2ms, calls[i], 1s, 0);
  // Nothing more within the patience: it opens, and a further one does not close it again.
  CHECK(gate.ready(2ms) == 51ms);
  pass(51ms);
  gate.throttled(52ms, calls.back(), 1s, 0);
  CHECK(gate.open(52ms));
  for (int i = 0; i < 100; ++i)
    pass(60ms);
  for (std::size_t i = 0; i < 20; ++i)
    gate.throttled(61ms, calls[calls.size() - 1 - i], 1s, 0);
  CHECK(gate.closed(61ms));
}

TEST_CASE("a 429 at a pace lowers it, and what is served raises it again to a little below") {
  gate_core gate(1h);
  gate.throttled(0s, gate.pass(0s), 1s, 0);
  duration age = 1s;
  // Serves ten a second.
  duration last = -1s;
  int served = 0, refused = 0;
  for (; age < 60s; age = gate.ready(age)) {
    const auto t = gate.pass(age);
    if (age - last >= 100ms) {
      last = age;
      served += age > 10s;
      gate.accepted(age, t);
    } else {
      ++refused;
      gate.throttled(age, t, 1s, 0);
    }
  }
  CHECK(served > 400);
  CHECK(refused < 20);
}

TEST_CASE("a retry-after is obeyed up to the configured maximum") {
  gate_core gate(10min);
  gate.throttled(0s, gate.pass(0s), 24h, 0.5);
  CHECK(gate.ready(0s) == 10min);
  gate_core other(1h);
  other.throttled(0s, other.pass(0s), 20s, 0.999);
  CHECK(other.ready(0s) >= 20s);
  CHECK(other.ready(0s) <= 21s);
}

TEST_CASE("the 429s of calls that went before the gate closed are one episode") {
  gate_core gate(1h);
  std::vector<gate_core::ticket> before;
  for (int i = 0; i < 50; ++i)
    before.push_back(gate.pass(0s));
  for (const auto e : before)
    gate.throttled(1s, e, std::nullopt, 0.999);
  CHECK(gate.ready(1s) <= 2s); // Not doubled fifty times.
}

TEST_CASE("a straggler's retry-after keeps the gate closed for longer and its success does not open it") {
  gate_core gate(1h);
  const auto a = gate.pass(0s), b = gate.pass(0s), c = gate.pass(0s);
  gate.throttled(1s, a, 10s, 0);
  gate.throttled(2s, b, 20s, 0);
  gate.accepted(2s, c);
  CHECK(gate.ready(3s) == 22s);
}

TEST_CASE("a call that tries and is withdrawn leaves its turn to the next") {
  gate_core gate(1h);
  gate.throttled(0s, gate.pass(0s), 10s, 0);
  gate.withdrawn(gate.pass(10s));
  CHECK(gate.open(10s));
  gate.pass(10s);
  CHECK_FALSE(gate.open(10s));
}

TEST_CASE("callers with little time wait for the answer to the one that went first") {
  rate_limit_core limits{rate_limit()};
  const auto start = time_point(duration(24h));
  rate_limit_core::request r;
  const auto a = limits.enter(start, r);
  limits.throttled(start, a.held, 5s, 0);
  r.deadline = start + 4s;
  CHECK(limits.enter(start, r).what == admission::no_time);
  r.deadline = start + 7s;
  const auto first = limits.enter(start + 5s, r);
  CHECK(first.what == admission::granted);
  const auto second = limits.enter(start + 5s, r);
  REQUIRE(second.what == admission::waiting); // The first one's answer may come in time.
  CHECK_FALSE(limits.next(start + 5s));
  limits.accepted(start + 5100ms, first.held);
  const auto d = limits.next(start + 6s);
  REQUIRE(d);
  CHECK(d->what == admission::granted);
}

namespace {

constexpr auto test_name = "L7: a gate keeps what it promises at every step";

} // namespace

TEST_CASE("L7: a gate keeps what it promises at every step") {
  limits_test::for_seeds(200, [](std::uint64_t seed, random_source& dice) {
    gate_core gate(1h);
    std::vector<std::pair<gate_core::ticket, std::size_t>> calls;
    std::size_t passed = 0;
    duration age{}, hinted{}; // Until when the retry-after of the call that closed it asks for,
    std::size_t closer = 0;   // and how many had passed before that one.
    for (std::uint64_t step = 0; step < 5000; ++step) {
      const auto expect = [&](bool same, const char* what) { limits_test::agree(same, what, seed, step, test_name); };
      const auto what = dice.below(10);
      if (what < 3)
        age += duration(dice.below(dice.below(4) ? 100'000'000 : 3'000'000'000));
      const auto ready = gate.ready(age);
      expect(ready >= age, "never ready in the past");
      expect(gate.open(ready), "open when ready");
      expect(ready == age || !gate.open(ready - 1ns), "not open before it is ready");
      expect(gate.soonest(age) <= ready, "the soonest is not later");
      expect(ready - age <= 1h, "the longest time is kept to");
      if (what >= 3 && what < 7 && gate.open(age)) {
        expect(age >= hinted || passed - closer > 8,
               "a hint is kept to, unless many passed after the call that it is of");
        calls.emplace_back(gate.pass(age), passed++);
      } else if (what >= 7 && !calls.empty()) {
        const auto i = dice.below(calls.size());
        const auto [c, n] = calls[i];
        calls.erase(calls.begin() + static_cast<std::ptrdiff_t>(i));
        const auto fate = dice.below(12);
        const bool was_open = gate.open(age);
        if (fate == 0) {
          gate.throttled(age, c, 5s, 0);
          if (was_open && gate.ready(age) == age + 5s) {
            hinted = age + 5s;
            closer = n;
          }
        } else if (fate == 1) {
          gate.throttled(age, c, std::nullopt, dice.uniform());
          expect(gate.ready(age) <= std::max(ready, age + 50s),
                 "without a hint nobody waits for longer than the least pace");
        } else if (fate == 2) {
          gate.withdrawn(c);
        } else {
          gate.accepted(age, c);
        }
      }
      if (calls.size() > 100)
        calls.clear();
    }
    // Whatever happened: with nothing but successes every call passes again.
    for (int i = 0; i < 2000; ++i) {
      age = gate.ready(age + 50ms);
      gate.accepted(age, gate.pass(age));
    }
    limits_test::agree(gate.open(age) && (gate.pass(age), gate.open(age)), "free in the end", seed, 5000, test_name);
  });
}

TEST_CASE("L7: one 429 with a hint holds back every caller and no more 429s come than calls were in flight") {
  limits_test::for_seeds(100, [](std::uint64_t seed, random_source& dice) {
    CAPTURE(seed);
    rate_limit_core limits{rate_limit()};
    auto now = time_point(duration(24h));
    const auto opens = now + 5s + 30s; // The provider answers 429 to all calls from 5 s until then.
    class call {
    public:
      time_point arrives;
      rate_limit_core::reservation held;
    };
    std::vector<call> calls;
    std::size_t in_flight_at_first = 0, throttled = 0, served = 0;
    const auto send = [&](const rate_limit_core::reservation& r) {
      calls.push_back({now + duration(dice.below(800'000'000)), r});
    };
    for (int ms = 0; ms < 60'000; ms += 10, now += 10ms) {
      if (limits.waiting() < 5000 && dice.below(2)) {
        const auto d = limits.enter(now, rate_limit_core::request());
        if (d.what == admission::granted)
          send(d.held);
      }
      while (const auto d = limits.next(now))
        send(d->held);
      for (std::size_t i = 0; i < calls.size();) {
        if (calls[i].arrives > now) {
          ++i;
          continue;
        }
        const auto c = calls[i];
        calls.erase(calls.begin() + static_cast<std::ptrdiff_t>(i));
        if (ms >= 5000 && now < opens) {
          if (throttled++ == 0)
            in_flight_at_first = calls.size();
          limits.throttled(now, c.held, opens - now, dice.uniform());
          limits.settle(now, c.held, 0);
        } else {
          ++served;
          limits.accepted(now, c.held);
          limits.settle(now, c.held, 0);
        }
      }
    }
    CHECK(throttled > 0);
    CHECK(throttled - 1 <= in_flight_at_first);
    CHECK(limits.waiting() == 0);
    CHECK(served > 2500);
  });
}
