// Which of a provider's keys is next, against a model.
#include <doctest/doctest.h>

#include <random>
#include <vector>

#include "policy/select/balance_random.hpp"
#include "policy/select/key_pool_core.hpp"

using namespace std::chrono_literals;
using namespace weir;
using order = key_pool::order;

namespace {

const time_point start{std::chrono::hours(1000)};
const std::vector<bool> none;

// The same rules with a queue of turns instead of a position.
class model {
public:
  model(std::size_t n, order by) : by(by), until(n, time_point::min()), throttled(n, time_point::min()) {
    for (std::size_t i = 0; i < n; ++i)
      turns.push_back(i);
  }
  std::optional<std::size_t> pick(time_point now, const std::vector<bool>& tried) {
    std::vector<std::size_t> able;
    for (const auto k : turns)
      if (until[k] <= now && !(k < tried.size() && tried[k]))
        able.push_back(k);
    if (able.empty())
      return {};
    auto chosen = able.front();
    if (by == order::least_recently_throttled)
      for (const auto k : able)
        if (throttled[k] < throttled[chosen])
          chosen = k;
    while (turns.back() != chosen) {
      turns.push_back(turns.front());
      turns.erase(turns.begin());
    }
    return chosen;
  }
  order by;
  std::vector<time_point> until, throttled;
  std::vector<std::size_t> turns;
};

} // namespace

TEST_CASE("keys take turns, and a suspended one is skipped") {
  key_pool_core pool(3, order::round_robin);
  CHECK(pool.pick(start, none) == std::optional<std::size_t>(0));
  CHECK(pool.pick(start, none) == std::optional<std::size_t>(1));
  pool.gate(2, start + 5s, errc::rate_limited, start);
  CHECK(pool.pick(start, none) == std::optional<std::size_t>(0));
  CHECK(pool.pick(start + 5s, {false, true, false}) == std::optional<std::size_t>(2));
}

TEST_CASE("the key whose last throttling is longest ago goes first if that is configured") {
  key_pool_core pool(3, order::least_recently_throttled);
  pool.gate(0, start + 1s, errc::rate_limited, start);
  pool.gate(1, start + 2s, errc::rate_limited, start + 1s);
  CHECK(pool.pick(start + 3s, none) == std::optional<std::size_t>(2));
  CHECK(pool.pick(start + 3s, none) == std::optional<std::size_t>(2));
  CHECK(pool.pick(start + 3s, {false, false, true}) == std::optional<std::size_t>(0));
}

TEST_CASE("a suspended key stays suspended when a shorter suspension follows") {
  key_pool_core pool(1, order::round_robin);
  pool.gate(0, start + 10min, errc::unauthorized, start);
  pool.gate(0, start + 1s, errc::rate_limited, start);
  CHECK_FALSE(pool.pick(start + 9min, none));
  CHECK(pool.soonest(start).at == start + 10min);
  CHECK(pool.soonest(start).why == errc::unauthorized);
  CHECK(pool.pick(start + 10min, none));
}

TEST_CASE("a key pool agrees with its model over a million random steps") {
  const auto seed = test::seed_or(73);
  std::mt19937_64 rng(seed);
  std::size_t n = 1;
  key_pool_core pool(1, order::round_robin);
  model m(1, order::round_robin);
  auto now = start;
  for (std::uint64_t step = 0; step < 1'000'000; ++step) {
    if (step % 1000 == 0) {
      n = 1 + rng() % 6;
      const auto by = rng() % 2 ? order::round_robin : order::least_recently_throttled;
      pool = key_pool_core(n, by);
      m = model(n, by);
    }
    const auto line = [&] {
      return test::replay(seed, "a key pool agrees with its model over a million random steps", step);
    };
    if (rng() % 2)
      now += std::chrono::milliseconds(rng() % 2000);
    if (rng() % 3 == 0) {
      const auto key = rng() % n;
      const bool slow = rng() % 5 != 0;
      const auto until = now + std::chrono::milliseconds(slow ? rng() % 5000 : 20'000);
      pool.gate(key, until, slow ? errc::rate_limited : errc::unauthorized, now);
      if (slow)
        m.throttled[key] = now;
      m.until[key] = std::max(m.until[key], until);
    } else {
      std::vector<bool> tried(rng() % (n + 1));
      for (std::size_t i = 0; i < tried.size(); ++i)
        tried[i] = rng() % 3 == 0;
      const auto key = pool.pick(now, tried);
      test::agree(key == m.pick(now, tried), line);
    }
    const auto first = std::min_element(m.until.begin(), m.until.end());
    test::agree(pool.soonest(now).at == std::max(*first, now), line);
  }
}

TEST_CASE("key pool settings that make no sense are refused by name") {
  const auto refused = [](const key_pool& s, std::string_view field) {
    try {
      s.check("keys");
    } catch (const error& e) {
      return e.code() == errc::invalid_configuration && std::string_view(e.what()).starts_with(field);
    }
    return false;
  };
  key_pool().keys("groq", {"a", "b"}).check("keys");
  CHECK(refused(key_pool().keys("groq", {}), "keys.keys.groq: "));
  CHECK(refused(key_pool().keys("groq", {"a", "a"}), "keys.keys.groq: "));
  CHECK(refused(key_pool().keys("groq", {"a", ""}), "keys.keys.groq: "));
  CHECK(refused(key_pool().keys("", {"a"}), "keys.keys: "));
  CHECK(refused(key_pool().pause(0s), "keys.pause: "));
  CHECK(refused(key_pool().disabled_for(-1s), "keys.disabled_for: "));
}
