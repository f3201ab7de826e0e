// A histogram of times that can be merged exactly.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <weir/core/time.hpp>
#include <weir/detail/abi.hpp>

WEIR_BEGIN_NAMESPACE

/// Counts times from 1 ns to 1 hour, each known to within 0.1 %: the layout of HdrHistogram (G. Tene) with 3
/// significant digits, in nanoseconds. Everything it tells comes from the counts, so that merging is exact: the sum of
/// histograms equals the histogram of all values, bit for bit, also after encoded() and decoded().
///
/// Memory: 8 bytes for each of at most 33,792 counts, up to that of the longest time. Thread safety: distinct objects.
class histogram {
public:
  /// What is longer is counted as so long, and in beyond().
  static constexpr duration longest = std::chrono::hours(1);

  histogram() = default;

  /// Adds a value `times` times. Below 0 counts as 0.
  void add(duration value, std::uint64_t times = 1);
  histogram& merge(const histogram& other);

  std::uint64_t count() const noexcept { return total_; }
  bool empty() const noexcept { return total_ == 0; }
  /// Values longer than `longest` that were added here. Not kept by encoded().
  std::uint64_t beyond() const noexcept { return beyond_; }

  /// The value of the given place in ascending order, from 1 to count(). Places outside are the first and the last.
  /// 0 if there are no values.
  duration at_rank(std::uint64_t rank) const noexcept;
  /// The smallest value that at least this share of the values does not exceed: 0.5 is the median, 1 the maximum.
  duration at(double share) const noexcept;
  duration min() const noexcept { return at_rank(1); }
  duration max() const noexcept { return at_rank(total_); }
  duration mean() const noexcept;
  /// The standard deviation of the values, not of a sample.
  duration deviation() const noexcept;
  /// How many values are at most this long, to within the precision.
  std::uint64_t count_up_to(duration value) const noexcept;

  /// In HdrHistogram's format V2, compressed, as base64: the text that its log readers understand. Built without zlib:
  /// not compressed.
  std::string encoded() const;
  /// \throws weir::error errc::invalid_argument for text that is not a histogram of this layout; errc::unsupported for
  /// compressed text if weir was built without zlib.
  static histogram decoded(std::string_view text);

  friend bool operator==(const histogram& a, const histogram& b) noexcept { return a.counts_ == b.counts_; }

private:
  std::vector<std::uint64_t> counts_; // none at the end that is 0
  std::uint64_t total_ = 0, beyond_ = 0;
};

WEIR_END_NAMESPACE
