#include "tool/duration.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <utility>

#include <weir/core/error.hpp>

namespace weir::cli {

duration parse_duration(std::string_view text) {
  constexpr std::pair<std::string_view, double> units[] = {{"ns", 1},   {"us", 1e3}, {"ms", 1e6},
                                                           {"s", 1e9}, {"m", 6e10}, {"h", 3.6e12}};
  double number = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
  const std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
  if (ec == std::errc() && number >= 0) {
    if (unit.empty() && number == 0)
      return {};
    for (const auto& [name, scale] : units)
      if (unit == name && number * scale < 9e18)
        return duration(std::llround(number * scale));
  }
  throw error(errc::invalid_argument, fmt::format("'{}' is no duration: write one like 250ms, 30s or 5m", text));
}

std::string format_duration(duration d) {
  const double s = std::chrono::duration<double>(d).count();
  if (s < 0.001)
    return fmt::format("{:.0f} us", s * 1e6);
  if (s < 1)
    return fmt::format("{:.{}f} ms", s * 1e3, s < 0.01 ? 2 : s < 0.1 ? 1 : 0);
  if (s < 60)
    return fmt::format("{:.2f} s", s);
  return fmt::format("{:.0f} m {:02.0f} s", std::floor(s / 60), std::fmod(s, 60));
}

} // namespace weir::cli
