// The layer that waits for endpoints to wake up.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include <weir/policy/cold_start.hpp>
#include <weir/policy/handler.hpp>
#include <weir/policy/observe/observe.hpp>

namespace weir {

/// Calls to targets for which `sleeps` is true wait while what answers is an endpoint that wakes up; other
/// calls and failures pass. All tries are one attempt, whose record is that of the last one. `told` hears of
/// the wait at once and then every second.
/// Errors: errc::asleep where the settings say not to wait, or for no longer; errc::deadline_exceeded before a wait
/// that would end after the deadline. Cancellation: terminal, at once.
layer make_wake(wake settings, std::function<bool(const target&)> sleeps, std::vector<std::shared_ptr<observer>> told);

} // namespace weir
