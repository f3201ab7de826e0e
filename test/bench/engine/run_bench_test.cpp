// Whole runs in simulated time: what is measured is what the target was told to do.
#include <doctest/doctest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include <weir/bench/bench.hpp>
#include <weir/core/backoff.hpp>
#include <weir/core/random.hpp>
#include <weir/testing.hpp>

#include "bench/engine/simulated_target.hpp"
#include "bench/record/record.hpp"
#include "sim/load/spread.hpp"

namespace asio = boost::asio;
using namespace std::chrono_literals;
using namespace weir;
using weir::test::service;
using weir::test::simulated_target;
using weir::test::taking;

namespace {

std::unique_ptr<bench_prompts> prompts(int different = 3) {
  std::vector<batch_item::request_type> all;
  for (int i = 0; i < different; ++i)
    all.emplace_back(chat().user("prompt " + std::to_string(i)));
  return bench_prompts_of(std::move(all));
}

// A context with simulated time, a target in it, and what runs there.
class scene {
public:
  explicit scene(test::behaviour how) : time(testing::manual_time::install(io)), target(io, std::move(how)) {}

  bench_result run(bench_options o, bench_stop stop = {}) {
    const auto from = prompts();
    return run(std::move(o), *from, stop);
  }
  bench_result run(bench_options o, bench_prompts& from, bench_stop stop = {}) {
    return finish(run_bench(bench_target("target", target.by()), from, std::move(o), stop));
  }
  bench_result finish(asio::awaitable<bench_result> running) {
    std::optional<bench_result> made;
    asio::co_spawn(io, keep(std::move(running), made), [](std::exception_ptr e) {
      if (e)
        std::rethrow_exception(e);
    });
    testing::run(io, 24h);
    REQUIRE(made);
    return *made;
  }

  asio::io_context io;
  testing::manual_time& time;
  simulated_target target;

private:
  static asio::awaitable<void> keep(asio::awaitable<bench_result> running, std::optional<bench_result>& to) {
    auto r = co_await std::move(running);
    to.emplace(std::move(r));
  }
};

duration percentile(std::vector<duration> values, double share) {
  std::sort(values.begin(), values.end());
  const auto place = static_cast<std::size_t>(std::ceil(share * static_cast<double>(values.size())));
  return values[std::max<std::size_t>(1, place) - 1];
}

// To within the histogram's precision.
bool is_near(duration seen, duration truth) {
  return std::abs(static_cast<double>((seen - truth).count())) <= 0.001 * static_cast<double>(truth.count()) + 1000;
}

bench_options at_rate(double rate, duration length) {
  return bench_options().load(bench_load::rate(rate)).length(length).warm_up(0s);
}

} // namespace

TEST_CASE("percentiles of known distributions are measured to within a thousandth") {
  for (const char* text : {"50ms", "uniform(20ms,80ms)", "lognormal(50ms,0.8)", "bimodal(20ms,400ms,0.1)"}) {
    CAPTURE(text);
    const auto first = sim::spread::parse(text);
    random_source random(3);
    scene s([&](duration, std::uint64_t) { return taking(first.draw(random)); });
    const auto r = s.run(at_rate(50, 60s));
    std::vector<duration> truth;
    for (const auto& one : s.target.served())
      truth.push_back(one.first);
    REQUIRE(r.calls() == truth.size());
    CHECK(r.calls() == 3000);
    for (const double share : {0.5, 0.9, 0.95, 0.99}) {
      CAPTURE(share);
      REQUIRE(r.at(bench_metric::ttft, share));
      CHECK(is_near(*r.at(bench_metric::ttft, share), percentile(truth, share)));
    }
    CHECK(is_near(r.times(bench_metric::chunk_gap).at(0.99), 10ms));
    CHECK(is_near(r.times(bench_metric::tpot).at(0.5), 10ms));
    CHECK(is_near(r.times(bench_metric::e2e).max(), percentile(truth, 1) + 90ms));
    CHECK(r.valid());
    CHECK(r.complete());
  }
}

TEST_CASE("a target that stands still for a second cannot hide it from an open load") {
  // Everything that arrives in the stall is answered when it ends.
  const auto stalling = [](duration at, std::uint64_t) {
    const bool stalled = at >= 10s && at < 11s;
    return taking(stalled ? 11s - at + 20ms : 20ms, 0ms, 1);
  };
  scene open(stalling), closed(stalling);
  const auto seen = open.run(at_rate(100, 20s));
  auto o = bench_options().load(bench_load::at_once(2)).length(20s).warm_up(0s);
  const auto hidden = closed.run(o);
  // 100 of 2,000 calls were meant to start in the stall: a twentieth.
  std::vector<duration> truth;
  for (const auto& one : open.target.served())
    truth.push_back(one.first);
  CHECK(is_near(*seen.at(bench_metric::ttft, 0.99), percentile(truth, 0.99)));
  CHECK(*seen.at(bench_metric::ttft, 0.99) > 500ms);
  // Two calls of some 1,900 met it in the closed loop.
  CHECK(*hidden.at(bench_metric::ttft, 0.99) < 30ms);
}

