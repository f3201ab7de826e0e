// Amounts of money, exact: fixed point of 10⁻¹² of a currency.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <weir/detail/abi.hpp>

WEIR_BEGIN_NAMESPACE

/// An amount in units of 10⁻¹² of a currency ("pico"), which the holder of the amount knows. Sums, differences and
/// multiples are exact. An amount beyond the range (about ±1.7·10²⁶ of the currency) becomes the end of the range and
/// stays there, which saturated() tells.
/// Thread safety: a value.
class money {
public:
  __extension__ using pico_count = __int128;

  /// Zero.
  constexpr money() = default;
  static constexpr money from_pico(pico_count n) noexcept { return money(n); }
  /// The largest amount. It counts as saturated.
  static constexpr money max() noexcept { return money(most()); }

  /// Reads a JSON number (`12`, `0.59`, `-1e2`, `2.5e-07`) to the last digit. Empty for anything else, for an amount
  /// that has more than 12 decimals, and for one out of range; `why`, if given, is then set to the reason, a literal.
  static std::optional<money> parse(std::string_view text, std::string_view* why = nullptr) noexcept;
  /// The amount that a JSON number meant which has been read as a double: of up to 15 significant digits exactly,
  /// others rounded half even to 10⁻¹². Empty for an infinity, NaN and what is out of range.
  static std::optional<money> from_double(double d) noexcept;

  constexpr pico_count pico() const noexcept { return pico_; }
  constexpr bool saturated() const noexcept { return pico_ == most() || pico_ == -most(); }
  /// The nearest double, for charts and metrics: never to calculate with.
  double to_double() const noexcept;

  /// All digits and no more: `0.000315`, `12`, `-0.5`.
  std::string text() const;
  /// With so many decimals (0 to 12), rounded half even: `12.35`.
  std::string text(int decimals) const;

  constexpr money operator-() const noexcept { return money(-pico_); }
  constexpr money& operator+=(money b) noexcept {
    if (saturated())
      return *this;
    if (b.saturated() || (b.pico_ > 0 ? pico_ > most() - b.pico_ : pico_ < -most() - b.pico_))
      pico_ = b.pico_ > 0 ? most() : -most();
    else
      pico_ += b.pico_;
    return *this;
  }
  constexpr money& operator-=(money b) noexcept { return *this += -b; }
  money& operator*=(std::uint64_t count) noexcept;

  friend constexpr money operator+(money a, money b) noexcept { return a += b; }
  friend constexpr money operator-(money a, money b) noexcept { return a -= b; }
  friend money operator*(money a, std::uint64_t count) noexcept { return a *= count; }
  friend money operator*(std::uint64_t count, money a) noexcept { return a *= count; }
  friend constexpr auto operator<=>(const money&, const money&) noexcept = default;

private:
  constexpr explicit money(pico_count n) noexcept : pico_(n < -most() ? -most() : n) {}
  static constexpr pico_count most() noexcept { return ~(static_cast<pico_count>(1) << 127); }

  pico_count pico_ = 0;
};

WEIR_END_NAMESPACE
