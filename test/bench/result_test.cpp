#include <doctest/doctest.h>

#include <string>

#include <weir/core/error.hpp>

#include "bench/sample_record.hpp"

namespace {

using namespace weir;
using namespace weir::test;
using namespace std::chrono_literals;

std::string refusal(const auto& f) {
  try {
    f();
  } catch (const error& e) {
    CHECK(e.code() == errc::invalid_argument);
    return e.failure().message();
  }
  return {};
}

std::string failed(const char* text, const record& now, const record* before = nullptr) {
  const bench_check check(text);
  if (!before)
    return check.failed(result_of(now), nullptr);
  const auto there = result_of(*before);
  return check.failed(result_of(now), &there);
}

} // namespace

TEST_CASE("a result tells its figures, and none that it has too few calls for") {
  const auto r = result_of(healthy_record());
  CHECK(r.valid());
  CHECK(r.complete());
  CHECK_FALSE(r.peak());
  CHECK(r.targets() == 1);
  CHECK(r.calls() > 1000);
  CHECK(r.succeeded() < r.calls());
  CHECK(r.good_share() > 0.9);
  CHECK(r.good_share() < static_cast<double>(r.succeeded()) / static_cast<double>(r.calls()));
  CHECK(r.rate() == doctest::Approx(static_cast<double>(r.succeeded()) / 60).epsilon(0.03));
  CHECK(r.output_tokens_per_s() > 1000);
  CHECK(*r.at(bench_metric::ttft, 0.5) > 200ms);
  CHECK(*r.at(bench_metric::ttft, 0.5) < 300ms);
  CHECK(r.at(bench_metric::ttft, 0.99));
  CHECK_FALSE(r.at(bench_metric::ttft, 0.999));
  CHECK(r.times(bench_metric::ttft).count() == r.succeeded());
  CHECK(refusal([&] { r.calls(1); }) == "the result has no target 1: there are 1, counted from 0");
  CHECK(result_of(searched_record()).peak() == 38.3);
}

TEST_CASE("the verdict is one sentence: valid or why not, and whether it is all") {
  CHECK(result_of(healthy_record()).verdict() == "valid: the load generator kept up in all 60 windows");
  const auto invalid = result_of(invalid_record());
  CHECK_FALSE(invalid.valid());
  CHECK(invalid.verdict().starts_with("invalid: the load generator was the bottleneck: requests were sent late in "));
  CHECK(result_of(incomplete_record()).verdict().ends_with("; incomplete: stopped by the user after 9 s of 60 s"));
  record nothing;
  nothing.targets.emplace_back();
  CHECK(result_of(nothing).verdict() == "invalid: nothing was measured");
}

TEST_CASE("a check fails by a sentence that has both figures") {
  const auto now = healthy_record();
  CHECK(failed("ttft.p95 > 5s", now).empty());
  CHECK(failed("ttft.p95 > 100ms", now).starts_with("ttft.p95 is "));
  CHECK(failed("ttft.p95 > 100ms", now).ends_with(": fails ttft.p95 > 100ms"));
  CHECK_FALSE(failed("good_share < 0.999", now).empty());
  CHECK(failed("good_share<0.5", now).empty());
  CHECK_FALSE(failed("failures > 0.1%", now).empty());
  CHECK(failed("failures > 50%", now).empty());
  CHECK_FALSE(failed("rate < 100", now).empty());
  CHECK(failed("rate < 5/s", now).empty());
  CHECK(failed("goodput < 5", now).empty());
  CHECK_FALSE(failed("output_rate < 1000000", now).empty());
  CHECK_FALSE(failed("itl.max > 1us", now).empty());
  CHECK_FALSE(failed("peak < 40", searched_record()).empty());
}

TEST_CASE("a ratio compares with a baseline") {
  const auto before = healthy_record();
  CHECK(failed("ttft.p95 > 1.01x", before, &before).empty());
  CHECK(failed("output_rate < 0.99x", before, &before).empty());
  auto slower = compared_record();
  slower.targets.erase(slower.targets.begin());
  slower.comparisons.clear();
  auto faster = compared_record();
  faster.targets.pop_back();
  faster.comparisons.clear();
  const auto sentence = failed("ttft.p50 > 1.1x", slower, &faster);
  CHECK(sentence.find("x of ") != std::string::npos);
  CHECK(failed("ttft.p50 > 2x", slower, &faster).empty());
  // What was not there before and is now is endlessly more.
  auto sound = before;
  sound.targets[0].all.calls = sound.targets[0].all.complete;
  CHECK(failed("failures > 1.5x", sound, &sound).empty());
  CHECK(failed("failures > 1.5x", before, &sound).find("where it was 0.00 %") != std::string::npos);
}

TEST_CASE("a check that cannot be made says what is wrong") {
  const auto bad = [](const char* text) { return refusal([text] { bench_check check(text); }); };
  CHECK(bad("ttft.p95").find("write a figure, < or >, and a limit") != std::string::npos);
  CHECK(bad("ttft.p95 >= 1x").find("write a figure") != std::string::npos);
  CHECK(bad("speed > 1").find("there is no figure \"speed\"") != std::string::npos);
  CHECK(bad("ttft > 1s").find("ttft.p95") != std::string::npos);
  CHECK(bad("ttft.p100 > 1s").find("there is no figure") != std::string::npos);
  CHECK(bad("ttft.p95 > 12").find("neither a time") != std::string::npos);
  CHECK(bad("good_share < 2").find("no share") != std::string::npos);
  CHECK(bad("failures > -1%").find("no share") != std::string::npos);
  CHECK(bad("rate < fast").find("no number") != std::string::npos);
  CHECK(bad("rate < 0x").find("no ratio") != std::string::npos);
  CHECK(refusal([] { failed("ttft.p95 > 1.1x", healthy_record()); }).find("there is none") != std::string::npos);
  CHECK(refusal([] { failed("ttft.p99.9 > 1s", healthy_record()); }).find("it takes 6636 values") != std::string::npos);
  CHECK(refusal([] { failed("peak < 3", healthy_record()); }).find("no peak was looked for") != std::string::npos);
  const auto one = healthy_record(), two = compared_record();
  CHECK(refusal([&] { failed("rate < 0.1x", two, &one); }).find("the baseline has no target") != std::string::npos);
}
