#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <string_view>

#include "batch/report/numbers.hpp"
#include "bench/report/figures.hpp"
#include "bench/report/findings.hpp"
#include "bench/report/tables.hpp"
#include "bench/report/words.hpp"
#include "bench/sample_record.hpp"
#include "codec/json/json.hpp"

namespace {

using namespace weir;
using namespace weir::test;
using namespace weir::bench_report;
using namespace std::chrono_literals;

bool has(std::string_view text, std::string_view what) { return text.find(what) != text.npos; }

std::string first_line(std::string_view text) { return std::string(text.substr(0, text.find('\n'))); }

// The row of a metric of a report as text.
std::string row(const std::string& text, std::string_view name) {
  const auto at = text.find("\n" + std::string(name) + " ");
  return at == text.npos ? "" : text.substr(at + 1, text.find('\n', at + 1) - at - 1);
}

codec::json::value parsed(std::string_view text) {
  error_code ec;
  auto v = codec::parse_json(text, ec);
  REQUIRE_FALSE(ec);
  return v;
}

} // namespace

TEST_CASE("figures are shown with the digits that they have, and never as more than they are") {
  CHECK(percent(0.978) == "97.8 %");
  CHECK(percent(1) == "100 %");
  CHECK(percent(0) == "0 %");
  CHECK(percent(0.9999) == "99.99 %");
  CHECK(percent(0.99999999) == "> 99.999 %");
  CHECK(percent(0.0001) == "0.01 %");
  CHECK(percent(1e-9) == "< 0.001 %");
  CHECK(percent({0.961, 0.985}) == "96.1 to 98.5 %");
  CHECK(percent({0.987, 1 - 1e-9}) == "98.7 to 100 %");
  CHECK(percent({1e-9, 0.02}) == "0 to 2 %");
  CHECK(rate_text(0) == "0");
  CHECK(rate_text(0.4242) == "0.42");
  CHECK(rate_text(19.84) == "19.8");
  CHECK(rate_text(1234.4) == "1,234");
  CHECK(ratio_text(1.414) == "1.41x");
  CHECK(ratio_text(HUGE_VAL) == "endless");
  CHECK(fixed(-0.001, 1) == "0.0");
}

TEST_CASE("a table's columns are aligned, whatever characters they have") {
  table t;
  t.head = {"a", "n"};
  t.add({"é", "1"});
  t.add({"long", "1,000"});
  CHECK(t.text() == "a         n\né         1\nlong  1,000\n");
  CHECK(table().empty());
  CHECK(table().text().empty());
}

TEST_CASE("the text begins with the verdict, then the answer with its interval") {
  const auto text = result_of(healthy_record()).text();
  CHECK(first_line(text) == "valid: the load generator kept up in all 60 windows");
  CHECK(has(text, " calls were good (95 % CI: "));
  CHECK(has(text, "; the objective of 95 % is met."));
  CHECK(has(text, " in 95 % of the complete answers (95 % CI: "));
  CHECK(has(text, "weir's own overhead, from the same load on a server in this process that answers after 50.0 ms: "
                  "ttft p50 is 50."));
  CHECK(row(text, "load") == "load        20 requests/s, Poisson, for 1 m 00 s after a warm-up of 5.00 s");
}

TEST_CASE("the answer of an invalid result is not to be relied on") {
  const auto invalid = result_of(invalid_record());
  CHECK(has(invalid.text(), "\nDo not rely on the figures below: the result is invalid.\n"));
  CHECK(has(invalid.html(), "Do not rely on the figures below"));
  CHECK_FALSE(has(invalid.html(), "tile ok"));
  CHECK_FALSE(has(result_of(healthy_record()).text(), "Do not judge"));
  CHECK(has(result_of(healthy_record()).html(), "tile ok"));
}

TEST_CASE("the table has both first-token times, and says what it has too few calls for") {
  const auto text = result_of(healthy_record()).text();
  CHECK(has(row(text, "ttft"), "needs 6,636"));
  CHECK_FALSE(row(text, "ttft_sent").empty());
  CHECK_FALSE(row(text, "ttfo").empty());
  CHECK_FALSE(row(text, "itl").empty());
  // The gaps are enough.
  CHECK_FALSE(has(row(text, "chunk_gap"), "needs"));
  // With failures the longest never ends.
  CHECK(row(text, "ttft of all calls").ends_with("never"));
  // Where no reasoning is, the first output is the first content.
  CHECK(row(result_of(compared_record()).text(), "ttfo").empty());
}

