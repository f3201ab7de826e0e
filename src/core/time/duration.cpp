#include "core/time/duration.hpp"

#include <charconv>
#include <cmath>
#include <string>
#include <utility>

#include <weir/core/error.hpp>

namespace weir::inline v0 {

namespace {

std::string fixed(double value, int digits) {
  char text[32];
  const auto end = std::to_chars(text, text + sizeof text, value, std::chars_format::fixed, digits).ptr;
  return std::string(text, end);
}

} // namespace

duration parse_duration(std::string_view text) {
  constexpr std::pair<std::string_view, double> units[] = {{"ns", 1},  {"us", 1e3}, {"ms", 1e6},
                                                           {"s", 1e9}, {"m", 6e10}, {"h", 3.6e12}};
  constexpr double longest = 9e18; // what a duration of nanoseconds can hold: 285 years
  double number = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
  const std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
  if (ec == std::errc() && number >= 0) {
    if (unit.empty() && number == 0)
      return {};
    for (const auto& [name, scale] : units)
      if (unit == name && number * scale < longest)
        return duration(std::llround(number * scale));
  }
  throw error(errc::invalid_argument,
              "'" + std::string(text.substr(0, 64)) + "' is not a duration: write one like 250ms, 30s or 5m");
}

std::string format_duration(duration d) {
  const double ms = std::chrono::duration<double, std::milli>(d).count();
  // The limits are those of the rounded numbers: never "1000 us" or "60.00 s".
  if (ms < 0.9995)
    return fixed(ms * 1e3, 0) + " us";
  if (ms < 999.5)
    return fixed(ms, ms < 9.995 ? 2 : ms < 99.95 ? 1 : 0) + " ms";
  if (ms < 59'995)
    return fixed(ms / 1e3, ms < 9'995 ? 2 : 1) + " s";
  const auto seconds = std::llround(ms / 1e3);
  const auto rest = seconds % 60;
  return std::to_string(seconds / 60) + (rest < 10 ? " m 0" : " m ") + std::to_string(rest) + " s";
}

} // namespace weir::inline v0
