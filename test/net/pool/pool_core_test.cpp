// The pool's decisions, compared with a model.
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

// The same rules, written for clarity: one list of connections, one of callers.
class model {
public:
  enum class phase { connecting, leased, idle };
  class connection {
  public:
    id name;
    phase where;
    time_point made, idle_since;
    std::uint64_t returned;
    std::uint64_t signs; // Connecting: signs of life when that began.
    id dialed_for;
    bool slow;
  };
  class caller {
  public:
    id name;
    bool fresh_only;
  };

  explicit model(const pool_settings& s) : settings(s), room(s.max_dials()) {}

  connection* find(id c) {
    const auto it = std::find_if(all.begin(), all.end(), [c](const connection& x) { return x.name == c; });
    return it == all.end() ? nullptr : &*it;
  }
  caller* find_caller(id w) {
    const auto it = std::find_if(waiting.begin(), waiting.end(), [w](const caller& x) { return x.name == w; });
    return it == waiting.end() ? nullptr : &*it;
  }
  std::size_t count(phase p) const {
    const auto in_phase = [p](const connection& c) { return c.where == p; };
    return static_cast<std::size_t>(std::count_if(all.begin(), all.end(), in_phase));
  }
  std::size_t fast() const {
    const auto is_fast = [](const connection& c) { return c.where == phase::connecting && !c.slow; };
    return static_cast<std::size_t>(std::count_if(all.begin(), all.end(), is_fast));
  }
  bool old(const connection& c, time_point now) const {
    return now - c.idle_since >= settings.max_idle_time() || now - c.made >= settings.max_age();
  }
  id newest_idle(time_point now) const {
    const connection* best = nullptr;
    for (const auto& c : all)
      if (c.where == phase::idle && !old(c, now) && (!best || c.returned > best->returned))
        best = &c;
    return best ? best->name : 0;
  }
  id oldest_idle() const {
    const connection* best = nullptr;
    for (const auto& c : all)
      if (c.where == phase::idle && (!best || c.returned < best->returned))
        best = &c;
    return best ? best->name : 0;
  }
  id first_waiting(bool also_fresh_only) const {
    for (const auto& w : waiting)
      if (also_fresh_only || !w.fresh_only)
        return w.name;
    return 0;
  }
  id first_undialed() const {
    for (const auto& w : waiting)
      if (std::none_of(all.begin(), all.end(), [&](const connection& c) { return c.dialed_for == w.name; }))
        return w.name;
    return 0;
  }
  bool dials() const {
    return first_undialed() != 0 && fast() < room && (all.size() < settings.max_connections() || oldest_idle() != 0);
  }

  void remove(id c) {
    std::erase_if(all, [c](const connection& x) { return x.name == c; });
  }
  void serve(id w) {
    std::erase_if(waiting, [w](const caller& x) { return x.name == w; });
    for (auto& c : all)
      if (c.dialed_for == w) {
        c.dialed_for = 0;
        orphaned.push_back(c.name);
      }
  }
  // A dial that nobody needs any more is taken over, the oldest by the first caller.
  void settle() {
    for (id w = first_undialed(); w != 0; w = first_undialed()) {
      connection* free = nullptr;
      for (const id name : orphaned)
        if (auto* c = find(name); c && c->where == phase::connecting && !c->slow && c->dialed_for == 0 && !free)
          free = c;
      if (!free)
        break;
      free->dialed_for = w;
      std::erase(orphaned, free->name);
    }
    if (count(phase::connecting) == 0 && waiting.empty())
      room = settings.max_dials();
  }
  id end_dial(connection& c) {
    room += !c.slow;
    std::erase(orphaned, c.name);
    return std::exchange(c.dialed_for, 0);
  }

  pool_settings settings;
  std::vector<connection> all;
  std::vector<caller> waiting;
  std::vector<id> orphaned; // In the order in which that happened.
  std::size_t room;
  std::uint64_t returns = 0, signs = 0;
};

class player {
public:
  explicit player(unsigned seed) : random(seed), settings(small()), core(settings), reference(settings) {}

