// Durations as people read them.
#pragma once

#include <string>

#include <weir/core/time.hpp>

namespace weir::cli {

/// `152 ms`, `1.63 s`, `2 m 05 s`: three significant digits at most.
std::string format_duration(duration d);

} // namespace weir::cli
