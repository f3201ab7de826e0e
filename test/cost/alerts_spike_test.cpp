#include "cost/alerts/spike_core.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "cost/random_seed.hpp"

using namespace std::chrono;
using weir::spike_core;
using weir::spike_rule;
using time_type = spike_core::time;

namespace {

const time_type monday = sys_days(year(2026) / 11 / 2);
constexpr int weeks_played = 4;
constexpr int step = 10; // seconds

// How much more than the mean is spent at a moment, given in seconds since the first Monday.
using shape = std::function<double(double)>;

double hour_of_day(double t) { return std::fmod(t / 3600, 24); }
double rhythm(double t) {
  return std::exp(std::log(10.0) / 2 * std::sin(2 * 3.14159265358979 * (hour_of_day(t) - 8) / 24));
}

// Periods of random times and lengths, in which f() is another one.
struct periods {
  periods(std::mt19937_64& random, double a_day, double shortest, double longest) {
    std::exponential_distribution<double> gap(a_day / 86400);
    std::uniform_real_distribution<double> length(shortest, longest);
    for (double t = 7200; t < weeks_played * 7 * 86400.0;) {
      t += gap(random);
      all.emplace_back(t, t + length(random));
      t = all.back().second + 3600;
    }
  }
  bool has(double t) const {
    const auto after = std::upper_bound(all.begin(), all.end(), std::pair(t, 1e18));
    return after != all.begin() && std::prev(after)->second > t;
  }
  std::vector<std::pair<double, double>> all;
};

struct result {
  std::size_t spikes = 0, detected = 0, false_alarms = 0;
  double slowest = 0; // minutes
};

// Calls arrive at random, `a_second` of them on average, and their costs vary like those of real ones (by a factor of
// e). Every other day has a spike: four times as much, for a quarter of an hour.
result play(const shape& f, double a_second, bool with_spikes, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::lognormal_distribution<double> cost(-0.5, 1.0);
  std::uniform_real_distribution<double> when(0.05, 1.95);
  std::vector<double> spikes;
  for (int day = 0; with_spikes && day < weeks_played * 7; day += 2)
    spikes.push_back((day + when(random)) * 86400);
  // Only where there was enough before, and nothing else at that time: the rule cannot see through an outage.
  std::erase_if(spikes, [&](double t) {
    if (t < 7200)
      return true;
    for (double near = t - 5400; near < t + 900; near += 60)
      if (f(near) < f(t) / 2.2 || f(near) > f(t) * 2.2)
        return true;
    return f(t) * a_second * 300 < 25;
  });

  spike_rule rule;
  rule.floor = 25; // of calls in five minutes
  spike_core core(rule);
  result r;
  r.spikes = spikes.size();
  auto next = spikes.begin();
  bool seen = false;
  double last_alarm = -3600;
  for (double t = 0; t < weeks_played * 7 * 86400.0; t += step) {
    if (next != spikes.end() && t > *next + 900 + 300) {
      ++next;
      seen = false;
    }
    const bool spiking = next != spikes.end() && t >= *next && t < *next + 900;
    std::poisson_distribution<int> calls(std::max(1e-12, f(t) * a_second * step * (spiking ? 4 : 1)));
    bool alarm = false;
    for (int n = calls(random); n > 0; --n)
      alarm |= core.note(cost(random), monday + seconds(std::int64_t(t) + step - 1)).has_value();
    if (alarm && t - last_alarm >= 3600) { // as alerts do: at most one an hour
      last_alarm = t;
      if (next == spikes.end() || t < *next) {
        ++r.false_alarms;
      } else if (!seen) {
        seen = true;
        const auto minutes_later = (t + step - *next) / 60;
        r.slowest = std::max(r.slowest, minutes_later);
        r.detected += minutes_later <= 5;
      }
    }
  }
  return r;
}

struct series {
  std::string name;
  shape f;
  double a_second = 0.7;
};

std::vector<series> all_series(std::uint64_t seed) {
  std::mt19937_64 random(seed);
  const periods outages(random, 0.4, 600, 6 * 3600), bursts(random, 6, 600, 1800);
  const auto nightly = [](double t) { // half an hour from two o'clock, give or take five minutes
    const auto jitter = 300 * std::sin(std::floor(t / 86400) * 12.9898) / 3600;
    return hour_of_day(t) >= 2 + jitter && hour_of_day(t) < 2.5 + jitter;
  };
  const auto hourly = [](double t) {
    const auto jitter = 120 * (1 + std::sin(std::floor(t / 3600) * 78.233));
    const auto in = std::fmod(t, 3600) - jitter;
    return in >= 0 && in < 360;
  };
  std::vector<series> all;
  all.push_back({"steady", [](double) { return 1.0; }});
  all.push_back({"daily rhythm, tenfold", rhythm});
  all.push_back({"batch job every hour, sixfold", [=](double t) { return hourly(t) ? 6.0 : 1.0; }});
  all.push_back({"batch job every night, eightfold", [=](double t) { return rhythm(t) * (nightly(t) ? 8 : 1); }});
  all.push_back({"bursts at any time, twofold", [=](double t) { return bursts.has(t) ? 2.0 : 1.0; }});
  all.push_back({"slow growth, double every week", [](double t) { return std::pow(2.0, t / (7 * 86400)) / 2; }});
  all.push_back({"rhythm with outages", [=](double t) { return outages.has(t) ? 0.0 : rhythm(t); }});
  all.push_back({"few calls, one a minute", [](double) { return 1.0; }, 1.0 / 60});
  all.push_back({"rhythm, growth, hourly and nightly jobs, outages", [=](double t) {
                   return outages.has(t) ? 0.0
                                         : rhythm(t) * std::pow(2.0, t / (28 * 86400)) * (hourly(t) ? 1.6 : 1) *
                                               (nightly(t) ? 8 : 1);
                 }});
  return all;
}

} // namespace

