// How fast calls may follow each other at a provider that refuses those that come too fast. Pure.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>

#include <weir/core/time.hpp>

#include "policy/rate/recent_refusals.hpp"

namespace weir::inline v0 {

/// Finds the provider's pace, and keeps a little below it.
///
/// While nothing is known of it, the pace doubles every half second, as far as it is used. A row of refusals, or too
/// large a share of the last calls, means that the provider's pace was met. Then ours is set from three things: what
/// was served since the pace was last met (what a bucket or a window allows), the pace at which the refusals began (if
/// nothing is saved up), and what is served of the newest calls. It stays there for as long as that was measured,
/// longer the more often it was confirmed, then rises until it meets the provider's again. A few refusals among many
/// calls that are served do not count.
///
/// Times are ages of an age_clock; numbers count the calls that passed. Thread safety: none.
class pace_core {
public:
  /// What a refusal means.
  enum class finding : std::uint8_t {
    nothing,
    slower, ///< The pace was lowered.
    row,    ///< It was lowered, and nobody is being served.
    not_it, ///< Refusals are not caused by going too fast.
  };

  /// Nothing is known of the provider's pace.
  void forget() noexcept { ceiling_ = unknown; }
  /// Begins at `age` with the call `number`, after nobody passed for `idle`. `windowed`: in that time the provider
  /// refused single calls, as one that counts in windows does.
  void begin(duration age, std::uint64_t number, duration idle, bool windowed) noexcept;
  /// The time from a call at `age` to the next one, if the pace began then.
  duration first_step(duration age) const noexcept;

  /// When the next call may pass.
  duration next() const noexcept { return next_; }
  void not_before(duration age) noexcept { next_ = std::max(next_, age); }
  /// Whether it no longer limits anyone: it is very fast, or was not met for a minute.
  bool over(duration age) const noexcept;
  /// Whether there were recent refusals that meant nothing.
  bool refused_some() const noexcept { return refused_.any(); }

  /// A call passes that keeps to the pace. `waited`: it had to wait; a pace that nobody uses does not rise.
  void pass(duration age, std::uint64_t last, bool waited) noexcept;
  /// Any call passes, even without a pace: the count becomes the first pace. Unless `frozen`, old calls count less.
  void count(duration age, std::uint64_t last, bool frozen) noexcept;
  /// A call that was counted was not served.
  void discount(std::uint64_t number) noexcept;
  /// A call that kept to the pace was refused; `whole` if that alone counts as a row. `last` is the newest call that
  /// passed.
  finding refused(duration when, std::uint64_t number, std::uint64_t last, bool whole) noexcept;

  /// Whether a wait is longer than the pace's own steps and rounding explain.
  bool is_long(duration age, duration wait) const noexcept;
  /// How soon to try again after a row: as long as a few calls take.
  duration first_wait() const noexcept;

private:
  static constexpr double unknown = std::numeric_limits<double>::infinity();

  /// Calls per second.
  double at(duration age) const noexcept;
  double first(duration age) const noexcept;
  bool met(double now) const noexcept;
  bool is_row(double now) const noexcept;
  bool not_it(double now) noexcept;
  void measure(duration when, std::uint64_t number, std::uint64_t last, bool row) noexcept;
  void count_from(duration age, std::uint64_t last) noexcept;

  double first_ = 0, ceiling_ = unknown;
  duration since_{}, found_{}, next_{}, hold_{};
  bool windowed_ = false;

  // What was served since `counted_since_`, how long nobody passed before, and what was refused up to the ceiling.
  double served_ = 0;
  std::uint64_t counted_from_ = 0;
  std::optional<duration> counted_since_;
  duration idle_{};
  std::uint64_t held_refused_ = 0;

  // Recent refusals, the pace from which they came, and whether that is beyond a ceiling without any below it.
  recent_refusals refused_;
  double met_at_ = 0;
  bool beyond_ = false, clean_ = false;

  // How often it was met where it had been served before, and the pace of the first time.
  unsigned short_ = 0;
  double before_ = 0;
};

} // namespace weir::inline v0
