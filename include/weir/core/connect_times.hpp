// How long each step of opening a connection took.
#pragma once

#include <weir/core/time.hpp>
#include <weir/detail/abi.hpp>

WEIR_BEGIN_NAMESPACE

/// Times of one connection set-up, for timelines; zero where a step did not happen.
struct connect_times {
  connect_times() = default;
  duration resolve{}, connect{}, proxy{}, handshake{};
  bool reused = false;  ///< An idle connection from the pool: nothing was set up.
  bool resumed = false; ///< The TLS session was resumed.
};

WEIR_END_NAMESPACE
