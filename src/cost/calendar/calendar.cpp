#include "cost/calendar/calendar.hpp"

#include <algorithm>

namespace weir::inline v0 {

namespace {

using namespace std::chrono;
using time = window_bounds::time;

constexpr std::int64_t day_seconds = 86400;
constexpr std::int64_t last_second = 7258118400; // 2200-01-01

time at(std::int64_t t) noexcept { return time(seconds(t)); }

std::int64_t floor_to(std::int64_t t, std::int64_t unit) noexcept { return t - ((t % unit) + unit) % unit; }

// The first day of the day, week or month that `day` is in, or of the one after it. Days since 1970.
std::int64_t first_day(budget::span kind, std::int64_t day, bool next) noexcept {
  if (kind == budget::span::day)
    return day + next;
  if (kind == budget::span::week) // 1970 began on a Thursday
    return floor_to(day + 3, 7) - 3 + (next ? 7 : 0);
  const year_month_day d{sys_days(days(day))};
  const auto month = d.year() / d.month() + months(next ? 1 : 0);
  return sys_days(month / 1).time_since_epoch().count();
}

window_bounds cut_window(std::int64_t unit, const time_zone& zone, std::int64_t t) noexcept {
  const std::int64_t offset = zone.offset_at(t);
  auto begin = floor_to(t + offset, unit) - offset;
  auto end = begin + unit;
  if (const auto change = zone.next_change(begin - 1); change && change->at <= t)
    begin = std::max(begin, *zone.last_change(t));
  if (const auto change = zone.next_change(t))
    end = std::min(end, change->at);
  return {at(begin), at(end)};
}

} // namespace

time countable(time t) noexcept { return std::clamp(t, time{}, at(last_second)); }

window_bounds calendar_window(budget::span kind, const time_zone& zone, time moment) noexcept {
  const auto t = floor<seconds>(countable(moment)).time_since_epoch().count();
  if (kind == budget::span::minute || kind == budget::span::hour)
    return cut_window(kind == budget::span::minute ? 60 : 3600, zone, t);
  auto day = floor_to(t + zone.offset_at(t), day_seconds) / day_seconds;
  // Where clocks are put back over midnight, a day is shown again after the next one has begun.
  while (zone.first_at((day + 1) * day_seconds) <= t)
    ++day;
  return {at(zone.first_at(first_day(kind, day, false) * day_seconds)),
          at(zone.first_at(first_day(kind, day, true) * day_seconds))};
}

seconds length_of(budget::span kind) noexcept {
  switch (kind) {
  case budget::span::minute: return minutes(1);
  case budget::span::hour: return hours(1);
  case budget::span::day: return hours(24);
  case budget::span::week: return hours(24 * 7);
  case budget::span::month: break;
  }
  return hours(24 * 30);
}

} // namespace weir::inline v0
