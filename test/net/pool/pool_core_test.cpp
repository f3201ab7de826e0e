// The pool's decisions, one rule at a time.
#include <doctest/doctest.h>

#include <algorithm>
#include <random>
#include <vector>

#include "net/pool/pool_core.hpp"

using namespace std::chrono_literals;
using namespace weir::net;
using weir::duration;
using weir::never;
using weir::time_point;
using id = pool_core::id;

namespace {

pool_settings small() {
  return pool_settings().max_connections(5).max_idle(2).max_waiting(3).max_dials(2).max_idle_time(50s).max_age(10min);
}

// A core whose connections are numbered from 1 in the order in which they are dialed.
class crowd {
public:
  explicit crowd(pool_settings s = pool_settings()) : core(s) {}
  std::vector<id> enter(std::size_t n) {
    std::vector<id> out;
    for (std::size_t i = 0; i < n; ++i)
      out.push_back(core.enter(now, false).value());
    return out;
  }
  std::vector<id> dial() {
    std::vector<id> out;
    while (const auto order = core.dial(now))
      out.push_back(order->connection);
    return out;
  }
  pool_core core;
  time_point now{};
};

} // namespace

TEST_CASE("the connection that was given back last is used first") {
  crowd c(small());
  c.enter(2);
  const auto made = c.dial();
  CHECK(c.core.opened(made[0], c.now).waiter != 0);
  CHECK(c.core.opened(made[1], c.now).waiter != 0);
  CHECK(c.core.give_back(made[0], c.now));
  CHECK(c.core.give_back(made[1], c.now));
  CHECK(c.core.take_idle(c.now) == made[1]);
  CHECK(c.core.take_idle(c.now) == made[0]);
  CHECK_FALSE(c.core.take_idle(c.now));
}

TEST_CASE("an idle connection ends at its idle time and at its age, to the nanosecond") {
  crowd c(small());
  const time_point t{};
  c.enter(1);
  const auto first = c.dial().at(0);
  c.core.opened(first, t);
  c.core.give_back(first, t);
  CHECK(c.core.take_idle(t + 50s - 1ns) == first);
  c.core.give_back(first, t);
  CHECK_FALSE(c.core.take_idle(t + 50s));
  CHECK(c.core.expire(t + 50s - 1ns).empty());
  CHECK(c.core.expire(t + 50s) == std::vector<id>(1, first));

  c.enter(1);
  const auto second = c.dial().at(0);
  c.core.opened(second, t);
  CHECK_FALSE(c.core.give_back(second, t + 10min));
}

TEST_CASE(
    "a caller that waits for a dial takes the first idle connection, and the dial continues for the next caller") {
  crowd c;
  const auto callers = c.enter(3);
  const auto dials = c.dial();
  REQUIRE(dials.size() == 3);
  CHECK(c.core.opened(dials[2], c.now).waiter == callers[0]);
  CHECK(c.core.give_back(dials[2], c.now));
  const auto m = c.core.ready(c.now);
  REQUIRE(m);
  CHECK(m->waiter == callers[1]);
  CHECK(m->connection == dials[2]);
  c.core.grant(*m, c.now);
  // The dials of the two that were served are enough for the third caller and for one more.
  c.enter(1);
  CHECK(c.dial().empty());
  CHECK(c.core.opened(dials[0], c.now).waiter == callers[2]);
}

TEST_CASE("a connect timeout fails its caller only if no other connection works") {
  for (const bool working : {false, true}) {
    crowd c;
    const auto callers = c.enter(2);
    const auto dials = c.dial();
    if (working)
      c.core.opened(dials[0], c.now);
    c.now += 10s;
    CHECK(c.core.failed(dials[1], true, c.now) == (working ? 0 : callers[1]));
    CHECK(c.core.count().waiting == 1);
    CHECK(c.dial().size() == (working ? 1 : 0)); // A caller that stays gets another dial.
  }
}

