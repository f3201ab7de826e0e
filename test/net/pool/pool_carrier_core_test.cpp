// The pool's decisions about carriers: connections that several callers have places on.
#include <doctest/doctest.h>

#include <map>
#include <random>
#include <set>
#include <vector>

#include "net/pool/pool_core.hpp"

using namespace std::chrono_literals;
using namespace weir::net;
using weir::time_point;
using id = pool_core::id;

namespace {

// A core with all that the shell does at once after every change: serves who can be served, and dials.
class shell {
public:
  explicit shell(pool_settings s = pool_settings()) : core(s) {}

  void enter(std::size_t n, bool fresh = false) {
    for (std::size_t i = 0; i < n; ++i)
      waiting.insert(core.enter(now, fresh).value());
    settle();
  }
  void settle() {
    while (const auto m = core.ready(now)) {
      CHECK(m->waiter == *waiting.begin());
      core.grant(*m, now);
      waiting.erase(m->waiter);
      take(m->connection);
    }
    while (const auto order = core.dial(now)) {
      dials.push_back(order->connection);
      if (order->evict)
        carriers.erase(*order->evict);
    }
  }
  void take(id carrier) {
    auto& c = carriers.at(carrier);
    CHECK(c.places < c.capacity);
    ++c.places;
  }
  void open(id dial, std::size_t capacity) {
    std::erase(dials, dial);
    const auto made = core.opened(dial, now, capacity);
    if (made.waiter != 0 || made.kept)
      carriers[dial].capacity = capacity;
    if (made.waiter != 0) {
      CHECK(made.waiter == *waiting.begin());
      waiting.erase(made.waiter);
      ++carriers[dial].places;
    }
    settle();
  }
  void open_all(std::size_t capacity) {
    while (!dials.empty())
      open(dials.front(), capacity);
  }
  void give_back(id carrier) {
    auto& c = carriers.at(carrier);
    --c.places;
    const bool kept = core.give_back(carrier, now);
    CHECK((kept || c.places == 0));
    if (!kept)
      carriers.erase(carrier);
    settle();
  }
  void resize(id carrier, std::size_t capacity) {
    auto& c = carriers.at(carrier);
    c.capacity = capacity;
    const bool stays = core.resize(carrier, capacity, now);
    CHECK(stays == (capacity > 0 || c.places > 0));
    if (!stays)
      carriers.erase(carrier);
    settle();
  }
  std::vector<std::size_t> loads() const {
    std::vector<std::size_t> out;
    for (const auto& [carrier, c] : carriers)
      out.push_back(c.places);
    return out;
  }

  class carrier {
  public:
    std::size_t capacity = 0, places = 0;
  };
  pool_core core;
  time_point now{};
  std::set<id> waiting;
  std::vector<id> dials;
  std::map<id, carrier> carriers;
};

using counts = std::vector<std::size_t>;

} // namespace

TEST_CASE("callers share a carrier up to the spread, and further dials serve that many each") {
  shell s(pool_settings().max_dials(1));
  s.enter(1);
  s.open_all(100);
  s.enter(pool_core::spread - 1);
  CHECK(s.loads() == counts{pool_core::spread});
  CHECK(s.dials.empty());
  s.enter(pool_core::spread);
  CHECK(s.dials.size() == 1);
  s.enter(1);
  CHECK(s.dials.size() == 1); // Its window is one.
  s.open_all(100);
  CHECK(s.waiting.empty());
  CHECK(s.loads() == counts{pool_core::spread, pool_core::spread, 1});
}

TEST_CASE("a few carriers are filled to the spread, then all to their capacity, and only then come more") {
  shell s;
  s.enter(1);
  s.open_all(100);
  s.enter(pool_core::few * pool_core::spread - 1);
  s.open_all(100);
  CHECK(s.loads() == counts(pool_core::few, pool_core::spread));
  s.enter(pool_core::few);
  CHECK(s.loads() == counts(pool_core::few, pool_core::spread + 1));
  CHECK(s.dials.empty());
  s.enter(pool_core::few * (100 - pool_core::spread - 1));
  CHECK(s.loads() == counts(pool_core::few, 100));
  CHECK(s.dials.empty());
  s.enter(1);
  CHECK(s.dials.size() == 1);
}

