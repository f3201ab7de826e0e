// The window of one group of one budget: numbers only. Pure.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include <weir/cost/budget.hpp>
#include <weir/cost/money.hpp>

#include "cost/calendar/calendar.hpp"
#include "cost/calendar/time_zone.hpp"

namespace weir::inline v0 {

/// What is counted. Sums are exact: parts are limited, so that no number of calls that a process can make overflows.
struct spend_amount {
  using number = money::pico_count;

  spend_amount() = default;
  /// What is negative counts as nothing. An empty cost is an unpriced call.
  spend_amount(std::optional<money> cost, std::uint64_t tokens) noexcept;

  spend_amount& operator+=(const spend_amount& b) noexcept;
  spend_amount& operator-=(const spend_amount& b) noexcept;
  friend spend_amount operator+(spend_amount a, const spend_amount& b) noexcept { return a += b; }
  friend bool operator==(const spend_amount&, const spend_amount&) = default;
  bool zero() const noexcept { return cost == 0 && tokens == 0 && unpriced == 0; }

  number cost = 0; ///< 10⁻¹² of the currency.
  number tokens = 0;
  std::uint64_t unpriced = 0; ///< Calls.
};

/// How a budget's windows are made, and what they may hold.
struct window_rule {
  window_rule() = default;
  budget::span kind = budget::span::month;
  bool rolling = false;
  std::shared_ptr<const time_zone> zone; ///< Of calendar windows.
  std::optional<spend_amount::number> max_cost, max_tokens;
};

/// Counts what was spent in the current window, and what is reserved.
///
/// Reserved amounts count until they end, whatever window that is in. A rolling window is kept in sixtieths, which
/// leave it when even their last moment has; they begin at whole multiples since 1970, so that a restart finds the same
/// ones. Time only passes by advance().
/// Object lifetimes: the rule must outlive it. Thread safety: none.
class budget_core {
public:
  using time = window_bounds::time;
  static constexpr std::size_t slots = 60;

  explicit budget_core(const window_rule& rule);

  void advance(time now) noexcept;

  /// Whether `a` can be reserved without exceeding a ceiling.
  bool fits(const spend_amount& a) const noexcept;
  void reserve(const spend_amount& a) noexcept { reserved_ += a; }
  /// Ends a reservation, of which `used` was used.
  void end(const spend_amount& reserved, const spend_amount& used) noexcept;
  /// What was spent at `when`, which is not later than the time of the last advance(), without a reservation.
  void record(const spend_amount& a, time when) noexcept;

  const spend_amount& spent() const noexcept { return spent_; }
  const spend_amount& reserved() const noexcept { return reserved_; }
  bool idle() const noexcept { return spent_.zero() && reserved_.zero(); }
  /// Which ceiling `a` does not fit: one that is below `a` itself before one that is not.
  budget_refusal::reason short_of(const spend_amount& a) const noexcept;
  /// When `a` fits, if what is reserved is spent now and nothing else is; empty if it never will.
  std::optional<time> room_for(const spend_amount& a) const noexcept;
  /// The end of a calendar window; of a rolling one, when it will be empty.
  time window_end() const noexcept;
  /// The time that is left in a calendar window, and the length of a rolling one.
  std::chrono::nanoseconds ahead() const noexcept;
  /// Changes when a window has passed.
  std::uint64_t era() const noexcept { return era_; }

  struct entry {
    entry(time at, const spend_amount& amount) : at(at), amount(amount) {}
    time at;
    spend_amount amount;
  };
  /// What was spent, with moments at which record() would count it like here.
  std::vector<entry> entries() const;

private:
  using span = std::chrono::nanoseconds;

  void advance_rolling(time now) noexcept;
  void advance_calendar(time now) noexcept;
  spend_amount& slot(std::size_t back) noexcept { return ring_[(head_ + ring_.size() - back) % ring_.size()]; }
  const spend_amount& slot(std::size_t back) const noexcept {
    return ring_[(head_ + ring_.size() - back) % ring_.size()];
  }
  // When a slot will have left.
  time leaves(std::size_t back) const noexcept {
    return last_ - into_ + width_ * static_cast<std::int64_t>(slots + 1 - back);
  }
  bool within(const spend_amount& counted, const spend_amount& a) const noexcept;

  const window_rule* rule_;
  spend_amount spent_, reserved_;
  bool begun_ = false;
  time last_{};
  std::uint64_t era_ = 0;
  window_bounds bounds_;           // calendar
  std::vector<spend_amount> ring_; // rolling: the newest slot is at head_
  std::size_t head_ = 0, passed_ = 0;
  span width_{}, into_{}; // how far the newest slot has come
};

} // namespace weir::inline v0
