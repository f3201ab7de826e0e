// The search for the breaking point, in simulated time: capacities that are known are found.
#include <doctest/doctest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <memory>
#include <queue>
#include <string>
#include <vector>

#include <weir/bench/bench.hpp>
#include <weir/testing.hpp>

#include "bench/engine/simulated_target.hpp"
#include "bench/record/record.hpp"
#include "sim/load/capacity.hpp"

namespace asio = boost::asio;
using namespace std::chrono_literals;
using namespace weir;
using weir::test::service;
using weir::test::simulated_target;
using weir::test::taking;

namespace {

// Serves one after the other, so many a second: whatever comes faster waits in a line without an end.
class single_file {
public:
  explicit single_file(double per_s) : each_(static_cast<duration::rep>(1e9 / per_s)) {}
  service operator()(duration at, std::uint64_t) {
    free_ = std::max(free_, at) + each_;
    return taking(free_ - at, 0ms, 1);
  }

private:
  const duration each_;
  duration free_{};
};

class rate_limited {
public:
  explicit rate_limited(double per_s) : limit_(per_s) {}
  service operator()(duration at, std::uint64_t) {
    auto s = taking(50ms, 0ms, 1);
    s.status = limit_.lets_through(at) ? 200 : 429;
    return s;
  }

private:
  sim::request_limit limit_;
};

// 400 tokens a second, 10 of each answer after its first: 40 answers a second, each of a second at least.
service token_rated(duration, std::uint64_t) {
  auto s = taking(50ms, 100ms, 11);
  s.shared_per_s = 400;
  return s;
}

bench_result find(test::behaviour how, bench_options o) {
  asio::io_context io;
  testing::manual_time::install(io);
  simulated_target target(io, std::move(how));
  std::vector<batch_item::request_type> one;
  one.emplace_back(chat().user("hello"));
  const auto prompts = bench_prompts_of(std::move(one));
  std::optional<bench_result> made;
  asio::co_spawn(io, find_bench_peak(bench_target("t", target.by()), *prompts, std::move(o)),
                 [&](std::exception_ptr e, bench_result r) {
                   if (e)
                     std::rethrow_exception(e);
                   made.emplace(std::move(r));
                 });
  testing::run(io, 240h);
  REQUIRE(made);
  REQUIRE(made->data().peak);
  return *made;
}

bench_options plan(std::uint64_t seed) {
  return bench_options().load(bench_load::rate(1).poisson()).length(60s).first_rate(5).seed(seed);
}

std::uint64_t seeds() { return std::getenv("WEIR_LONG") ? 10 : 2; }

} // namespace

TEST_CASE("the knee of a queue is found to within a twentieth") {
  for (std::uint64_t seed = 1; seed <= seeds(); ++seed) {
    CAPTURE(seed);
    const auto r = find(single_file(40), plan(seed).objectives(parse_slos("ttft<2s")));
    INFO(r.text());
    REQUIRE(r.peak());
    CHECK(*r.peak() == doctest::Approx(40).epsilon(0.05));
  }
}

TEST_CASE("the knee of a target that shares its tokens is found to within a twentieth") {
  // Within half a second on average between tokens, or by falling behind alone.
  for (const char* objectives : {"tpot<500ms", ""})
    for (std::uint64_t seed = 1; seed <= seeds(); ++seed) {
      CAPTURE(seed);
      CAPTURE(objectives);
      auto o = plan(seed);
      if (*objectives)
        o.objectives(parse_slos(objectives));
      const auto r = find(token_rated, std::move(o));
      INFO(r.text());
      REQUIRE(r.peak());
      CHECK(*r.peak() == doctest::Approx(40).epsilon(0.05));
    }
}

TEST_CASE("a rate limit is named as what breaks, and as a cliff it is none") {
  const auto r = find(rate_limited(40), bench_options().load(bench_load::rate(1)).length(60s).first_rate(5));
  REQUIRE(r.peak());
  CHECK(*r.peak() == doctest::Approx(40).epsilon(0.05));
  CHECK(r.data().peak->why == "the server sheds load with 429 or 503");
}

TEST_CASE("a target that gives up above a rate is a cliff") {
  // Beyond 30 in flight, of 1 s each, every answer takes a minute.
  const auto r = find([](duration, std::uint64_t in_flight) { return taking(in_flight > 30 ? 60s : 1s, 0ms, 1); },
                      bench_options()
                          .load(bench_load::rate(1))
                          .length(60s)
                          .first_rate(5)
                          .drain(120s)
                          .objectives(parse_slos("ttft<2s")));
  REQUIRE(r.peak());
  CHECK(*r.peak() == doctest::Approx(30).epsilon(0.06));
  CHECK(r.data().peak->cliff);
  CHECK(r.data().peak->recovery);
}

TEST_CASE("each call of a search is in one probe, and those of the highest rate that held are kept") {
  const auto r = find(single_file(40), plan(3).objectives(parse_slos("ttft<2s")));
  const auto& peak = *r.data().peak;
  std::uint64_t calls = 0;
  for (const auto& p : peak.probes)
    calls += p.calls;
  CHECK(calls == r.calls());
  const auto* best = bench_record::best_of(peak.probes);
  REQUIRE(best);
  REQUIRE(peak.best);
  CHECK(peak.best->calls == best->calls);
  CHECK(r.times(bench_metric::ttft) == peak.best->of(bench_metric::ttft));
  CHECK(best->ttft_p95 == peak.best->of(bench_metric::ttft).at(0.95));
  CHECK(r.calls() > 2 * best->calls);
}

TEST_CASE("answers that take longer than a window are no break") {
  const auto r =
      find([](duration, std::uint64_t) { return taking(200ms, 100ms, 80); },
           bench_options().load(bench_load::rate(1)).length(15s).most_rate(4).objectives(parse_slos("ttft<1s")));
  CHECK(r.peak() == 4);
  CHECK_FALSE(r.data().peak->high);
}

TEST_CASE("known rates are tried one after the other") {
  asio::io_context io;
  testing::manual_time::install(io);
  simulated_target target(io, single_file(40));
  std::vector<batch_item::request_type> one;
  one.emplace_back(chat().user("hello"));
  const auto prompts = bench_prompts_of(std::move(one));
  std::optional<bench_result> made;
  asio::co_spawn(io,
                 try_bench_rates(bench_target("t", target.by()), *prompts,
                                 bench_options().length(30s).objectives(parse_slos("ttft<2s")), {15, 30, 45}),
                 [&](std::exception_ptr e, bench_result r) {
                   if (e)
                     std::rethrow_exception(e);
                   made.emplace(std::move(r));
                 });
  testing::run(io, 24h);
  REQUIRE(made);
  const auto& p = *made->data().peak;
  REQUIRE(p.probes.size() == 3);
  CHECK(p.probes[0].keeps_up);
  CHECK(p.probes[1].keeps_up);
  CHECK_FALSE(p.probes[2].keeps_up);
  CHECK(p.low == 30);
  CHECK(p.high == 45);
}
