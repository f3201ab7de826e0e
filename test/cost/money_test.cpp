#include <weir/cost/money.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <random>
#include <string>

#include "cost/decimal.hpp"
#include "cost/prices/rate.hpp"

using weir::money;
using weir::rate;

namespace {

std::string why_not(std::string_view text) {
  std::string_view why;
  CHECK(!money::parse(text, &why));
  return std::string(why);
}

std::string parsed(std::string_view text) {
  const auto m = money::parse(text);
  return m ? m->text() : "none";
}

// A sum of decimals as one would do it on paper: digits in groups of nine, and no wide integers.
class paper {
public:
  // `digits` is a count of 10⁻¹², without a sign.
  void add(std::string digits, bool negative) {
    auto& to = negative ? negative_ : positive_;
    digits.insert(0, 36 - digits.size(), '0');
    std::uint64_t carry = 0;
    for (std::size_t group = 0; group != to.size(); ++group) {
      carry += to[group];
      if (group < 4)
        carry += std::stoull(digits.substr(27 - 9 * group, 9));
      to[group] = carry % base;
      carry /= base;
    }
  }
  // positive − negative, in 10⁻¹².
  std::string total() const {
    const bool less =
        std::lexicographical_compare(positive_.rbegin(), positive_.rend(), negative_.rbegin(), negative_.rend());
    const auto& large = less ? negative_ : positive_;
    const auto& small = less ? positive_ : negative_;
    std::string digits;
    std::int64_t borrow = 0;
    for (std::size_t group = 0; group != large.size(); ++group) {
      auto d = static_cast<std::int64_t>(large[group]) - static_cast<std::int64_t>(small[group]) - borrow;
      borrow = d < 0;
      d += borrow * static_cast<std::int64_t>(base);
      const auto text = std::to_string(d);
      digits.insert(0, std::string(9 - text.size(), '0') + text);
    }
    const auto first = digits.find_first_not_of('0');
    return first == std::string::npos ? "0" : (less ? "-" : "") + digits.substr(first);
  }

private:
  static constexpr std::uint64_t base = 1'000'000'000;
  std::array<std::uint64_t, 5> positive_{}, negative_{};
};

// The decimal text of a count of 10⁻¹².
std::string decimal(std::string digits) {
  if (digits.size() < 13)
    digits.insert(0, 13 - digits.size(), '0');
  return digits.insert(digits.size() - 12, ".");
}

std::string pico_text(money m) {
  auto text = m.text(12);
  text.erase(text.find('.'), 1);
  const bool negative = text.front() == '-';
  const auto first = text.find_first_not_of("-0");
  return first == std::string::npos ? "0" : (negative ? "-" : "") + text.substr(first);
}

} // namespace

TEST_CASE("money is read from the text of a JSON number to the last digit") {
  CHECK(parsed("0") == "0");
  CHECK(parsed("12") == "12");
  CHECK(parsed("0.59") == "0.59");
  CHECK(parsed("-0.5") == "-0.5");
  CHECK(parsed("2.5e-07") == "0.00000025");
  CHECK(parsed("1E+3") == "1000");
  CHECK(parsed("0.000000000001") == "0.000000000001");
  CHECK(parsed("0.0000000000010000") == "0.000000000001");
  CHECK(parsed("100e-2") == "1");
  CHECK(parsed("0e999999999999") == "0");
  CHECK(parsed("-0.0") == "0");
  CHECK(parsed("9223372036854775807.000000000001") == "9223372036854775807.000000000001");
  CHECK(money::parse("3.25")->pico() == 3'250'000'000'000);
}

TEST_CASE("what is no JSON number is no money") {
  for (const auto* text : {"", "-", "+1", ".5", "1.", "01", "1e", "1e+", "0x1", "1 ", " 1", "1,5", "NaN", "Infinity",
                           "1.5.2", "--1", "1e5.5", "$1"}) {
    INFO(text);
    CHECK(why_not(text) == "not a number");
  }
}

TEST_CASE("money with more than 12 decimals or out of range is refused, not rounded") {
  CHECK(why_not("0.0000000000001") == "a number with too many decimals");
  CHECK(why_not("1e-13") == "a number with too many decimals");
  CHECK(why_not("1e27") == "a number out of range");
  CHECK(why_not("1e999999999999") == "a number out of range");
  CHECK(why_not("-1e27") == "a number out of range");
  // The ends of the range stand for sums beyond it.
  CHECK(why_not("170141183460469231731687303.715884105727") == "a number out of range");
  CHECK(parsed("170141183460469231731687303.715884105726") == "170141183460469231731687303.715884105726");
}

TEST_CASE("a double with up to 15 digits is recovered exactly") {
  CHECK(money::from_double(0.1)->text() == "0.1");
  CHECK(money::from_double(0.000142)->text() == "0.000142");
  CHECK(money::from_double(2.5e-7)->text() == "0.00000025");
  CHECK(money::from_double(123456.789012345)->text() == "123456.789012345");
  CHECK(money::from_double(-1e-12)->text() == "-0.000000000001");
  CHECK(money::from_double(1e15)->text() == "1000000000000000");
  std::mt19937_64 random(7);
  for (int i = 0; i != 20'000; ++i) {
    const auto digits = std::uniform_int_distribution<std::uint64_t>(0, 999'999'999'999'999)(random);
    const auto text = decimal(std::to_string(digits));
    CHECK(money::from_double(std::stod(text)) == money::parse(text));
  }
}

TEST_CASE("a double with more digits is rounded half even, and none is invented for what is no amount") {
  CHECK(money::from_double(0.1 + 0.2)->text() == "0.3");
  CHECK(money::from_double(5e-13)->text() == "0");
  CHECK(money::from_double(1.5e-12)->text() == "0.000000000002");
  CHECK(money::from_double(2.5e-12)->text() == "0.000000000002");
  CHECK(money::from_double(1e-300)->text() == "0");
  CHECK(!money::from_double(std::numeric_limits<double>::infinity()));
  CHECK(!money::from_double(std::nan("")));
  CHECK(!money::from_double(1e300));
}

