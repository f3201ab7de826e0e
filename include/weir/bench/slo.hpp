// Service level objectives: what makes an answer a good one.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <weir/bench/metric.hpp>
#include <weir/core/time.hpp>
#include <weir/detail/abi.hpp>

WEIR_BEGIN_NAMESPACE

/// A limit on a metric of each call.
class slo {
public:
  /// `at_most`: above 0.
  slo(bench_metric m, duration at_most) : metric_(m), limit_(at_most) {}

  weir::bench_metric of() const noexcept { return metric_; }
  duration limit() const noexcept { return limit_; }
  /// `ttft<=500ms`
  std::string text() const;

  friend bool operator==(const slo&, const slo&) = default;

private:
  weir::bench_metric metric_;
  duration limit_;
};

/// Limits by text: `ttft<500ms,e2e<=10s`, `ttft=500ms tpot=50ms`, or as vLLM's --goodput has them, in milliseconds
/// without a unit: `ttft:500 tpot:50 e2el:2000`. Of a metric that is named twice the tighter one counts. A call is good
/// if it is complete and within all of them; a metric that it does not have, such as the itl of an answer of one token,
/// is no miss.
/// \throws weir::error errc::invalid_argument naming what is wrong, and the metrics that there are.
std::vector<slo> parse_slos(std::string_view text);

WEIR_END_NAMESPACE
