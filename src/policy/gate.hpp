// Who may ask again after a provider said 429, and how fast. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>

#include <weir/core/time.hpp>

namespace weir {

/// Closed by one 429, for all: until the time that it named, or for 0.5 to 1 s, doubling up to 8 s as long as
/// whoever tries next gets another one. Then one call tries, and if it is not refused in the time in which
/// refusals come, the others follow at a pace that finds the provider's own: from what was served
/// before, up towards where the last 429 came, held a little below it, and after a while beyond. When nothing was
/// refused for a minute, or the pace is none any more, the gate is open.
///
/// A 429 among many calls that were let through after it and were not refused is not the whole provider's: the
/// gate opens at once, and such 429s close it no more until they are a quarter of the calls. 429s of
/// calls that went before the gate closed belong to the same episode: they may keep it closed longer, but teach
/// nothing new.
///
/// Times are ages of an age_clock. Thread safety: none.
class gate_core {
public:
  /// A call that passed.
  class ticket {
  public:
    ticket() = default;

  private:
    friend class gate_core;
    std::uint64_t era_ = 0;    // between which two closings
    std::uint64_t number_ = 0; // in the order in which they passed
    duration when_{};
  };

  explicit gate_core(duration longest) : longest_(longest) {}

  bool open(duration age) const noexcept { return ready(age) <= age; }
  /// When the next call may pass at the latest.
  duration ready(duration age) const noexcept;
  /// When it may pass at the earliest, if the one that tries has its answer by then.
  duration soonest(duration age) const noexcept { return phase_ == phase::trying ? age : ready(age); }
  bool closed(duration age) const noexcept { return soonest(age) > age; }
  /// Whether somebody was served just now, so that a 429 is one's turn and not the provider's state.
  bool serves(duration age) const noexcept;

  ticket pass(duration age) noexcept;
  /// What became of a call that passed, exactly once: it was not throttled,
  void accepted(duration age, const ticket& t) noexcept;
  /// it was, with or without a hint (`random` is uniform in [0, 1)),
  void throttled(duration age, const ticket& t, std::optional<duration> hint, double random) noexcept;
  /// or it never came to a verdict.
  void withdrawn(const ticket& t) noexcept;

private:
  enum class phase : std::uint8_t { open, closed, trying, paced };
  static constexpr double unknown = std::numeric_limits<double>::infinity();

  /// Calls a second.
  double pace(duration age) const noexcept;
  bool scattered(duration age) const noexcept;
  duration wait_for(std::optional<duration> hint, double random) const noexcept;
  void begin_scattered() noexcept;
  bool still_scattered(const ticket& t) noexcept;
  void close(duration age, const ticket& t, duration wait) noexcept;
  double pace_to_begin_with() const noexcept;
  duration first_step() const noexcept;
  void begin_pace() noexcept;
  void count_pass(duration age) noexcept;

  duration longest_;
  phase phase_ = phase::open;
  std::uint64_t era_ = 0, passed_ = 0;
  std::optional<duration> last_served_;

  // The closing: its end, what refused, and who passed after that one.
  phase before_ = phase::open;
  duration closed_at_{}, closed_until_{}, refusal_takes_{};
  std::uint64_t closed_by_ = 0, later_passed_ = 0, later_refused_ = 0;
  unsigned level_ = 0;

  // The one that tries.
  std::uint64_t trier_ = 0;
  duration tried_at_{};

  // The pace: where it began, when, and where it met a 429.
  double first_pace_ = 0, ceiling_ = unknown;
  duration paced_since_{}, next_pass_{};

  // What was served since the last closing ended, or so.
  double served_ = 0;
  std::uint64_t counted_from_ = 0;
  std::optional<duration> counted_since_;

  // 429s that do not close it, among the calls of the last two handfuls.
  bool scattered_ = false;
  unsigned short_paces_ = 0;
  std::uint64_t handful_ = 0;
  std::size_t refused_now_ = 0, refused_before_ = 0;
};

} // namespace weir