TEST_CASE("money is shown rounded half even") {
  const auto shown = [](std::string_view text, int decimals) { return money::parse(text)->text(decimals); };
  CHECK(shown("12.345", 2) == "12.34");
  CHECK(shown("12.355", 2) == "12.36");
  CHECK(shown("12.3450000001", 2) == "12.35");
  CHECK(shown("-12.345", 2) == "-12.34");
  CHECK(shown("-12.355", 2) == "-12.36");
  CHECK(shown("0.5", 0) == "0");
  CHECK(shown("1.5", 0) == "2");
  CHECK(shown("7", 4) == "7.0000");
  CHECK(shown("0.000315", 12) == "0.000315000000");
  CHECK(shown("0.000000000001", 99) == "0.000000000001");
}

TEST_CASE("a million random amounts add up to what paper says, to the last digit") {
  std::mt19937_64 random(42);
  std::uniform_int_distribution<std::uint64_t> any;
  money sum;
  paper reference;
  for (int i = 0; i != 1'000'000; ++i) {
    // Amounts of all sizes, from 10⁻¹² to ten million.
    const auto digits = std::to_string(any(random) >> any(random) % 60);
    const bool negative = any(random) % 3 == 0;
    const auto amount = money::parse(decimal(digits));
    REQUIRE(amount.has_value());
    sum += negative ? -*amount : *amount;
    reference.add(digits, negative);
  }
  CHECK(pico_text(sum) == reference.total());
}

TEST_CASE("sums, differences and multiples are exact") {
  const auto a = *money::parse("0.1");
  const auto b = *money::parse("0.2");
  CHECK(a + b == *money::parse("0.3"));
  CHECK(a - b == *money::parse("-0.1"));
  CHECK(a < b);
  CHECK(-a < money());
  CHECK(a * 1'000'000 == *money::parse("100000"));
  CHECK(3 * -a == *money::parse("-0.3"));
  CHECK(a * 0 == money());
  CHECK(a.to_double() == doctest::Approx(0.1));
}

TEST_CASE("an amount beyond the range stays at its end and says so") {
  const auto large = *money::parse("1e26");
  CHECK(!large.saturated());
  auto sum = large + large;
  CHECK(sum.saturated());
  CHECK(sum == money::max());
  sum -= large;
  CHECK(sum.saturated());
  CHECK((-large - large).saturated());
  CHECK(-large - large == -money::max());
  CHECK((large * 2).saturated());
  CHECK((-large * 2) == -money::max());
  CHECK((money::max() * 0).saturated());
  CHECK((large - large) == money());
  CHECK((money() - money::max()).saturated());
  // The smallest of all integers has no negative of its own.
  CHECK(money::from_pico(~money::max().pico()) == -money::max());
  CHECK((money::from_pico(1) * std::numeric_limits<std::uint64_t>::max()).pico() ==
        static_cast<money::pico_count>(std::numeric_limits<std::uint64_t>::max()));
}

TEST_CASE("a rate per million is exact, and a cost is rounded once") {
  // The smallest published price: 0.003625 per million, 3.625·10⁻⁹ a token.
  const auto tiny = *rate::parse("0.003625", 1'000'000);
  CHECK(tiny.per_million().text() == "0.003625");
  weir::cost_sum sum;
  sum.add(tiny, 1);
  CHECK(sum.total().text() == "0.000000003625");
  // 0.0000001 a million is 10⁻¹³ a token: five of them are 5·10⁻¹³, and half is rounded to even, once.
  const auto tinier = *rate::parse("0.0000001", 1'000'000);
  weir::cost_sum halves;
  halves.add(tinier, 5);
  CHECK(halves.total() == money());
  halves.add(tinier, 5);
  CHECK(halves.total().pico() == 1);
  halves.add(tinier, 5);
  CHECK(halves.total().pico() == 2);
}

TEST_CASE("a rate that was a float loses its noise, and one per hour is rounded at 10⁻¹⁸") {
  CHECK(rate::parse("8.000000000000001e-07", 1) == rate::parse("0.8", 1'000'000));
  CHECK(rate::parse("0.36", 3'600'000) == rate::parse("0.0000001", 1));
  CHECK(rate::parse("1", 3)->atto() == 333'333'333'333'333'333);
  CHECK(rate::parse("2", 3)->atto() == 666'666'666'666'666'667);
  std::string_view why;
  CHECK(!rate::parse("1", 0, &why));
  CHECK(why == "a price per nothing");
  CHECK(!rate::parse("1e30", 1, &why));
  CHECK(why == "a number out of range");
}

TEST_CASE("products that do not fit in 128 bits are found out, and scaling goes through them") {
  using weir::decimal::int128;
  const auto big = static_cast<int128>(1) << 100;
  CHECK(!weir::decimal::multiply(big, big));
  CHECK(!weir::decimal::multiply(-big, big));
  CHECK(weir::decimal::multiply(big, 0) == int128(0));
  CHECK(weir::decimal::scale(big, big, big) == big);
  CHECK(weir::decimal::scale(7, 1, 2) == int128(4));
  CHECK(weir::decimal::scale(5, 1, 2) == int128(2));
  CHECK(weir::decimal::scale(-5, 1, 2) == int128(-2));
  CHECK(weir::decimal::scale(-7, 1, 2) == int128(-4));
  weir::cost_sum sum;
  sum.add(rate::from_atto(big), std::numeric_limits<std::uint64_t>::max());
  CHECK(sum.total().saturated());
}