TEST_CASE("failures are told by kind with an example, and misses beside them") {
  const auto text = result_of(healthy_record()).text();
  CHECK(has(text, "rate_limited"));
  CHECK(has(text, "Rate limit reached for requests: retry in 1.2 s"));
  CHECK(has(text, "missed ttft<=800 ms"));
  CHECK(has(text, "limits that the provider reported\nrequests  3,000 per minute"));
}

TEST_CASE("tokens and cost: of useful tokens and of good answers") {
  auto r = healthy_record();
  r.targets[0].all.useful_tokens = 50'000;
  r.targets[0].all.good = 100;
  const auto costs = costs_of(r.targets[0]);
  REQUIRE(costs.size() == 1);
  CHECK(costs[0].total == "$1.83");
  CHECK(costs[0].per_million_useful == "$36.68");
  CHECK(costs[0].per_good == "$0.02");
  CHECK(has(row(result_of(r).text(), "of which cached"), "(24.9 %)"));
  r.targets[0].all.useful_tokens = r.targets[0].all.good = 0;
  CHECK(costs_of(r.targets[0])[0].per_good.empty());
}

TEST_CASE("an objective is met, missed, or not certain with so few calls") {
  record r = incomplete_record();
  auto& all = r.targets[0].all;
  const auto is = [&](std::uint64_t good, std::uint64_t calls) {
    all.calls = all.complete = calls;
    all.good = good;
    return attained(r, r.targets[0]).is;
  };
  CHECK(is(990, 1000) == attainment::state::met);
  CHECK(is(900, 1000) == attainment::state::missed);
  CHECK(is(951, 1000) == attainment::state::unsure);
  CHECK(is(10, 10) == attainment::state::unsure);
  r.objectives.clear();
  CHECK(is(990, 1000) == attainment::state::none);
}

TEST_CASE("a search for the peak tells the rate, between which others it lies, and what broke") {
  const auto text = result_of(searched_record()).text();
  CHECK(has(text,
            "The target sustains about 38.3 requests/s: it kept up at 37.3/s and broke at 39.3/s (too many answers are "
            "slow or fail). Checked once more: a rate 5 % below that held, and one 10 % above it broke. After the last "
            "overload it had worked off its backlog in 5.30 s."));
  CHECK(has(text, "\nrates tried\n"));
  auto r = searched_record();
  r.peak->confirmed = false;
  r.peak->cliff = true;
  CHECK_FALSE(has(result_of(r).text(), "Checked once more"));
  CHECK(has(result_of(r).text(), "Beyond its limit it collapses at once"));
  CHECK(has(result_of(r).text(), "not confirmed"));
  r.peak->knee = r.peak->low;
  CHECK(has(result_of(r).text(), "The target sustains 37.3 requests/s, but not 39.3/s"));
  r.peak->high.reset();
  CHECK(has(result_of(r).text(), "sustains 37.3 requests/s, the highest rate tried"));
  r.peak->knee.reset();
  CHECK(has(result_of(r).text(), "No rate was found"));
  r.peak->high = 39.3;
  CHECK(has(result_of(r).text(), "The target did not keep up even at 39.3/s"));
}

TEST_CASE("times of a search are those of the highest rate that held, and the rates have a line each") {
  auto r = searched_record();
  const auto text = result_of(r).text();
  CHECK(has(text, "\ntimes at 37.3 requests/s, the highest rate that held\n"));
  CHECK(has(row(text, "ttft"), grouped(r.peak->best->of(bench_metric::ttft).count())));
  CHECK(result_of(r).times(bench_metric::ttft).count() == r.peak->best->of(bench_metric::ttft).count());
  CHECK(has(row(text, "50.6"), "breaks"));
  CHECK(row(text, "50.6").ends_with("too many answers are slow or fail"));
  CHECK(has(row(text, "36.4"), "keeps up"));
  CHECK(has(row(text, "36.4"), "check just below"));
  r.peak->probes[0].by_estimate = true;
  CHECK(has(row(result_of(r).text(), "10.0"), "probably keeps up"));
  r.peak->best.reset();
  CHECK(has(result_of(r).text(), "\ntimes of all rates together: none held\n"));
}

