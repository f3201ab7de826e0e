#include <doctest/doctest.h>

#include <algorithm>
#include <vector>

#include <weir/core/error.hpp>

#include "sim/load/capacity.hpp"
#include "sim/load/seats.hpp"
#include "sim/load/spread.hpp"

using namespace std::chrono_literals;
using namespace weir;
using namespace weir::sim;

TEST_CASE("times vary as their distribution says") {
  for (const char* text : {"50ms", "uniform(20ms,80ms)", "lognormal(50ms,0.5)", "bimodal(20ms,200ms,0.1)"}) {
    CAPTURE(text);
    const auto s = spread::parse(text);
    random_source random(7);
    std::vector<duration> drawn;
    for (int i = 0; i < 20'000; ++i)
      drawn.push_back(s.draw(random));
    std::sort(drawn.begin(), drawn.end());
    for (const double share : {0.1, 0.5, 0.85, 0.95}) {
      const auto seen = drawn[static_cast<std::size_t>(share * 20'000)];
      const auto truth = s.at(share);
      CHECK(seen.count() > truth.count() * 0.97);
      CHECK(seen.count() < truth.count() * 1.03);
    }
  }
}

TEST_CASE("what is no distribution is refused") {
  for (const char* text : {"", "fast", "uniform(20ms)", "uniform(80ms,20ms)", "lognormal(50ms,x)", "lognormal(50ms,-1)",
                           "bimodal(1ms,2ms,1.5)", "normal(1ms,2ms)", "uniform(1ms,2ms"})
    CHECK_THROWS_AS(spread::parse(text), error);
}

TEST_CASE("nothing is sent during a stall") {
  capacity c;
  CHECK(after_stall(900ms, c) == 900ms);
  c.stall_every = 10s;
  c.stall_for = 1s;
  CHECK(after_stall(8s, c) == 8s);
  CHECK(after_stall(9s, c) == 10s);
  CHECK(after_stall(9999ms, c) == 10s);
  CHECK(after_stall(10s, c) == 10s);
  CHECK(after_stall(19500ms, c) == 20s);
}

TEST_CASE("a slow start gets faster") {
  capacity c;
  c.slow_start = 10s;
  CHECK(slowed(100ms, 0s, c) == 1s);
  CHECK(slowed(100ms, 5s, c) == 550ms);
  CHECK(slowed(100ms, 10s, c) == 100ms);
}

TEST_CASE("a rate limit lets through what it says") {
  request_limit limit(100);
  int passed = 0;
  for (int i = 0; i < 10'000; ++i) // twice the rate, for 50 s
    passed += limit.lets_through(i * 5ms);
  CHECK(passed >= 5000);
  CHECK(passed <= 5011);
}

TEST_CASE("seats are given in order, and given back") {
  const auto all = std::make_shared<seats>(1, 2);
  std::vector<int> woken;
  auto guest = [&](int n) { return std::make_unique<seats::guest>(all, [&woken, n] { woken.push_back(n); }); };
  auto a = guest(1), b = guest(2), c = guest(3), d = guest(4);
  CHECK(all->enter(*a));
  CHECK(all->may_begin(*a));
  CHECK(all->enter(*b));
  CHECK(all->enter(*c));
  CHECK_FALSE(all->enter(*d)); // two wait already
  CHECK_FALSE(all->may_begin(*b));
  b.reset(); // leaves the queue
  a.reset();
  CHECK(woken == std::vector{3});
  CHECK(all->may_begin(*c));
  c.reset();
  CHECK(all->enter(*d));
  CHECK(all->may_begin(*d));
}
