// How fast calls may follow each other at a provider that refuses what is too fast. Pure.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>

#include <weir/core/time.hpp>

#include "policy/rate/recent_refusals.hpp"

namespace weir {

/// Finds the provider's pace, and keeps a little below it.
///
/// As long as nothing is known of it, the pace doubles every half second, as far as it is used. A row of refusals, or
/// too large a share of the last calls, say that the provider's was met. Then it is set from three things: what was
/// served since the pace was last met (what a bucket or a window allows), at which pace the refusals began (where
/// nothing is saved up), and what is served of the newest calls. It stays there for as long as that was measured, then
/// goes beyond until it meets the provider's again; the longer, the more often that was confirmed. Few refusals among
/// many calls that are served say nothing.
///
/// Times are ages of an age_clock; numbers count the calls that passed. Thread safety: none.
class pace_core {
public:
  /// What a refusal tells.
  enum class finding : std::uint8_t {
    nothing,
    slower, ///< The pace was lowered.
    row,    ///< It was, and nobody is served just now.
    not_it, ///< Refusals do not come from going too fast.
  };

  /// Nothing is known of the provider's pace.
  void forget() noexcept { ceiling_ = unknown; }
  /// Begins at `age` with the call `number`, after nobody passed for `idle`. `windowed`: in that time the
  /// provider refused lone calls, as one does that counts in windows.
  void begin(duration age, std::uint64_t number, duration idle, bool windowed) noexcept;
  /// From a call at `age` to the first that follows it, if it began then.
  duration first_step(duration age) const noexcept;

  /// When the next call may pass.
  duration next() const noexcept { return next_; }
  void not_before(duration age) noexcept { next_ = std::max(next_, age); }
  /// Whether it limits nobody any more: it is very fast, or was not met for a minute.
  bool over(duration age) const noexcept;
  /// Whether there were refusals just now that said nothing.
  bool refused_some() const noexcept { return refused_.any(); }

  /// A call passes that keeps to it, and had to wait or not: a pace that nobody uses does not rise.
  void pass(duration age, std::uint64_t last, bool waited) noexcept;
  /// Any call passes, also without a pace: what is counted is the first pace. Unless `frozen`, old calls count less.
  void count(duration age, std::uint64_t last, bool frozen) noexcept;
  /// A call that was counted was not served.
  void discount(std::uint64_t number) noexcept;
  /// One that kept to the pace was refused; `whole` if it is to be taken for a row. `last` is the newest that passed.
  finding refused(duration when, std::uint64_t number, std::uint64_t last, bool whole) noexcept;

  /// Whether a wait is longer than the pace's own steps and rounding explain.
  bool is_long(duration age, duration wait) const noexcept;
  /// How soon to look again after a row: as long as a few calls take.
  duration first_wait() const noexcept;

private:
  static constexpr double unknown = std::numeric_limits<double>::infinity();

  /// Calls a second.
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

  // What was served since then, how long nobody passed before, and what was refused up to the ceiling.
  double served_ = 0;
  std::uint64_t counted_from_ = 0;
  std::optional<duration> counted_since_;
  duration idle_{};
  std::uint64_t held_refused_ = 0;

  // What was refused lately, from which pace on, and whether beyond a ceiling up to which nothing was.
  recent_refusals refused_;
  double met_at_ = 0;
  bool beyond_ = false, clean_ = false;

  // How often it was met where it had been served before, and the pace of the first time.
  unsigned short_ = 0;
  double before_ = 0;
};

} // namespace weir