TEST_CASE("the best of probes is the highest that held, unless one at or below it broke") {
  std::vector<bench_record::probe_record> probes;
  const auto rate = [&probes](double r, bool keeps_up) {
    auto& p = probes.emplace_back();
    p.rate = r;
    p.keeps_up = keeps_up;
    const auto* best = best_of(probes);
    return best ? best->rate : 0;
  };
  CHECK(rate(10, false) == 0);
  CHECK(rate(4, true) == 4);
  CHECK(rate(6, true) == 6);
  CHECK(rate(8, false) == 6);
  CHECK(rate(5, false) == 0);
  CHECK(rate(4, true) == 4);
}

TEST_CASE("no line of a report is wider than the terminal, and none of its figures is lost") {
  for (const auto& r : {healthy_record(), searched_record(), compared_record(), invalid_record()}) {
    const auto text = result_of(r).text(60);
    for (std::size_t at = 0; at < text.size(); at = text.find('\n', at) + 1) {
      const auto line = text.substr(at, text.find('\n', at) - at);
      INFO(line);
      CHECK(width(line) <= 60);
    }
    for (const char* column : {"p50", "p99.9", "max"})
      CHECK(has(text, column));
  }
}

TEST_CASE("a server that sheds load is called that") {
  auto r = healthy_record();
  r.targets[0].all.failures = {{"rate_limited", 3}, {"overloaded", 2}};
  const auto text = result_of(r).text();
  CHECK(has(text, "rate_limited: the server sheds load (HTTP 429)"));
  CHECK(has(text, "overloaded: the server sheds load (HTTP 503)"));
}

TEST_CASE("targets stand side by side, and differ only where that is shown") {
  const auto r = compared_record();
  const auto text = result_of(r).text();
  CHECK(has(text, " candidate\n"));
  CHECK(has(text, "mean ttft of candidate is 1."));
  CHECK(has(text, "): worse."));
  CHECK(has(text, "output tokens/s: no difference shown between candidate and production"));
  const auto at = text.find("\nttft ");
  CHECK(text.substr(at + 1, text.find('\n', at + 1) - at).find("production") != std::string::npos);
  auto few = r;
  few.comparisons[0].ratio.reset();
  CHECK(has(result_of(few).text(), "too few turns to compare"));
}

TEST_CASE("what may mislead is said") {
  CHECK(cautions(healthy_record()).empty());
  auto r = healthy_record();
  auto& t = r.targets[0].all;
  t.got_input = t.wanted_input * 110 / 100;
  t.got_output = t.wanted_output * 103 / 100;
  r.distinct_prompts = 12;
  t.cached_tokens = t.input_tokens * 9 / 10;
  t.attempts = t.calls + 3;
  t.estimated = 1;
  r.targets[0].unpriced = 2;
  r.concurrency = 8;
  r.origins[0].governor = "powersave";
  const auto all = cautions(r);
  const auto said = [&all](std::string_view what) {
    return std::count_if(all.begin(), all.end(), [what](const auto& c) { return has(c, what); });
  };
  CHECK(said("prompts had 10") == 1);
  CHECK(said("answers had") == 0); // within 5 %
  CHECK(said("Only 12 distinct prompts were sent in") == 1);
  CHECK(said("from the provider's prompt cache") == 1);
  CHECK(said("3 extra attempts") == 1);
  CHECK(said("1 answer are estimates") == 1);
  CHECK(said("2 calls whose price is not known") == 1);
  CHECK(said("closed loop") == 1);
  CHECK(said("`powersave`") == 1);
}

TEST_CASE("foreign texts stay in their line of the text, without control characters") {
  const auto text = result_of(hostile_record()).text();
  CHECK_FALSE(has(text, "\x1b"));
  CHECK_FALSE(has(text, "\xff"));
  CHECK_FALSE(has(text, "\xe2\x80\xae"));
  CHECK_FALSE(has(text, "\n-->"));
}

