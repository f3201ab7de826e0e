// The states of ids in memory.
#include "store/journal/index.hpp"

#include <map>
#include <random>

#include "core/stable_hash.hpp"
#include "store/journal/support.hpp"

using namespace weir;
using namespace weir::store;

TEST_CASE("the index agrees with a map in a million random steps") {
  struct state {
    std::uint8_t kind;
    std::uint64_t fingerprint, position;
  };
  std::map<std::uint64_t, state> model;
  std::array<std::uint64_t, 256> counts{};
  id_index index;
  std::mt19937_64 random(7);
  // Several ids with the same place in the table, and few tags, so that they meet.
  const auto hash = [](std::uint64_t n) { return id_hash{n % 3 + (n << 20), mixed(n / 4)}; };
  std::size_t wrong = 0;
  for (int step = 0; step < 1'000'000; ++step) {
    const auto n = random() % (step < 500'000 ? 20'000 : 100'000);
    const auto found = index.find(hash(n));
    const auto expected = model.find(n);
    if (expected == model.end())
      wrong += found.has_value();
    else
      wrong += !found || found->kind != expected->second.kind || found->fingerprint != expected->second.fingerprint ||
               found->position != expected->second.position;
    if (random() % 4 == 0)
      continue;
    const state s{static_cast<std::uint8_t>(random() % 128), random(), random() >> 8};
    if (expected != model.end())
      --counts[expected->second.kind];
    ++counts[s.kind];
    model[n] = s;
    index.set(hash(n), s.kind, s.fingerprint, s.position);
  }
  CHECK(wrong == 0);
  CHECK(index.size() == model.size());
  for (int kind = 0; kind < 256; ++kind)
    CHECK(index.count(static_cast<std::uint8_t>(kind)) == counts[static_cast<std::size_t>(kind)]);
}

TEST_CASE("an id takes at most 64 bytes, however many there are, also while the table grows") {
  id_index index;
  std::mt19937_64 random(3);
  std::size_t before = 0;
  double worst = 0;
  for (std::uint64_t n = 1; n <= 400'000; ++n) {
    index.set({random(), random()}, 1, n, n);
    // While it grows there are two tables.
    const auto now = index.bytes();
    const auto peak = now + (now > before + 200'000 ? (now - before) : 0);
    before = now;
    if (n >= 10'000)
      worst = std::max(worst, static_cast<double>(peak) / static_cast<double>(n));
  }
  MESSAGE("at most " << worst << " bytes an id");
  CHECK(worst <= 64);
}

TEST_CASE("an empty index has nothing") {
  const id_index index;
  CHECK_FALSE(index.find({1, 2}));
  CHECK(index.count(0) == 0);
  CHECK(index.count(200) == 0);
}
