#include "cost/calendar/posix_zone.hpp"

#include <algorithm>
#include <chrono>

namespace weir::inline v0 {

namespace {

constexpr std::int64_t day_seconds = 86400;

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
bool is_alpha(char c) noexcept { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); }

bool take(std::string_view& text, char c) noexcept {
  if (!text.starts_with(c))
    return false;
  text.remove_prefix(1);
  return true;
}

std::optional<int> number(std::string_view& text, int most) noexcept {
  int n = 0;
  std::size_t digits = 0;
  for (; digits < text.size() && is_digit(text[digits]); ++digits)
    if ((n = n * 10 + (text[digits] - '0')) > most)
      return std::nullopt;
  if (digits == 0)
    return std::nullopt;
  text.remove_prefix(digits);
  return n;
}

// An abbreviation: letters, or anything of letters, digits and signs in angle brackets.
bool skip_name(std::string_view& text) noexcept {
  std::size_t n = 0;
  if (take(text, '<')) {
    while (n < text.size() && (is_alpha(text[n]) || is_digit(text[n]) || text[n] == '+' || text[n] == '-'))
      ++n;
    text.remove_prefix(n);
    return n >= 3 && take(text, '>');
  }
  while (n < text.size() && is_alpha(text[n]))
    ++n;
  text.remove_prefix(n);
  return n >= 3;
}

std::optional<std::int32_t> time_of_day(std::string_view& text, int most_hours) noexcept {
  const bool negative = take(text, '-');
  if (!negative)
    take(text, '+');
  const auto hours = number(text, most_hours);
  if (!hours)
    return std::nullopt;
  std::int32_t seconds = *hours * 3600;
  for (const int unit : {60, 1}) {
    if (!take(text, ':'))
      break;
    const auto n = number(text, 59);
    if (!n)
      return std::nullopt;
    seconds += *n * unit;
  }
  return negative ? -seconds : seconds;
}

bool is_leap(int year) noexcept { return std::chrono::year(year).is_leap(); }

} // namespace

std::optional<posix_zone::rule> posix_zone::parse_rule(std::string_view& text) noexcept {
  rule r;
  if (take(text, 'M')) {
    const auto month = number(text, 12);
    if (!month || *month < 1 || !take(text, '.'))
      return std::nullopt;
    const auto week = number(text, 5);
    if (!week || *week < 1 || !take(text, '.'))
      return std::nullopt;
    const auto day = number(text, 6);
    if (!day)
      return std::nullopt;
    r.month = *month;
    r.week = *week;
    r.day = *day;
  } else {
    r.by = take(text, 'J') ? rule::kind::julian : rule::kind::day_of_year;
    const auto day = number(text, 365);
    if (!day || (r.by == rule::kind::julian && *day < 1))
      return std::nullopt;
    r.day = *day;
  }
  if (take(text, '/')) {
    const auto time = time_of_day(text, 167);
    if (!time)
      return std::nullopt;
    r.time = *time;
  }
  return r;
}

std::optional<posix_zone> posix_zone::parse(std::string_view text) noexcept {
  posix_zone z;
  if (!skip_name(text))
    return std::nullopt;
  const auto west = time_of_day(text, 24);
  if (!west)
    return std::nullopt;
  z.standard_ = -*west;
  if (text.empty())
    return z;
  if (!skip_name(text))
    return std::nullopt;
  z.has_summer_ = true;
  z.summer_ = z.standard_ + 3600;
  if (!text.starts_with(',')) {
    const auto summer_west = time_of_day(text, 24);
    if (!summer_west)
      return std::nullopt;
    z.summer_ = -*summer_west;
  }
  if (!take(text, ','))
    return std::nullopt;
  const auto begins = parse_rule(text);
  if (!begins || !take(text, ','))
    return std::nullopt;
  const auto ends = parse_rule(text);
  if (!ends || !text.empty())
    return std::nullopt;
  z.begins_ = *begins;
  z.ends_ = *ends;
  return z;
}

std::int64_t posix_zone::local_time(const rule& r, int year) noexcept {
  using namespace std::chrono;
  const auto days = [](sys_days d) { return std::int64_t(d.time_since_epoch().count()); };
  const auto first = days(sys_days(std::chrono::year(year) / January / 1));
  std::int64_t day = 0;
  switch (r.by) {
  case rule::kind::julian: // 29 February is never counted
    day = first + r.day - 1 + (is_leap(year) && r.day >= 60 ? 1 : 0);
    break;
  case rule::kind::day_of_year: day = first + r.day; break;
  case rule::kind::month_week_day: {
    const auto of = std::chrono::year(year) / month(unsigned(r.month));
    const weekday which{unsigned(r.day)};
    day = r.week == 5 ? days(sys_days(of / weekday_last(which)))
                      : days(sys_days(of / weekday_indexed(which, unsigned(r.week))));
    break;
  }
  }
  return day * day_seconds + r.time;
}

std::array<offset_change, 6> posix_zone::around(std::int64_t t) const noexcept {
  using namespace std::chrono;
  const auto now = year_month_day(floor<days>(sys_seconds(seconds(t))));
  std::array<offset_change, 6> all;
  std::size_t n = 0;
  for (int year = int(now.year()) - 1; year <= int(now.year()) + 1; ++year) {
    all[n++] = offset_change(local_time(ends_, year) - summer_, standard_);
    all[n++] = offset_change(local_time(begins_, year) - standard_, summer_);
  }
  // Summer time that ends when it begins again lasts all year: the beginning counts.
  std::sort(all.begin(), all.end(), [this](const offset_change& a, const offset_change& b) {
    return a.at != b.at ? a.at < b.at : a.offset == standard_ && b.offset != standard_;
  });
  return all;
}

std::int32_t posix_zone::offset_at(std::int64_t t) const noexcept {
  if (!has_summer_)
    return standard_;
  auto offset = standard_;
  for (const auto& c : around(t))
    if (c.at <= t)
      offset = c.offset;
  return offset;
}

std::optional<offset_change> posix_zone::next_change(std::int64_t t) const noexcept {
  if (!has_summer_)
    return std::nullopt;
  const auto all = around(t);
  const auto now = offset_at(t);
  for (std::size_t i = 0; i < all.size(); ++i) {
    const bool last_at_once = i + 1 == all.size() || all[i + 1].at != all[i].at;
    if (all[i].at > t && all[i].offset != now && last_at_once)
      return all[i];
  }
  return std::nullopt;
}

} // namespace weir::inline v0
