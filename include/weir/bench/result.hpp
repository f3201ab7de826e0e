// What a benchmark came to.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <weir/bench/histogram.hpp>
#include <weir/bench/metric.hpp>
#include <weir/bench/slo.hpp>
#include <weir/core/time.hpp>
#include <weir/detail/abi.hpp>

WEIR_BEGIN_NAMESPACE

/// The result of a benchmark, for people, for programs and for a test's assertions.
///
///     if (!r.valid()) …                       // the load generator was the bottleneck
///     r.at(weir::bench_metric::ttft, 0.95)    // empty with too few calls
///     std::ofstream("report.html") << r.html();
///
/// Calls during warm-up are in none of its figures. Functions with a `target` are about one of several, from 0.
/// Thread safety: immutable.
class bench_result {
public:
  class record;
  /// Of nothing: what a completion handler of asio::co_spawn() receives along with an exception.
  bench_result();
  explicit bench_result(std::shared_ptr<const record> r) noexcept : record_(std::move(r)) {}
  const record& data() const noexcept { return *record_; }

  /// Whether the figures are about the target, and not about the load generator or its machine.
  bool valid() const noexcept;
  /// Whether the run went to its end. One that was ended early has what was measured until then.
  bool complete() const noexcept;
  /// In one sentence, for the first line of a report.
  std::string verdict() const;

  std::size_t targets() const noexcept;
  std::uint64_t calls(std::size_t target = 0) const;
  /// Complete answers.
  std::uint64_t succeeded(std::size_t target = 0) const;
  /// Of all calls, those that succeeded within every objective: a failure is none.
  double good_share(std::size_t target = 0) const;
  /// Complete answers a second.
  double rate(std::size_t target = 0) const;
  double output_tokens_per_s(std::size_t target = 0) const;
  const histogram& times(bench_metric m, std::size_t target = 0) const;
  /// A percentile, by its share: 0.95. Empty if there are too few calls to claim it: p95 takes 130, p99 662.
  std::optional<duration> at(bench_metric m, double share, std::size_t target = 0) const;
  /// The greatest rate that the target keeps up with, in requests a second, of those tried where none broke; empty if
  /// none was looked for or found.
  std::optional<double> peak() const noexcept;

  /// For a terminal of so many columns, or 0 for lines of any length: the verdict, then tables.
  std::string text(std::size_t columns = 0) const;
  /// A page on its own, without anything from a network. It has json() in it: see read_bench_result().
  std::string html() const;
  /// Everything, to be read and merged again.
  std::string json() const;
  /// A row for each metric: name, unit, count, mean, p50 … max.
  std::string csv() const;
  /// The result file of `vllm bench serve`.
  std::string vllm() const;
  /// The export of AIPerf, schema 1.4.
  std::string aiperf() const;

private:
  std::shared_ptr<const record> record_;
};

/// Reads what json() or html() wrote. \throws weir::error errc::invalid_argument if it is neither.
bench_result read_bench_result(std::string_view text);

/// Joins the parts of one plan that ran on several machines: see bench_options::part(). Counts and histograms are added
/// exactly. A part that is missing makes the result invalid, and clocks that are apart are told.
/// \throws weir::error errc::invalid_argument for none, for parts of different plans, and for the same part twice.
bench_result merge_bench_results(const std::vector<bench_result>& parts);

/// What a change may cost: `ttft.p95 > 1.1x`, `output_rate < 0.95x`, or absolute, `ttft.p95 > 500ms`,
/// `good_share < 0.99`, `failures > 1%`.
class bench_check {
public:
  /// \throws weir::error errc::invalid_argument saying what is wrong.
  explicit bench_check(std::string_view text);
  const std::string& text() const noexcept { return text_; }
  /// A sentence if `now` does what the text says, and so fails; empty if it does not. With an `x`, as compared with
  /// `before`.
  /// \throws weir::error errc::invalid_argument if a baseline is needed and `before` is null, or if a figure is not
  /// there: too few calls for the percentile.
  std::string failed(const bench_result& now, const bench_result* before) const;

private:
  std::string text_, figure_;
  bool above_ = true;
  double limit_ = 0;
  bool relative_ = false;
};

WEIR_END_NAMESPACE
