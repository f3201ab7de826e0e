// Seeds of the random tests of the limits, and how to replay one.
#pragma once

#include <doctest/doctest.h>

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include <weir/core/random.hpp>

namespace limits_test {

/// Calls body(seed, dice) for seeds 1 … count, or once with WEIR_SEED where that is set.
template <class Body>
void for_seeds(std::uint64_t count, Body body) {
  const char* one = std::getenv("WEIR_SEED");
  const auto first = one ? std::strtoull(one, nullptr, 10) : 1;
  for (std::uint64_t seed = first; seed < first + (one ? 1 : count); ++seed) {
    weir::random_source dice(seed);
    body(seed, dice);
  }
}

/// Fails with what replays it. `test` has no comma: doctest would take it for two filters.
inline void agree(bool same, std::string_view what, std::uint64_t seed, std::uint64_t step, std::string_view test) {
  if (!same)
    FAIL(what << " at step " << step << "; replay: WEIR_SEED=" << seed << " test_policy -tc=\"" << test << "\"");
}

} // namespace limits_test
