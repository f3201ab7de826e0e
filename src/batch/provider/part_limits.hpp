// What a provider's batch API takes at once.
#pragma once

#include <chrono>
#include <cstdint>

namespace weir::inline v0::vendor_batch {

/// The limits of one batch. Those of the provider, narrowed by the user's options.
class part_limits {
public:
  static constexpr std::uint64_t unlimited = UINT64_MAX;

  part_limits() = default;
  part_limits(std::uint64_t lines, std::uint64_t bytes, std::uint64_t line_bytes = unlimited,
              std::uint64_t tokens = unlimited)
      : lines(lines), bytes(bytes), line_bytes(line_bytes), tokens(tokens) {}

  std::uint64_t lines = 50'000;
  std::uint64_t bytes = std::uint64_t{200} << 20; ///< Of all lines, as they are sent.
  std::uint64_t line_bytes = unlimited;           ///< Of one line.
  std::uint64_t tokens = unlimited;               ///< Enqueued at once, estimated.

  /// How long a provider takes at most, by itself, and what may be asked for instead.
  std::chrono::hours window{24}, min_window{24}, max_window{24};
  /// How long results are kept after the end, at least.
  std::chrono::hours kept{24 * 29};
};

} // namespace weir::inline v0::vendor_batch
