#include "tool/output/time_axis.hpp"

#include <fmt/format.h>

#include <charconv>
#include <chrono>
#include <optional>

namespace weir::inline v0::cli {

namespace {

using std::chrono::days;
using std::chrono::sys_days;
using std::chrono::year_month_day;

constexpr std::int64_t most_empty = 14;

// The numbers in a text such as `0000-00-00`, whose zeros stand for digits; empty unless it looks so.
std::optional<std::vector<int>> numbers_in(std::string_view text, std::string_view form) {
  if (text.size() != form.size())
    return std::nullopt;
  std::vector<int> all;
  for (std::size_t at = 0; at < form.size();) {
    if (form[at] != '0') {
      if (text[at] != form[at])
        return std::nullopt;
      ++at;
      continue;
    }
    const auto end = std::min(form.find_first_not_of('0', at), form.size());
    int n = 0;
    const auto r = std::from_chars(text.data() + at, text.data() + end, n);
    if (r.ec != std::errc() || r.ptr != text.data() + end || n < 0)
      return std::nullopt;
    all.push_back(n);
    at = end;
  }
  return all;
}

std::optional<sys_days> day_of(const std::vector<int>& n) {
  const year_month_day date(std::chrono::year(n[0]), std::chrono::month(static_cast<unsigned>(n[1])),
                            std::chrono::day(static_cast<unsigned>(n[2])));
  return date.ok() ? std::optional(sys_days(date)) : std::nullopt;
}

// The Monday of a year's first week, which is the one that has its fourth of January.
sys_days first_monday(std::chrono::year y) {
  const sys_days fourth(y / std::chrono::January / 4);
  return fourth - (std::chrono::weekday(fourth) - std::chrono::Monday);
}

// Neighbours have numbers that follow one another.
std::optional<std::int64_t> number_of(std::string_view by, std::string_view date) {
  const auto form = by == "hour"   ? "0000-00-00 00:00"
                    : by == "day"  ? "0000-00-00"
                    : by == "week" ? "0000-W00"
                                   : "0000-00";
  const auto n = numbers_in(date, form);
  if (!n)
    return std::nullopt;
  if (by == "month")
    return (*n)[1] >= 1 && (*n)[1] <= 12 ? std::optional<std::int64_t>((*n)[0] * 12 + (*n)[1] - 1) : std::nullopt;
  if (by == "week")
    return (first_monday(std::chrono::year((*n)[0])) + days(7 * ((*n)[1] - 1)) - first_monday(std::chrono::year(0)))
               .count() /
           7;
  const auto day = day_of(*n);
  if (!day)
    return std::nullopt;
  const std::int64_t number = day->time_since_epoch().count();
  return by == "hour" ? number * 24 + (*n)[3] : number;
}

std::string date_of(std::string_view by, std::int64_t number) {
  if (by == "month")
    return fmt::format("{:04}-{:02}", number / 12, number % 12 + 1);
  if (by == "week") {
    const auto monday = first_monday(std::chrono::year(0)) + days(7 * number);
    const auto year = year_month_day(monday + days(3)).year();
    return fmt::format("{:04}-W{:02}", int(year), (monday - first_monday(year)).count() / 7 + 1);
  }
  const auto hour = by == "hour" ? (number % 24 + 24) % 24 : 0;
  const year_month_day date(sys_days(days(by == "hour" ? (number - hour) / 24 : number)));
  const auto day = fmt::format("{:04}-{:02}-{:02}", int(date.year()), unsigned(date.month()), unsigned(date.day()));
  return by == "hour" ? fmt::format("{} {:02}:00", day, hour) : day;
}

// Those from `first` on, before `end`.
void add_empty(std::vector<axis_mark>& to, std::string_view by, std::int64_t first, std::int64_t end) {
  if (end - first > most_empty)
    to.emplace_back(static_cast<std::uint64_t>(end - first));
  else
    for (; first < end; ++first)
      to.emplace_back(date_of(by, first));
}

} // namespace

bool is_date(std::string_view by) noexcept { return date_format(by)[0] != '\0'; }

const char* date_format(std::string_view by) noexcept {
  return by == "hour"    ? "%Y-%m-%d %H:00"
         : by == "day"   ? "%Y-%m-%d"
         : by == "week"  ? "%G-W%V"
         : by == "month" ? "%Y-%m"
                         : "";
}

std::vector<axis_mark> time_axis(std::string_view by, const std::vector<std::string>& dates, const std::string& from,
                                 const std::string& to) {
  std::vector<axis_mark> axis;
  auto next = number_of(by, from); // where nothing is missing before
  for (const auto& date : dates) {
    const auto number = number_of(by, date);
    if (number && next)
      add_empty(axis, by, *next, *number);
    axis.emplace_back(date);
    if (number)
      next = *number + 1;
  }
  if (const auto last = number_of(by, to); last && next)
    add_empty(axis, by, *next, *last + 1);
  return axis;
}

} // namespace weir::inline v0::cli
