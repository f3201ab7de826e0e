// Who may ask again after a provider said 429. Pure.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>

#include <weir/core/time.hpp>

namespace weir {

/// Closed by one 429, for all: until the time that it named, or for 1 s, doubling with every 429 up to 60 s.
/// Then one call goes first; each that is accepted lets two follow, until 32 are accepted and the gate is
/// open. 429s of calls that went before the gate closed belong to the same episode: they may
/// keep it closed longer, but teach nothing new.
///
/// Times are ages of an age_clock. Thread safety: none.
class gate_core {
public:
  /// When a call passed: between which two closings.
  using era = std::uint64_t;

  explicit gate_core(duration longest) : longest_(longest) {}

  bool open(duration age) const noexcept { return !easing_ || ready(age) <= age; }
  /// When the next call may pass at the latest: a call that went first and says nothing holds the others
  /// for 10 s.
  duration ready(duration age) const noexcept;
  /// When it may pass at the earliest, if those that went first have their answers by then.
  duration soonest(duration age) const noexcept { return easing_ ? std::max(age, closed_until_) : age; }
  bool closed(duration age) const noexcept { return soonest(age) > age; }

  era pass(duration age) noexcept;
  /// What became of a call that passed, exactly once: it was not throttled,
  void accepted(era passed) noexcept;
  /// it was, with or without a hint (`random` is uniform in [0, 1)),
  void throttled(duration age, era passed, std::optional<duration> hint, double random) noexcept;
  /// or it never came to a verdict.
  void withdrawn(era passed) noexcept;

private:
  duration longest_;
  era era_ = 0;
  bool easing_ = false; ///< Closed, or not everybody may pass yet.
  duration closed_until_{};
  duration last_passed_{};
  std::size_t allowed_ = 0; ///< How many may be without a verdict.
  std::size_t out_ = 0;     ///< How many are.
  unsigned level_ = 0;
};

} // namespace weir
