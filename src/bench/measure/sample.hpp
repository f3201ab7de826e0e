// The times of one call, and the metrics that they make. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include <weir/bench/metric.hpp>
#include <weir/core/error.hpp>
#include <weir/core/time.hpp>
#include <weir/task/event.hpp>

namespace weir::inline v0::measure {

/// One call. Times count from the beginning of the run; empty where it did not get so far.
class sample {
public:
  sample() = default;

  duration meant{};
  std::optional<duration> sent, first_byte, first_content, first_output, last_content;
  duration ended{};
  std::optional<duration> connect; ///< Empty: a connection that was there.
  std::vector<duration> gaps;
  std::uint64_t chunks = 0;             ///< Reads that brought content.
  std::uint64_t first_chunk_tokens = 1; ///< As far as the server tells.
  std::uint64_t output_tokens = 0, input_tokens = 0, cached_tokens = 0;
  bool estimated = false;                            ///< The tokens: the server told none.
  std::uint64_t wanted_input = 0, wanted_output = 0; ///< 0: nothing certain was wanted.
  weir::outcome outcome = weir::outcome::failed;
  error_code failure;
  int status = 0;
  unsigned attempts = 1;
  std::uint32_t target = 0;

  bool complete() const noexcept { return outcome == weir::outcome::complete || outcome == weir::outcome::length; }
  /// Empty for what the call has not: a gap has a value each, and is not among these. Of a call that did not complete
  /// all that it got to.
  std::optional<duration> of(bench_metric m) const noexcept;
};

} // namespace weir::inline v0::measure
