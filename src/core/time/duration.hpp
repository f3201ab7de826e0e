// Durations as people write them: 250ms, 30s, 5m.
#pragma once

#include <string_view>

#include <weir/core/time.hpp>

namespace weir {

/// Reads a number (fractions allowed) with a unit: ns, us, ms, s, m or h; a bare 0 needs none.
/// \throws weir::error errc::invalid_argument.
duration parse_duration(std::string_view text);

} // namespace weir
