// One limit of an amount per window, kept in every span of that length. Pure.
#pragma once

#include <cstdint>
#include <deque>

#include <weir/core/time.hpp>

namespace weir::inline v0 {

/// Elapsed time that survives steps of the clock. A step back counts as no time at all; a step forward counts, and is
/// worth at most one full window to a user that counts in windows.
class age_clock {
public:
  /// The time that has passed since the first call, as seen at `now`.
  duration advance(time_point now) noexcept;
  /// When the age will be `age`, if the clock does not step in between; `never` for duration::max().
  time_point at(duration age) const noexcept { return age == duration::max() ? never : after(last_, age - age_); }

private:
  time_point last_{};
  duration age_{};
  bool begun_ = false;
};

/// A sliding window: no span as long as the window sees more than the limit granted, except for answers that used more
/// than was reserved for them, which is a debt to be worked off.
///
/// Grants are recorded in slots of 1/240 of the window and count until the whole slot, and a margin of
/// 1/100 of the window, has left it: the provider counts arrivals, and a call that took long to arrive, followed by one
/// that did not, would otherwise be closer together there than here. A reservation is settled in the slot that recorded
/// it; an excess counts from when it is known.
/// Thread safety: none.
class bucket_core {
public:
  /// Identifies the slot that recorded a grant.
  using slot = std::int64_t;

  /// The accounts of everything that was ever granted: taken = kept + returned + held.
  class account {
  public:
    account() = default;
    std::uint64_t taken = 0, kept = 0, returned = 0, held = 0;
    std::uint64_t excess = 0; ///< Used beyond what was taken.
  };

  bucket_core(std::uint64_t limit, duration window);

  std::uint64_t configured() const noexcept { return configured_; }
  std::uint64_t limit() const noexcept { return limit_; }
  duration window() const noexcept { return window_; }
  /// Sets a limit that was learned. Never above the configured one; 0: none.
  void learn(std::uint64_t limit) noexcept;

  /// How much counts at `age`. Ages must not decrease.
  std::uint64_t used(duration age);
  /// The earliest age at which `amount` could be granted if nothing else was; for more than the
  /// limit, the earliest at which that many grants of up to the limit could have been made.
  duration ready(duration age, std::uint64_t amount);

  slot take(duration age, std::uint64_t amount);
  /// Ends a grant of `held`, of which `used` was used.
  void settle(duration age, slot at, std::uint64_t held, std::uint64_t used);

  const account& totals() const noexcept { return totals_; }

private:
  class record {
  public:
    record(slot at, std::uint64_t amount) : at(at), amount(amount) {}
    slot at;
    std::uint64_t amount;
  };

  duration leaves(slot at) const noexcept { return (at + 1) * slot_ + window_ + margin_; }
  void expire(duration age);
  void add(duration age, std::uint64_t amount);

  std::uint64_t configured_;
  std::uint64_t limit_;
  duration window_, slot_, margin_;
  std::deque<record> records_;
  std::uint64_t used_ = 0;
  account totals_;
};

} // namespace weir::inline v0
