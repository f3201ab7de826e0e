#include <doctest/doctest.h>

#include <algorithm>
#include <random>
#include <vector>

#include "net/pool_core.hpp"

using namespace std::chrono_literals;
using namespace weir::net;
using verdict = pool_core::verdict;
using weir::duration;
using weir::time_point;

namespace {

pool_settings small() {
  return pool_settings().max_connections(4).max_idle(2).max_waiting(3).max_idle_time(50s).max_age(10min);
}

// The same rules, written for clarity: one list of connections, one of callers.
class model {
public:
  enum class phase { connecting, leased, idle };
  class connection {
  public:
    pool_core::id id;
    phase where;
    time_point made, idle_since;
    std::uint64_t returned;
  };
  class caller {
  public:
    pool_core::id id;
    bool fresh_only;
  };

  explicit model(const pool_settings& s) : settings(s) {}

  connection* find(pool_core::id id) {
    const auto it = std::find_if(all.begin(), all.end(), [id](const connection& c) { return c.id == id; });
    return it == all.end() ? nullptr : &*it;
  }
  std::size_t count(phase p) const {
    const auto in_phase = [p](const connection& c) { return c.where == p; };
    return static_cast<std::size_t>(std::count_if(all.begin(), all.end(), in_phase));
  }
  bool old(const connection& c, time_point now) const {
    return now - c.idle_since >= settings.max_idle_time() || now - c.made >= settings.max_age();
  }
  connection* newest_idle(time_point now) {
    connection* best = nullptr;
    for (auto& c : all)
      if (c.where == phase::idle && !old(c, now) && (!best || c.returned > best->returned))
        best = &c;
    return best;
  }
  connection* oldest_idle() {
    connection* best = nullptr;
    for (auto& c : all)
      if (c.where == phase::idle && (!best || c.returned < best->returned))
        best = &c;
    return best;
  }
  void remove(pool_core::id id) {
    std::erase_if(all, [id](const connection& c) { return c.id == id; });
  }

  // What serving a caller must give, applied here with the ids that the core chose.
  void check_served(const pool_core::decision& d, bool fresh_only, time_point now) {
    if (auto* c = fresh_only ? nullptr : newest_idle(now)) {
      REQUIRE(d.what == verdict::reuse);
      REQUIRE(d.connection == c->id);
      c->where = phase::leased;
      return;
    }
    REQUIRE(d.what == verdict::open);
    if (all.size() >= settings.max_connections()) {
      REQUIRE(d.evict);
      REQUIRE(*d.evict == oldest_idle()->id);
      remove(*d.evict);
    } else {
      REQUIRE_FALSE(d.evict);
    }
    REQUIRE(find(d.connection) == nullptr);
    all.push_back(connection{d.connection, phase::connecting, {}, {}, 0});
  }
  bool can_serve(bool fresh_only, time_point now) {
    return all.size() < settings.max_connections() || oldest_idle() || (!fresh_only && newest_idle(now));
  }

  pool_settings settings;
  std::vector<connection> all;
  std::vector<caller> waiting;
  std::uint64_t returns = 0;
};

class player {
public:
  explicit player(unsigned seed) : random(seed), settings(small()), core(settings), reference(settings) {}

