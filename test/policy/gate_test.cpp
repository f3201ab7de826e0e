#include <doctest/doctest.h>

#include <vector>

#include "policy/gate.hpp"
#include "policy/rate_limit_core.hpp"

#include "rate_limit_support.hpp"

using namespace std::chrono_literals;
using namespace weir;

TEST_CASE("a 429 with a hint closes the gate until then and one call goes first") {
  gate_core gate(1h);
  const auto a = gate.pass(0s);
  gate.throttled(1s, a, 30s, 0);
  CHECK(gate.closed(1s));
  CHECK(gate.ready(1s) == 31s);
  CHECK_FALSE(gate.open(31s - 1ns));
  CHECK(gate.open(31s));
  const auto first = gate.pass(31s);
  CHECK_FALSE(gate.open(31s));
  gate.accepted(first);
  const auto second = gate.pass(32s);
  const auto third = gate.pass(32s);
  CHECK_FALSE(gate.open(32s));
  gate.accepted(second);
  gate.accepted(third);
  for (int i = 0; i < 4; ++i) {
    CHECK(gate.open(33s));
    gate.pass(33s);
  }
  CHECK_FALSE(gate.open(33s));
}

TEST_CASE("without hints the gate stays closed for longer each time and never beyond its cap") {
  gate_core gate(1h);
  duration age{}, before{};
  for (int i = 0; i < 20; ++i) {
    const auto passed = gate.pass(age);
    gate.throttled(age, passed, std::nullopt, 0.999);
    const auto wait = gate.ready(age) - age;
    CHECK(wait >= before);
    CHECK(wait <= 60s);
    before = wait;
    age += wait;
  }
  CHECK(before > 59s);
}

TEST_CASE("a hint is kept to but for the longest that was configured") {
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
  std::vector<gate_core::era> before;
  for (int i = 0; i < 50; ++i)
    before.push_back(gate.pass(0s));
  for (const auto e : before)
    gate.throttled(1s, e, std::nullopt, 0.999);
  CHECK(gate.ready(1s) <= 2s); // Not doubled fifty times.
}

TEST_CASE("a straggler's hint keeps the gate closed for longer and its success does not open it") {
  gate_core gate(1h);
  const auto a = gate.pass(0s), b = gate.pass(0s), c = gate.pass(0s);
  gate.throttled(1s, a, 10s, 0);
  gate.throttled(2s, b, 20s, 0);
  gate.accepted(c);
  CHECK(gate.ready(3s) == 22s);
}

TEST_CASE("a first call that was withdrawn leaves its place to the next and a silent one loses it") {
  gate_core gate(1h);
  gate.throttled(0s, gate.pass(0s), 10s, 0);
  gate.withdrawn(gate.pass(10s));
  CHECK(gate.open(10s));
  gate.pass(10s);
  CHECK(gate.ready(10s) == 20s);
  CHECK(gate.open(20s));
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
  limits.accepted(first.held);
  const auto d = limits.next(start + 6s);
  REQUIRE(d);
  CHECK(d->what == admission::granted);
}

namespace {

// What a gate promises, said with lists: who has passed since it closed, and what became of them.
class gate_model {
public:
  enum class fate { out, accepted, withdrawn };
  bool eased = true;
  duration until{}, last{};
  std::uint64_t era = 0;
  std::vector<fate> passed; ///< Since it closed.

  bool open(duration age) const {
    if (eased)
      return true;
    std::size_t out = 0, accepted = 0;
    for (const auto f : passed) {
      out += f == fate::out;
      accepted += f == fate::accepted;
    }
    return age >= until && (out < 1 + accepted || age >= last + 10s);
  }
};

constexpr auto test_name = "L7: a gate agrees with its model at every step";

} // namespace

TEST_CASE("L7: a gate agrees with its model at every step") {
  limits_test::for_seeds(200, [](std::uint64_t seed, random_source& dice) {
    gate_core gate(1h);
    gate_model model;
    class call {
    public:
      gate_core::era passed;
      std::uint64_t era;
      std::size_t index;
    };
    std::vector<call> calls;
    duration age{};
    for (std::uint64_t step = 0; step < 5000; ++step) {
      const auto expect = [&](bool same, const char* what) { limits_test::agree(same, what, seed, step, test_name); };
      const auto what = dice.below(10);
      if (what < 3)
        age += duration(dice.below(3'000'000'000));
      expect(gate.open(age) == model.open(age), "open");
      expect(gate.open(gate.ready(age)) && gate.ready(age) >= age, "open when ready");
      expect(gate.ready(age) == age || !gate.open(gate.ready(age) - 1ns), "not open before it is ready");
      if (what >= 3 && what < 7 && model.open(age)) {
        calls.push_back({gate.pass(age), model.era, model.passed.size()});
        model.passed.push_back(gate_model::fate::out);
        model.last = age;
      } else if (what >= 7 && !calls.empty()) {
        const auto i = dice.below(calls.size());
        const auto c = calls[i];
        calls.erase(calls.begin() + static_cast<std::ptrdiff_t>(i));
        const bool current = c.era == model.era;
        const auto fate = dice.below(12);
        if (fate == 0) {
          gate.throttled(age, c.passed, 5s, 0);
          if (current || model.eased) {
            ++model.era;
            model.passed.clear();
            model.eased = false;
            model.until = age + 5s;
          } else {
            model.until = std::max(model.until, age + 5s);
          }
        } else if (fate == 1) {
          gate.withdrawn(c.passed);
          if (current)
            model.passed[c.index] = gate_model::fate::withdrawn;
        } else {
          gate.accepted(c.passed);
          if (current && !model.eased) {
            model.passed[c.index] = gate_model::fate::accepted;
            std::size_t accepted = 0;
            for (const auto f : model.passed)
              accepted += f == gate_model::fate::accepted;
            model.eased = accepted >= 32;
          }
        }
      }
      if (calls.size() > 100)
        calls.clear();
    }
  });
}

TEST_CASE("L7: one 429 with a hint holds back every caller and no more 429s come than calls were in flight") {
  limits_test::for_seeds(100, [](std::uint64_t seed, random_source& dice) {
    CAPTURE(seed);
    rate_limit_core limits{rate_limit()};
    auto now = time_point(duration(24h));
    const auto opens = now + 5s + 30s; // The provider says 429 to all between 5 s and then.
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
          limits.accepted(c.held);
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
