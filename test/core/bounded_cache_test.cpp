#include "core/bounded_cache.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

using weir::bounded_cache;

TEST_CASE("what was used longest ago makes room") {
  bounded_cache<std::string, int> cache(2);
  cache.at("a") = 1;
  cache.at("b") = 2;
  REQUIRE(cache.find("a"));
  cache.at("c") = 3;
  CHECK(cache.size() == 2);
  CHECK_FALSE(cache.find("b"));
  REQUIRE(cache.find("a"));
  CHECK(*cache.find("a") == 1);
  cache.erase("a");
  CHECK_FALSE(cache.find("a"));
  CHECK(cache.size() == 1);
}

TEST_CASE("only what may go is forgotten") {
  bounded_cache<int, int> cache(3);
  for (int i = 0; i < 3; ++i)
    cache.at(i) = i;
  CHECK(cache.forget_oldest([](int v) { return v > 0; }));
  CHECK_FALSE(cache.find(1));
  CHECK_FALSE(cache.forget_oldest([](int v) { return v > 5; }));
  cache.forget_if([](int v) { return v == 2; });
  std::vector<int> left;
  cache.each([&left](int key, int) { left.push_back(key); });
  CHECK(left == std::vector<int>{0});
}

TEST_CASE("over random uses the cache agrees with a list in order of use") {
  std::mt19937 random(7);
  for (int round = 0; round < 20; ++round) {
    const std::size_t limit = 1 + random() % 8;
    bounded_cache<int, int> cache(limit);
    std::vector<int> model; // the one that was used last behind
    for (int step = 0; step < 1000; ++step) {
      const int key = static_cast<int>(random() % 12);
      const auto known = std::find(model.begin(), model.end(), key);
      const bool there = known != model.end();
      switch (random() % 3) {
      case 0:
        CHECK((cache.find(key) != nullptr) == there);
        if (there)
          std::rotate(known, known + 1, model.end());
        break;
      case 1:
        cache.at(key) = key;
        if (there)
          model.erase(known);
        else if (model.size() == limit)
          model.erase(model.begin());
        model.push_back(key);
        break;
      default:
        cache.erase(key);
        if (there)
          model.erase(known);
      }
      REQUIRE(cache.size() == model.size());
    }
    auto sorted = model;
    std::sort(sorted.begin(), sorted.end());
    std::vector<int> keys;
    cache.each([&keys](int k, int v) {
      CHECK(k == v);
      keys.push_back(k);
    });
    CHECK(keys == sorted);
  }
}
