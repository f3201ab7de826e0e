// Which calls may go after a provider answered 429, and how fast. Pure.
#pragma once

#include <cstdint>
#include <optional>

#include <weir/core/time.hpp>

#include "policy/rate/pace_core.hpp"
#include "policy/rate/recent_refusals.hpp"

namespace weir::inline v0 {

/// Closed by one 429, for all calls: until the time that it named, or for 0.5 to 1 s, doubling up to 4 s as long as the
/// next call to try gets another one. Then one call tries, and if it is not refused in the time that refusals take, the
/// others follow at a pace that finds the provider's own (pace_core). Several 429s in a row close the gate again; a
/// share of them lowers the pace. A single one, at a pace, concerns only its own call, unless it names more than two
/// seconds and more than the pace explains. When the pace no longer limits anything, the gate is open.
///
/// A 429 is scattered if many calls that were let through after it were not refused: the gate opens at once, and such
/// 429s do not close it again until they are a quarter of the calls. The same if a lower pace meets as many of them as
/// a higher one did, and if the pace was lifted in spite of them. 429s of calls that went before the gate closed belong
/// to the same episode: they may keep it closed longer, but teach nothing new.
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
    std::uint64_t era_ = 0;    // counts the closings
    std::uint64_t number_ = 0; // in the order in which they passed
    duration when_{};
  };

  explicit gate_core(duration longest) : longest_(longest) {}

  bool open(duration age) const noexcept { return ready(age) <= age; }
  /// The latest time at which the next call may pass.
  duration ready(duration age) const noexcept;
  /// The earliest time at which it may pass, if the call that tries has its answer by then.
  duration soonest(duration age) const noexcept { return phase_ == phase::trying ? age : ready(age); }
  bool closed(duration age) const noexcept { return soonest(age) > age; }
  /// Whether a call was served recently, so that a 429 says nothing about the provider's state.
  bool serves(duration age) const noexcept;

  /// A call passes. `waited`: it waited for the gate alone.
  ticket pass(duration age, bool waited = false) noexcept;
  /// The outcome of a call that passed, exactly once: it was not throttled,
  void accepted(duration age, const ticket& t) noexcept;
  /// it was, with or without a retry_after (`random` is uniform in [0, 1)),
  void throttled(duration age, const ticket& t, std::optional<duration> retry_after, double random) noexcept;
  /// or it ended without a verdict.
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

  // The closing: its end, the call that was refused, and what passed after it.
  phase before_ = phase::open;
  duration closed_at_{}, closed_until_{}, refusal_takes_{};
  std::uint64_t closed_by_ = 0, later_passed_ = 0, later_refused_ = 0;
  // How many tries were refused, the first wait without a retry_after, and whether there was a long one.
  unsigned level_ = 0;
  duration first_wait_{};
  bool long_hint_ = false;

  // The call that tries.
  std::uint64_t trier_ = 0;
  duration tried_at_{};

  // 429s that do not close it.
  bool scattered_ = false;
  recent_refusals refused_;
};

} // namespace weir::inline v0
