#include "cost/decimal.hpp"

#include <algorithm>

namespace weir::inline v0::decimal {

namespace {

constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

// The parts of a JSON number; the digits are those of whole and then of fraction.
struct number_text {
  bool negative = false;
  std::string_view whole, fraction;
  int exponent = 0;
};

std::string_view take_digits(std::string_view& rest) noexcept {
  const auto n = static_cast<std::size_t>(std::find_if_not(rest.begin(), rest.end(), is_digit) - rest.begin());
  const auto digits = rest.substr(0, n);
  rest.remove_prefix(n);
  return digits;
}

std::optional<number_text> split(std::string_view rest) noexcept {
  constexpr int exponent_limit = 1'000'000;
  number_text n;
  if (rest.starts_with('-')) {
    n.negative = true;
    rest.remove_prefix(1);
  }
  n.whole = take_digits(rest);
  if (n.whole.empty() || (n.whole.size() > 1 && n.whole.front() == '0'))
    return std::nullopt;
  if (rest.starts_with('.')) {
    rest.remove_prefix(1);
    n.fraction = take_digits(rest);
    if (n.fraction.empty())
      return std::nullopt;
  }
  if (rest.starts_with('e') || rest.starts_with('E')) {
    rest.remove_prefix(1);
    const bool small = rest.starts_with('-');
    if (small || rest.starts_with('+'))
      rest.remove_prefix(1);
    const auto digits = take_digits(rest);
    if (digits.empty())
      return std::nullopt;
    for (const char c : digits)
      n.exponent = std::min(n.exponent * 10 + (c - '0'), exponent_limit);
    if (small)
      n.exponent = -n.exponent;
  }
  if (!rest.empty())
    return std::nullopt;
  return n;
}

// Rounds half even what digits below the last place add to a value.
class tail {
public:
  // `place` is 1 for the first digit below the last place.
  void add(int digit, long long place) noexcept {
    if (place == 1)
      first_ = digit;
    else
      rest_ = rest_ || digit != 0;
  }
  bool empty() const noexcept { return first_ == 0 && !rest_; }
  bool rounds_up(bool odd) const noexcept { return first_ > 5 || (first_ == 5 && (rest_ || odd)); }

private:
  int first_ = 0;
  bool rest_ = false;
};

constexpr bool append(int128& value, int digit) noexcept {
  if (value > (int128_max - digit) / 10)
    return false;
  value = value * 10 + digit;
  return true;
}

} // namespace

std::optional<int128> parse(std::string_view text, int decimals, inexact how, std::string_view* why) noexcept {
  const auto fail = [why](std::string_view reason) {
    if (why)
      *why = reason;
    return std::nullopt;
  };
  const auto n = split(text);
  if (!n)
    return fail("not a number");
  int128 value = 0;
  tail below;
  // The power of ten, in units of the result, of the digit at hand.
  auto power = static_cast<long long>(n->whole.size()) - 1 + n->exponent + decimals;
  for (const auto digits : {n->whole, n->fraction})
    for (const char c : digits) {
      if (power < 0)
        below.add(c - '0', -power);
      else if (!append(value, c - '0'))
        return fail("a number out of range");
      --power;
    }
  for (; power >= 0 && value != 0; --power)
    if (!append(value, 0))
      return fail("a number out of range");
  if (!below.empty() && how == inexact::refuse)
    return fail("a number with too many decimals");
  if (below.rounds_up(value % 2 != 0) && value < int128_max)
    ++value;
  return n->negative ? -value : value;
}

int128 divide_half_even(int128 a, int128 b) noexcept {
  auto quotient = a / b;
  auto rest = a % b;
  const int away = a < 0 ? -1 : 1;
  rest = rest < 0 ? -rest : rest;
  const auto other = b - rest;
  if (rest > other || (rest == other && quotient % 2 != 0))
    quotient += away;
  return quotient;
}

std::optional<int128> multiply(int128 a, int128 b) noexcept {
  constexpr auto half = static_cast<int128>(1) << 62;
  if (a <= half && a >= -half && b <= half && b >= -half)
    return a * b;
  if (a == 0 || b == 0)
    return int128(0);
  const auto size_a = a < 0 ? -static_cast<uint128>(a) : static_cast<uint128>(a);
  const auto size_b = b < 0 ? -static_cast<uint128>(b) : static_cast<uint128>(b);
  if (size_a > static_cast<uint128>(int128_max) / size_b)
    return std::nullopt;
  return a * b;
}

std::optional<int128> add(int128 a, int128 b) noexcept {
  if (b > 0 ? a > int128_max - b : a < -int128_max - b)
    return std::nullopt;
  return a + b;
}

std::optional<int128> scale(int128 a, int128 b, int128 c) noexcept {
  if (const auto product = multiply(a, b))
    return divide_half_even(*product, c);
  // Too large for one step.
  const auto whole = multiply(a / c, b);
  const auto rest = multiply(a % c, b);
  if (!whole || !rest)
    return std::nullopt;
  return add(*whole, divide_half_even(*rest, c));
}

} // namespace weir::inline v0::decimal
