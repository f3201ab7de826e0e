// The load of vllm bench serve, and its prompts.
#include "tool/bench/vllm_translation.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <string_view>

#include "codec/json/json.hpp"
#include "tool/arguments/option_values.hpp"

namespace weir::inline v0::cli {

namespace {

// `1024`, or from `len (1 - ratio)` to `len (1 + ratio)`.
std::string length(double mean, double ratio) {
  const auto low = std::max(1.0, std::floor(mean * (1 - ratio)));
  const auto high = std::max(low, std::ceil(mean * (1 + ratio)));
  return low == high ? fmt::format("{:.0f}", low) : fmt::format("{:.0f}..{:.0f}", low, high);
}

} // namespace

void vllm_translation::load() {
  for (const std::string_view one :
       {"-c", "--concurrency", "-r", "--rate", "--replay", "--speed", "--find-peak", "--peak"})
    if (gives(own_, one))
      return;
  const auto prompts = flags_.value("--num-prompts", "1000");
  const auto limit = flags_.value("--max-concurrency");
  add("--requests", prompts);
  const bool recorded = is_trace() && !flags_.has("--no-self-timed");
  if (!recorded && !flags_.has("--ramp-up-strategy") && std::isinf(rate())) {
    // All start at once there, or as many as may be in flight: each is followed by the next one.
    const bool limits = !limit.empty() && number_of("--max-concurrency", limit) < number_of("--num-prompts", prompts);
    add("--concurrency", limits ? limit : prompts);
    return;
  }
  if (!limit.empty())
    note("--max-concurrency is left out: a request starts when it is due, or its waiting would be hidden");
  if (recorded) {
    add("--replay");
    return;
  }
  if (flags_.has("--ramp-up-strategy"))
    rising_rate(number_of("--num-prompts", prompts));
  else
    add("--rate", fmt::format("{}", rate()));
  if (number_of("--burstiness", flags_.value("--burstiness", "1")) == 1)
    add("--poisson");
  else
    add("--burstiness", flags_.value("--burstiness"));
}

// The rate rises with time there, from one to the other while the prompts last.
void vllm_translation::rising_rate(double requests) {
  if (flags_.value("--ramp-up-strategy") != "linear")
    refuse_flags("--ramp-up-strategy exponential cannot be done: write a profile of several lines, such as "
                 "--rate 1..4/60s,4..16/60s");
  const auto from = number_of("--ramp-up-start-rps", flags_.value("--ramp-up-start-rps"));
  const auto to = number_of("--ramp-up-end-rps", flags_.value("--ramp-up-end-rps"));
  if (!(from + to > 0))
    refuse_flags("--ramp-up-start-rps and --ramp-up-end-rps must not both be 0");
  add("--rate", fmt::format("{}..{}/{:.3f}s", from, to, 2 * requests / (from + to)));
}

void vllm_translation::random_prompts() {
  double in = 0, out = 0;
  const auto ratio = flags_.value("--random-range-ratio", "0");
  if (const auto n = number_in<double>(ratio)) {
    in = out = *n;
  } else {
    const auto parsed = codec::parse_argument(ratio, "--random-range-ratio");
    in = codec::number_at(parsed, "input").value_or(0);
    out = codec::number_at(parsed, "output").value_or(0);
  }
  if (!(in >= 0 && in < 1 && out >= 0 && out < 1))
    refuse_flags("--random-range-ratio takes a number from 0 to below 1");
  const auto mean = [this](std::string_view flag, std::string_view general, std::string_view otherwise) {
    return number_of(flag, flags_.value(general, flags_.value(flag, otherwise)));
  };
  add("--input-tokens", length(mean("--random-input-len", "--input-len", "1024"), in));
  add("--output-tokens", length(mean("--random-output-len", "--output-len", "128"), out));
  add_as("--prefix-tokens", "--random-prefix-len");
}

// Prompts of a file; `output`: the flag for the length of answers.
void vllm_translation::data(std::string_view what, std::string_view output) {
  const auto path = flags_.value("--dataset-path");
  if (path.empty())
    refuse_flags(fmt::format("--dataset-name {} needs --dataset-path: weir bench downloads nothing", what));
  add("--data", path);
  const auto length = flags_.value("--output-len", output.empty() ? "" : flags_.value(output));
  if (!length.empty() && length != "-1")
    add("--output-tokens", length);
  if (!flags_.has("--disable-shuffle") && !is_trace())
    add("--shuffle", fmt::format("{:.0f}", number_of("--seed", flags_.value("--seed", "0")) + 1));
}

void vllm_translation::prompts() {
  const auto what = flags_.value("--dataset-name", "random");
  if (gives(own_, "--data"))
    return;
  if (what == "random") {
    random_prompts();
  } else if (what == "prefix_repetition" || what == "prefix-repetition") {
    add("--prefix-tokens", flags_.value("--prefix-repetition-prefix-len", "256"));
    add("--prefixes", flags_.value("--prefix-repetition-num-prefixes", "10"));
    add("--input-tokens", flags_.value("--prefix-repetition-suffix-len", "256"));
    add("--output-tokens", flags_.value("--prefix-repetition-output-len", "128"));
  } else if (what == "sharegpt") {
    data(what, "--sharegpt-output-len");
  } else if (what == "custom") {
    data(what, "--custom-output-len");
    if (!flags_.has("--custom-output-len") && !flags_.has("--output-len"))
      add("--output-tokens", "256");
  } else if (what == "burstgpt" || is_trace()) {
    data(what, {});
  } else {
    refuse_flags(
        fmt::format("--dataset-name {} is not one that weir bench has: it has random, prefix_repetition, sharegpt, "
                    "custom, burstgpt and timed_trace",
                    what));
  }
}

} // namespace weir::inline v0::cli
