// Wall-clock time: a part may be taken up again on another day.
#pragma once

#include <chrono>
#include <cstdint>

#include <weir/core/time.hpp>

namespace weir::inline v0::vendor_batch {

using wall_point = std::chrono::system_clock::time_point;

inline std::int64_t seconds_of(wall_point when) {
  return std::chrono::duration_cast<std::chrono::seconds>(when.time_since_epoch()).count();
}
inline wall_point point_of(std::int64_t unix_seconds) { return wall_point(std::chrono::seconds(unix_seconds)); }

/// `d` in the clock's own unit.
inline wall_point::duration coarse(duration d) { return std::chrono::duration_cast<wall_point::duration>(d); }

} // namespace weir::inline v0::vendor_batch
