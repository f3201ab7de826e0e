// The layer that waits for endpoints to start.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include <weir/policy/cold_start.hpp>
#include <weir/policy/handler.hpp>
#include <weir/policy/observe/observe.hpp>

namespace weir::inline v0 {

/// Calls to targets for which `scales_to_zero` is true wait while the response says that the endpoint is starting;
/// other calls and failures pass. All tries are one attempt, whose record is that of the last one. `told` is notified
/// of the wait at once and then every second.
/// Errors: errc::starting where the settings say not to wait, or for no longer; errc::deadline_exceeded before a wait
/// that would end after the deadline. Cancellation: terminal, at once.
layer make_cold_start(cold_start settings, std::function<bool(const target&)> scales_to_zero,
                      std::vector<std::shared_ptr<observer>> told);

} // namespace weir::inline v0
