// Seeds of random tests.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <random>
#include <string>

namespace weir::inline v0::test {

/// WEIR_SEED, or another one every time.
inline std::uint64_t seed() {
  if (const char* given = std::getenv("WEIR_SEED"))
    return std::strtoull(given, nullptr, 10);
  return std::random_device{}();
}

/// The line that replays a failure.
inline std::string replay(std::uint64_t seed, const char* test) {
  return "WEIR_SEED=" + std::to_string(seed) + " test_policy -tc=\"" + test + "\"";
}

/// WEIR_LONG asks for the full size of the tests that are cut short by default.
inline bool at_length() { return std::getenv("WEIR_LONG") != nullptr; }

} // namespace weir::inline v0::test
