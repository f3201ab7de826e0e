#include "batch/report/duration_histogram.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace weir::inline v0 {

// Below 2^bits µs each has its own; above, a number's highest bits choose.
std::size_t duration_histogram::range_of(std::uint64_t us) noexcept {
  if (us < per_doubling)
    return us;
  const auto shift = static_cast<unsigned>(std::bit_width(us)) - bits - 1;
  return std::min<std::size_t>((shift + 1) * per_doubling + (us >> shift) - per_doubling, ranges - 1);
}

duration duration_histogram::middle_of(std::size_t range) noexcept {
  if (range < per_doubling)
    return std::chrono::microseconds(range);
  const auto shift = range / per_doubling - 1;
  const auto first = (range % per_doubling + per_doubling) << shift;
  return std::chrono::nanoseconds((first * 1000 + ((std::uint64_t{1} << shift) - 1) * 500));
}

void duration_histogram::add(duration d) {
  counts_.resize(ranges);
  d = std::max(d, duration());
  ++counts_[range_of(static_cast<std::uint64_t>(std::chrono::floor<std::chrono::microseconds>(d).count()))];
  least_ = count_ == 0 ? d : std::min(least_, d);
  most_ = std::max(most_, d);
  ++count_;
}

duration duration_histogram::quantile(double q) const noexcept {
  if (count_ == 0)
    return {};
  const auto rank = std::max<std::uint64_t>(1, static_cast<std::uint64_t>(std::ceil(q * static_cast<double>(count_))));
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i != counts_.size(); ++i)
    if ((seen += counts_[i]) >= rank)
      return std::clamp(middle_of(i), least_, most_);
  return most_;
}

} // namespace weir::inline v0