TEST_CASE("spikes are told within five minutes, and nothing else is more than once a week") {
  // The same every time, unless another one is given: of 719 spikes with eight seeds, 714 were told in time.
  const auto seed = std::getenv("WEIR_SEED") != nullptr ? weir::test::random_seed() : 1;
  INFO(weir::test::replay_line(seed, "spikes are told within five minutes, and nothing else is more than once a week"));
  std::string table = "series; spikes of 15 min, fourfold; told within 5 min; slowest, min; false alarms a week\n";
  for (const auto& s : all_series(seed)) {
    const auto with = play(s.f, s.a_second, true, seed + 1);
    const auto without = play(s.f, s.a_second, false, seed + 2);
    char line[200];
    std::snprintf(line, sizeof line, "%-50s %3zu %3zu %5.1f   %.2f (with spikes) %.2f (without)\n", s.name.c_str(),
                  with.spikes, with.detected, with.slowest, double(with.false_alarms) / weeks_played,
                  double(without.false_alarms) / weeks_played);
    table += line;
    INFO(line);
    CHECK(double(with.detected) >= 0.9 * double(with.spikes));
    CHECK(with.false_alarms <= weeks_played);
    CHECK(without.false_alarms <= weeks_played);
  }
  MESSAGE(table);
}

namespace {

// A call of this cost in every second of so many minutes; how many spikes began.
int feed(spike_core& core, time_type& now, int minutes_long, double cost) {
  int spikes = 0;
  for (int i = 0; i < minutes_long * 60; ++i, now += 1s)
    if (cost > 0)
      spikes += core.note(cost, now).has_value();
  return spikes;
}

spike_rule floor_of(double floor) {
  spike_rule rule;
  rule.floor = floor;
  return rule;
}

} // namespace

TEST_CASE("a recovery after an outage is no spike, a spike after one is") {
  for (const int hours_long : {1, 6, 24}) {
    auto now = monday;
    spike_core core(floor_of(50));
    CHECK(feed(core, now, 300, 1) == 0);
    feed(core, now, hours_long * 60, 0);
    CHECK(feed(core, now, 120, 1) == 0);
    CHECK(core.baseline() == doctest::Approx(300).epsilon(0.3));
    feed(core, now, 60, 0);
    CHECK(feed(core, now, 10, 5) == 1);
  }
}

TEST_CASE("before there is a baseline, only much more than the floor is a spike") {
  auto now = monday;
  spike_core core(floor_of(100));
  CHECK(feed(core, now, 10, 3) == 0); // 900
  CHECK(feed(core, now, 10, 4) == 1); // 1200
  CHECK(core.baseline() == 0);
}

TEST_CASE("below the floor nothing is a spike") {
  auto now = monday;
  spike_core core(floor_of(1000));
  CHECK(feed(core, now, 180, 0.1) == 0);
  CHECK(feed(core, now, 5, 3) == 0);
  CHECK(feed(core, now, 5, 4) == 1);
}

TEST_CASE("a spike is told once, until the rate was below half of the threshold") {
  auto now = monday;
  spike_core core(floor_of(50));
  CHECK(feed(core, now, 180, 1) == 0);
  CHECK(feed(core, now, 10, 4) == 1);
  CHECK(core.active());
  CHECK(feed(core, now, 4, 2.5) == 0);
  CHECK(feed(core, now, 10, 4) == 0);
  CHECK(feed(core, now, 10, 1) == 0);
  CHECK(!core.active());
}

TEST_CASE("a new level is told once and then is the baseline") {
  auto now = monday;
  spike_core core(floor_of(50));
  CHECK(feed(core, now, 180, 1) == 0);
  CHECK(feed(core, now, 600, 5) == 1);
  CHECK(core.baseline() == doctest::Approx(1500).epsilon(0.05));
  CHECK(!core.active());
}

TEST_CASE("one expensive call is no spike, and many are") {
  auto now = monday;
  spike_core core(floor_of(50));
  CHECK(feed(core, now, 180, 1) == 0);
  CHECK(!core.note(100'000, now));
  CHECK(feed(core, now, 60, 1) == 0);
  bool told = false;
  for (int i = 0; i < 10; ++i)
    told |= core.note(1000, now += 10s).has_value();
  CHECK(told);
}

TEST_CASE("a clock that steps back or far ahead neither raises an alarm nor stops them") {
  auto now = monday;
  spike_core core(floor_of(50));
  CHECK(feed(core, now, 180, 1) == 0);
  CHECK(!core.note(1, now - hours(1000)));
  CHECK(!core.note(1, time_type::min()));
  CHECK(feed(core, now, 60, 1) == 0);
  CHECK(!core.note(1, now + hours(24 * 10)));
  CHECK(!core.note(1, time_type::max()));
  CHECK(!core.note(1e300, time_type::min()));
}