TEST_CASE("a connection that was in use since the dial began excuses its timeout, and an earlier one does not") {
  crowd c;
  c.enter(1);
  const auto first = c.dial().at(0);
  c.core.opened(first, c.now);
  c.core.give_back(first, c.now);
  const auto callers = std::vector<id>(1, c.core.enter(c.now, true).value());
  const auto second = c.dial().at(0);
  c.core.take_idle(c.now);
  c.core.give_back(first, c.now);
  CHECK(c.core.failed(second, true, c.now + 10s) == 0);
  // It took the idle one as what it is: proof that the target is up.
  const auto m = c.core.ready(c.now);
  REQUIRE(m);
  CHECK(m->waiter == callers[0]);
  c.core.grant(*m, c.now);
  c.core.give_back(first, c.now);

  const auto again = c.core.enter(c.now, true).value();
  const auto third = c.dial().at(0);
  CHECK(c.core.failed(third, true, c.now + 20s) == again);
}

TEST_CASE("other failures of a dial are those of the caller that it was begun for") {
  crowd c;
  const auto callers = c.enter(2);
  const auto dials = c.dial();
  c.core.opened(dials[0], c.now);
  CHECK(c.core.failed(dials[1], false, c.now) == callers[1]);
  // One that came later and waits for it all the same is not blamed: it gets a dial of its own.
  c.core.enter(c.now, false);
  const auto third = c.dial().at(0);
  c.core.give_back(dials[0], c.now);
  c.core.grant(c.core.ready(c.now).value(), c.now);
  const auto late = c.core.enter(c.now, false).value();
  CHECK(c.dial().empty());
  CHECK(c.core.failed(third, false, c.now) == 0);
  CHECK(c.core.dials_for() == late);
  CHECK(c.dial().size() == 1);
}

TEST_CASE("a burst's dials start slowly: each that ends makes room for two") {
  crowd c;
  c.enter(1000);
  auto running = c.dial();
  CHECK(running.size() == 16);
  std::size_t rounds = 0;
  for (; !running.empty(); ++rounds) {
    for (const id d : running)
      c.core.opened(d, c.now);
    running = c.dial();
  }
  CHECK(rounds == 6); // 16 + 32 + … + 512 are enough.
  CHECK(c.core.count().leased == 1000);
}

TEST_CASE("dials that hang do not hold others back") {
  crowd c;
  c.enter(100);
  std::size_t begun = c.dial().size();
  CHECK(begun == 16);
  for (int i = 0; begun < 100 && i < 10; ++i) {
    CHECK(c.core.next_event() == c.now + pool_core::slow_after);
    c.now = c.core.next_event();
    CHECK_FALSE(c.core.tick(c.now));
    begun += c.dial().size();
  }
  CHECK(begun == 100);
  CHECK(c.core.next_event() == never);
  CHECK(c.now <= time_point(3s));
}

TEST_CASE("dials continue for a while after the last caller has left, and then end") {
  crowd c;
  const auto callers = c.enter(1);
  const auto dials = c.dial();
  CHECK(c.core.next_event() == never);
  c.core.leave(callers[0], c.now);
  CHECK(c.core.next_event() == c.now + pool_core::linger);
  c.now += pool_core::linger - 1ns;
  CHECK_FALSE(c.core.tick(c.now));
  SUBCASE("a new caller takes the dial over") {
    const auto next = c.enter(1);
    c.now += 1ns;
    CHECK_FALSE(c.core.tick(c.now));
    CHECK(c.core.opened(dials[0], c.now).waiter == next[0]);
  }
  SUBCASE("nobody comes") {
    c.now += 1ns;
    CHECK(c.core.tick(c.now));
    CHECK(c.core.failed(dials[0], false, c.now) == 0);
    CHECK(c.core.unused());
    CHECK(c.core.next_event() == never);
  }
}

TEST_CASE("at the cap a call beyond those that may wait is refused, and callers with a place do not count as waiting") {
  crowd c(pool_settings().max_connections(4).max_waiting(3));
  c.enter(7);
  CHECK_FALSE(c.core.enter(c.now, false));
  const auto dials = c.dial();
  CHECK(dials.size() == 4);
  for (const id d : dials)
    c.core.opened(d, c.now);
  CHECK(c.core.count().waiting == 3);
  CHECK_FALSE(c.core.enter(c.now, false));
}