TEST_CASE("the warm-up is in no figure") {
  scene s([](duration at, std::uint64_t) { return taking(at < 3s ? 2s : 20ms); });
  const auto r = s.run(at_rate(10, 20s).warm_up(5s));
  CHECK(r.calls() == 200);
  CHECK(r.times(bench_metric::ttft).max() < 30ms);
  CHECK(r.data().targets.front().warm_up_calls == 50);
  CHECK(r.rate() == doctest::Approx(10).epsilon(0.02));
}

TEST_CASE("so many requests at once, and no more") {
  scene s([](duration, std::uint64_t) { return taking(100ms); });
  const auto r = s.run(bench_options().load(bench_load::at_once(8)).requests(100).warm_up(0s));
  CHECK(r.calls() == 100);
  CHECK(s.target.most_in_flight() == 8);
  CHECK(r.succeeded() == 100);
  CHECK(r.data().prompts_sent == 100);
  CHECK(r.data().distinct_prompts == 3);
}

TEST_CASE("places of a closed load rise one by one") {
  scene s([](duration, std::uint64_t) { return taking(1h); });
  std::vector<std::uint64_t> seen;
  auto o = bench_options().load(bench_load::at_once(10, 10s)).length(10s).warm_up(0s).drain(1s);
  o.progress([&](const bench_progress& p) { seen.push_back(p.in_flight); });
  const auto r = s.run(o);
  REQUIRE(seen.size() >= 9);
  CHECK(seen[0] <= 2);
  CHECK(seen[4] >= 5);
  CHECK(seen[4] <= 6);
  CHECK(r.calls() == 10);
  CHECK(r.succeeded() == 0); // none came while the run waited
  CHECK(r.data().targets.front().all.failures.at("deadline_exceeded") == 10);
}

TEST_CASE("failures are misses, and have a name") {
  int n = 0;
  scene s([&](duration, std::uint64_t) {
    auto one = taking(20ms);
    one.status = ++n % 10 == 0 ? 429 : 200;
    return one;
  });
  const auto r = s.run(at_rate(50, 20s).objectives(parse_slos("ttft<500ms")));
  CHECK(r.calls() == 1000);
  CHECK(r.succeeded() == 900);
  CHECK(r.good_share() == doctest::Approx(0.9));
  CHECK(r.data().targets.front().all.failures.at("rate_limited") == 100);
  CHECK(r.data().targets.front().all.statuses.at(429) == 100);
  CHECK(r.valid());
}

TEST_CASE("a part of a plan makes every n-th call, and the parts merge to the whole") {
  const auto first = sim::spread::parse("lognormal(50ms,0.8)");
  const auto how = [&](duration at, std::uint64_t) {
    random_source random(static_cast<std::uint64_t>(at.count())); // by the time, so that each call takes its own
    return taking(first.draw(random));
  };
  const auto plan = bench_options().load(bench_load::rate(30).poisson()).length(30s).warm_up(0s).seed(5);
  scene all(how);
  const auto whole = all.run(plan);
  std::vector<bench_result> parts;
  for (unsigned k = 1; k <= 3; ++k) {
    scene one(how);
    parts.push_back(one.run(bench_options(plan).part(k, 3)));
  }
  const auto merged = merge_bench_results(parts);
  CHECK(merged.calls() == whole.calls());
  CHECK(merged.times(bench_metric::ttft) == whole.times(bench_metric::ttft));
  CHECK(merged.times(bench_metric::e2e) == whole.times(bench_metric::e2e));
  CHECK(merged.valid());
  parts.pop_back();
  CHECK_FALSE(merge_bench_results(parts).valid());
}

TEST_CASE("a load generator that stands still says so") {
  scene s([](duration, std::uint64_t) { return taking(20ms); });
  // Something else keeps the event loop for 100 ms, every second.
  std::function<void()> hog;
  const auto start = s.time.now();
  hog = [&] {
    s.time.async_wait(s.io.get_executor(), s.time.now() + 1s, [&](error_code) {
      if (s.time.now() - start > 20s)
        return;
      s.time.advance_to(s.time.now() + 100ms);
      hog();
    });
  };
  hog();
  const auto r = s.run(at_rate(50, 20s));
  CHECK_FALSE(r.valid());
  CHECK(r.verdict().find("load generator") != std::string::npos);
  // Five of the calls of each window were late.
  const auto late = [](const auto& w) { return w.health.send_delay > 50ms; };
  const auto& windows = r.data().windows;
  CHECK(std::count_if(windows.begin(), windows.end(), late) >= 18);
}

TEST_CASE("conversations go on, with the time that users think") {
  class conversations final : public bench_prompts {
  public:
    std::optional<bench_prompt> next() override {
      bench_turn again(std::vector<message>{message::user("and then?")});
      again.delay(2s);
      return bench_prompt(chat().user("tell")).turns({again, again});
    }
    std::string text() const override { return "conversations"; }
  };
  scene s([](duration, std::uint64_t) { return taking(100ms, 10ms, 10); });
  conversations from;
  const auto r = s.run(bench_options().load(bench_load::at_once(1)).length(60s).warm_up(0s), from);
  // Three turns of 190 ms, and two pauses: 4.57 s for each conversation.
  CHECK(r.calls() >= 38);
  CHECK(r.calls() <= 41);
  CHECK(r.times(bench_metric::ttft).max() < 101ms);
}

