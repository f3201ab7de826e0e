#include "core/time/duration.hpp"

#include <charconv>
#include <cmath>
#include <string>
#include <utility>

#include <weir/core/error.hpp>

namespace weir {

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

} // namespace weir
