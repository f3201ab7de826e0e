// All that a benchmark has found out: what reports are made of, what is written to files, and what merges.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <weir/bench/result.hpp>
#include <weir/core/time.hpp>
#include <weir/cost/money.hpp>

#include "bench/measure/tally.hpp"
#include "bench/peak/search.hpp"
#include "bench/record/column.hpp"
#include "bench/stats/trend.hpp"
#include "bench/trust/validity.hpp"

namespace weir::inline v0::bench_record {

/// A piece of time. Times of calls belong to the window in which they were meant to start, ends to the one they were
/// in.
class window {
public:
  window() = default;
  std::uint32_t target = 0;
  bool warm_up = false;
  duration begin{}, length{}; ///< Since the run began.
  std::uint64_t meant = 0;
  std::uint64_t ended = 0, complete = 0, good = 0, throttled = 0; ///< Good: those meant to start in it.
  std::uint64_t failed = 0;                          ///< Ends, of which `throttled` were turned away: 429, 503, 529.
  std::uint64_t input_tokens = 0, output_tokens = 0; ///< Of complete answers that ended in it.
  std::uint64_t connections = 0;                     ///< That were opened.
  double in_flight = 0;                              ///< On average.
  std::uint64_t most_in_flight = 0;
  column ttft, e2e, chunk_gap, send_delay;
  trust::health health;

  friend bool operator==(const window&, const window&) = default;
};

/// What is known of a target.
class target_record {
public:
  target_record() = default;
  std::string name, provider, model, url;
  duration measured{}; ///< How long it was under load, without the warm-up.
  measure::tally all;  ///< Of the calls meant to start in that time.
  /// What another tool's file tells of times without telling each: `ttft_sent.p99`.
  std::map<std::string, duration> told_times;
  std::uint64_t warm_up_calls = 0, cancelled = 0; ///< Cancelled as planned: in no other figure.
  std::uint64_t unfinished = 0; ///< Without an answer when the run was ended early: in no other figure.
  std::uint64_t most_in_flight = 0;
  std::map<std::string, money> cost; ///< By currency, of all calls, also of those that failed, as far as it is known.
  std::uint64_t unpriced = 0;
  std::map<std::string, std::string> limits; ///< As headers tell them: `requests` → `60 per minute`.
  std::vector<std::pair<std::string, std::string>> failure_examples; ///< By kind, the first message.

  friend bool operator==(const target_record&, const target_record&) = default;
};

/// The same load on a target that answers at once, or at known times: what the load generator adds.
class floor_record {
public:
  floor_record() = default;
  duration length{};
  measure::tally all;
  duration true_ttft{}, true_gap{}; ///< What that target was told to do.
  duration send_delay_p99{}, loop_lag{};

  friend bool operator==(const floor_record&, const floor_record&) = default;
};

class probe_record {
public:
  probe_record() = default;
  double rate = 0;
  std::string phase; ///< name_of(peak::phase)
  bool keeps_up = false, by_estimate = false;
  std::string why; ///< name_of(peak::cause)
  double good_share = 0, good_low = 0, good_high = 0, answered_share = 0, throttled_share = 0;
  std::uint64_t calls = 0, complete = 0, good = 0; ///< Of those meant to start in it, without a warm-up.
  std::optional<duration> ttft_p50, ttft_p95, e2e_p50, e2e_p95;
  double output_tokens_per_s = 0;
  duration begin{}, length{}, drained_in{};
  bool valid = true; ///< The load generator kept up.

  friend bool operator==(const probe_record&, const probe_record&) = default;
};

/// Of probes in the order in which they were made, the last one at the highest rate that held, and that no break at or
/// below it contradicts; null if there is none.
const probe_record* best_of(const std::vector<probe_record>& probes) noexcept;

class peak_record {
public:
  peak_record() = default;
  std::optional<double> knee, high;
  double low = 0;
  std::string why;
  bool cliff = false, confirmed = false;
  std::vector<std::string> contradictions;
  std::vector<probe_record> probes;
  std::optional<measure::tally> best; ///< The calls of best_of() the probes.
  std::optional<duration> recovery;   ///< After the last probe that broke: until less than 5 % of its calls were left.

  friend bool operator==(const peak_record&, const peak_record&) = default;
};

/// Two targets that took turns, in one figure: `first` over `second`.
class comparison {
public:
  comparison() = default;
  std::uint32_t first = 0, second = 0;
  std::string figure;                ///< `ttft mean`, `output tokens/s`, …
  std::optional<trend::ratio> ratio; ///< Of the pairs. Empty: too few to tell.
  std::vector<std::pair<double, double>>
      pairs; ///< Of the turns that followed each other: those of several parts merge.
  bool lower_is_better = true;

  friend bool operator==(const comparison&, const comparison&) = default;
};

/// The machine and the process that made the load.
class origin {
public:
  origin() = default;
  std::string host, system, weir_version, governor; ///< Governor: of the CPU's frequency, where it is known.
  unsigned cpus = 0;
  std::chrono::system_clock::time_point started{};
  unsigned part = 1;

  friend bool operator==(const origin&, const origin&) = default;
};

} // namespace weir::inline v0::bench_record

namespace weir::inline v0 {

class bench_result::record {
public:
  record() = default;

  // The plan.
  std::string command;
  std::string load, prompts; ///< For people.
  std::string plan;          ///< What all parts of one plan have in common, as a fingerprint.
  std::uint64_t seed = 0;
  unsigned parts = 1;
  bool merged = false;           ///< Of parts: what merge_bench_results() made.
  double offered = 0;            ///< Of a constant open load, requests a second; else 0.
  std::uint64_t concurrency = 0; ///< Of a closed one; else 0.
  double burstiness = 1;         ///< 0: even.
  std::vector<slo> objectives;
  double good_share = 0.95;
  trust::thresholds limits;

  // Where it ran: one for each machine.
  std::vector<bench_record::origin> origins;

  // What came of it.
  std::string made_by; ///< Another tool, which does not say whether it kept up; empty: weir.
  bool complete = true;
  std::string incomplete_because;
  duration length{}; ///< All of it, warm-up and drain included.
  std::vector<bench_record::target_record> targets;
  std::vector<bench_record::window> windows; ///< In ascending order.
  std::uint64_t distinct_prompts = 0, prompts_sent = 0;
  std::optional<bench_record::floor_record> floor;
  std::optional<bench_record::peak_record> peak;
  std::vector<bench_record::comparison> comparisons;

  /// The calls that times are told of: of a search those of the highest rate that held, since others mix what held and
  /// what broke.
  const measure::tally& told(std::size_t target) const {
    return peak && peak->best ? *peak->best : targets[target].all;
  }
  /// What the parts that are here offered of it.
  double offered_here() const noexcept { return offered * static_cast<double>(origins.size()) / parts; }
  /// Of all windows but those of the warm-up.
  trust::verdict trusted() const;
  /// Parts of a merged record's plan that it does not have. A part alone is a measurement of its own, and misses none.
  std::vector<unsigned> missing_parts() const;

  friend bool operator==(const record&, const record&) = default;
};

} // namespace weir::inline v0