  void step() {
    now += duration(random() % 20'000'000'000);
    switch (random() % 8) {
    case 0:
    case 1: acquire(); break;
    case 2: opened(); break;
    case 3:
    case 4: give_back(); break;
    case 5: gone(); break;
    case 6: leave(); break;
    default: random() % 2 ? expire() : replace(); break;
    }
    while (auto d = core.grant(now)) {
      REQUIRE_FALSE(reference.waiting.empty());
      const auto first = reference.waiting.front();
      REQUIRE(d->waiter == first.id);
      reference.waiting.erase(reference.waiting.begin());
      reference.check_served(*d, first.fresh_only, now);
    }
    if (!reference.waiting.empty())
      REQUIRE_FALSE(reference.can_serve(reference.waiting.front().fresh_only, now));
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

  void acquire() {
    const bool fresh = random() % 4 == 0;
    const auto d = core.acquire(now, fresh);
    if (reference.waiting.empty() && reference.can_serve(fresh, now)) {
      reference.check_served(d, fresh, now);
    } else if (reference.waiting.size() < settings.max_waiting()) {
      REQUIRE(d.what == verdict::wait);
      reference.waiting.push_back(model::caller{d.waiter, fresh});
    } else {
      REQUIRE(d.what == verdict::refuse);
    }
  }

  void opened() {
    if (auto* c = any(phase::connecting)) {
      core.opened(c->id, now);
      c->where = phase::leased;
      c->made = now;
    }
  }

  void give_back() {
    if (auto* c = any(phase::leased)) {
      c->idle_since = now;
      const bool room = reference.count(phase::idle) < settings.max_idle() || !reference.waiting.empty();
      const bool keep = room && !reference.old(*c, now);
      REQUIRE(core.give_back(c->id, now) == keep);
      if (keep) {
        c->where = phase::idle;
        c->returned = ++reference.returns;
      } else {
        reference.remove(c->id);
      }
    }
  }

  void gone() {
    if (auto* c = any(random() % 2 ? phase::connecting : phase::leased)) {
      const auto id = c->id;
      core.gone(id);
      reference.remove(id);
    }
  }

  void leave() {
    if (reference.waiting.empty())
      return;
    const auto i = random() % reference.waiting.size();
    core.leave(reference.waiting[i].id);
    reference.waiting.erase(reference.waiting.begin() + static_cast<std::ptrdiff_t>(i));
  }

  void replace() {
    if (auto* c = any(phase::leased)) {
      const auto id = c->id;
      reference.remove(id);
      reference.check_served(core.replace(id, now), false, now);
    }
  }

  void expire() {
    auto expired = core.expire(now);
    for (const auto id : expired) {
      const auto* c = reference.find(id);
      REQUIRE(c);
      REQUIRE(c->where == phase::idle);
      REQUIRE(reference.old(*c, now));
      reference.remove(id);
    }
    for (const auto& c : reference.all)
      REQUIRE_FALSE((c.where == phase::idle && reference.old(c, now)));
  }

  void check_counts() {
    const auto c = core.count();
    REQUIRE(c.idle == reference.count(phase::idle));
    REQUIRE(c.leased == reference.count(phase::leased));
    REQUIRE(c.connecting == reference.count(phase::connecting));
    REQUIRE(c.waiting == reference.waiting.size());
    REQUIRE(c.idle + c.leased + c.connecting <= settings.max_connections());
    REQUIRE(c.waiting <= settings.max_waiting());
    REQUIRE(core.unused() == (reference.all.empty() && reference.waiting.empty()));
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

TEST_CASE("the connection that was given back last is used first") {
  pool_core core(small());
  const time_point t{};
  const auto a = core.acquire(t, false).connection, b = core.acquire(t, false).connection;
  core.opened(a, t);
  core.opened(b, t);
  CHECK(core.give_back(a, t));
  CHECK(core.give_back(b, t));
  CHECK(core.acquire(t, false).connection == b);
  CHECK(core.acquire(t, false).connection == a);
}

TEST_CASE("an idle connection ends at its idle time and at its age, to the nanosecond") {
  pool_core core(small());
  time_point t{};
  auto c = core.acquire(t, false).connection;
  core.opened(c, t);
  core.give_back(c, t);
  CHECK(core.acquire(t + 50s - 1ns, false).what == verdict::reuse);
  core.give_back(c, t);
  CHECK(core.acquire(t + 50s, false).what == verdict::open);
  CHECK(core.expire(t + 50s - 1ns).empty());
  CHECK(core.expire(t + 50s) == std::vector<pool_core::id>(1, c));

  const auto d = core.acquire(t, false).connection;
  core.opened(d, t);
  CHECK_FALSE(core.give_back(d, t + 10min));
}
