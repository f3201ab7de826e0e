// What reports show of a record, whatever their form.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <weir/bench/metric.hpp>

#include "bench/record/record.hpp"
#include "bench/stats/confidence.hpp"

namespace weir::inline v0::bench_report {

/// The percentiles of tables, with their names.
inline constexpr std::array<std::pair<const char*, double>, 5> shown_percentiles = {
    {{"p50", 0.5}, {"p90", 0.9}, {"p95", 0.95}, {"p99", 0.99}, {"p99.9", 0.999}}};

/// A row of a table of times.
class metric_row {
public:
  metric_row() = default;
  bench_metric metric = bench_metric::ttft;
  std::size_t place = 0;     ///< In the order of a report's rows.
  std::string label;         ///< `ttft`, or `ttft of all calls`, where those that failed count as endless.
  std::uint64_t endless = 0; ///< So many of them.
  const histogram* values = nullptr;
  std::vector<measure::percentile> percentiles; ///< By shown_percentiles.
};

/// Metrics that calls have, in the order of what people look for; all of them, or those that tell the most. `t` must
/// outlive the rows.
std::vector<metric_row> metric_rows(const measure::tally& t, bool all);

/// Whether answers came in pieces: those in one have no first token of their own.
bool has_streams(const measure::tally& t);

/// Which calls times are told of; empty but for a search.
std::string told_at(const bench_result::record& r);

/// How a target did by the plan's objective.
class attainment {
public:
  enum class state : std::uint8_t { none, met, missed, unsure };
  attainment() = default;
  state is = state::none; ///< None: there is no objective.
  double share = 0;       ///< Good calls, of all.
  confidence::range between;

  const char* text() const noexcept; ///< `met`, `missed`, `too few calls to tell`
};
attainment attained(const bench_result::record& r, const bench_record::target_record& t);

/// `ttft<=800 ms, e2e<=8.00 s`
std::string objectives_text(const bench_result::record& r);

/// What a target's answers cost, in one currency.
class cost_figures {
public:
  cost_figures() = default;
  std::string currency, total;
  std::string per_million_useful; ///< Output tokens of good answers; empty if there are none.
  std::string per_good;           ///< For a good answer; empty if there is none.
};
std::vector<cost_figures> costs_of(const bench_record::target_record& t);

/// A kind of failure, the most frequent first.
class failure_kind {
public:
  failure_kind() = default;
  std::string kind, example;
  std::uint64_t count = 0;
};
std::vector<failure_kind> failures_of(const bench_record::target_record& t);

/// What was to be done, by names: `load`, `objectives`, `prompts`, `machines`.
std::vector<std::pair<std::string, std::string>> plan_of(const bench_result::record& r);

/// How long the warm-up took: the windows that belong to it.
duration warm_up_of(const bench_result::record& r) noexcept;

} // namespace weir::inline v0::bench_report
