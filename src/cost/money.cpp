#include <weir/cost/money.hpp>

#include <algorithm>
#include <array>
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

enum class zeros { keep, drop };

// `amount` in units of 10^-decimals, with or without the zeros at its end.
std::string write(decimal::int128 amount, int decimals, zeros at_end) {
  std::array<char, 48> text; // 39 digits, a point and a sign
  char* const end = text.data() + text.size();
  char* at = end;
  auto rest = amount < 0 ? -static_cast<decimal::uint128>(amount) : static_cast<decimal::uint128>(amount);
  for (int place = 0; rest != 0 || place <= decimals; ++place) {
    unsigned digit = 0;
    // A division of 128 bits takes many times as long.
    if (const auto small = static_cast<std::uint64_t>(rest); small == rest) {
      digit = static_cast<unsigned>(small % 10);
      rest = small / 10;
    } else {
      digit = static_cast<unsigned>(rest % 10);
      rest /= 10;
    }
    if (place == decimals && at != end)
      *--at = '.';
    if (place >= decimals || digit != 0 || at != end || at_end == zeros::keep)
      *--at = static_cast<char>('0' + digit);
  }
  if (amount < 0)
    *--at = '-';
  return std::string(at, end);
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

std::string money::text() const { return write(pico_, all_decimals, zeros::drop); }

std::string money::text(int decimals) const {
  decimals = std::clamp(decimals, 0, all_decimals);
  return write(decimal::divide_half_even(pico_, power_of_ten(all_decimals - decimals)), decimals, zeros::keep);
}

money& money::operator*=(std::uint64_t count) noexcept {
  if (saturated())
    return *this;
  const auto product = decimal::multiply(pico_, count);
  pico_ = product ? *product : pico_ < 0 ? -most() : most();
  return *this;
}

} // namespace weir::inline v0
