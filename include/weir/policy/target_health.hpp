// How a target stands, for the policies that decide whether a call that failed is to be held against it.
#pragma once

#include <cstdint>

#include <weir/core/time.hpp>

namespace weir {

/// What is known of one target, by all calls to it. The breaker leaves it on a call that may wait, so that the
/// retry layer above neither burns its tries while the target is down nor gives up before that is known.
/// Thread safety: safe.
class target_health {
public:
  enum class state : std::uint8_t {
    alive,    ///< Nothing speaks against it.
    doubtful, ///< Calls fail, and whether all do is not known yet.
    down,     ///< Calls are held back until a probe gets an answer.
  };
  class view {
  public:
    view() = default;
    target_health::state state = target_health::state::alive;
    /// Enough calls were answered just now, and most of them well.
    bool well = false;
    /// Until the next probe, if the target is down; zero while one is on its way.
    duration wait{};
  };

  virtual ~target_health() = default;
  /// `random` in [0, 1) is used if the circuit opens by this look: time alone may complete what opens it.
  virtual view look(time_point now, double random) = 0;
};

} // namespace weir
