#include "bench/record/column.hpp"

#include <algorithm>
#include <cmath>

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
  value = std::min(value, histogram::longest);
  if (value <= shortest)
    return 0;
  const double times = static_cast<double>(value.count()) / static_cast<double>(shortest.count());
  auto place = static_cast<std::uint16_t>(std::log2(times) * places_a_doubling);
  // Next to an edge the logarithm may be off by one.
  while (place > 0 && from(place) > value)
    --place;
  while (to(place) <= value)
    ++place;
  return place;
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
