#include "core/time/wait_hint.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

namespace weir::inline v0 {

namespace {

using namespace std::chrono_literals;
using std::chrono::nanoseconds;

std::string_view trim(std::string_view s) noexcept {
  while (!s.empty() && (s.front() == ' ' || s.front() == '\t'))
    s.remove_prefix(1);
  while (!s.empty() && (s.back() == ' ' || s.back() == '\t'))
    s.remove_suffix(1);
  return s;
}

bool digit(char c) noexcept { return c >= '0' && c <= '9'; }

// Digits, at most one point, nothing else: from_chars alone would take "inf" and "1e9".
std::size_t decimal_length(std::string_view s) noexcept {
  std::size_t n = 0;
  bool point = false, digits = false;
  for (; n < s.size(); ++n) {
    if (digit(s[n]))
      digits = true;
    else if (s[n] == '.' && !point)
      point = true;
    else
      break;
  }
  return digits ? n : 0;
}

// A decimal number, as decimal_length() allows it. One with hundreds of digits is infinite.
std::optional<double> number_of(std::string_view text) noexcept {
  if (text.empty() || decimal_length(text) != text.size())
    return std::nullopt;
  double value = 0;
  const auto ec = std::from_chars(text.data(), text.data() + text.size(), value).ec;
  if (ec == std::errc::result_out_of_range)
    return text.find_first_not_of('0') < text.find('.') ? std::numeric_limits<double>::infinity() : 0;
  return ec == std::errc() ? std::optional<double>(value) : std::nullopt;
}

nanoseconds bounded(double value, nanoseconds unit) noexcept {
  const double total = value * static_cast<double>(unit.count());
  if (total > static_cast<double>(nanoseconds(longest_hint).count()))
    return longest_hint;
  return nanoseconds(static_cast<std::int64_t>(std::ceil(total)));
}

bool take(std::string_view& s, std::string_view prefix) noexcept {
  if (!s.starts_with(prefix))
    return false;
  s.remove_prefix(prefix.size());
  return true;
}

std::optional<int> take_digits(std::string_view& s, std::size_t least, std::size_t most) noexcept {
  std::size_t n = 0;
  while (n < s.size() && n < most && digit(s[n]))
    ++n;
  int value = 0;
  if (n < least || std::from_chars(s.data(), s.data() + n, value).ec != std::errc())
    return std::nullopt;
  s.remove_prefix(n);
  return value;
}

bool is_weekday(std::string_view name, bool whole) noexcept {
  for (const std::string_view day : {"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"})
    if (name == (whole ? day : day.substr(0, 3)))
      return true;
  return false;
}

std::optional<unsigned> take_month(std::string_view& s) noexcept {
  constexpr std::string_view names = "JanFebMarAprMayJunJulAugSepOctNovDec";
  const auto at = names.find(s.substr(0, 3));
  if (s.size() < 3 || at == std::string_view::npos || at % 3 != 0)
    return std::nullopt;
  s.remove_prefix(3);
  return static_cast<unsigned>(at / 3 + 1);
}

std::optional<std::chrono::seconds> take_clock(std::string_view& s) noexcept {
  const auto h = take_digits(s, 2, 2);
  const bool first = take(s, ":");
  const auto m = take_digits(s, 2, 2);
  const bool second = take(s, ":");
  const auto sec = take_digits(s, 2, 2);
  if (!h || !m || !sec || !first || !second || *h > 23 || *m > 59 || *sec > 60)
    return std::nullopt;
  return std::chrono::hours(*h) + std::chrono::minutes(*m) + std::chrono::seconds(*sec);
}

std::optional<wall_time> day_and_clock(int year, unsigned month, int day, std::chrono::seconds clock) noexcept {
  const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(month),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok() || year < 1970)
    return std::nullopt;
  // system_clock counts in nanoseconds and ends in 2262.
  if (year > 2261)
    return std::chrono::sys_days(std::chrono::January / 1 / 2262) - 1s;
  return std::chrono::sys_days(date) + clock;
}

} // namespace

wait_hint longer(wait_hint a, wait_hint b) noexcept { return !a || (b && *b > *a) ? b : a; }

wait_hint time_until(std::optional<wall_time> when, std::optional<wall_time> now) noexcept {
  if (!when || !now)
    return std::nullopt;
  if (*when <= *now)
    return 0ns;
  return std::min<nanoseconds>(*when - *now, longest_hint);
}

wait_hint parse_count(std::string_view text, nanoseconds unit) noexcept {
  const auto value = number_of(trim(text));
  return value ? wait_hint(bounded(*value, unit)) : std::nullopt;
}

