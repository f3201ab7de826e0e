// The budget and the percentile behind hedging, against plain models.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <deque>
#include <limits>
#include <random>
#include <vector>

#include "policy/alternatives/hedge_core.hpp"
#include "policy/select/balance_random.hpp"

using namespace std::chrono_literals;
using namespace weir;

namespace {

const time_point start{std::chrono::hours(1000)};

error_code code_of_check(const hedge& s) {
  try {
    s.check("hedge");
  } catch (const error& e) {
    return e.code();
  }
  return {};
}

} // namespace

TEST_CASE("a hedge's budget is a cap without a reserve") {
  hedge_budget b(0.1);
  CHECK_FALSE(b.withdraw(start));
  for (int i = 0; i < 9; ++i)
    b.deposit(start);
  CHECK_FALSE(b.withdraw(start));
  b.deposit(start);
  CHECK(b.withdraw(start));
  CHECK_FALSE(b.withdraw(start));
}

TEST_CASE("deposits for hedges expire after ten seconds") {
  hedge_budget b(1);
  b.deposit(start);
  b.deposit(start + 5s);
  CHECK(b.balance(start + 9s) == doctest::Approx(2));
  CHECK(b.balance(start + 10s) == doctest::Approx(1));
  CHECK(b.withdraw(start + 14s));
  CHECK_FALSE(b.withdraw(start + 14s));
  b.deposit(start + 20s);
  CHECK_FALSE(b.withdraw(start + 30s));
}

TEST_CASE("the budget of hedges agrees with a list of deposits over a million random steps") {
  // The reference keeps every deposit separately and spends the oldest that has not expired.
  const auto seed = test::seed_or(71);
  std::mt19937_64 rng(seed);
  double ratio = 0.1;
  hedge_budget b(ratio);
  std::deque<std::pair<std::int64_t, std::int64_t>> deposits; // second, millionths
  std::int64_t calls = 0, hedges = 0;
  auto now = start;
  for (std::uint64_t step = 0; step < 1'000'000; ++step) {
    if (step % 50'000 == 0) {
      static constexpr double ratios[] = {0, 0.001, 0.02, 0.1, 0.25, 1.0 / 3, 0.5, 1};
      ratio = ratios[rng() % 8];
      b = hedge_budget(ratio);
      deposits.clear();
      calls = hedges = 0;
    }
    const auto jump = rng() % 1000;
    now += jump == 0 ? 4s + std::chrono::milliseconds(rng() % 8000) : jump < 700 ? 0ns : duration(rng() % 40'000'000);
    const auto second = std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count();
    while (!deposits.empty() && deposits.front().first <= second - 10)
      deposits.pop_front();
    std::int64_t sum = 0;
    for (const auto& d : deposits)
      sum += d.second;
    if (rng() % 3 != 0) {
      b.deposit(now);
      ++calls;
      const auto units = static_cast<std::int64_t>(ratio * 1e6 + 1e-6);
      if (!deposits.empty() && deposits.back().first == second)
        deposits.back().second += units;
      else
        deposits.emplace_back(second, units);
      continue;
    }
    const bool may = sum >= 1'000'000;
    test::agree(b.withdraw(now) == may,
                [&] { return test::replay(seed, "the budget of hedges agrees with a list of deposits*", step); });
    if (!may)
      continue;
    ++hedges;
    for (std::int64_t due = 1'000'000; due > 0;) {
      const auto part = std::min(due, deposits.front().second);
      due -= part;
      deposits.front().second -= part;
      if (deposits.front().second == 0)
        deposits.pop_front();
    }
    test::agree(double(hedges) <= ratio * double(calls) + 1e-9, [] { return std::string("over the cap"); });
  }
}

TEST_CASE("the window's percentile agrees with sorting what is in it over a million random steps") {
  const auto seed = test::seed_or(72);
  std::mt19937_64 rng(seed);
  p95_window w(10s, 100);
  std::deque<std::pair<time_point, duration>> all;
  auto now = start;
  for (std::uint64_t step = 0; step < 1'000'000; ++step) {
    const auto line = [&] { return test::replay(seed, "the window's percentile agrees*", step); };
    now += rng() % 10'000 == 0 ? duration(15s) : duration(rng() % 300'000'000);
    const auto took = duration(rng() % (rng() % 2 ? 50 : 1'000'000'000));
    while (!all.empty() && (all.front().first <= now - 10s))
      all.pop_front();
    if (rng() % 4 != 0) {
      w.add(took, now);
      all.emplace_back(now, took);
      if (all.size() > 100)
        all.pop_front();
    } else {
      w.expire(now);
    }
    test::agree(w.size() == all.size(), line);
    if (all.empty() || step % 8 != 0)
      continue;
    std::vector<duration> sorted;
    for (const auto& s : all)
      sorted.push_back(s.second);
    // Nearest rank: the least sample that at least 95 % of the samples do not exceed.
    const auto rank = static_cast<std::size_t>(std::ceil(double(sorted.size()) * 95 / 100 - 1e-9));
    std::nth_element(sorted.begin(), sorted.begin() + std::ptrdiff_t(rank - 1), sorted.end());
    test::agree(w.p95() == sorted[rank - 1], line);
  }
}

TEST_CASE("an adaptive hedge waits for samples, and then for their 95th percentile") {
  hedge_core core(hedge().after_p95().min_samples(20));
  for (int i = 1; i <= 19; ++i)
    core.took(std::chrono::milliseconds(100 * i), start);
  CHECK_FALSE(core.begin(start));
  core.took(2s, start);
  REQUIRE(core.begin(start));
  CHECK(*core.begin(start) == 1900ms);
  CHECK(core.state(start).p95 == 1900ms);
  CHECK_FALSE(core.begin(start + 61s));
}

TEST_CASE("no hedge comes sooner than a millisecond") {
  hedge_core core(hedge().after_p95().min_samples(1));
  core.took(2us, start);
  CHECK(core.begin(start) == std::optional<duration>(1ms));
}

TEST_CASE("hedge settings that make no sense are refused by name") {
  CHECK_FALSE(code_of_check(hedge()));
  CHECK_FALSE(code_of_check(hedge().after(200ms)));
  CHECK_FALSE(code_of_check(hedge().after_p95().max_extra_load(0)));
  CHECK(code_of_check(hedge().after(-1s)) == errc::invalid_configuration);
  CHECK(code_of_check(hedge().after(0s)) == errc::invalid_configuration);
  CHECK(code_of_check(hedge().after_p95().max_extra_load(1.1)) == errc::invalid_configuration);
  CHECK(code_of_check(hedge().after_p95().max_extra_load(-0.1)) == errc::invalid_configuration);
  CHECK(code_of_check(hedge().after(1s).max_extra_load(std::numeric_limits<double>::quiet_NaN())) ==
        errc::invalid_configuration);
  CHECK(code_of_check(hedge().after_p95().min_samples(0)) == errc::invalid_configuration);
  CHECK(code_of_check(hedge().after_p95().window(0s)) == errc::invalid_configuration);
  try {
    hedge().after_p95().max_extra_load(2).check("policies.hedge");
    FAIL("accepted");
  } catch (const error& e) {
    CHECK(std::string(e.what()).starts_with("policies.hedge.max_extra_load: "));
  }
}
