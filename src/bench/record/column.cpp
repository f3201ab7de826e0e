#include "bench/record/column.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include <weir/bench/histogram.hpp>

namespace weir::inline v0::bench_record {

namespace {

constexpr double places_a_doubling = 16;

// Shorter times are all in the first place.
constexpr duration shortest = std::chrono::microseconds(1);

} // namespace

duration column::from(std::uint16_t place) noexcept {
  if (place == 0)
    return {};
  return duration(std::llround(static_cast<double>(shortest.count()) * std::exp2(place / places_a_doubling)));
}

std::uint16_t column::place_of(duration value) noexcept {
  // Each gap of each answer is looked up: no logarithms.
  static const auto edges = [] {
    std::vector<duration> all;
    for (std::uint16_t place = 0; from(place) <= histogram::longest; ++place)
      all.push_back(from(place));
    return all;
  }();
  const auto above = std::upper_bound(edges.begin() + 1, edges.end(), value);
  return static_cast<std::uint16_t>(above - edges.begin() - 1);
}

void column::add(duration value, std::uint64_t times) {
  if (times == 0)
    return;
  counts_[place_of(value)] += times;
  total_ += times;
}

column& column::merge(const column& other) {
  for (const auto& [place, n] : other.counts_)
    counts_[place] += n;
  total_ += other.total_;
  return *this;
}

std::optional<duration> column::at(double share) const noexcept {
  if (total_ == 0)
    return std::nullopt;
  const double exact = share * static_cast<double>(total_);
  const double rank = std::max(1.0, std::ceil(exact - 1e-9 * exact));
  double seen = 0;
  for (const auto& [place, n] : counts_) {
    seen += static_cast<double>(n);
    if (seen >= rank)
      return from(place) + (to(place) - from(place)) / 2;
  }
  return from(counts_.rbegin()->first);
}

} // namespace weir::inline v0::bench_record
