// What calls came to, together. Pure.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <span>
#include <string>

#include <weir/bench/histogram.hpp>
#include <weir/bench/metric.hpp>
#include <weir/bench/slo.hpp>

#include "bench/measure/percentile.hpp"
#include "bench/measure/sample.hpp"

namespace weir::inline v0::measure {

/// Sums of calls that merge exactly. The times are those of complete answers; failures are counted beside them, and
/// with_failures() has both.
class tally {
public:
  tally() = default;

  std::uint64_t calls = 0, complete = 0;
  std::uint64_t good = 0;                        ///< Complete, and within every objective.
  std::array<std::uint64_t, 9> outcomes{};       ///< By weir::outcome.
  std::map<std::string, std::uint64_t> failures; ///< By name_of(errc), or by the error's own words.
  std::map<int, std::uint64_t> statuses;         ///< Of answers other than 200.
  std::map<std::string, std::uint64_t> misses;   ///< By slo::text(), of complete answers.
  std::uint64_t attempts = 0;                    ///< Over the calls.
  std::uint64_t input_tokens = 0, cached_tokens = 0, output_tokens = 0; ///< Of complete answers.
  std::uint64_t useful_tokens = 0;                                      ///< Output of good ones.
  std::uint64_t estimated = 0;                   ///< Complete answers whose tokens the server did not tell.
  std::uint64_t wanted_input = 0, got_input = 0; ///< Tokens, of those for which a number was wanted and one was told.
  std::uint64_t wanted_output = 0, got_output = 0;
  std::array<histogram, bench_metrics> times;

  void add(const sample& s, std::span<const slo> objectives);
  tally& merge(const tally& other);

  const histogram& of(bench_metric m) const noexcept { return times[static_cast<std::size_t>(m)]; }
  /// Among complete answers.
  percentile at(bench_metric m, double share) const { return percentile_of(of(m), share); }
  /// Among all calls: those that failed never came.
  percentile with_failures(bench_metric m, double share) const { return percentile_of(of(m), share, calls - complete); }

  friend bool operator==(const tally&, const tally&) = default;
};

/// Whether it is complete and within all of them.
bool is_good(const sample& s, std::span<const slo> objectives) noexcept;

} // namespace weir::inline v0::measure
