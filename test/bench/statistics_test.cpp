#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include <weir/core/random.hpp>

#include "bench/stats/confidence.hpp"
#include "bench/stats/trend.hpp"

namespace {

using namespace weir;
using doctest::Approx;

double normal(random_source& random) {
  return std::sqrt(-2 * std::log(1 - random.uniform())) * std::cos(6.283185307179586 * random.uniform());
}

} // namespace

TEST_CASE("a percentile needs as many samples as MLPerf's table says") {
  CHECK(confidence::samples_needed(0.5) == 11);
  CHECK(confidence::samples_needed(0.9) == 64);
  CHECK(confidence::samples_needed(0.95) == 130);
  CHECK(confidence::samples_needed(0.99) == 662);
  CHECK(confidence::samples_needed(0.999) == 6636);
  CHECK(confidence::samples_needed(0.9999) == 66'381);
  for (const double p : {0.5, 0.9, 0.95, 0.99, 0.999}) {
    CAPTURE(p);
    const auto n = confidence::samples_needed(p);
    CHECK_FALSE(confidence::upper_rank(n - 1, p));
    CHECK(confidence::upper_rank(n, p) == n - 1);
  }
  CHECK_FALSE(confidence::upper_rank(0, 0.5));
  CHECK_FALSE(confidence::upper_rank(100, 0));
  CHECK_FALSE(confidence::upper_rank(100, 1));
}

TEST_CASE("a claimed bound holds in 99 of 100 runs, an interval in 95") {
  random_source random(11);
  constexpr int runs = 4000;
  for (const double p : {0.5, 0.9, 0.99}) {
    CAPTURE(p);
    const std::size_t n = 2 * confidence::samples_needed(p);
    int bounded = 0, inside = 0;
    for (int run = 0; run < runs; ++run) {
      std::vector<double> x(n);
      for (auto& v : x)
        v = random.uniform(); // whose percentile p is p
      std::sort(x.begin(), x.end());
      bounded += x[*confidence::upper_rank(n, p) - 1] >= p;
      const auto i = confidence::interval_of(n, p);
      inside += i && x[i->low - 1] <= p && p <= x[i->high - 1];
    }
    CHECK(bounded >= 0.985 * runs);
    if (p < 0.99) {
      CHECK(inside >= 0.94 * runs);
      CHECK(inside <= 0.985 * runs);
    }
  }
}

TEST_CASE("an interval whose ends lie outside the samples is none") {
  CHECK_FALSE(confidence::interval_of(0, 0.5));
  CHECK_FALSE(confidence::interval_of(5, 0.5));
  CHECK(confidence::interval_of(6, 0.5)->low == 1);
  CHECK(confidence::interval_of(6, 0.5)->high == 6);
  CHECK_FALSE(confidence::interval_of(100, 0.99));
  CHECK(confidence::interval_of(1000, 0.99)->high <= 1000);
  CHECK(confidence::interval_of(10'000'000, 0.5)->high - confidence::interval_of(10'000'000, 0.5)->low ==
        Approx(6198).epsilon(0.01));
}

TEST_CASE("a share's interval is Wilson's") {
  // Newcombe, Statistics in Medicine 17 (1998), table I, method 3.
  CHECK(confidence::share_of(81, 263).low == Approx(0.2553).epsilon(0.0005));
  CHECK(confidence::share_of(81, 263).high == Approx(0.3662).epsilon(0.0005));
  CHECK(confidence::share_of(0, 20).low == 0);
  CHECK(confidence::share_of(0, 20).high == Approx(0.1611).epsilon(0.0005));
  CHECK(confidence::share_of(29, 29).high == 1);
  CHECK(confidence::share_of(0, 0).high == 1);
}

TEST_CASE("a mean's interval is Student's") {
  CHECK_FALSE(confidence::mean_of(std::vector<double>{1, 2}));
  const auto r = confidence::mean_of(std::vector<double>{1, 2, 3, 4, 5});
  CHECK(r->low == Approx(3 - 2.7764 * std::sqrt(2.5 / 5)).epsilon(0.0001));
  CHECK(r->high == Approx(3 + 2.7764 * std::sqrt(2.5 / 5)).epsilon(0.0001));
}

TEST_CASE("a slope is not moved by stray points") {
  CHECK(trend::slope(std::vector<double>{}) == 0);
  CHECK(trend::slope(std::vector<double>{7}) == 0);
  CHECK(trend::slope(std::vector<double>{1, 3}) == 2);
  CHECK(trend::slope(std::vector<double>{1, 3, 5, 7, 1000, 11, 13}) == 2);
}

TEST_CASE("noise grows in one of twenty series, growth in nearly all") {
  random_source random(5);
  int noise = 0, growth = 0;
  for (int run = 0; run < 2000; ++run) {
    std::vector<double> flat, rising;
    for (int i = 0; i < 20; ++i) {
      flat.push_back(normal(random));
      rising.push_back(0.2 * i + normal(random));
    }
    noise += trend::grows(flat);
    growth += trend::grows(rising);
  }
  CHECK(noise < 130);
  CHECK(noise > 50);
  CHECK(growth > 1950);
  CHECK_FALSE(trend::grows(std::vector<double>(30, 1.0)));
  CHECK_FALSE(trend::grows(std::vector<double>{1, 2, 3, 4}));
}

TEST_CASE("equal targets are told apart in one of twenty comparisons, others are") {
  random_source random(6);
  int equal = 0, slower = 0;
  for (int run = 0; run < 400; ++run) {
    std::vector<std::pair<double, double>> same, tenth;
    for (int i = 0; i < 30; ++i) {
      const double busy = 100 + 30 * random.uniform(); // of both: they are measured side by side
      same.emplace_back(busy + 5 * normal(random), busy + 5 * normal(random));
      tenth.emplace_back(1.1 * (busy + 5 * normal(random)), busy + 5 * normal(random));
    }
    equal += trend::compare(same, 1)->differ();
    const auto r = trend::compare(tenth, 1);
    slower += r->between.low > 1;
    CHECK(r->value == Approx(1.1).epsilon(0.06));
  }
  CHECK(equal < 48);
  CHECK(slower > 390);
  for (const int few : {5, 10}) {
    CAPTURE(few);
    int apart = 0;
    for (int run = 0; run < 1000; ++run) {
      std::vector<std::pair<double, double>> same;
      for (int i = 0; i < few; ++i)
        same.emplace_back(100 + 20 * normal(random), 100 + 20 * normal(random));
      apart += trend::compare(same, 1)->differ();
    }
    CHECK(apart < 65);
    CHECK(apart > 10);
  }
  CHECK_FALSE(trend::compare(std::vector<std::pair<double, double>>(4, {1, 1}), 1));
  CHECK_FALSE(trend::compare(std::vector<std::pair<double, double>>(9, {1, 0}), 1));
}
