#include <doctest/doctest.h>

#include <string>
#include <vector>

#include <weir/core/random.hpp>

#include "bench/measure/tally.hpp"
#include "bench/trust/validity.hpp"

namespace {

using namespace weir;
using namespace std::chrono_literals;
using measure::percentile_of;
using measure::sample;
using measure::tally;

sample complete(duration meant, duration ttft, duration e2e, std::uint64_t tokens = 10) {
  sample s;
  s.meant = meant;
  s.sent = meant + 1ms;
  s.first_byte = s.first_content = s.first_output = meant + ttft;
  s.last_content = s.ended = meant + e2e;
  s.chunks = tokens;
  s.output_tokens = tokens;
  s.outcome = outcome::complete;
  s.status = 200;
  for (std::uint64_t i = 1; i < tokens; ++i)
    s.gaps.push_back((e2e - ttft) / static_cast<duration::rep>(tokens - 1));
  return s;
}

sample failed(errc why, int status = 0) {
  sample s;
  s.outcome = outcome::failed;
  s.failure = make_error_code(why);
  s.status = status;
  s.attempts = 3;
  return s;
}

} // namespace

TEST_CASE("a percentile without enough samples says how many it needs") {
  histogram h;
  for (int i = 1; i <= 600; ++i)
    h.add(i * 1ms);
  const auto p99 = percentile_of(h, 0.99);
  CHECK_FALSE(p99.value);
  CHECK_FALSE(p99.enough());
  CHECK_FALSE(p99.endless);
  CHECK(p99.samples == 600);
  CHECK(p99.needed == 662);
  const auto p50 = percentile_of(h, 0.5);
  CHECK(*p50.value / 1ms == 300);
  CHECK(*p50.low < 290ms);
  CHECK(*p50.high > 310ms);
  CHECK(*p50.at_most > *p50.value);
}

TEST_CASE("calls that failed are endless: the percentile that they reach has no value") {
  histogram h;
  for (int i = 1; i <= 950; ++i)
    h.add(i * 1ms);
  const auto p90 = percentile_of(h, 0.9, 50);
  CHECK(std::abs(*p90.value / 1us - 900'000) < 900);
  CHECK_FALSE(p90.endless);
  const auto p99 = percentile_of(h, 0.99, 50);
  CHECK_FALSE(p99.value);
  CHECK(p99.endless);
  CHECK(p99.enough());
  CHECK_FALSE(p99.at_most);
}

TEST_CASE("good is what is complete and within every objective; failures are misses") {
  const std::vector objectives{slo(bench_metric::ttft, 100ms), slo(bench_metric::chunk_gap, 50ms)};
  tally t;
  t.add(complete(0s, 50ms, 150ms), objectives);
  t.add(complete(0s, 150ms, 200ms), objectives);
  t.add(complete(0s, 150ms, 2s), objectives);
  t.add(failed(errc::overloaded, 503), objectives);
  t.add(failed(errc::overloaded, 503), objectives);
  CHECK(t.calls == 5);
  CHECK(t.complete == 3);
  CHECK(t.good == 1);
  CHECK(t.useful_tokens == 10);
  CHECK(t.output_tokens == 30);
  CHECK(t.misses.at(objectives[0].text()) == 2);
  CHECK(t.misses.at(objectives[1].text()) == 1);
  CHECK(t.failures.at(std::string(name_of(errc::overloaded))) == 2);
  CHECK(t.statuses.at(503) == 2);
  CHECK(t.attempts == 9);
  CHECK(t.of(bench_metric::ttft).count() == 3);
  CHECK(t.of(bench_metric::chunk_gap).count() == 27);
  CHECK(t.outcomes[static_cast<std::size_t>(outcome::failed)] == 2);
  sample one = complete(0s, 50ms, 50ms, 1);
  CHECK(measure::is_good(one, std::vector{slo(bench_metric::itl, 1ns)}));
}

TEST_CASE("kinds of failures are limited") {
  tally t;
  for (int i = 0; i < 1000; ++i) {
    auto s = failed(errc::overloaded);
    s.failure = error_code(i + 1, boost::system::generic_category());
    t.add(s, {});
  }
  CHECK(t.failures.size() <= 101);
  std::uint64_t all = 0;
  for (const auto& [kind, n] : t.failures)
    all += n;
  CHECK(all == 1000);
}

TEST_CASE("tallies of parts merge to that of all calls, bit for bit") {
  random_source random(3);
  const std::vector objectives{slo(bench_metric::ttft, 100ms), slo(bench_metric::e2e, 1s)};
  tally whole, merged;
  std::vector<tally> parts(3);
  for (int i = 0; i < 5000; ++i) {
    auto s =
        random.below(20) == 0
            ? failed(random.below(2) ? errc::overloaded : errc::rate_limited, static_cast<int>(400 + random.below(100)))
            : complete(duration(random.below(1'000'000'000)), duration(1'000'000 + random.below(200'000'000)),
                       duration(300'000'000 + random.below(2'000'000'000)), 1 + random.below(30));
    s.wanted_output = random.below(20);
    whole.add(s, objectives);
    parts[random.below(3)].add(s, objectives);
  }
  for (const auto& p : parts)
    merged.merge(p);
  CHECK(merged == whole);
  CHECK(merged.good > 0);
  CHECK(merged.good < merged.complete);
}

TEST_CASE("a load generator that is late, still or busy makes its windows invalid, and too many the run") {
  const trust::thresholds t;
  trust::health well;
  well.meant = well.sent = 100;
  well.send_delay = 1ms;
  well.cpu = 0.5;
  CHECK(trust::weaknesses_of(well, t).empty());
  auto late = well, still = well, busy = well, unsent = well, full = well;
  late.send_delay = 11ms;
  still.loop_lag = 100ms;
  busy.cpu = 0.95;
  unsent.sent = 99;
  full.machine = 1;
  CHECK(trust::weaknesses_of(late, t) == std::vector{trust::weakness::send_delay});
  CHECK(trust::weaknesses_of(still, t) == std::vector{trust::weakness::loop_lag});
  CHECK(trust::weaknesses_of(busy, t) == std::vector{trust::weakness::cpu});
  CHECK(trust::weaknesses_of(unsent, t) == std::vector{trust::weakness::send_delay});
  CHECK(trust::weaknesses_of(full, t).empty());

  std::vector<trust::health> run(20, well);
  CHECK(trust::judge(run, t).valid);
  CHECK(trust::judge(run, t).text() == "valid: the load generator kept up in all 20 windows");
  run[3] = run[9] = still;
  CHECK(trust::judge(run, t).valid);
  CHECK(trust::judge(run, t).text() ==
        "valid: the load generator kept up, but for 2 of 20 windows: the load generator stalled in 2 of 20 windows");
  run[4] = still;
  CHECK_FALSE(trust::judge(run, t).valid);
  CHECK(trust::judge(run, t).text() ==
        "invalid: the load generator was the bottleneck: the load generator stalled in 3 of 20 windows");
  CHECK_FALSE(trust::judge({}, t).valid);
}
