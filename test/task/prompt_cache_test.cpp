#include <doctest/doctest.h>

#include <weir/task/prompt_cache.hpp>

using namespace weir;
using doctest::Approx;

namespace {

usage counted(std::uint64_t read, std::uint64_t five_minutes, std::uint64_t hour) {
  usage u;
  u.units.set(usage_unit::cache_read, read);
  u.units.set(usage_unit::cache_write_5m, five_minutes);
  u.units.set(usage_unit::cache_write_1h, hour);
  return u;
}

} // namespace

TEST_CASE("reads save, and writes cost by their lifetime") {
  CHECK(saved_by_prompt_cache(counted(10000, 0, 0)) == Approx(9000));
  CHECK(saved_by_prompt_cache(counted(0, 10000, 0)) == Approx(-2500));
  CHECK(saved_by_prompt_cache(counted(0, 0, 10000)) == Approx(-10000));
  CHECK(saved_by_prompt_cache(counted(10000, 400, 0), prompt_cache_factors().read(0.25)) == Approx(7400));
  CHECK(saved_by_prompt_cache(usage()) == 0);
}

TEST_CASE("what was read or written is what the next call would read") {
  CHECK(lost_by_moving(counted(10000, 400, 100)) == Approx(9450));
  CHECK(lost_by_moving(counted(10000, 0, 0), prompt_cache_factors().read(0.5)) == Approx(5000));
  CHECK(lost_by_moving(usage()) == 0);
}

TEST_CASE("without the units the totals count") {
  usage u;
  u.cached_tokens = 1000;
  u.cache_write_tokens = 200;
  CHECK(saved_by_prompt_cache(u, prompt_cache_factors().write_other(1.25)) == Approx(850));
  CHECK(lost_by_moving(u) == Approx(1080));
  // The same tokens are not counted twice where both are known.
  u.units.set(usage_unit::cache_read, 1000);
  u.units.set(usage_unit::cache_write_5m, 200);
  CHECK(lost_by_moving(u) == Approx(1080));
}
