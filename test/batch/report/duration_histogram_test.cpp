#include "batch/report/duration_histogram.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "batch/report/recent_sum.hpp"

using namespace weir;
using namespace std::chrono_literals;

TEST_CASE("quantiles are within 1 % of the true ones, from a microsecond to hours") {
  std::mt19937_64 random(7);
  std::uniform_real_distribution<double> exponent(3, 13.5); // 1 µs to 8.8 h, in ns
  std::vector<std::int64_t> all;
  duration_histogram h;
  for (int i = 0; i != 20'000; ++i) {
    all.push_back(static_cast<std::int64_t>(std::pow(10, exponent(random))));
    h.add(duration(all.back()));
  }
  std::sort(all.begin(), all.end());
  CHECK(h.count() == all.size());
  for (const double q : {0.01, 0.1, 0.5, 0.9, 0.95, 0.99, 1.0}) {
    const auto exact = all[static_cast<std::size_t>(std::ceil(q * static_cast<double>(all.size()))) - 1];
    INFO(q);
    // 1 µs is the unit: the shortest are off by less than it.
    CHECK(std::abs(static_cast<double>((h.quantile(q) - duration(exact)).count())) <=
          std::max(1000.0, static_cast<double>(exact) * 0.01));
  }
}

TEST_CASE("each single duration comes back within 1 %, and never beyond what was added") {
  for (std::int64_t ns = 1000; ns < 60'000'000'000'000; ns += ns / 7 + 1) {
    duration_histogram h;
    h.add(duration(ns));
    CHECK(h.quantile(0.5) == duration(ns));
    h.add(duration(ns * 2));
    CHECK(std::abs(static_cast<double>((h.quantile(0.5) - duration(ns)).count())) <=
          std::max(1000.0, static_cast<double>(ns) * 0.01));
  }
}

TEST_CASE("none, negative and endless durations do no harm") {
  duration_histogram h;
  CHECK(h.quantile(0.5) == duration());
  h.add(-5s);
  h.add(duration::max());
  CHECK(h.quantile(0) == duration());
  CHECK(h.quantile(1) > 18h);
}

TEST_CASE("a recent sum forgets what is older than ten seconds") {
  recent_sum s;
  const time_point begin(1000s);
  s.add(begin, 5);
  CHECK(s.at(begin) == 5);
  s.add(begin + 5s, 1);
  CHECK(s.at(begin + 9700ms) == 6);
  CHECK(s.at(begin + 10s) == 1);
  CHECK(s.at(begin + 15s) == 0);
  CHECK(s.at(begin + 1h) == 0);
  s.add(begin + 2h, 2);
  CHECK(s.at(begin + 2h) == 2);
  // Times that go back count as now.
  s.add(begin, 1);
  CHECK(s.at(begin + 2h) == 3);
}
