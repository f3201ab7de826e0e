#include <doctest/doctest.h>

#include <cstdlib>
#include <string>

#include "batch/provider/part_world.hpp"

using namespace weir;
using namespace weir::vendor_batch;
using namespace std::chrono_literals;

namespace {

// WEIR_LONG=1 plays 100,000, another number as many.
std::uint64_t histories() {
  const auto* given = std::getenv("WEIR_LONG");
  const auto n = given ? std::strtoull(given, nullptr, 10) : 1000;
  return n == 1 ? 100'000 : n;
}
std::uint64_t first_seed() {
  const auto* given = std::getenv("WEIR_SEED");
  return given ? std::strtoull(given, nullptr, 10) : 1;
}

// `one_in`: plays only so many.
void play(search_by search, test::fault_rates rates, std::uint64_t one_in = 1) {
  const auto all = histories() / one_in;
  std::uint64_t kills = 0, batches = 0;
  unsigned shown = 0;
  for (std::uint64_t n = 0; n < all; ++n) {
    test::part_history h(first_seed() + n, search, rates);
    const auto wrong = h.play();
    kills += h.kills();
    batches += h.batches();
    if (!wrong.empty() && ++shown <= 5)
      FAIL_CHECK("WEIR_SEED=" << first_seed() + n << ": " << wrong);
  }
  CHECK(shown == 0);
  MESSAGE(all << " histories, " << kills << " sudden ends, " << batches << " batches");
}

test::fault_rates calm() {
  test::fault_rates r;
  r.lost = r.busy = r.kill = r.cancel = r.room = r.vanished = r.missing = 0;
  return r;
}

} // namespace

TEST_CASE("a part has one paid batch, and each of its results once, whatever ends the process") {
  SUBCASE("found again by its nonce or its file") { play(search_by::nonce, {}); }
  SUBCASE("found again by its results") { play(search_by::results, {}); }
}

TEST_CASE("the same without faults, and with far too many") {
  play(search_by::nonce, calm(), 3);
  auto r = test::fault_rates();
  r.lost = 30;
  r.kill = 25;
  r.room = 30;
  r.cancel = 30;
  play(search_by::nonce, r, 3);
  // The search by results is long: it has to come to its end once.
  r.kill = 10;
  play(search_by::results, r, 3);
}
