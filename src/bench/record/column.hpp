// A coarse histogram: a column of a heat map.
#pragma once

#include <cstdint>
#include <map>
#include <optional>

#include <weir/core/time.hpp>

namespace weir::inline v0::bench_record {

/// Counts times by places that are 4.4 % wide, in a few hundred bytes. Merges exactly.
class column {
public:
  column() = default;

  void add(duration value, std::uint64_t times = 1);
  column& merge(const column& other);

  std::uint64_t count() const noexcept { return total_; }
  /// The middle of the place that at least this share of the values does not exceed; empty without values.
  std::optional<duration> at(double share) const noexcept;
  /// By place, see from() and to().
  const std::map<std::uint16_t, std::uint64_t>& counts() const noexcept { return counts_; }

  /// 16 places for each power of two, from 1 µs.
  static std::uint16_t place_of(duration value) noexcept;
  /// The smallest value of a place, and of the next one.
  static duration from(std::uint16_t place) noexcept;
  static duration to(std::uint16_t place) noexcept { return from(static_cast<std::uint16_t>(place + 1)); }

  friend bool operator==(const column&, const column&) = default;

private:
  std::map<std::uint16_t, std::uint64_t> counts_;
  std::uint64_t total_ = 0;
};

} // namespace weir::inline v0::bench_record
