#include <doctest/doctest.h>

#include <string>

#include <weir/bench/metric.hpp>
#include <weir/bench/slo.hpp>
#include <weir/core/error.hpp>

#include "bench/measure/sample.hpp"

namespace {

using namespace weir;
using namespace std::chrono_literals;

std::string refusal(std::string_view text) {
  try {
    parse_slos(text);
  } catch (const error& e) {
    CHECK(e.code() == errc::invalid_argument);
    return e.what();
  }
  return {};
}

} // namespace

TEST_CASE("every metric has a name, which finds it again, and a meaning") {
  for (std::size_t i = 0; i < bench_metrics; ++i) {
    const auto m = static_cast<bench_metric>(i);
    CHECK(bench_metric_of(name_of(m)) == m);
    CHECK(meaning_of(m).size() > 10);
  }
  CHECK(bench_metric_of("e2el") == bench_metric::e2e);
  CHECK_FALSE(bench_metric_of("speed"));
  CHECK_FALSE(bench_metric_of(""));
}

TEST_CASE("metrics count from when a request was meant to start, and say from where else") {
  measure::sample s;
  s.meant = 100ms;
  s.sent = 130ms;
  s.connect = 20ms;
  s.first_byte = 180ms;
  s.first_content = 200ms;
  s.first_output = 400ms;
  s.last_content = 1200ms;
  s.ended = 1210ms;
  s.chunks = 9;
  s.output_tokens = 11;
  s.first_chunk_tokens = 3;
  CHECK(s.of(bench_metric::send_delay) == 30ms);
  CHECK(s.of(bench_metric::connect) == 20ms);
  CHECK(s.of(bench_metric::ttfb) == 80ms);
  CHECK(s.of(bench_metric::ttft) == 100ms);
  CHECK(s.of(bench_metric::ttft_sent) == 70ms);
  CHECK(s.of(bench_metric::ttfo) == 300ms);
  CHECK(s.of(bench_metric::itl) == 125ms);
  CHECK(s.of(bench_metric::tpot) == 100ms);
  CHECK(s.of(bench_metric::tpot_incl_first) == duration(1070ms) / 11);
  CHECK(s.of(bench_metric::e2e) == 1100ms);
  CHECK(s.of(bench_metric::e2e_wire) == 1110ms);
}

TEST_CASE("what a call did not get to has no value") {
  measure::sample s;
  s.ended = 50ms;
  for (std::size_t i = 0; i < bench_metrics; ++i)
    if (static_cast<bench_metric>(i) != bench_metric::e2e_wire)
      CHECK_FALSE(s.of(static_cast<bench_metric>(i)));
  // An answer in one chunk.
  s.sent = 1ms;
  s.first_content = s.last_content = 20ms;
  s.chunks = 1;
  s.output_tokens = 30;
  CHECK_FALSE(s.of(bench_metric::itl));
  CHECK_FALSE(s.of(bench_metric::tpot));
  CHECK(s.of(bench_metric::tpot_incl_first));
  s.output_tokens = 0;
  CHECK_FALSE(s.of(bench_metric::tpot_incl_first));
}

TEST_CASE("objectives are read as people and other tools write them") {
  CHECK(parse_slos("ttft<500ms,e2e<=10s") == std::vector{slo(bench_metric::ttft, 500ms), slo(bench_metric::e2e, 10s)});
  CHECK(parse_slos("ttft=500ms  tpot=50ms ") ==
        std::vector{slo(bench_metric::ttft, 500ms), slo(bench_metric::tpot, 50ms)});
  CHECK(parse_slos("ttft:500 tpot:50.5 e2el:2000") ==
        std::vector{slo(bench_metric::ttft, 500ms), slo(bench_metric::tpot, 50'500us), slo(bench_metric::e2e, 2s)});
  CHECK(parse_slos("ttft<1s,ttft<200ms,ttft<5s") == std::vector{slo(bench_metric::ttft, 200ms)});
  CHECK(parse_slos("").empty());
  CHECK(parse_slos(" , ").empty());
}

TEST_CASE("an objective that cannot be read is named, with what there is") {
  CHECK(refusal("speed<1s").find("\"speed\"") != std::string::npos);
  CHECK(refusal("speed<1s").find("ttft_sent") != std::string::npos);
  CHECK(refusal("ttft").find("no limit") != std::string::npos);
  CHECK(refusal("ttft<").find("not a time") != std::string::npos);
  CHECK(refusal("ttft<0").find("not a time") != std::string::npos);
  CHECK(refusal("ttft<500").find("not a time") != std::string::npos);
  CHECK(refusal("ttft:-5").find("not a time") != std::string::npos);
  CHECK(refusal("ttft:nan").find("not a time") != std::string::npos);
  CHECK(refusal("ttft:1e99").find("not a time") != std::string::npos);
  CHECK(refusal("<500ms").find("no metric") != std::string::npos);
}
