#include "tool/output/duration.hpp"

#include <fmt/format.h>

#include <cmath>

namespace weir::cli {

std::string format_duration(duration d) {
  const double ms = std::chrono::duration<double, std::milli>(d).count();
  // The limits are those of the rounded numbers: never "1000 us" or "60.00 s".
  if (ms < 0.9995)
    return fmt::format("{:.0f} us", ms * 1e3);
  if (ms < 999.5)
    return fmt::format("{:.{}f} ms", ms, ms < 9.995 ? 2 : ms < 99.95 ? 1 : 0);
  if (ms < 59'995)
    return fmt::format("{:.{}f} s", ms / 1e3, ms < 9'995 ? 2 : 1);
  const auto seconds = std::llround(ms / 1e3);
  return fmt::format("{} m {:02} s", seconds / 60, seconds % 60);
}

} // namespace weir::cli
