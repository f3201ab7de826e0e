// What may be said of a percentile, a share and a mean after so many samples. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

namespace weir::inline v0::confidence {

/// The confidence of all statements, of both sides.
inline constexpr double level = 0.95;
/// Of claims that a percentile is not exceeded.
inline constexpr double claim = 0.99;

/// A percentile is claimed only with so many samples: fewer could show none beyond it by chance. Source: MLPerf
/// Inference, "Early stopping", with at least one sample beyond.
/// `share`: 0.99 for p99.
std::uint64_t samples_needed(double share) noexcept;

/// The rank, from 1, of the sample that the percentile does not exceed, with the confidence of claims; empty with too
/// few samples. Source: as above.
std::optional<std::uint64_t> upper_rank(std::uint64_t samples, double share);

class ranks {
public:
  ranks() = default;
  ranks(std::uint64_t from, std::uint64_t to) : low(from), high(to) {}
  std::uint64_t low = 0, high = 0; ///< From 1.
};

/// The ranks of the order statistics between which the percentile lies. Exact for any distribution of independent
/// samples. Empty where one end lies outside the samples.
std::optional<ranks> interval_of(std::uint64_t samples, double share);

class range {
public:
  range() = default;
  range(double from, double to) : low(from), high(to) {}
  double low = 0, high = 0;

  friend bool operator==(const range&, const range&) = default;
};

/// Where the share lies of which `good` of `all` were seen: Wilson's score interval. All of it if `all` is 0.
range share_of(std::uint64_t good, std::uint64_t all);

/// The mean of values that are independent, as those of windows are and those of requests are not: Student's t. Empty
/// for fewer than three.
std::optional<range> mean_of(std::span<const double> values);

} // namespace weir::inline v0::confidence