TEST_CASE("calls that the plan cancels are neither good nor bad") {
  scene s([](duration, std::uint64_t) { return taking(20ms, 100ms, 50); });
  const auto r = s.run(at_rate(20, 30s).cancel(0.25, 1s));
  const auto& t = r.data().targets.front();
  CHECK(t.cancelled > 110);
  CHECK(t.cancelled < 190);
  CHECK(r.calls() + t.cancelled == 600);
  CHECK(r.succeeded() == r.calls());
}

TEST_CASE("a run that is ended early has what was measured, and says so") {
  scene s([](duration, std::uint64_t) { return taking(20ms); });
  bench_stop stop;
  auto o = at_rate(50, 60s);
  int windows = 0;
  o.progress([&](const bench_progress&) {
    if (++windows == 10)
      stop.stop();
  });
  const auto r = s.run(o, stop);
  CHECK_FALSE(r.complete());
  CHECK(r.calls() > 400);
  CHECK(r.calls() < 600);
  CHECK(r.succeeded() == r.calls());
}

TEST_CASE("a plan that cannot be run is refused by name") {
  scene s([](duration, std::uint64_t) { return taking(20ms); });
  const auto refused = [&](bench_options o) {
    try {
      (void)s.run(std::move(o));
    } catch (const error& e) {
      CHECK(e.code() == errc::invalid_argument);
      return true;
    }
    return false;
  };
  CHECK(refused(bench_options().load(bench_load::recorded()))); // these prompts have no times
  CHECK(refused(bench_options().part(3, 2)));
  CHECK(refused(bench_options().good_share(0)));
  CHECK(refused(bench_options().cancel(0.5, 0s)));
  CHECK(refused(bench_options().load(bench_load::at_once(2)).part(1, 3)));
}

TEST_CASE("targets take turns, and differ or do not") {
  const auto compare = [](duration other) {
    asio::io_context io;
    auto& time = testing::manual_time::install(io);
    (void)time;
    random_source random(11);
    const auto around = [&random](duration d) {
      return taking(d + duration(static_cast<duration::rep>(random.uniform() * 1e7)));
    };
    simulated_target a(io, [&](duration, std::uint64_t) { return around(100ms); });
    simulated_target b(io, [&, other](duration, std::uint64_t) { return around(other); });
    const auto from = prompts();
    std::vector<bench_target> both;
    both.emplace_back("a", a.by());
    both.emplace_back("b", b.by());
    std::optional<bench_result> made;
    asio::co_spawn(io, run_bench(both, *from, at_rate(20, 60s)), [&](std::exception_ptr e, bench_result r) {
      if (e)
        std::rethrow_exception(e);
      made.emplace(std::move(r));
    });
    testing::run(io, 24h);
    REQUIRE(made);
    CHECK(made->targets() == 2);
    CHECK(made->calls(0) == made->calls(1));
    return made->data().comparisons.front();
  };
  const auto slower = compare(120ms);
  REQUIRE(slower.ratio);
  CHECK(slower.ratio->differ());
  CHECK(slower.ratio->value == doctest::Approx(1.19).epsilon(0.02));
  const auto same = compare(100ms);
  REQUIRE(same.ratio);
  CHECK_FALSE(same.ratio->differ());
}

TEST_CASE("turns of a closed load warm up each") {
  // Whoever comes while it is not full is served slowly.
  const auto cold = [](duration usual) {
    return [usual](duration, std::uint64_t in_flight) { return taking(in_flight < 9 ? 2s : usual, 10ms, 10); };
  };
  const auto compare = [&](std::optional<duration> warm_up) {
    asio::io_context io;
    testing::manual_time::install(io);
    simulated_target a(io, cold(100ms)), b(io, cold(200ms));
    const auto from = prompts();
    std::vector<bench_target> both;
    both.emplace_back("a", a.by());
    both.emplace_back("b", b.by());
    auto o = bench_options().load(bench_load::at_once(10)).length(200s);
    if (warm_up)
      o.warm_up(*warm_up);
    std::optional<bench_result> made;
    asio::co_spawn(io, run_bench(both, *from, std::move(o)), [&](std::exception_ptr e, bench_result r) {
      if (e)
        std::rethrow_exception(e);
      made.emplace(std::move(r));
    });
    testing::run(io, 24h);
    REQUIRE(made);
    return made->data().comparisons.front();
  };
  const auto seen = compare(std::nullopt);
  REQUIRE(seen.ratio);
  CHECK(seen.pairs.size() == 10);
  CHECK(seen.ratio->value == doctest::Approx(2).epsilon(0.05));
  // Without it the burst that begins each turn is in it.
  CHECK(compare(0s).ratio->value < 1.9);
}
