// Points in time as the batch APIs write them.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "codec/json/json.hpp"

namespace weir::inline v0::sim {

using wall_time = std::chrono::system_clock::time_point;

/// Seconds since 1970.
std::int64_t unix_seconds(wall_time t);
/// `2026-11-28T12:34:56.789Z`
std::string rfc3339(wall_time t);
/// `2026-11-28`
std::string date_only(wall_time t);

/// Seconds, or null if it lies after `now`.
codec::json::value seconds_once(wall_time t, wall_time now);

} // namespace weir::inline v0::sim
