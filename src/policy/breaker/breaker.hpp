// The circuit breaker's layer.
#pragma once

#include <memory>

#include <weir/policy/breaker.hpp>
#include <weir/policy/handler.hpp>

namespace weir::inline v0 {

class breaker_set;

/// While a target's circuit is open its calls fail at once with errc::circuit_open, and retry_after() is
/// the time until the next probe. If a call may wait for it instead, call::health is set to the circuit. An answer is a
/// success from its first token on, and also a failure if it then breaks off. Returns `inner` itself if the breaker is
/// not enabled.
layer make_breaker(breaker settings, std::shared_ptr<breaker_set> shared);

} // namespace weir::inline v0
