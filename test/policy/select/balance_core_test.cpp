// Balancing over equivalent targets, against a model that keeps the full history.
#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include <weir/core/random.hpp>

#include "policy/select/balance_core.hpp"
#include "policy/select/balance_random.hpp"

using namespace std::chrono_literals;
using namespace weir;
using strategy = routing::strategy;
using verdict = balance_core::verdict;

namespace {

const time_point start{std::chrono::hours(1000)};

routing three(strategy by, double a = 1, double b = 1, double c = 1) {
  return routing().add(target("a"), a).add(target("b"), b).add(target("c"), c).by(by);
}

// Every target's full history; each query is answered from the beginning.
class model {
public:
  class entry {
  public:
    entry() = default;
    double weight = 1;
    int in_flight = 0;
    std::vector<std::pair<time_point, double>> samples;
    std::vector<std::pair<time_point, bool>> verdicts; // good?
  };

  static double s(duration d) { return double(d.count()) / 1e9; }
  double peak(const entry& e, time_point now) const {
    double value = 0;
    time_point last{};
    for (const auto& [at, took] : e.samples) {
      const double age = s(at - last) / s(decay);
      value = last == time_point() ? took : std::max(took, took + (value - took) * std::exp(-age));
      last = at;
    }
    return value * std::exp(-s(now - last) / s(decay));
  }
  double share(const entry& e, time_point now) const {
    int row = 0;
    time_point failed{}, back{};
    bool ramping = false;
    for (const auto& [at, good] : e.verdicts) {
      if (good) {
        if (row >= 3) {
          ramping = true;
          back = at;
        }
        row = 0;
      } else {
        row = std::min(row + 1, 16);
        failed = at;
        ramping = false;
      }
    }
    double part = std::pow(0.5, row * std::exp(-s(now - failed) / s(decay)));
    if (ramping && now < back + ramp)
      part *= std::max(0.05, s(now - back) / s(ramp));
    return part;
  }
  double cost(const entry& e, time_point now) const {
    const double part = e.weight * share(e, now);
    if (by == strategy::least_in_flight)
      return (e.in_flight + 1) / part;
    const bool fails = !e.verdicts.empty() && !e.verdicts.back().second;
    if (e.samples.empty() && !fails)
      return e.in_flight == 0 ? 0 : 1e9 * e.in_flight / part;
    double time = std::max(peak(e, now), 1e-6);
    if (fails) {
      double worst = -1;
      for (const auto& other : all)
        if (!other.samples.empty())
          worst = std::max(worst, peak(other, now));
      time = std::max(time, worst < 0 ? 1 : worst);
    }
    return time * (e.in_flight + 1) / part;
  }
  // Whether `chosen` is a possible pick: rounding must not decide.
  bool allows(std::size_t chosen, time_point now, double r1, double r2) const {
    if (by == strategy::weighted) {
      double sum = 0;
      for (const auto& e : all)
        sum += e.weight * share(e, now);
      double low = 0;
      for (std::size_t i = 0; i < chosen; ++i)
        low += all[i].weight * share(all[i], now) / sum;
      const double high = low + all[chosen].weight * share(all[chosen], now) / sum;
      return r1 >= low - 1e-9 && r1 <= high + 1e-9;
    }
    if (by == strategy::least_in_flight) {
      for (const auto& e : all)
        if (cost(e, now) < cost(all[chosen], now) * (1 - 1e-9))
          return false;
      return true;
    }
    std::vector<std::size_t> rest;
    const auto one = static_cast<std::size_t>(r1 * double(all.size()));
    for (std::size_t i = 0; i < all.size(); ++i)
      if (i != one)
        rest.push_back(i);
    if (rest.empty())
      return chosen == one;
    const auto two = rest[static_cast<std::size_t>(r2 * double(rest.size()))];
    if (chosen != one && chosen != two)
      return false;
    const auto other = chosen == one ? two : one;
    return cost(all[chosen], now) <= cost(all[other], now) * (1 + 1e-9);
  }

  strategy by = strategy::weighted;
  duration decay = 10s, ramp = 30s;
  std::vector<entry> all;
};

std::array<double, 3> shares(balance_core& core, int calls, std::uint64_t seed, time_point now) {
  random_source random(seed);
  std::array<double, 3> counts{};
  for (int i = 0; i < calls; ++i) {
    const auto t = core.pick(now, random.uniform(), random.uniform());
    counts[t] += 1.0 / calls;
    core.ended(t, verdict::none, now);
  }
  return counts;
}

} // namespace

