// Seeds of the model tests of this folder.
#pragma once

#include <doctest/doctest.h>

#include <cstdint>
#include <cstdlib>
#include <string>

namespace weir::inline v0::test {

/// WEIR_SEED, or `usual`.
inline std::uint64_t seed_or(std::uint64_t usual) {
  const char* s = std::getenv("WEIR_SEED");
  return s ? std::strtoull(s, nullptr, 10) : usual;
}

/// The line that replays a failing seed.
inline std::string replay(std::uint64_t seed, const char* test, std::uint64_t step) {
  return "step " + std::to_string(step) + ": WEIR_SEED=" + std::to_string(seed) + " test_policy -tc=\"" + test + "\"";
}

/// A check in a loop of millions of steps: the line is built only when it fails.
template <class Line>
void agree(bool ok, Line line) {
  if (!ok)
    FAIL(line());
}

} // namespace weir::inline v0::test
