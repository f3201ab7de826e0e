#include <doctest/doctest.h>

#include <string>

#include "net/dial/downgrades.hpp"

using namespace std::chrono_literals;
using weir::net::downgrades;

TEST_CASE("two silent connections within a minute keep HTTP/2 from an origin for ten") {
  downgrades d;
  weir::time_point now{1h};
  const std::string a = "https://a.test", b = "https://b.test";
  d.fell_silent(a, now);
  CHECK(!d.covers(a, now));
  d.fell_silent(b, now);
  now += 61s;
  d.fell_silent(a, now);
  CHECK(!d.covers(a, now));
  now += 59s;
  d.fell_silent(a, now);
  CHECK(d.covers(a, now));
  CHECK(!d.covers(b, now));
  CHECK(d.count(now) == 1);
  CHECK(d.covers(a, now + 10min - 1ns));
  CHECK(!d.covers(a, now + 10min));
  CHECK(d.count(now + 10min) == 0);
}

TEST_CASE("an origin that wants HTTP/1.1 gets it at once") {
  downgrades d;
  const weir::time_point now{1h};
  d.required("https://a.test", now);
  CHECK(d.covers("https://a.test", now));
}

TEST_CASE("what is known of origins that do not speak HTTP/2 well is bounded") {
  downgrades d;
  weir::time_point now{1h};
  for (int i = 0; i < 10'000; ++i)
    d.required("https://" + std::to_string(i) + ".test", now += 1ms);
  CHECK(d.count(now) == downgrades::most_origins);
  CHECK(d.covers("https://9999.test", now));
}
