// Who may ask again after a provider said 429, and how fast. Pure.
#pragma once

#include <cstdint>
#include <optional>

#include <weir/core/time.hpp>

#include "policy/rate/pace_core.hpp"
#include "policy/rate/recent_refusals.hpp"

namespace weir {

/// Closed by one 429, for all: until the time that it named, or for 0.5 to 1 s, doubling up to 4 s as long as
/// whoever tries next gets another one. Then one call tries, and if it is not refused in the time in which
/// refusals come, the others follow at a pace that finds the provider's own (pace_core). A row of 429s closes the
/// gate again; a share of them lowers the pace. One alone, at a pace, is its own call's business, unless it
/// names more than two seconds and than the pace explains. When the pace is none any more, the gate is open.
///
/// A 429 among many calls that were let through after it and were not refused is not the whole provider's: the
/// gate opens at once, and such 429s close it no more until they are a quarter of the calls. The same where a lower
/// pace meets as many of them as a higher one did, and where it came to be none in spite of them. 429s of calls that
/// went before the gate closed belong to the same episode: they may keep it closed longer, but teach nothing new.
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

  /// `waited`: for nothing but this.
  ticket pass(duration age, bool waited = false) noexcept;
  /// What became of a call that passed, exactly once: it was not throttled,
  void accepted(duration age, const ticket& t) noexcept;
  /// it was, with or without a retry_after (`random` is uniform in [0, 1)),
  void throttled(duration age, const ticket& t, std::optional<duration> retry_after, double random) noexcept;
  /// or it never came to a verdict.
  void withdrawn(const ticket& t) noexcept;

private:
  enum class phase : std::uint8_t { open, closed, trying, paced };
  bool scattered(duration age) const noexcept;
  duration wait_for(std::optional<duration> retry_after, double random) const noexcept;
  void begin_scattered() noexcept;
  void refused_at_pace(duration age, const ticket& t, std::optional<duration> retry_after, double random) noexcept;
  void close(duration age, const ticket& t, std::optional<duration> retry_after, double random) noexcept;
  void begin_pace() noexcept;

  duration longest_;
  phase phase_ = phase::open;
  std::uint64_t era_ = 0, passed_ = 0;
  std::optional<duration> last_served_;
  pace_core pace_;

  // The closing: its end, what refused, and who passed after that one.
  phase before_ = phase::open;
  duration closed_at_{}, closed_until_{}, refusal_takes_{};
  std::uint64_t closed_by_ = 0, later_passed_ = 0, later_refused_ = 0;
  // How often one tried in vain, the first wait if there is no retry_after, and whether there was a long one.
  unsigned level_ = 0;
  duration first_wait_{};
  bool long_hint_ = false;

  // The one that tries.
  std::uint64_t trier_ = 0;
  duration tried_at_{};

  // 429s that do not close it.
  bool scattered_ = false;
  recent_refusals refused_;
};

} // namespace weir