wait_hint parse_go_duration(std::string_view text) noexcept {
  text = trim(text);
  if (text.empty())
    return std::nullopt;
  nanoseconds total{};
  while (!text.empty()) {
    const auto n = decimal_length(text);
    if (n == 0)
      return std::nullopt;
    const auto number = text.substr(0, n);
    text.remove_prefix(n);
    wait_hint part;
    if (take(text, "ns"))
      part = parse_count(number, 1ns);
    else if (take(text, "us") || take(text, "µs") || take(text, "μs"))
      part = parse_count(number, 1us);
    else if (take(text, "ms"))
      part = parse_count(number, 1ms);
    else if (take(text, "s"))
      part = parse_count(number, 1s);
    else if (take(text, "m"))
      part = parse_count(number, 1min);
    else if (take(text, "h"))
      part = parse_count(number, 1h);
    if (!part)
      return std::nullopt;
    total = std::min<nanoseconds>(total + *part, longest_hint);
  }
  return total;
}

std::optional<wall_time> parse_http_date(std::string_view s, wall_time century) noexcept {
  s = trim(s);
  const auto comma = s.find(',');
  if (comma != std::string_view::npos) {
    const bool rfc850 = comma > 3;
    if (!is_weekday(s.substr(0, comma), rfc850))
      return std::nullopt;
    s.remove_prefix(comma + 1);
    if (!take(s, " "))
      return std::nullopt;
    const std::string_view between = rfc850 ? "-" : " ";
    const auto day = take_digits(s, 2, 2);
    const bool first = take(s, between);
    const auto month = take_month(s);
    const bool second = take(s, between);
    auto year = rfc850 ? take_digits(s, 2, 2) : take_digits(s, 4, 4);
    const bool third = take(s, " ");
    const auto clock = take_clock(s);
    if (!day || !first || !month || !second || !year || !third || !clock || s != " GMT")
      return std::nullopt;
    if (rfc850) {
      const std::chrono::year_month_day today(std::chrono::floor<std::chrono::days>(century));
      const int this_year = static_cast<int>(today.year());
      *year += this_year / 100 * 100;
      if (*year > this_year + 50)
        *year -= 100;
    }
    return day_and_clock(*year, *month, *day, *clock);
  }
  // asctime: `Sun Nov  6 08:49:37 1994`
  if (s.size() < 4 || s[3] != ' ' || !is_weekday(s.substr(0, 3), false))
    return std::nullopt;
  s.remove_prefix(4);
  const auto month = take_month(s);
  const bool first = take(s, " ");
  take(s, " ");
  const auto day = take_digits(s, 1, 2);
  const bool second = take(s, " ");
  const auto clock = take_clock(s);
  const bool third = take(s, " ");
  const auto year = take_digits(s, 4, 4);
  if (!month || !first || !day || !second || !clock || !third || !year || !s.empty())
    return std::nullopt;
  return day_and_clock(*year, *month, *day, *clock);
}

std::optional<wall_time> parse_rfc3339(std::string_view s) noexcept {
  s = trim(s);
  const auto year = take_digits(s, 4, 4);
  const bool first = take(s, "-");
  const auto month = take_digits(s, 2, 2);
  const bool second = take(s, "-");
  const auto day = take_digits(s, 2, 2);
  const bool third = take(s, "T") || take(s, "t") || take(s, " ");
  const auto clock = take_clock(s);
  if (!year || !first || !month || !second || !day || !third || !clock)
    return std::nullopt;
  auto when = day_and_clock(*year, static_cast<unsigned>(*month), *day, *clock);
  if (when && s.starts_with('.')) {
    const auto n = decimal_length(s);
    const auto fraction = n > 1 ? parse_count(s.substr(0, n), 1s) : std::nullopt;
    if (!fraction)
      return std::nullopt;
    *when += std::chrono::duration_cast<wall_time::duration>(*fraction);
    s.remove_prefix(n);
  }
  if (!when || s == "Z" || s == "z")
    return when;
  const bool east = s.starts_with('+');
  if (!take(s, "+") && !take(s, "-"))
    return std::nullopt;
  const auto hours = take_digits(s, 2, 2);
  const bool colon = take(s, ":");
  const auto minutes = take_digits(s, 2, 2);
  if (!hours || !colon || !minutes || !s.empty() || *hours > 23 || *minutes > 59)
    return std::nullopt;
  const auto offset = std::chrono::hours(*hours) + std::chrono::minutes(*minutes);
  return east ? *when - offset : *when + offset;
}

wait_hint parse_reset(std::string_view text, std::optional<wall_time> now) noexcept {
  text = trim(text);
  if (const auto number = number_of(text)) {
    // Between a wait of thirty years and the year 2255 it is a unix time.
    if (*number >= 1e9 && *number <= 9e9)
      return time_until(wall_time(std::chrono::seconds(static_cast<std::int64_t>(*number))), now);
    if (*number >= 1e12 && *number <= 9e12)
      return time_until(wall_time(std::chrono::milliseconds(static_cast<std::int64_t>(*number))), now);
    return bounded(*number, 1s);
  }
  if (auto duration = parse_go_duration(text))
    return duration;
  return time_until(parse_rfc3339(text), now);
}

wait_hint retry_after(std::string_view value, std::string_view date, std::optional<wall_time> now) noexcept {
  const auto century = now.value_or(wall_time());
  if (const auto told = parse_http_date(date, century))
    now = told;
  return longer(parse_count(value, 1s), time_until(parse_http_date(value, century), now));
}

} // namespace weir::inline v0