  void step() {
    now += duration(random() % (random() % 3 ? 300'000'000 : 20'000'000'000));
    switch (random() % 11) {
    case 0:
    case 1:
    case 2: call(); break;
    case 3:
    case 4: opened(); break;
    case 5: failed(); break;
    case 6:
    case 7: give_back(); break;
    case 8: gone(); break;
    case 9: leave(); break;
    default: random() % 2 ? expire() : tick(); break;
    }
    serve_all();
    dial_all();
    check_counts();
  }

private:
  using phase = model::phase;

  model::connection* any(phase p) {
    std::vector<model::connection*> found;
    for (auto& c : reference.all)
      if (c.where == p)
        found.push_back(&c);
    return found.empty() ? nullptr : found[random() % found.size()];
  }

  void call() {
    const bool fresh = random() % 4 == 0;
    if (!fresh) {
      const id expected = reference.first_waiting(false) == 0 ? reference.newest_idle(now) : 0;
      const auto found = core.take_idle(now);
      REQUIRE(found.value_or(0) == expected);
      if (found) {
        reference.find(*found)->where = phase::leased;
        return;
      }
    }
    const auto places = settings.max_connections() - reference.count(phase::leased);
    const auto w = core.enter(now, fresh);
    REQUIRE(w.has_value() == (reference.waiting.size() < settings.max_waiting() + places));
    if (!w)
      return;
    reference.waiting.push_back(model::caller{*w, fresh});
    reference.settle();
  }

  void opened() {
    auto* c = any(phase::connecting);
    if (!c)
      return;
    const auto got = core.opened(c->name, now);
    reference.end_dial(*c);
    ++reference.signs;
    c->made = c->idle_since = now;
    REQUIRE(got.waiter == reference.first_waiting(true));
    REQUIRE(got.kept == (got.waiter != 0 || reference.count(phase::idle) < settings.max_idle()));
    if (got.waiter != 0) {
      c->where = phase::leased;
      reference.serve(got.waiter);
    } else if (got.kept) {
      c->where = phase::idle;
      c->returned = ++reference.returns;
    } else {
      reference.remove(c->name);
    }
    reference.settle();
  }

  void failed() {
    auto* c = any(phase::connecting);
    if (!c)
      return;
    const auto name = c->name;
    const bool late = random() % 2;
    const bool excused = late && (reference.count(phase::leased) > 0 || reference.signs != c->signs);
    const auto w = reference.end_dial(*c);
    reference.remove(name);
    const auto fails = core.failed(name, late, now);
    if (w != 0 && w < name && !excused) {
      REQUIRE(fails == w);
      reference.serve(w);
    } else {
      REQUIRE(fails == 0);
      if (w != 0 && excused)
        reference.find_caller(w)->fresh_only = false;
    }
    reference.settle();
  }

  void give_back() {
    auto* c = any(phase::leased);
    if (!c)
      return;
    c->idle_since = now;
    const bool room = reference.count(phase::idle) < settings.max_idle() || reference.first_waiting(false) != 0;
    const bool keep = room && !reference.old(*c, now);
    const bool answered = random() % 2;
    reference.signs += answered;
    REQUIRE((answered ? core.give_back(c->name, now) : core.put_back(c->name, now)) == keep);
    if (keep) {
      c->where = phase::idle;
      c->returned = ++reference.returns;
    } else {
      reference.remove(c->name);
    }
  }

  void gone() {
    if (auto* c = any(static_cast<phase>(random() % 3))) {
      const auto name = c->name;
      if (c->where == phase::connecting)
        reference.end_dial(*c);
      reference.remove(name);
      core.gone(name, now);
      reference.settle();
    }
  }

  void leave() {
    if (reference.waiting.empty())
      return;
    const auto w = reference.waiting[random() % reference.waiting.size()].name;
    core.leave(w, now);
    reference.serve(w);
    reference.settle();
  }

  void tick() {
    core.tick(now);
    for (auto& c : reference.all)
      if (c.where == phase::connecting && !c.slow && now - c.made >= pool_core::slow_after) {
        c.slow = true;
        ++reference.room;
      }
  }

  void expire() {
    for (const auto name : core.expire(now)) {
      const auto* c = reference.find(name);
      REQUIRE(c);
      REQUIRE(c->where == phase::idle);
      REQUIRE(reference.old(*c, now));
      reference.remove(name);
    }
    for (const auto& c : reference.all)
      REQUIRE_FALSE((c.where == phase::idle && reference.old(c, now)));
  }

  void serve_all() {
    while (const auto m = core.ready(now)) {
      REQUIRE(m->waiter == reference.first_waiting(false));
      REQUIRE(m->connection == reference.newest_idle(now));
      reference.find(m->connection)->where = phase::leased;
      reference.serve(m->waiter);
      reference.settle();
      core.grant(*m, now);
    }
    REQUIRE((reference.first_waiting(false) == 0 || reference.newest_idle(now) == 0));
  }

  void dial_all() {
    while (core.wants_dial()) {
      REQUIRE(reference.dials());
      const auto w = reference.first_undialed();
      REQUIRE(core.dials_for() == w);
      const auto order = core.dial(now);
      REQUIRE(order);
      REQUIRE(order->evict.has_value() == (reference.all.size() >= settings.max_connections()));
      if (order->evict) {
        REQUIRE(*order->evict == reference.oldest_idle());
        reference.remove(*order->evict);
      }
      reference.all.push_back(
          model::connection{order->connection, phase::connecting, now, {}, 0, reference.signs, w, false});
    }
    REQUIRE_FALSE(reference.dials());
    REQUIRE_FALSE(core.dial(now));
  }

  void check_counts() {
    const auto c = core.count();
    REQUIRE(c.idle == reference.count(phase::idle));
    REQUIRE(c.leased == reference.count(phase::leased));
    REQUIRE(c.connecting == reference.count(phase::connecting));
    REQUIRE(c.waiting == reference.waiting.size());
    REQUIRE(c.idle + c.leased + c.connecting <= settings.max_connections());
    REQUIRE(c.waiting <= settings.max_waiting() + settings.max_connections());
    REQUIRE(core.unused() == (reference.all.empty() && reference.waiting.empty()));
    const bool quiet = c.connecting > 0 && c.waiting == 0 && c.leased == 0;
    REQUIRE((core.next_event() != never || !quiet));
  }

  std::mt19937 random;
  pool_settings settings;
  pool_core core;
  model reference;
  time_point now{};
};

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

TEST_CASE("the pool decides as its model does, over random steps") {
  for (unsigned seed = 0; seed < 300; ++seed) {
    CAPTURE(seed);
    player p(seed);
    for (int i = 0; i < 300; ++i)
      p.step();
  }
}

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
