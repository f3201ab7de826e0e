// What one unit costs, in 10⁻¹⁸ of a currency: fine enough that every published price per million tokens is exact.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string_view>

#include <weir/cost/money.hpp>

#include "cost/decimal.hpp"

namespace weir::inline v0 {

/// A price per unit. What is finer than 10⁻¹⁸ (prices that were floats, prices per hour) is rounded half even.
class rate {
public:
  constexpr rate() = default;
  static constexpr rate from_atto(decimal::int128 n) noexcept { return rate(n); }
  /// `text` is a JSON number: the price of `per` units. Empty, and `why` set to a literal, if it is none or is out of
  /// range.
  static std::optional<rate> parse(std::string_view text, std::uint64_t per, std::string_view* why = nullptr) noexcept;

  constexpr decimal::int128 atto() const noexcept { return atto_; }
  /// What a million units cost; saturated beyond the range.
  money per_million() const noexcept;
  /// This rate times a / b, b not zero; empty if it is out of range.
  std::optional<rate> times(rate a, rate b) const noexcept;

  friend constexpr auto operator<=>(const rate&, const rate&) noexcept = default;

private:
  constexpr explicit rate(decimal::int128 n) noexcept : atto_(n) {}
  decimal::int128 atto_ = 0;
};

/// Σ count · rate, exact until it is asked for.
class cost_sum {
public:
  void add(rate r, std::uint64_t count) noexcept;
  /// Rounded half even to 10⁻¹²; saturated if the sum was out of range.
  money total() const noexcept;

private:
  decimal::int128 atto_ = 0;
  bool over_ = false;
};

} // namespace weir::inline v0