TEST_CASE("csv has a row for each metric and target, and empty cells for what may not be claimed") {
  const auto text = result_of(compared_record()).csv();
  CHECK(first_line(text) == "metric,unit,count,mean,p50,p90,p95,p99,p99.9,max,target");
  CHECK(std::count(text.begin(), text.end(), '\n') == 1 + 2 * static_cast<long>(bench_metrics));
  const auto at = text.find("\nttft,ms,");
  const auto line = text.substr(at + 1, text.find('\n', at + 1) - at - 1);
  CHECK(line.ends_with(",production"));
  CHECK(has(line, ",,")); // p99 and p99.9 of 400 calls
}

TEST_CASE("vLLM's file has its names, flat, with goodput and steady state") {
  auto r = healthy_record();
  const auto open = parsed(result_of(r).vllm());
  CHECK(open.at("date") == "20261129-103000");
  CHECK(open.at("model_id") == "example/chat-70b");
  CHECK(open.at("request_rate") == 20.0);
  CHECK(open.at("max_concurrency").is_null());
  CHECK(open.at("completed").to_number<std::uint64_t>() == r.targets[0].all.complete);
  CHECK(open.at("failed").to_number<std::uint64_t>() == r.targets[0].all.calls - r.targets[0].all.complete);
  CHECK(open.at("request_goodput").as_double() < open.at("request_throughput").as_double());
  CHECK(open.at("median_ttft_ms").as_double() < open.at("p99_ttft_ms").as_double());
  for (const char* key :
       {"mean_tpot_ms", "std_itl_ms", "p99_e2el_ms", "total_token_throughput", "max_output_tokens_per_s"})
    CHECK(open.at(key).as_double() > 0);
  CHECK(open.at("steady_state").is_null());
  CHECK_FALSE(open.as_object().contains("itls"));

  r.offered = 0;
  r.concurrency = 20;
  const auto closed = parsed(result_of(r).vllm());
  CHECK(closed.at("request_rate") == "inf");
  CHECK(closed.at("max_concurrency") == 20);
  const auto& steady = closed.at("steady_state");
  CHECK(steady.at("window").at("threshold_abs") == 19);
  CHECK(steady.at("window").at("duration_s").as_double() > 30);
  CHECK(steady.at("window").at("warning").is_null());
  CHECK(steady.at("median_ttft_ms").as_double() > 200);
  CHECK(steady.at("mean_ttft_ms").as_double() == doctest::Approx(closed.at("mean_ttft_ms").as_double()).epsilon(0.05));
  auto late = r; // sent so late that times from when a request was meant to start say nothing of those from sending
  for (auto& w : late.windows)
    w.send_delay.add(2s, 1000);
  CHECK(parsed(result_of(late).vllm()).at("steady_state").at("median_ttft_ms").is_null());
  CHECK(steady.at("mean_tpot_ms").is_null());
  r.concurrency = 1000; // it never came to that
  CHECK(parsed(result_of(r).vllm()).at("steady_state").is_null());
  r.objectives.clear();
  CHECK(parsed(result_of(r).vllm()).at("request_goodput").is_null());
  const auto two = result_of(compared_record()).vllm();
  CHECK(std::count(two.begin(), two.end(), '\n') == 2);
}

TEST_CASE("AIPerf's export has its names and units") {
  const auto r = healthy_record();
  const auto v = parsed(result_of(r).aiperf());
  CHECK(v.at("schema_version") == "1.4");
  CHECK(v.at("aiperf_version") == "weir 0.1.0");
  const auto& ttft = v.at("time_to_first_token");
  CHECK(ttft.at("unit") == "ms");
  for (const char* key :
       {"avg", "p1", "p5", "p10", "p25", "p50", "p75", "p90", "p95", "p99", "min", "max", "std", "sum"})
    CHECK(ttft.at(key).as_double() > 0);
  CHECK(v.at("request_throughput").at("unit") == "requests/sec");
  CHECK(v.at("output_token_throughput").at("avg").as_double() > 1000);
  CHECK(v.at("goodput").at("avg").as_double() > 10);
  CHECK(v.at("is_complete") == true);
  CHECK(v.at("error_summary").as_array().size() == r.targets[0].all.failures.size());
  CHECK(v.at("start_time") == "2026-11-29T10:30:00.037Z");
  const auto cut = parsed(result_of(incomplete_record()).aiperf());
  CHECK(cut.at("incomplete_reason") == "stopped by the user after 9 s of 60 s");
  CHECK(cut.at("was_cancelled") == true);
}
