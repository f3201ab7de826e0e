// Durations as people write and read them: 250ms, 30s, 5m; 152 ms, 1.63 s.
#pragma once

#include <string>
#include <string_view>

#include <weir/core/time.hpp>

namespace weir::inline v0 {

/// Reads a number (fractions allowed) with a unit: ns, us, ms, s, m or h; a bare 0 needs none.
/// \throws weir::error errc::invalid_argument.
duration parse_duration(std::string_view text);

/// `152 ms`, `1.63 s`, `2 m 05 s`: three significant digits at most.
std::string format_duration(duration d);

} // namespace weir::inline v0
