// Decimal numbers as fixed point in 128 bits, from their text. Pure.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>

namespace weir::inline v0::decimal {

__extension__ using int128 = __int128;
__extension__ using uint128 = unsigned __int128;

/// The largest value that is used; the smallest is its negative.
inline constexpr int128 int128_max = ~(static_cast<int128>(1) << 127);

enum class inexact : unsigned char { refuse, round_half_even };

/// The JSON number `text` in units of 10^-decimals. Empty if it is none, needs more decimals than are to be had (unless
/// it is to be rounded), or is out of range; `why`, if given, is then set to a literal.
std::optional<int128> parse(std::string_view text, int decimals, inexact how, std::string_view* why = nullptr) noexcept;

/// a / b, rounded half even; b > 0.
int128 divide_half_even(int128 a, int128 b) noexcept;

/// a · b; empty if it is out of range.
std::optional<int128> multiply(int128 a, int128 b) noexcept;
std::optional<int128> add(int128 a, int128 b) noexcept;

/// a · b / c, rounded half even; c > 0. Empty if the result is out of range.
std::optional<int128> scale(int128 a, int128 b, int128 c) noexcept;

} // namespace weir::inline v0::decimal
