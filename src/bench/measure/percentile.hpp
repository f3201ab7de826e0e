// Percentiles that say how sure they are. Pure.
#pragma once

#include <cstdint>
#include <optional>

#include <weir/bench/histogram.hpp>

namespace weir::inline v0::measure {

/// A percentile of values of which some are endless: calls that failed never got their first token.
class percentile {
public:
  percentile() = default;
  double share = 0;
  std::uint64_t samples = 0, needed = 0;
  std::optional<duration> value; ///< Empty: too few samples, or endless.
  bool endless = false;          ///< The place of the percentile is among the endless ones.
  std::optional<duration> low;   ///< The ends of its interval, as far as they are known; see confidence.hpp.
  std::optional<duration> high;
  /// What it is not above with the confidence of claims; empty if that would be endless.
  std::optional<duration> at_most;

  bool enough() const noexcept { return samples >= needed; }
};

percentile percentile_of(const histogram& values, double share, std::uint64_t endless = 0);

} // namespace weir::inline v0::measure
