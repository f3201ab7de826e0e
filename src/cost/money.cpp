#include <weir/cost/money.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "cost/decimal.hpp"

namespace weir::inline v0 {

namespace {

constexpr int all_decimals = 12;

constexpr decimal::int128 power_of_ten(int n) noexcept {
  decimal::int128 p = 1;
  for (; n > 0; --n)
    p *= 10;
  return p;
}

// `amount` in units of 10^-decimals.
std::string write(decimal::int128 amount, int decimals) {
  std::string digits;
  auto rest = amount < 0 ? -amount : amount;
  for (int place = 0; rest != 0 || place <= decimals; ++place) {
    if (place == decimals && decimals > 0)
      digits.push_back('.');
    digits.push_back(static_cast<char>('0' + static_cast<int>(rest % 10)));
    rest /= 10;
  }
  if (amount < 0)
    digits.push_back('-');
  std::reverse(digits.begin(), digits.end());
  return digits;
}

} // namespace

std::optional<money> money::parse(std::string_view text, std::string_view* why) noexcept {
  const auto pico = decimal::parse(text, all_decimals, decimal::inexact::refuse, why);
  if (pico && !from_pico(*pico).saturated())
    return from_pico(*pico);
  if (pico && why)
    *why = "a number out of range";
  return std::nullopt;
}

std::optional<money> money::from_double(double d) noexcept {
  if (!std::isfinite(d))
    return std::nullopt;
  char text[32];
  const auto end = std::to_chars(text, text + sizeof text, d).ptr;
  const auto pico =
      decimal::parse({text, static_cast<std::size_t>(end - text)}, all_decimals, decimal::inexact::round_half_even);
  if (!pico || from_pico(*pico).saturated())
    return std::nullopt;
  return from_pico(*pico);
}

double money::to_double() const noexcept { return static_cast<double>(pico_) / 1e12; }

std::string money::text() const {
  int decimals = all_decimals;
  auto amount = pico_;
  for (; decimals > 0 && amount % 10 == 0; --decimals)
    amount /= 10;
  return write(amount, decimals);
}

std::string money::text(int decimals) const {
  decimals = std::clamp(decimals, 0, all_decimals);
  return write(decimal::divide_half_even(pico_, power_of_ten(all_decimals - decimals)), decimals);
}

money& money::operator*=(std::uint64_t count) noexcept {
  if (saturated())
    return *this;
  const auto product = decimal::multiply(pico_, count);
  pico_ = product ? *product : pico_ < 0 ? -most() : most();
  return *this;
}

} // namespace weir::inline v0
