// Whether a budget will be exceeded at the rates of late. Pure.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace weir::inline v0 {

/// Projects what is spent of a ceiling to the end of its window, at the rates of the last hour and of the last six
/// hours (as SRE practice does for error budgets): the short rate ends an alarm soon, the long one ignores bursts.
/// Where more than a day is left, the rate of the last day must agree too, or each day's busy hours would count for
/// whole weeks. Rates are known after an hour. Thread safety: none.
class overrun_core {
public:
  using time = std::chrono::system_clock::time_point;

  /// `share` of the ceiling was spent. A step of the clock back is taken for no time.
  void note(double share, time now) noexcept;
  /// The same of the past, in any order; more than a day before the last one, it is passed over.
  void record(double share, time when) noexcept;
  /// What share will have been spent when `ahead` has passed, by the lowest of the rates, if `spent` of it has been; 0
  /// while the rates are not known.
  double projected(double spent, std::chrono::nanoseconds ahead, time now) noexcept;
  /// Whether this is an alarm: projected to exceed the ceiling, which it has not yet, and not since the last one
  /// without a fall below nine tenths.
  bool alarm(double spent, std::chrono::nanoseconds ahead, time now) noexcept;

private:
  static constexpr std::size_t slots = 144; // of ten minutes: a day

  void advance(time now) noexcept;
  double rate(std::size_t of) const noexcept;

  std::array<float, slots + 1> ring_{}; // the newest is at head_ and not complete
  std::size_t head_ = 0;
  std::uint64_t seen_ = 0; // complete slots, since the start
  std::int64_t slot_ = 0;
  double short_rate_ = 0, long_rate_ = 0; // of complete slots, per slot: the lowest, without and with the day's
  bool begun_ = false, alarmed_ = false;
};

} // namespace weir::inline v0
