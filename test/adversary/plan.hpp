// What one call meets, all of it drawn from a seed: the server's answer, and how the caller ends it.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace weir::adversary {

class slice {
public:
  slice(std::string bytes, std::chrono::milliseconds before) : bytes(std::move(bytes)), before(before) {}
  std::string bytes;
  std::chrono::milliseconds before;
};

/// Both sides make the same plan from the same seed: the caller to know the truth, the server to bend it.
class plan {
public:
  enum class then { keep, close, reset, hold };
  enum class ending { none, drop, within, sibling };

  explicit plan(std::uint64_t seed);

  std::uint64_t seed;
  std::string dialect; ///< A provider of chat, or "completions" or "tgi".
  bool streamed = true;
  std::string truth;   ///< The text of the whole answer.
  bool intact = true;  ///< No byte of the answer itself was changed.
  bool cut = false;    ///< It breaks off before it is whole.
  std::vector<slice> slices;
  then after = then::keep;

  ending how = ending::none;
  std::size_t drop_after = 0; ///< Events.
  std::chrono::milliseconds limit{};

  /// What was done to the answer, for people.
  std::string story;
};

} // namespace weir::adversary
