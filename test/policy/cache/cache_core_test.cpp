// What is in memory, and what an answer of some age is good for.
#include <doctest/doctest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "policy/cache/cache_core.hpp"
#include "policy/cache/cache_state.hpp"
#include "policy/seed.hpp"

using namespace std::chrono_literals;
using namespace weir;
using namespace weir::test;

namespace {

std::shared_ptr<const recorded_answer> of_size(std::size_t bytes) {
  const auto a = std::make_shared<recorded_answer>();
  a->bytes = bytes;
  return a;
}

const wall_time noon = wall_time(std::chrono::hours(500'000));

} // namespace

TEST_CASE("an answer is fresh, then stale, then gone") {
  const auto s = cache_settings().ttl(10s).stale_while_revalidate(5s).stale_if_error(20s);
  CHECK(freshness_of(s, 10s, {}) == freshness::fresh);
  CHECK(freshness_of(s, 11s, {}) == freshness::revalidate);
  CHECK(freshness_of(s, 15s, {}) == freshness::revalidate);
  CHECK(freshness_of(s, 16s, {}) == freshness::spare);
  CHECK(freshness_of(s, 30s, {}) == freshness::spare);
  CHECK(freshness_of(s, 31s, {}) == freshness::gone);
  CHECK(freshness_of(s, 5s, 4s) == freshness::gone);
  CHECK(freshness_of(s, 5s, 5s) == freshness::fresh);
  CHECK(freshness_of(s, 0s, 0s) == freshness::gone);
  CHECK(freshness_of(cache_settings().ttl(10s), 11s, {}) == freshness::gone);
  CHECK(freshness_of(cache_settings().ttl(duration::max()).stale_if_error(1s), duration::max(), {}) ==
        freshness::fresh);
}

TEST_CASE("an answer from the future is new if the clock was set back a little, and unusable otherwise") {
  CHECK(age_of(noon, noon + 3s) == 3s);
  CHECK(age_of(noon + 1min, noon) == 0s);
  CHECK(age_of(noon + 1h, noon) == duration::max());
}

TEST_CASE("memory is bounded in bytes, and what was used longest ago goes first") {
  cache_core core(10'000);
  core.put("a", of_size(3000));
  core.put("b", of_size(3000));
  core.put("c", of_size(3000));
  CHECK(core.entries() == 3);
  CHECK(core.find("a"));
  core.put("d", of_size(3000));
  CHECK_FALSE(core.find("b"));
  CHECK(core.find("a"));
  CHECK(core.evictions() == 1);
  core.put("huge", of_size(20'000));
  CHECK_FALSE(core.find("huge"));
  CHECK(core.entries() == 3);
  core.put("a", of_size(100));
  CHECK(core.entries() == 3);
  core.clear();
  CHECK(core.bytes() == 0);
}

// Against a list that is searched from its end.
TEST_CASE("memory behaves as a plain list of what was used does") {
  const auto from = seed();
  INFO(replay(from, "memory behaves as a plain list of what was used does"));
  std::mt19937_64 random(from);
  struct kept {
    std::string key;
    std::shared_ptr<const recorded_answer> value;
  };
  constexpr std::size_t most = 50'000;
  cache_core core(most);
  std::vector<kept> model; // the one that was used last at the end
  const auto place = [&](const std::string& key) {
    return std::find_if(model.begin(), model.end(), [&](const kept& k) { return k.key == key; });
  };
  const auto size_in_core = [](const kept& k) { return k.value->bytes + k.key.size() + 160; };
  for (int step = 0; step < 200'000; ++step) {
    const auto key = "key " + std::to_string(random() % 60);
    switch (random() % 8) {
    case 0:
    case 1:
    case 2: {
      const auto value = of_size(random() % 20 == 0 ? 60'000 : random() % 4000);
      core.put(key, value);
      if (const auto at = place(key); at != model.end())
        model.erase(at);
      kept k{key, value};
      if (size_in_core(k) > most)
        break;
      model.push_back(k);
      std::size_t sum = 0;
      for (const auto& one : model)
        sum += size_in_core(one);
      while (sum > most) {
        sum -= size_in_core(model.front());
        model.erase(model.begin());
      }
      break;
    }
    case 3:
      core.erase(key);
      if (const auto at = place(key); at != model.end())
        model.erase(at);
      break;
    default: {
      const auto found = core.find(key);
      const auto at = place(key);
      REQUIRE(found == (at == model.end() ? nullptr : at->value));
      if (at != model.end())
        std::rotate(at, at + 1, model.end());
    }
    }
    if (random() % 20'000 == 0) {
      core.clear();
      model.clear();
    }
    std::size_t sum = 0;
    for (const auto& one : model)
      sum += size_in_core(one);
    REQUIRE(core.bytes() == sum);
    REQUIRE(core.entries() == model.size());
    REQUIRE(core.bytes() <= most);
  }
}
