// Seeds of random tests.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <random>
#include <string>

namespace weir::inline v0::test {

/// WEIR_SEED, or another one every time.
inline std::uint64_t random_seed() {
  if (const char* given = std::getenv("WEIR_SEED"))
    return std::strtoull(given, nullptr, 10);
  return std::random_device{}();
}

/// The line that replays a failure.
inline std::string replay_line(std::uint64_t seed, const char* test) {
  return "WEIR_SEED=" + std::to_string(seed) + " test_cost -tc=\"" + test + "\"";
}

} // namespace weir::inline v0::test
