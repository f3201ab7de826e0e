// The retry quota: what it pays for, its bounds, and its use by many threads.
#include <doctest/doctest.h>

#include <string>
#include <thread>
#include <vector>

#include <weir/core/random.hpp>

#include "policy/recover/quota_set.hpp"
#include "policy/seed.hpp"

using weir::quota_core;

TEST_CASE("a quota pays for 35 retries, or 100 of throttled calls, and then for none") {
  quota_core failed(500), throttled(500);
  int n = 0;
  while (failed.take(14))
    ++n;
  CHECK(n == 35);
  CHECK(failed.available() == 10);
  for (n = 0; throttled.take(5);)
    ++n;
  CHECK(n == 100);
  CHECK(failed.refused() == 1);
  CHECK(failed.granted() == 35);
}

TEST_CASE("a quota is never refilled beyond its capacity, nor drawn below zero") {
  const auto seed = weir::test::seed();
  weir::random_source random(seed);
  quota_core q(500);
  std::int64_t model = 500;
  bool same = true;
  for (int i = 0; i < 1'000'000 && same; ++i) {
    if (random.below(2)) {
      const auto cost = random.below(40);
      const bool can = model >= static_cast<std::int64_t>(cost);
      same = q.take(cost) == can;
      model -= can ? static_cast<std::int64_t>(cost) : 0;
    } else {
      const auto amount = random.below(20);
      q.give_back(amount);
      model = std::min<std::int64_t>(500, model + static_cast<std::int64_t>(amount));
    }
    same = same && q.available() == static_cast<std::uint64_t>(model);
  }
  CHECK_MESSAGE(same, weir::test::replay(seed, "a quota is never refilled*"));
}

TEST_CASE("what threads take from a quota and give back adds up") {
  quota_core q(1'000'000);
  std::vector<std::thread> threads;
  std::atomic<std::uint64_t> kept{0};
  for (unsigned t = 0; t < 8; ++t)
    threads.emplace_back([&, t] {
      weir::random_source random(t);
      for (int i = 0; i < 20'000; ++i)
        if (q.take(14)) {
          if (random.below(2))
            q.give_back(14);
          else
            kept += 14;
        }
    });
  for (auto& t : threads)
    t.join();
  CHECK(q.available() + kept == 1'000'000);
}

TEST_CASE("quotas are found by name, and the number of names is bounded") {
  weir::quota_set set(4);
  const auto a = set.at("a", 500);
  CHECK(set.at("a", 500) == a);
  REQUIRE(a->take(14));
  REQUIRE(set.at("b", 500)->take(14));
  for (const char* id : {"c", "d", "e", "f", "g"})
    set.at(id, 500);
  CHECK(set.inspect().size() <= 4);
  CHECK(set.at("a", 500) == a);
  CHECK(set.at("b", 500)->available() == 486);

  // All have been drawn from: the one that nobody holds is forgotten, the held one stays.
  for (const char* id : {"h", "i", "j", "k", "l"})
    REQUIRE(set.at(id, 500)->take(14));
  const auto list = set.inspect();
  CHECK(list.size() == 4);
  CHECK(list.front().id == "a");
  CHECK(list.front().available == 486);
  CHECK(list.front().granted == 1);
}
