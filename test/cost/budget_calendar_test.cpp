#include "cost/calendar/calendar.hpp"

#include <doctest/doctest.h>

#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>
#include <string>
#include <vector>

#include "cost/random_seed.hpp"

using namespace std::chrono;
using weir::budget;
using weir::calendar_window;
using weir::posix_zone;
using weir::time_zone;
using weir::window_bounds;
using span = weir::budget::span;
using time_type = window_bounds::time;

namespace {

time_type utc(int y, unsigned m, unsigned d, int h = 0, int min = 0, int s = 0) {
  return sys_days(year(y) / month(m) / day(d)) + hours(h) + minutes(min) + seconds(s);
}

std::int64_t seconds_of(time_type t) { return floor<seconds>(t).time_since_epoch().count(); }

time_zone rules(const char* text) {
  const auto z = posix_zone::parse(text);
  REQUIRE(z);
  return time_zone(*z);
}

const char* const berlin = "CET-1CEST,M3.5.0,M10.5.0/3";

// Where the system's files are; tests that need them are passed over without.
bool has_files() {
  if (std::filesystem::exists("/usr/share/zoneinfo/Europe/Berlin"))
    return true;
  MESSAGE("no time zone files here");
  return false;
}

const std::vector<std::string> places{
    "Europe/Berlin",    "Europe/Dublin",       "America/New_York", "America/St_Johns", "America/Havana",
    "America/Santiago", "America/Sao_Paulo",   "Asia/Kolkata",     "Asia/Kathmandu",   "Asia/Beirut",
    "Asia/Gaza",        "Asia/Tehran",         "Asia/Tokyo",       "Africa/Cairo",     "Africa/Casablanca",
    "Atlantic/Azores",  "Australia/Lord_Howe", "Pacific/Apia",     "Pacific/Chatham",  "Antarctica/Troll",
    "America/Nuuk",     "Pacific/Kiritimati"};

std::string file_of(const std::string& name) {
  std::ifstream in("/usr/share/zoneinfo/" + name, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

} // namespace

TEST_CASE("a day on which clocks are put forward has 23 hours, and 25 when they are put back") {
  const auto zone = rules(berlin);
  const auto length = [&](time_type t) {
    const auto w = calendar_window(span::day, zone, t);
    CHECK(w.has(t));
    return duration_cast<hours>(w.end - w.begin).count();
  };
  CHECK(length(utc(2026, 3, 29, 12)) == 23);
  CHECK(length(utc(2026, 10, 25, 12)) == 25);
  CHECK(length(utc(2026, 6, 1, 12)) == 24);
  CHECK(calendar_window(span::day, zone, utc(2026, 7, 1, 21, 59)).end == utc(2026, 7, 1, 22));
  CHECK(calendar_window(span::day, zone, utc(2026, 7, 1, 22)).begin == utc(2026, 7, 1, 22));
}

TEST_CASE("weeks begin on Monday, and months on their first day, in the zone") {
  const auto zone = rules(berlin);
  const auto week = calendar_window(span::week, zone, utc(2026, 11, 28, 23));
  CHECK(week.begin == utc(2026, 11, 22, 23));
  CHECK(week.end == utc(2026, 11, 29, 23));
  const auto month = calendar_window(span::month, zone, utc(2026, 10, 31, 22, 59));
  CHECK(month.begin == utc(2026, 9, 30, 22)); // summer time
  CHECK(month.end == utc(2026, 10, 31, 23));
  CHECK(calendar_window(span::month, zone, month.end).begin == month.end);
  CHECK(calendar_window(span::month, rules("UTC0"), utc(2028, 2, 29)).end == utc(2028, 3, 1));
}

TEST_CASE("hours and minutes follow the zone, and the hour that comes twice is two windows") {
  const auto zone = rules("<+0530>-5:30");
  CHECK(calendar_window(span::hour, zone, utc(2026, 1, 1, 0, 15)).begin == utc(2025, 12, 31, 23, 30));
  const auto twice = calendar_window(span::hour, rules(berlin), utc(2026, 10, 25, 0, 30));
  CHECK(twice.begin == utc(2026, 10, 25, 0));
  CHECK(twice.end == utc(2026, 10, 25, 1));
  CHECK(calendar_window(span::hour, rules(berlin), utc(2026, 10, 25, 1, 30)).begin == utc(2026, 10, 25, 1));
  // Half an hour forward at two: the half hour that is left of it is a window.
  const auto half = rules("<+1030>-10:30<+11>-11,M10.1.0,M4.1.0");
  const auto change = calendar_window(span::hour, half, utc(2026, 10, 3, 15, 40));
  CHECK(change.begin == utc(2026, 10, 3, 15, 30));
  CHECK(change.end == utc(2026, 10, 3, 16));
}

TEST_CASE("a day whose midnight is skipped begins where clocks go on, and one that is shown twice begins once") {
  const auto skipped = rules("EET-2EEST,M3.5.0/0,M10.5.0/0"); // Beirut
  const auto spring = calendar_window(span::day, skipped, utc(2026, 3, 29, 12));
  CHECK(spring.begin == utc(2026, 3, 28, 22)); // 00:00, which is 01:00
  CHECK(spring.end - spring.begin == hours(23));
  const auto autumn = calendar_window(span::day, skipped, utc(2026, 10, 24, 21, 30)); // 23:30 for the second time
  CHECK(autumn.begin == utc(2026, 10, 23, 21));
  CHECK(autumn.end == utc(2026, 10, 24, 22));
  const auto past_midnight = rules("NST3:30NDT,M3.2.0/0:01,M11.1.0/0:01"); // 00:01 to 23:01
  const auto begun = calendar_window(span::day, past_midnight, utc(2026, 11, 1, 2, 30));
  CHECK(calendar_window(span::day, past_midnight, utc(2026, 11, 1, 3)).begin == begun.begin);
}

TEST_CASE("windows of all kinds follow one another without a gap, in every zone") {
  const auto seed = weir::test::random_seed();
  INFO(weir::test::replay_line(seed, "windows of all kinds follow one another without a gap, in every zone"));
  std::mt19937_64 random(seed);
  std::vector<time_zone> zones{rules(berlin),
                               rules("EET-2EEST,M3.5.0/0,M10.5.0/0"),
                               rules("UTC0"),
                               rules("NST3:30NDT,M3.2.0/0:01,M11.1.0/0:01"),
                               rules("<+1030>-10:30<+11>-11,M10.1.0,M4.1.0"),
                               rules("<-02>2<-01>,M3.5.0/-1,M10.5.0/0"),
                               rules("IST-1GMT0,M10.5.0,M3.5.0/1"),
                               rules("XXX3EDT4,0/0,J365/23")};
  if (has_files())
    for (const auto& place : places)
      if (const auto z = time_zone::find(place))
        zones.push_back(*z);
  for (int i = 0; i < 20'000; ++i) {
    const auto& zone = zones[random() % zones.size()];
    const auto kind = static_cast<span>(random() % 5);
    const auto t = time_type(seconds(std::int64_t(10'000'000 + random() % 7'000'000'000)));
    const auto w = calendar_window(kind, zone, t);
    INFO(int(kind) << " at " << seconds_of(t));
    REQUIRE(w.has(t));
    REQUIRE(calendar_window(kind, zone, w.begin).end == w.end);
    REQUIRE(calendar_window(kind, zone, w.end - nanoseconds(1)).begin == w.begin);
    REQUIRE(calendar_window(kind, zone, w.end).begin == w.end);
    REQUIRE(calendar_window(kind, zone, w.begin - nanoseconds(1)).end == w.begin);
  }
}

TEST_CASE("offsets are those of the C library, for every zone file and moment") {
  if (!has_files())
    return;
  const auto seed = weir::test::random_seed();
  INFO(weir::test::replay_line(seed, "offsets are those of the C library, for every zone file and moment"));
  std::mt19937_64 random(seed);
  const char* before = std::getenv("TZ");
  const std::string old = before == nullptr ? "" : before;
  for (const auto& place : places) {
    const auto zone = time_zone::find(place);
    REQUIRE_MESSAGE(zone, place);
    setenv("TZ", place.c_str(), 1);
    tzset();
    for (int i = 0; i < 3000; ++i) {
      const auto t = static_cast<std::time_t>(random() % 6'000'000'000); // to 2160
      std::tm parts{};
      localtime_r(&t, &parts);
      INFO(place << " at " << t);
      REQUIRE(zone->offset_at(t) == parts.tm_gmtoff);
      const auto next = zone->next_change(t);
      if (next) {
        REQUIRE(next->at > t);
        REQUIRE(zone->offset_at(next->at) == next->offset);
        REQUIRE(zone->offset_at(next->at - 1) != next->offset);
      }
    }
  }
  before == nullptr ? unsetenv("TZ") : setenv("TZ", old.c_str(), 1);
  tzset();
}

TEST_CASE("a zone is UTC, an offset, local, or a name below the folder, and nothing else") {
  CHECK(time_zone::find("UTC")->offset_at(0) == 0);
  CHECK(time_zone::find("+02:00")->offset_at(0) == 7200);
  CHECK(time_zone::find("-0330")->offset_at(0) == -12600);
  CHECK(time_zone::find("+14")->offset_at(0) == 50400);
  for (const char* bad : {"", "+", "+2", "+2:00", "+02:0", "+02:60", "+19:00", "+02:00:00", "+0:200", "Nowhere/Town",
                          "../../../etc/passwd", "/etc/localtime", "Europe/", "Europe", "Europe/Berlin ", "a\nb"}) {
    INFO(bad);
    CHECK(!time_zone::find(bad));
  }
}

TEST_CASE("POSIX rules are read strictly") {
  for (const char* bad : {"", "CE-1", "CET", "CET-25", "CET-1CEST", "CET-1CEST,M3.5.0", "CET-1CEST,M3.5.0,M10.5.0/3x",
                          "CET-1CEST,M13.5.0,M10.5.0", "CET-1CEST,M3.6.0,M10.5.0", "CET-1CEST,M3.5.7,M10.5.0",
                          "CET-1CEST,J0,J300", "CET-1CEST,J366,J300", "CET-1CEST,M3.5.0/168,M10.5.0", "<+01-1",
                          "CET-1:60", "CET-", "CET-1CEST,,", "CET-1CEST,M3.5,M10.5.0", "CET-99999999999999999999"}) {
    INFO(bad);
    CHECK(!posix_zone::parse(bad));
  }
}

TEST_CASE("a zone file that is cut or damaged is refused or read, never misread beyond its end") {
  if (!has_files())
    return;
  const auto good = file_of("Europe/Berlin");
  REQUIRE(time_zone::parse(good));
  for (std::size_t n = 0; n < good.size(); ++n)
    CHECK(!time_zone::parse(std::string_view(good).substr(0, n)));
  CHECK(!time_zone::parse(good + "x"));
  const auto seed = weir::test::random_seed();
  INFO(weir::test::replay_line(seed,
                               "a zone file that is cut or damaged is refused or read, never misread beyond its end"));
  std::mt19937_64 random(seed);
  for (int i = 0; i < 20'000; ++i) {
    auto bad = good;
    for (int n = 0; n < 3; ++n)
      bad[random() % bad.size()] = char(random());
    if (const auto z = time_zone::parse(bad))
      for (const std::int64_t t : {std::int64_t(0), std::int64_t(1'800'000'000), std::int64_t(5'000'000'000)})
        CHECK(calendar_window(span::day, *z, time_type(seconds(t))).has(time_type(seconds(t))));
  }
}

TEST_CASE("moments that cannot be counted are the nearest that can") {
  for (const auto kind : {span::minute, span::hour, span::day, span::week, span::month})
    for (const auto t : {time_type::min(), time_type::max(), time_type{}}) {
      const auto w = calendar_window(kind, rules(berlin), t);
      CHECK(w.has(weir::countable(t)));
    }
}
