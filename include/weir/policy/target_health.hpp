// A target's health, for the policies that decide whether a failed try counts against its call.
#pragma once

#include <cstdint>

#include <weir/core/time.hpp>
#include <weir/detail/abi.hpp>

WEIR_BEGIN_NAMESPACE

/// What all calls to one target have shown about it. The breaker attaches it to a call that may wait, so that the retry
/// layer above neither burns its tries while the target is down nor gives up before that is known.
/// Thread safety: safe.
class target_health {
public:
  enum class state : std::uint8_t {
    alive,    ///< No sign of trouble.
    doubtful, ///< Calls fail; whether all do is not known yet.
    down,     ///< Calls are held back until a probe is answered.
  };
  struct view {
    view() = default;
    target_health::state state = target_health::state::alive;
    /// Enough calls have just ended, and most of them succeeded.
    bool well = false;
    /// Until the next probe, if the target is down; zero while one is in flight.
    duration wait{};
  };

  virtual ~target_health() = default;
  /// `random` in [0, 1) is used if this look opens the circuit: the passage of time alone may do that.
  virtual view look(time_point now, double random) = 0;
};

WEIR_END_NAMESPACE
