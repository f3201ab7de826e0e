#include "cost/prices/rate.hpp"

namespace weir::inline v0 {

namespace {

constexpr int atto_decimals = 18;
constexpr decimal::int128 atto_per_pico = 1'000'000;

} // namespace

std::optional<rate> rate::parse(std::string_view text, std::uint64_t per, std::string_view* why) noexcept {
  int decimals = atto_decimals;
  for (; per > 0 && per % 10 == 0; per /= 10)
    --decimals;
  if (per == 0) {
    if (why)
      *why = "a price per nothing";
    return std::nullopt;
  }
  // Digits to spare where `per` is no power of ten, so that the only rounding that counts is the division's.
  const int spare = per == 1 ? 0 : 6;
  const auto n = decimal::parse(text, decimals + spare, decimal::inexact::round_half_even, why);
  if (!n)
    return std::nullopt;
  return rate(spare == 0 ? *n : decimal::divide_half_even(*n, static_cast<decimal::int128>(per) * 1'000'000));
}

money rate::per_million() const noexcept {
  // 10⁻¹⁸ a unit is 10⁻¹² a million.
  return money::from_pico(atto_);
}

std::optional<rate> rate::times(rate a, rate b) const noexcept {
  const int sign = b.atto_ < 0 ? -1 : 1;
  if (const auto n = decimal::scale(atto_, a.atto_ * sign, b.atto_ * sign))
    return rate(*n);
  return std::nullopt;
}

void cost_sum::add(rate r, std::uint64_t count) noexcept {
  const auto product = decimal::multiply(r.atto(), static_cast<decimal::int128>(count));
  const auto sum = product ? decimal::add(atto_, *product) : std::nullopt;
  over_ = over_ || !sum;
  atto_ = sum.value_or(atto_);
}

money cost_sum::total() const noexcept {
  return over_ ? money::max() : money::from_pico(decimal::divide_half_even(atto_, atto_per_pico));
}

} // namespace weir::inline v0
