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

} // namespace

TEST_CASE("the pool decides as its model does, over random steps") {
  for (unsigned seed = 0; seed < 300; ++seed) {
    CAPTURE(seed);
    player p(seed);
    for (int i = 0; i < 300; ++i)
      p.step();
  }
}
