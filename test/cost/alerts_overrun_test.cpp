#include "cost/alerts/overrun_core.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <vector>

using namespace std::chrono;
using weir::overrun_core;
using time_type = overrun_core::time;

namespace {

const time_type monday = sys_days(year(2026) / 11 / 2);

double rhythm(time_type t) {
  const auto hour = std::fmod(double(floor<seconds>(t - monday).count()) / 3600, 24);
  return std::exp(std::log(10.0) / 2 * std::sin(2 * 3.14159265358979 * (hour - 8) / 24)) / 1.4; // 1 on average
}

// Spends `a_day` of the ceiling per day, times f(t), in a window of so many days; when there is an alarm, in hours.
template <class F>
double first_alarm(double a_day, int days_long, F f, int* alarms = nullptr) {
  overrun_core core;
  double spent = 0, first = -1;
  const auto end = monday + hours(24 * days_long);
  for (auto t = monday; t < end; t += 1min) {
    const double share = a_day * f(t) / 1440;
    spent += share;
    core.note(share, t);
    if (core.alarm(spent, end - t, t)) {
      if (first < 0)
        first = double(floor<minutes>(t - monday).count()) / 60;
      if (alarms != nullptr)
        ++*alarms;
    }
  }
  return first;
}

} // namespace

TEST_CASE("spending that will exceed the ceiling is told as soon as the rates are known") {
  const auto steady = [](time_type) { return 1.0; };
  CHECK(first_alarm(1.2, 1, steady) == doctest::Approx(1.0).epsilon(0.2));
  CHECK(first_alarm(30.0 / 30, 30, steady) == doctest::Approx(1.0).epsilon(0.2));
  CHECK(first_alarm(1.2 / 30, 30, steady) <= 24);
  CHECK(first_alarm(0.9, 1, steady) < 0);
  CHECK(first_alarm(0.9 / 30, 30, steady) < 0);
}

TEST_CASE("busy hours of every day do not count for a whole month, or for a day with room to spare") {
  CHECK(first_alarm(0.95 / 30, 30, rhythm) < 0);
  CHECK(first_alarm(0.65, 1, rhythm) < 0);
}

TEST_CASE("a burst of a quarter of an hour is no overrun, six hours of it are") {
  const auto burst = [](int minutes_long) {
    return [=](time_type t) { return t >= monday + 24h && t < monday + 24h + minutes(minutes_long) ? 8.0 : 1.0; };
  };
  CHECK(first_alarm(0.6 / 7, 7, burst(15)) < 0);
  CHECK(first_alarm(0.6 / 7, 7, burst(360)) > 24);
}

TEST_CASE("an alarm comes once while the projection stays above nine tenths") {
  int alarms = 0;
  first_alarm(
      1.05 / 7, 7, [](time_type t) { return 1 + 0.02 * std::sin(double(floor<minutes>(t - monday).count()) / 90); },
      &alarms);
  CHECK(alarms == 1);
}

TEST_CASE("a clock that steps neither alarms nor stops") {
  overrun_core core;
  for (int i = 0; i < 100; ++i) {
    core.note(0.0001, monday + minutes(i));
    CHECK(!core.alarm(0.01, 24h, i % 7 == 0 ? monday - hours(1000) : monday + minutes(i)));
  }
  CHECK(!core.alarm(0.01, 24h, time_type::max()));
  CHECK(!core.alarm(0.01, 24h, time_type::min()));
}

TEST_CASE("what is recorded of the past makes the same projection, in any order") {
  overrun_core lived, in_order, backwards;
  const auto now = monday + 5h;
  std::vector<time_type> times;
  for (auto t = monday; t <= now; t += 7min)
    times.push_back(t);
  for (const auto t : times) {
    lived.note(0.01, t);
    in_order.record(0.01, t);
  }
  std::reverse(times.begin(), times.end());
  for (const auto t : times)
    backwards.record(0.01, t);
  backwards.record(1, monday - 48h);
  const auto later = now + 10min;
  CHECK(lived.projected(0.4, 10h, later) > 1);
  CHECK(in_order.projected(0.4, 10h, later) == doctest::Approx(lived.projected(0.4, 10h, later)));
  CHECK(backwards.projected(0.4, 10h, later) == doctest::Approx(lived.projected(0.4, 10h, later)));
}