TEST_CASE("ten thousand callers need a hundred carriers, whatever is known of the origin") {
  for (const bool known : {false, true}) {
    CAPTURE(known);
    shell s(pool_settings().max_connections(100).max_waiting(10'000));
    if (known) {
      s.enter(1);
      s.open_all(100);
    }
    s.enter(10'000 - known);
    s.open_all(100);
    CHECK(s.waiting.empty());
    CHECK(s.loads() == counts(100, 100));
    CHECK(s.core.wants_dial() == false);
  }
}

TEST_CASE("where no further connection can be had, carriers are filled at once") {
  shell s(pool_settings().max_dials(1));
  s.enter(1);
  s.open_all(100);
  s.enter(pool_core::spread); // one more than the spread
  REQUIRE(s.dials.size() == 1);
  SUBCASE("a dial that fails fails nobody") {
    CHECK(s.core.failed(s.dials.at(0), false, s.now) == 0);
    s.dials.clear();
    s.settle();
    CHECK(s.dials.empty());
  }
  SUBCASE("a dial that is slow is not waited for") {
    s.now = s.core.next_event();
    CHECK(s.now == time_point{} + pool_core::slow_after);
    s.core.tick(s.now);
    s.settle();
  }
  CHECK(s.waiting.empty());
  CHECK(s.loads() == counts{pool_core::spread + 1});
}

TEST_CASE("a carrier that drains takes no callers, and goes with its last") {
  shell s;
  s.enter(1);
  s.open_all(100);
  const id first = s.carriers.begin()->first;
  s.enter(1);
  s.resize(first, 0);
  s.enter(1);
  CHECK(s.carriers.at(first).places == 2);
  s.open_all(100);
  CHECK(s.carriers.size() == 2);
  s.give_back(first);
  s.give_back(first);
  CHECK_FALSE(s.carriers.contains(first));
  s.give_back(s.carriers.begin()->first);
  CHECK(s.core.count().idle == 1);
}

TEST_CASE("a carrier too old for another caller goes with its last, and an idle one that ends is gone") {
  shell s(pool_settings().max_age(10min).max_idle_time(1min));
  s.enter(1);
  s.open_all(100);
  const id first = s.carriers.begin()->first;
  s.now += 10min;
  s.enter(1);
  s.open_all(100);
  CHECK(s.carriers.size() == 2);
  s.give_back(first);
  CHECK_FALSE(s.carriers.contains(first));
  const id second = s.carriers.begin()->first;
  s.give_back(second);
  s.resize(second, 0);
  CHECK(s.core.unused());
}

TEST_CASE("callers that want a fresh connection share carriers, in the order of all") {
  shell s;
  s.enter(1, true);
  s.enter(1);
  s.open(s.dials.front(), 100);
  CHECK(s.waiting.empty());
  s.open_all(1);
  s.enter(3, true);
  CHECK(s.waiting.empty());
}

TEST_CASE("over random steps no carrier is overfull, and nobody waits where there is a place or room for a dial") {
  const auto settings = pool_settings().max_connections(12).max_idle(2).max_dials(2).max_waiting(100'000);
  for (unsigned seed = 0; seed < 300; ++seed) {
    CAPTURE(seed);
    std::mt19937 random(seed);
    shell s(settings);
    const auto any = [&](auto& all) {
      auto it = all.begin();
      std::advance(it, static_cast<std::ptrdiff_t>(random() % all.size()));
      return it;
    };
    for (int step = 0; step < 300; ++step) {
      s.now += weir::duration(random() % 2'000'000'000);
      switch (random() % 8) {
      case 0:
      case 1: s.enter(random() % 80, random() % 3 == 0); break;
      case 2:
        if (!s.dials.empty())
          s.open(*any(s.dials), 1 + random() % 100);
        break;
      case 3:
        if (!s.dials.empty()) {
          const auto dial = any(s.dials);
          s.waiting.erase(s.core.failed(*dial, random() % 2, s.now));
          s.dials.erase(dial);
        }
        break;
      case 4:
        if (!s.carriers.empty())
          if (const auto c = any(s.carriers); c->second.places > 0)
            s.give_back(c->first);
        break;
      case 5:
        if (!s.carriers.empty())
          s.resize(any(s.carriers)->first, random() % 3 ? random() % 100 : 0);
        break;
      case 6:
        if (!s.waiting.empty()) {
          const auto w = any(s.waiting);
          s.core.leave(*w, s.now);
          s.waiting.erase(w);
        }
        break;
      default:
        for (const id c : s.core.expire(s.now))
          s.carriers.erase(c);
        s.core.tick(s.now);
      }
      s.settle();
      const auto count = s.core.count();
      REQUIRE(count.waiting == s.waiting.size());
      REQUIRE(count.connecting == s.dials.size());
      REQUIRE(count.idle + count.leased == s.carriers.size());
      REQUIRE(count.idle + count.leased + count.connecting <= 12);
      if (s.waiting.empty() || s.core.next_event() != weir::never)
        continue;
      // No dial is under way that they could hope for: all is full.
      REQUIRE((!s.dials.empty() || count.idle + count.leased == 12));
      for (const auto& [c, state] : s.carriers)
        REQUIRE(state.places >= state.capacity);
    }
    while (!s.dials.empty())
      s.open(s.dials.front(), 100);
    for (const id w : s.waiting)
      s.core.leave(w, s.now);
    while (s.core.count().leased > 0)
      for (const auto& [c, state] : s.carriers)
        if (state.places > 0) {
          s.give_back(c);
          break;
        }
    s.core.drop_idle();
    CHECK(s.core.unused());
  }
}
