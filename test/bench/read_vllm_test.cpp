// Results of another tool, as baselines and for reports.
#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <string_view>

#include <weir/core/error.hpp>

#include "bench/sample_record.hpp"
#include "codec/json/json.hpp"

namespace {

using namespace weir;
using namespace weir::test;
using namespace std::chrono_literals;

bool has(std::string_view text, std::string_view what) { return text.find(what) != text.npos; }

// As `vllm bench serve` writes it, in the order of its members.
const std::string plain = R"({"date": "20261129-103000", "backend": "openai-chat", "model_id": "org/m",
  "tokenizer_id": "org/m", "num_prompts": 500, "request_rate": "inf", "burstiness": 1.0, "max_concurrency": 16,
  "duration": 100.0, "completed": 490, "failed": 10, "total_input_tokens": 49000, "total_output_tokens": 98000,
  "request_throughput": 4.9, "request_goodput": 4.5, "output_throughput": 980.0, "total_token_throughput": 1470.0,
  "max_output_tokens_per_s": 1100.0, "max_concurrent_requests": 17, "mean_ttft_ms": 52.5, "median_ttft_ms": 50.0,
  "std_ttft_ms": 8.0, "p99_ttft_ms": 80.0, "mean_tpot_ms": 10.0, "median_tpot_ms": 10.0, "std_tpot_ms": 0.5,
  "p99_tpot_ms": 12.0, "mean_itl_ms": 10.0, "median_itl_ms": 9.9, "std_itl_ms": 1.0, "p99_itl_ms": 15.0,
  "mean_e2el_ms": 2050.0, "median_e2el_ms": 2040.0, "std_e2el_ms": 10.0, "p99_e2el_ms": 2200.0)";
const std::string steady = R"(, "steady_state": {"window": {"start_s": 5.0, "end_s": 85.0, "duration_s": 80.0,
  "target_concurrency": 16, "threshold": 0.95, "threshold_abs": 16, "observed_peak": 16,
  "requests_started_in_window": 405, "requests_completed_in_window": 400, "requests_total": 500, "warning": null},
  "request_throughput": 5.0, "input_throughput": 500.0, "output_throughput": 1000.0, "total_token_throughput": 1500.0,
  "mean_ttft_ms": 51.0, "median_ttft_ms": 50.0})";

std::string in_one_line(std::string text) {
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}

std::string refusal(const std::string& text) {
  try {
    (void)read_bench_result(text);
  } catch (const error& e) {
    return e.failure().message();
  }
  return "it is taken";
}

} // namespace

TEST_CASE("a result of vLLM is read: counts, rates and what it tells of times") {
  const auto r = read_bench_result(plain + "}");
  REQUIRE(r.targets() == 1);
  CHECK(r.calls() == 500);
  CHECK(r.succeeded() == 490);
  CHECK(r.rate() == doctest::Approx(4.9));
  CHECK(r.output_tokens_per_s() == doctest::Approx(980));
  CHECK(r.good_share() == doctest::Approx(0.9));
  CHECK(r.valid());
  CHECK(r.verdict() == "not verified: vllm bench serve does not record whether the load generator kept up");
  const auto text = r.text();
  CHECK(has(text, "16 requests at once"));
  CHECK(has(text, "ttft_sent.p99"));
  CHECK(has(r.html(), "Not verified"));
}

TEST_CASE("with a steady state rates are those of it") {
  const auto r = read_bench_result(plain + steady + "}");
  CHECK(r.rate() == doctest::Approx(5));
  CHECK(r.output_tokens_per_s() == doctest::Approx(1000));
  CHECK(r.calls() == 500);
  error_code ec;
  const auto again = codec::parse_json(r.vllm(), ec);
  REQUIRE_FALSE(ec);
  const auto& window = again.at("steady_state").at("window");
  CHECK(window.at("start_s").as_double() == doctest::Approx(5));
  CHECK(window.at("end_s").as_double() == doctest::Approx(85));
  CHECK(window.at("requests_completed_in_window") == 400);
  CHECK(again.at("steady_state").at("output_throughput").as_double() == doctest::Approx(1000));
  CHECK(again.at("p99_ttft_ms").as_double() == doctest::Approx(80));
  CHECK(again.at("std_ttft_ms").as_double() == doctest::Approx(8));
}

TEST_CASE("it is a baseline for the figures that it has, and says which these are") {
  const auto before = read_bench_result(plain + "}");
  const auto now = result_of(healthy_record());
  CHECK(bench_check("ttft_sent.p50 > 100x").failed(now, &before).empty());
  CHECK_FALSE(bench_check("ttft_sent.p50 > 1.1x").failed(now, &before).empty());
  CHECK_FALSE(bench_check("rate > 1.1x").failed(now, &before).empty());
  CHECK_THROWS_WITH_AS((void)bench_check("ttft_sent.p95 > 1x").failed(now, &before),
                       doctest::Contains("in the baseline: it has chunk_gap.mean, chunk_gap.p50, chunk_gap.p99"),
                       error);
}

TEST_CASE("times of each call, where it has them, make every percentile") {
  std::string ttfts = "[0.0", itls = "[[]", lengths = "[0";
  for (int i = 1; i <= 200; ++i) {
    ttfts += "," + std::to_string(0.05 + i * 0.0001);
    itls += ",[0.01,0.02]";
    lengths += ",3";
  }
  const auto r = read_bench_result(plain + ", \"ttfts\": " + ttfts + "], \"itls\": " + itls +
                                   "], \"output_lens\": " + lengths + "]}");
  CHECK(r.times(bench_metric::ttft_sent).count() == 200);
  CHECK(r.times(bench_metric::chunk_gap).count() == 400);
  CHECK(r.at(bench_metric::ttft_sent, 0.95)->count() == doctest::Approx(69e6).epsilon(0.002));
  CHECK(r.times(bench_metric::tpot).mean().count() == doctest::Approx(15e6).epsilon(0.002));
  CHECK(r.times(bench_metric::e2e).min().count() == doctest::Approx(80.1e6).epsilon(0.002));
}

TEST_CASE("weir's own export comes back, a target for each line") {
  auto one = healthy_record();
  const auto written = result_of(one), again = read_bench_result(written.vllm());
  CHECK(again.calls() == written.calls());
  CHECK(again.rate() == doctest::Approx(written.rate()).epsilon(0.02));
  const auto two = read_bench_result(result_of(compared_record()).vllm());
  CHECK(two.targets() == 2);
  CHECK(read_bench_result(two.json()).json() == two.json());
}

TEST_CASE("what cannot be a result of vLLM is refused") {
  CHECK(has(refusal(plain + ", \"duration\": -1}"), "not"));
  CHECK(has(refusal(R"({"request_throughput": 1, "completed": 5, "duration": -1})"), "\"duration\" is below 0"));
  CHECK(has(refusal(plain + ", \"ttfts\": [\"x\"]}"), "\"ttfts\""));
  CHECK(has(refusal(in_one_line(plain) + "}\nnonsense"), "line 2"));
  CHECK(has(refusal(R"({"completed": 5})"), "no result of vllm bench serve"));
}
