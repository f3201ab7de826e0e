#include <doctest/doctest.h>

#include <cmath>
#include <vector>

#include "bench/load/arrivals.hpp"

namespace {

using namespace weir;
using namespace std::chrono_literals;
using doctest::Approx;
using load::arrivals;
using load::profile;
using load::spacing;

std::vector<double> starts(arrivals a, std::size_t most) {
  std::vector<double> all;
  while (all.size() < most) {
    const auto t = a.next();
    if (!t)
      break;
    all.push_back(std::chrono::duration<double>(*t).count());
  }
  return all;
}

std::size_t between(const std::vector<double>& all, double from, double to) {
  std::size_t n = 0;
  for (const double t : all)
    n += t >= from && t < to;
  return n;
}

// The variance of the gaps over the square of their mean: 1 for a Poisson process.
double dispersion(const std::vector<double>& all) {
  const double mean = all.back() / static_cast<double>(all.size());
  double squares = 0;
  for (std::size_t i = 1; i < all.size(); ++i)
    squares += std::pow(all[i] - all[i - 1] - mean, 2);
  return squares / static_cast<double>(all.size() - 1) / (mean * mean);
}

} // namespace

TEST_CASE("an even rate is even, from the first second to the ten millionth request") {
  arrivals a(profile().add(1000, 1000, 1s), spacing::even, 1, 1);
  for (std::int64_t i = 0; i < 10'000'000; ++i) {
    const auto t = a.next();
    if (t != i * 1ms)
      REQUIRE(*t == i * 1ms);
  }
}

TEST_CASE("gaps vary as the spacing says around the same rate") {
  const auto poisson = starts(arrivals(profile().add(50, 50, 1s), spacing::poisson, 1, 3), 100'000);
  CHECK(poisson.back() == Approx(2000).epsilon(0.02));
  CHECK(dispersion(poisson) == Approx(1).epsilon(0.05));
  const auto bursts = starts(arrivals(profile().add(50, 50, 1s), spacing::gamma, 0.25, 3), 100'000);
  CHECK(bursts.back() == Approx(2000).epsilon(0.03));
  CHECK(dispersion(bursts) == Approx(4).epsilon(0.05));
  const auto calm = starts(arrivals(profile().add(50, 50, 1s), spacing::gamma, 4, 3), 100'000);
  CHECK(dispersion(calm) == Approx(0.25).epsilon(0.05));
}

TEST_CASE("the same seed gives the same starts, another one others") {
  const auto of = [](std::uint64_t seed) {
    return starts(arrivals(profile().add(10, 10, 1s), spacing::poisson, 1, seed), 100);
  };
  CHECK(of(1) == of(1));
  CHECK(of(1) != of(2));
  CHECK(of(1)[0] != of(2)[0]);
  // They are to be the same on every machine of a load, whatever its compiler.
  CHECK(arrivals(profile().add(10, 10, 1s), spacing::poisson, 1, 7).next() == 91'927'371ns);
  CHECK(arrivals(profile().add(10, 10, 1s), spacing::gamma, 0.5, 7).next() == 3'845'109ns);
}

TEST_CASE("a ramp rises in a straight line, and its last rate stays") {
  const auto all = starts(arrivals(profile().add(0, 100, 10s), spacing::even, 1, 1), 2000);
  CHECK(between(all, 0, 5) == Approx(125).epsilon(0.02));
  CHECK(between(all, 0, 10) == Approx(500).epsilon(0.01));
  CHECK(between(all, 9, 10) == Approx(95).epsilon(0.02));
  CHECK(between(all, 12, 13) == 100);
  const auto falling = starts(arrivals(profile().add(100, 0, 10s), spacing::even, 1, 1), 2000);
  CHECK(falling.size() == 501);
  CHECK(falling.back() <= 10);
  profile up;
  up.add(0, 100, 10s);
  CHECK(up.rate_at(5s) == Approx(50));
  CHECK(up.rate_at(1h) == 100);
}

TEST_CASE("steps and spikes have the requests that their rates ask for") {
  const auto steps = starts(
      arrivals(profile().add(10, 10, 10s).add(50, 50, 10s).add(0, 0, 5s).add(20, 20, 10s), spacing::poisson, 1, 9),
      2000);
  CHECK(between(steps, 0, 10) == Approx(100).epsilon(0.3));
  CHECK(between(steps, 10, 20) == Approx(500).epsilon(0.15));
  CHECK(between(steps, 20, 25) == 0);
  CHECK(between(steps, 25, 45) == Approx(400).epsilon(0.15));
  const auto spikes = starts(arrivals(profile().add(5, 5, 9s).add(500, 500, 1s).repeat(), spacing::even, 1, 1), 5450);
  for (int minute = 0; minute < 6; ++minute) {
    CAPTURE(minute);
    CHECK(between(spikes, minute * 10, minute * 10 + 9) == Approx(45).epsilon(0.05));
    CHECK(between(spikes, minute * 10 + 9, minute * 10 + 10) == Approx(500).epsilon(0.01));
  }
}

TEST_CASE("a load of nothing ends") {
  CHECK(starts(arrivals(profile(), spacing::even, 1, 1), 10).empty());
  CHECK(starts(arrivals(profile().add(0, 0, 1s), spacing::poisson, 1, 1), 10).empty());
  CHECK(starts(arrivals(profile().add(0, 0, 1s).add(0, 0, 1s).repeat(), spacing::poisson, 1, 1), 10).empty());
}

TEST_CASE("starts do not fall, whatever the load") {
  std::mt19937_64 random(12);
  for (int i = 0; i < 300; ++i) {
    CAPTURE(i);
    profile p;
    const auto stretches = 1 + random() % 4;
    for (std::uint64_t s = 0; s < stretches; ++s)
      p.add(static_cast<double>(random() % 3 ? random() % 2000 : 0),
            static_cast<double>(random() % 3 ? random() % 2000 : 0),
            duration(1 + static_cast<duration::rep>(random() % 3'000'000'000)));
    if (random() % 2)
      p.repeat();
    const auto all = starts(
        arrivals(p, static_cast<spacing>(random() % 3), 0.1 + static_cast<double>(random() % 50) / 10, random()), 3000);
    for (std::size_t k = 1; k < all.size(); ++k)
      if (all[k] < all[k - 1])
        REQUIRE(all[k] >= all[k - 1]);
  }
}
