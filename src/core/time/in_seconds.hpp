// Durations as numbers, fractions included.
#pragma once

#include <chrono>

#include <weir/core/time.hpp>

namespace weir::inline v0 {

constexpr double in_seconds(duration d) noexcept { return std::chrono::duration<double>(d).count(); }
constexpr double in_milliseconds(duration d) noexcept { return std::chrono::duration<double, std::milli>(d).count(); }

} // namespace weir::inline v0
