#include "batch/report/numbers.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>

#include "cost/shown_amount.hpp"

namespace weir::inline v0 {

namespace {

std::string two_units(std::int64_t large, const char* unit, std::int64_t small, const char* less) {
  char text[64];
  std::snprintf(text, sizeof text, "%lld %s %02lld %s", static_cast<long long>(large), unit,
                static_cast<long long>(small), less);
  return text;
}

} // namespace

std::string grouped(std::uint64_t n) {
  auto digits = std::to_string(n);
  for (auto at = digits.size(); at > 3;)
    digits.insert(at -= 3, ",");
  return digits;
}

std::string counted(std::uint64_t n, const char* one, const char* many) {
  return grouped(n) + ' ' + (n == 1 ? one : many);
}

std::string short_number(double n) {
  // The limits are those of the rounded numbers: never `10.0` or `1000`.
  const char* unit = "";
  if (n >= 999.5) {
    const bool millions = n >= 999'500;
    unit = millions ? "M" : "k";
    n /= millions ? 1e6 : 1e3;
  }
  char text[64];
  std::snprintf(text, sizeof text, "%.*f%s", n >= 9.95 || n == 0 ? 0 : n >= 0.995 ? 1 : 2, n, unit);
  return text;
}

std::string time_left(duration d) {
  const auto s = std::chrono::round<std::chrono::seconds>(d).count();
  if (s < 60)
    return std::to_string(s) + " s";
  if (s < 3600)
    return two_units(s / 60, "m", s % 60, "s");
  if (s < 86'400)
    return two_units(s / 3600, "h", s % 3600 / 60, "m");
  return two_units(s / 86'400, "d", s % 86'400 / 3600, "h");
}

std::string amounts_text(const std::map<std::string, money>& by_currency) {
  std::string text;
  for (const auto& [currency, amount] : by_currency)
    text += (text.empty() ? "" : " + ") + shown_amount(currency, amount);
  return text;
}

std::string spent_text(const batch_progress& p) {
  // Failed attempts are known to cost nothing, which is no news of the answers.
  if (p.unpriced != 0 && std::all_of(p.cost.begin(), p.cost.end(), [](const auto& c) { return c.second == money(); }))
    return {};
  auto text = amounts_text(p.cost);
  if (!text.empty() && p.cost_estimated)
    text.insert(0, "~");
  if (!text.empty() && p.unpriced != 0)
    text += "+?";
  return text;
}

} // namespace weir::inline v0
