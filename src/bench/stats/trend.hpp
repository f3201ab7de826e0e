// Whether a series grows, and whether two differ. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <utility>

#include "bench/stats/confidence.hpp"

namespace weir::inline v0::trend {

/// The median of the slopes of all pairs of points, by place: Theil and Sen. A few stray points do not move it. 0 for
/// fewer than two values.
double slope(std::span<const double> values);

/// Whether the values grow beyond chance: Mann and Kendall's test, one-sided, at 0.05. False for fewer than five.
bool grows(std::span<const double> values);

/// The ratio of the totals of pairs measured side by side: of a window of one target to that of the other, `first` over
/// `second`.
class ratio {
public:
  ratio() = default;
  double value = 1;
  confidence::range between; ///< Bootstrap over the pairs, percentile method, widened where they are few.
  /// By more than one in a hundred: less is of no interest, and found by chance.
  bool differ() const noexcept { return between.low > 1.01 || between.high < 0.99; }

  friend bool operator==(const ratio&, const ratio&) = default;
};

/// Empty for fewer than five pairs, or if a sum is 0. Pairs are drawn as `seed` says, so that a report can be made
/// again.
std::optional<ratio> compare(std::span<const std::pair<double, double>> pairs, std::uint64_t seed);

} // namespace weir::inline v0::trend