TEST_CASE("balancing agrees with its model over a million random steps") {
  const auto seed = test::seed_or(74);
  std::mt19937_64 rng(seed);
  std::uniform_real_distribution<double> uniform(0, 1);
  model m;
  auto now = start;
  auto core = balance_core(three(strategy::weighted));
  for (std::uint64_t step = 0; step < 1'000'000; ++step) {
    const auto line = [&] {
      return test::replay(seed, "balancing agrees with its model over a million random steps", step);
    };
    if (step % 100 == 0) {
      m = model();
      m.by = static_cast<strategy>(rng() % 3);
      m.decay = 1s + std::chrono::milliseconds(rng() % 20'000);
      m.ramp = 1s + std::chrono::milliseconds(rng() % 60'000);
      routing r = routing().by(m.by).decay(m.decay).ramp(m.ramp);
      const auto n = 1 + rng() % 4;
      for (std::size_t i = 0; i < n; ++i) {
        model::entry e;
        e.weight = rng() % 2 ? 1 : 0.5 + uniform(rng) * 5;
        m.all.push_back(e);
        r.add(target("t" + std::to_string(i)), e.weight);
      }
      core = balance_core(r);
    }
    now += duration(rng() % 2'000'000'000);
    const auto at = rng() % m.all.size();
    switch (rng() % 4) {
    case 0:
    case 1: {
      const double r1 = uniform(rng), r2 = uniform(rng);
      const auto chosen = core.pick(now, r1, r2);
      test::agree(m.allows(chosen, now, r1, r2), line);
      ++m.all[chosen].in_flight;
      break;
    }
    case 2: {
      const auto took = duration(rng() % 3'000'000'000);
      core.first_token(at, took, now);
      m.all[at].samples.emplace_back(now, model::s(took));
      break;
    }
    case 3: {
      auto& e = m.all[at];
      if (e.in_flight == 0)
        break;
      --e.in_flight;
      const auto v = static_cast<verdict>(rng() % 3);
      core.ended(at, v, now);
      if (v != verdict::none)
        e.verdicts.emplace_back(now, v == verdict::good);
      break;
    }
    }
    const auto& e = m.all[at];
    test::agree(core.share(at, now) == doctest::Approx(m.share(e, now)), line);
    test::agree(core.peak(at, now) == doctest::Approx(m.peak(e, now)), line);
    test::agree(core.state(at, now).in_flight == static_cast<std::size_t>(e.in_flight), line);
  }
}

TEST_CASE("weights are shares: 100,000 calls are within one percent of them") {
  balance_core core(three(strategy::weighted, 5, 3, 2));
  const auto got = shares(core, 100'000, 1, start);
  CHECK(got[0] == doctest::Approx(0.5).epsilon(0.02));
  CHECK(got[1] == doctest::Approx(0.3).epsilon(0.02));
  CHECK(got[2] == doctest::Approx(0.2).epsilon(0.03));
}

TEST_CASE("the least loaded target is picked, ties at random") {
  balance_core core(three(strategy::least_in_flight));
  random_source random(2);
  for (int i = 0; i < 300; ++i)
    core.pick(start, random.uniform(), random.uniform());
  for (std::size_t i = 0; i < 3; ++i)
    CHECK(core.state(i, start).in_flight == 100);
  balance_core idle(three(strategy::least_in_flight));
  for (const auto s : shares(idle, 30'000, 3, start))
    CHECK(s == doctest::Approx(1.0 / 3).epsilon(0.03));
}

TEST_CASE("two choices with a slow target send it only the calls where it meets itself") {
  balance_core core(three(strategy::p2c_peak_ewma));
  core.first_token(0, 100ms, start);
  core.first_token(1, 100ms, start);
  core.first_token(2, 5s, start);
  const auto got = shares(core, 30'000, 4, start);
  CHECK(got[2] == 0);
  CHECK(got[0] > 0.3);
  CHECK(got[1] > 0.3);
}

TEST_CASE("a peak rises at once and decays exponentially") {
  balance_core core(three(strategy::p2c_peak_ewma));
  core.first_token(0, 100ms, start);
  core.first_token(0, 4s, start + 1s);
  CHECK(core.peak(0, start + 1s) == doctest::Approx(4));
  CHECK(core.peak(0, start + 11s) == doctest::Approx(4 / std::exp(1.0)));
  core.first_token(0, 100ms, start + 11s);
  CHECK(core.peak(0, start + 11s) == doctest::Approx(0.1 + 3.9 / std::exp(1.0)));
}

TEST_CASE("a target that fails loses half its share each time, and time forgives") {
  balance_core core(three(strategy::weighted));
  core.ended(0, verdict::bad, start);
  core.ended(0, verdict::bad, start);
  CHECK(core.share(0, start) == doctest::Approx(0.25));
  CHECK(core.share(0, start + 60s) > 0.99);
  core.ended(0, verdict::good, start);
  CHECK(core.share(0, start) == 1);
}

TEST_CASE("a target that came back gets its share in proportion to the time since") {
  balance_core core(three(strategy::weighted));
  for (int i = 0; i < 3; ++i)
    core.ended(0, verdict::bad, start);
  core.ended(0, verdict::good, start + 1s);
  CHECK(core.share(0, start + 1s) == doctest::Approx(0.05));
  CHECK(core.share(0, start + 16s) == doctest::Approx(0.5));
  CHECK(core.share(0, start + 31s) == 1);
  const auto got = shares(core, 100'000, 5, start + 16s);
  CHECK(got[0] == doctest::Approx(0.2).epsilon(0.03));
}

TEST_CASE("a target that fails at once is not the fastest") {
  // Never measured, and measured long ago: neither a missing time nor a decayed one attracts.
  for (const bool measured : {false, true}) {
    balance_core core(three(strategy::p2c_peak_ewma));
    auto now = start;
    if (measured)
      core.first_token(2, 1ms, now);
    now += 10min;
    core.first_token(0, 2s, now);
    core.first_token(1, 2s, now);
    for (int i = 0; i < 5; ++i)
      core.ended(2, verdict::bad, now);
    CHECK(shares(core, 1000, 6, now)[2] == 0);
  }
}

TEST_CASE("a call without a verdict changes nothing but the count in flight") {
  balance_core core(three(strategy::weighted));
  core.ended(0, verdict::bad, start);
  const auto before = core.share(0, start);
  core.ended(0, verdict::none, start);
  CHECK(core.share(0, start) == before);
  CHECK(core.state(0, start).failures == 1);
}

TEST_CASE("routing settings that make no sense are refused by name") {
  const auto refused = [](const routing& s, std::string_view field) {
    try {
      s.check("routing");
    } catch (const error& e) {
      return e.code() == errc::invalid_configuration && std::string_view(e.what()).starts_with(field);
    }
    return false;
  };
  three(strategy::weighted).check("routing");
  CHECK(refused(routing().add(target("a"), 0), "routing.targets[0].weight: "));
  CHECK(refused(routing().add(target("a"), -1), "routing.targets[0].weight: "));
  CHECK(refused(routing().add(target("a"), std::numeric_limits<double>::quiet_NaN()), "routing.targets[0].weight: "));
  CHECK(refused(routing().add(target("a"), std::numeric_limits<double>::infinity()), "routing.targets[0].weight: "));
  CHECK(refused(routing().add(target("a")).add(target("a")), "routing.targets[1]: "));
  CHECK(refused(routing().add(target()), "routing.targets[0]: "));
  CHECK(refused(routing().decay(0s), "routing.decay: "));
  CHECK(refused(routing().ramp(-1s), "routing.ramp: "));
}

TEST_CASE("a target with a provider or address of its own does not inherit the key or address of another") {
  const auto base = target("groq/llama").key("mine").base_url("http://127.0.0.1:1/v1");
  CHECK(merged(target().model("qwen"), base) == target("groq/qwen").key("mine").base_url("http://127.0.0.1:1/v1"));
  CHECK(merged(target("cerebras"), base) == target("cerebras/llama"));
  CHECK(merged(target("groq"), base) == base);
  CHECK(merged(target().base_url("http://127.0.0.1:2/v1"), base) ==
        target("groq/llama").base_url("http://127.0.0.1:2/v1"));
  CHECK(merged(target("cerebras/x").key("theirs"), base) == target("cerebras/x").key("theirs"));
  CHECK(merged(target().key("other"), base).key() == "other");
}
