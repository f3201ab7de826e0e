// How long each step of opening a connection took.
#pragma once

#include <weir/core/time.hpp>

namespace weir {

/// Times of one connection set-up, for timelines; zero where a step did not happen.
class connect_times {
public:
  connect_times() = default;
  duration resolve{}, connect{}, proxy{}, handshake{};
  bool reused = false;  ///< An idle connection from the pool: nothing was set up.
  bool resumed = false; ///< The TLS session was resumed.
};

} // namespace weir
