#include <doctest/doctest.h>

#include <algorithm>
#include <string>

#include <weir/core/error.hpp>

#include "bench/sample_record.hpp"

namespace {

using namespace weir;
using namespace weir::test;
using namespace std::chrono_literals;

std::vector<bench_result> results_of(const std::vector<record>& all) {
  std::vector<bench_result> results;
  for (const auto& r : all)
    results.push_back(result_of(r));
  return results;
}

std::string refusal(const std::vector<record>& all) {
  try {
    merge_bench_results(results_of(all));
  } catch (const error& e) {
    CHECK(e.code() == errc::invalid_argument);
    return e.failure().message();
  }
  return {};
}

} // namespace

TEST_CASE("three workers' histograms merged equal the one of all samples, bit for bit") {
  const auto [parts, whole] = parted_records(3);
  std::vector<bench_result> files;
  for (const auto& r : parts)
    files.push_back(read_bench_result(result_of(r).json()));
  const auto merged = read_bench_result(merge_bench_results(files).json());
  const auto& all = merged.data().targets[0].all;
  CHECK(all == whole.targets[0].all);
  for (std::size_t m = 0; m < bench_metrics; ++m)
    CHECK(all.times[m].encoded() == whole.targets[0].all.times[m].encoded());
  CHECK(merged.valid());
  CHECK(merged.complete());
}

TEST_CASE("windows are joined by when they began, and their columns added exactly") {
  auto [parts, whole] = parted_records(3);
  // Its clock is a little off.
  for (auto& w : parts[1].windows)
    w.begin += 3ms;
  const auto merged = merge_bench_results(results_of(parts));
  const auto& windows = merged.data().windows;
  REQUIRE(windows.size() == whole.windows.size());
  for (std::size_t i = 0; i < windows.size(); ++i) {
    CHECK(windows[i].begin == whole.windows[i].begin);
    CHECK(windows[i].meant == whole.windows[i].meant);
    CHECK(windows[i].complete == whole.windows[i].complete);
    CHECK(windows[i].output_tokens == whole.windows[i].output_tokens);
    CHECK(windows[i].ttft == whole.windows[i].ttft);
    CHECK(windows[i].chunk_gap == whole.windows[i].chunk_gap);
    CHECK(windows[i].in_flight == doctest::Approx(whole.windows[i].in_flight));
  }
}

TEST_CASE("the worst machine's health counts") {
  auto [parts, whole] = parted_records(3);
  for (auto& w : parts[2].windows)
    w.health.loop_lag = 80ms;
  CHECK(result_of(parts[0]).valid());
  const auto merged = merge_bench_results(results_of(parts));
  CHECK_FALSE(merged.valid());
  CHECK(merged.verdict().find("the load generator stalled") != std::string::npos);
}

TEST_CASE("a part that is missing makes the result invalid, and is named") {
  const auto [parts, whole] = parted_records(3);
  const auto merged = merge_bench_results({result_of(parts[0]), result_of(parts[2])});
  CHECK_FALSE(merged.valid());
  CHECK(merged.verdict().starts_with("invalid: part 2 of 3 is missing"));
  CHECK(merged.text().starts_with("invalid: part 2 of 3 is missing"));
  // A part alone is what it is.
  CHECK(result_of(parts[1]).valid());
  CHECK(result_of(parts[1]).verdict().ends_with("this is part 2 of 3 alone"));
  CHECK(merge_bench_results({result_of(parts[1])}).verdict().starts_with("invalid: parts 1, 3 of 3 are missing"));
  // What is missing can be added later.
  CHECK(merge_bench_results({merged, result_of(parts[1])}).valid());
}

TEST_CASE("the order of the parts, and merging in steps, make no difference") {
  const auto [parts, whole] = parted_records(4);
  const auto all = merge_bench_results(results_of(parts));
  auto turned = parts;
  std::reverse(turned.begin(), turned.end());
  CHECK(merge_bench_results(results_of(turned)).data() == all.data());
  const auto two = merge_bench_results({result_of(parts[2]), result_of(parts[3])});
  const auto steps = merge_bench_results({two, result_of(parts[1]), result_of(parts[0])});
  CHECK(steps.data().targets == all.data().targets);
  CHECK(steps.data().origins == all.data().origins);
  CHECK(steps.data().floor == all.data().floor);
}

TEST_CASE("parts of another plan, the same part twice, and nothing at all are refused") {
  auto [parts, whole] = parted_records(3);
  CHECK(refusal({}).find("there are none") != std::string::npos);
  CHECK(refusal({parts[0], parts[1], parts[0]}).find("part 1 is there twice") != std::string::npos);
  auto other = parts[1];
  other.plan = "beef";
  CHECK(refusal({parts[0], other}).find("part 2 is of another plan than part 1") != std::string::npos);
  other = parts[1];
  other.targets[0].name = "production";
  CHECK(refusal({parts[0], other}).find("another plan") != std::string::npos);
  CHECK(refusal({searched_record()}).find("one machine") != std::string::npos);
}

TEST_CASE("clocks that are apart are told") {
  auto [parts, whole] = parted_records(2);
  parts[1].origins[0].started = parts[0].origins[0].started + 1300ms;
  const auto text = merge_bench_results(results_of(parts)).text();
  CHECK(text.find("1.30 s apart") != std::string::npos);
}

TEST_CASE("an incomplete part makes the whole incomplete, and says why") {
  auto [parts, whole] = parted_records(2);
  parts[1].complete = false;
  parts[1].incomplete_because = "stopped";
  const auto merged = merge_bench_results(results_of(parts));
  CHECK_FALSE(merged.complete());
  CHECK(merged.verdict().find("incomplete: part 2: stopped") != std::string::npos);
}

TEST_CASE("comparisons are made anew from the pairs of all parts") {
  auto a = compared_record(), b = compared_record();
  a.parts = b.parts = 2;
  b.origins[0].part = 2;
  const auto merged = merge_bench_results({result_of(a), result_of(b)});
  const auto& c = merged.data().comparisons;
  REQUIRE(c.size() == a.comparisons.size());
  CHECK(c[0].pairs.size() == 2 * a.comparisons[0].pairs.size());
  CHECK(c[0].ratio->value == doctest::Approx(a.comparisons[0].ratio->value));
  CHECK(c[0].ratio->between.high < a.comparisons[0].ratio->between.high);
}
