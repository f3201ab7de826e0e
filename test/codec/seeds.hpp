// Seeds of the random tests of this module, and how to replay one.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

namespace codec_test {

/// Splitmix64: a whole generator from any seed, cheap to make.
class dice {
public:
  explicit dice(std::uint64_t seed) : state_(seed) {}
  std::uint64_t roll() {
    std::uint64_t z = (state_ += 0x9E3779B97F4A7C15u);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
  }
  std::size_t below(std::size_t n) { return roll() % n; }

private:
  std::uint64_t state_;
};

/// Calls body(seed) for seeds 1 … count, or once with WEIR_SEED where that is set.
template <class Body>
void for_seeds(std::uint64_t count, Body body) {
  if (const char* one = std::getenv("WEIR_SEED")) {
    body(std::strtoull(one, nullptr, 10));
    return;
  }
  for (std::uint64_t seed = 1; seed <= count; ++seed)
    body(seed);
}

/// The command that runs a failing seed again. `test` has no comma: doctest would take it for two filters.
inline std::string replay(std::uint64_t seed, std::string_view test) {
  return "replay: WEIR_SEED=" + std::to_string(seed) + " test_codec -tc='" + std::string(test) + "'";
}

/// Cuts `text` at random into parts, empty ones among them.
inline std::vector<std::string_view> random_parts(std::string_view text, dice& d) {
  std::vector<std::string_view> parts;
  const auto longest = 1 + d.below(text.size() + 1);
  while (!text.empty()) {
    const auto n = d.below(longest + 1);
    parts.push_back(text.substr(0, n));
    text.remove_prefix(std::min(n, text.size()));
  }
  return parts;
}

} // namespace codec_test
