#include "tool/bench/vllm_flag_list.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>

#include <weir/core/error.hpp>

namespace weir::inline v0::cli {

namespace {

enum class takes : std::uint8_t { nothing, one, many };
// `silent`: of a tool that has a tokenizer or a progress bar. `told`: its effect is missed, so a note says so.
enum class use : std::uint8_t { translated, silent, told, refused };

class known_flag {
public:
  constexpr known_flag(std::string_view n, takes v, use u = use::translated) : name(n), values(v), how(u) {}
  std::string_view name;
  takes values;
  use how;
};

using enum takes;
using enum use;

constexpr std::array all_flags{
    known_flag("--append-result", nothing, told),
    known_flag("--asr-max-audio-len-sec", one, silent),
    known_flag("--asr-min-audio-len-sec", one, silent),
    known_flag("--backend", one),
    known_flag("--base-url", one),
    known_flag("--bfcl-categories", one, silent),
    known_flag("--blazedit-max-distance", one, silent),
    known_flag("--blazedit-min-distance", one, silent),
    known_flag("--burstiness", one),
    known_flag("--chat-template-kwargs", one),
    known_flag("--custom-ensure-client-side-data", nothing, silent),
    known_flag("--custom-output-len", one),
    known_flag("--custom-skip-chat-template", nothing, told),
    known_flag("--dataset-name", one),
    known_flag("--dataset-path", one),
    known_flag("--disable-shuffle", nothing),
    known_flag("--disable-tqdm", nothing, silent),
    known_flag("--enable-multimodal-chat", nothing, silent),
    known_flag("--endpoint", one),
    known_flag("--endpoint-type", one),
    known_flag("--extra-body", one),
    known_flag("--frequency-penalty", one),
    known_flag("--goodput", many),
    known_flag("--header", many),
    known_flag("--hf-name", one, silent),
    known_flag("--hf-output-len", one, silent),
    known_flag("--hf-split", one, silent),
    known_flag("--hf-subset", one, silent),
    known_flag("--host", one),
    known_flag("--ignore-eos", nothing),
    known_flag("--input-len", one),
    known_flag("--insecure", nothing, refused),
    known_flag("--label", one, silent),
    known_flag("--logprobs", one, told),
    known_flag("--lora-assignment", one, refused),
    known_flag("--lora-modules", many, refused),
    known_flag("--max-concurrency", one),
    known_flag("--metadata", many, told),
    known_flag("--metric-percentiles", one, silent),
    known_flag("--min-p", one),
    known_flag("--model", one),
    known_flag("--no-oversample", nothing, told),
    known_flag("--no-reranker", nothing, silent),
    known_flag("--no-self-timed", nothing),
    known_flag("--no-steady-state", nothing, silent),
    known_flag("--no-stream", nothing),
    known_flag("--num-prompts", one),
    known_flag("--num-warmups", one),
    known_flag("--output-len", one),
    known_flag("--percentile-metrics", one, silent),
    known_flag("--plot-dataset-stats", nothing, told),
    known_flag("--plot-timeline", nothing, told),
    known_flag("--port", one),
    known_flag("--prefix-repetition-num-prefixes", one),
    known_flag("--prefix-repetition-output-len", one),
    known_flag("--prefix-repetition-prefix-len", one),
    known_flag("--prefix-repetition-suffix-len", one),
    known_flag("--presence-penalty", one),
    known_flag("--probe-request-rate", one, told),
    known_flag("--profile", nothing, refused),
    known_flag("--ramp-up-end-rps", one),
    known_flag("--ramp-up-start-rps", one),
    known_flag("--ramp-up-strategy", one),
    known_flag("--random-batch-size", one, told),
    known_flag("--random-input-len", one),
    known_flag("--random-mm-base-items-per-request", one, silent),
    known_flag("--random-mm-bucket-config", one, silent),
    known_flag("--random-mm-limit-mm-per-prompt", one, silent),
    known_flag("--random-mm-num-mm-items-range-ratio", one, silent),
    known_flag("--random-output-len", one),
    known_flag("--random-prefix-len", one),
    known_flag("--random-range-ratio", one),
    known_flag("--ready-check-timeout-sec", one, silent),
    known_flag("--repetition-penalty", one),
    known_flag("--request-id-prefix", one, told),
    known_flag("--request-rate", one),
    known_flag("--result-dir", one),
    known_flag("--result-filename", one),
    known_flag("--save-detailed", nothing, told),
    known_flag("--save-result", nothing),
    known_flag("--seed", one),
    known_flag("--self-timed", nothing, silent),
    known_flag("--served-model-name", one),
    known_flag("--sharegpt-output-len", one),
    known_flag("--skip-chat-template", nothing, told),
    known_flag("--skip-tokenizer-init", nothing, silent),
    known_flag("--sonnet-input-len", one, silent),
    known_flag("--sonnet-output-len", one, silent),
    known_flag("--sonnet-prefix-len", one, silent),
    known_flag("--spec-bench-category", one, silent),
    known_flag("--spec-bench-output-len", one, silent),
    known_flag("--speed-bench-category", one, silent),
    known_flag("--speed-bench-dataset-subset", one, silent),
    known_flag("--speed-bench-output-len", one, silent),
    known_flag("--steady-state-min-window", one, silent),
    known_flag("--steady-state-threshold", one, silent),
    known_flag("--temperature", one),
    known_flag("--timed-trace-chunk-hash-size", one, silent),
    known_flag("--timed-trace-label-hash-ids", one, refused),
    known_flag("--timed-trace-label-input-length", one, refused),
    known_flag("--timed-trace-label-output-length", one, refused),
    known_flag("--timed-trace-label-timestamp", one, refused),
    known_flag("--timed-trace-sec-multiplier", one, silent),
    known_flag("--timeline-itl-thresholds", one, silent),
    known_flag("--tokenizer", one, silent),
    known_flag("--tokenizer-mode", one, silent),
    known_flag("--top-k", one),
    known_flag("--top-p", one),
    known_flag("--trust-remote-code", nothing, silent),
    known_flag("--use-beam-search", nothing, refused),
};

const known_flag* find(std::string_view name) {
  const auto at = std::find_if(all_flags.begin(), all_flags.end(), [&](const known_flag& f) { return f.name == name; });
  return at == all_flags.end() ? nullptr : &*at;
}

// `--num_prompts` is `--num-prompts` there.
std::string with_dashes(std::string_view name) {
  std::string text(name);
  std::replace(text.begin(), text.end(), '_', '-');
  return text;
}

bool is_flag(std::string_view word) { return word.size() > 2 && word.starts_with("--"); }

std::string joined(const std::vector<std::string>& words) { return fmt::format("{}", fmt::join(words, ", ")); }

// Where the flags begin: people paste the command before them as well.
std::size_t first_flag(const std::vector<std::string>& words) {
  constexpr std::array<std::string_view, 3> command{"vllm", "bench", "serve"};
  const bool pasted = words.size() >= command.size() && std::equal(command.begin(), command.end(), words.begin());
  return pasted ? command.size() : 0;
}

} // namespace

vllm_flag_list::vllm_flag_list(const std::vector<std::string>& words) {
  std::vector<std::string> unknown, undoable;
  for (std::size_t i = first_flag(words); i < words.size();) {
    const std::string_view word = words[i++];
    const auto sign = std::min(word.find('='), word.size());
    const auto name = with_dashes(word.substr(0, sign));
    const auto* flag = find(name);
    if (!flag) {
      unknown.emplace_back(name);
      // Its values, which would be unknown as well.
      while (i < words.size() && !is_flag(words[i]))
        ++i;
      continue;
    }
    if (flag->how == refused)
      undoable.push_back(name);
    auto& values = given_[name];
    values.clear(); // the last one counts
    if (flag->values == nothing)
      continue;
    if (sign < word.size())
      values.emplace_back(word.substr(sign + 1));
    else
      while (i < words.size() && !is_flag(words[i]) && (flag->values == many || values.empty()))
        values.push_back(words[i++]);
    if (values.empty())
      throw error(errc::invalid_argument, fmt::format("--vllm-flags: {} has no value", name));
  }
  if (!unknown.empty())
    throw error(errc::invalid_argument, fmt::format("--vllm-flags: these are no flags of vllm bench serve that weir "
                                                    "knows: {}",
                                                    joined(unknown)));
  if (!undoable.empty())
    throw error(errc::invalid_argument,
                fmt::format("--vllm-flags: weir bench cannot do what these ask for: {}", joined(undoable)));
}

std::string vllm_flag_list::value(std::string_view flag, std::string_view otherwise) const {
  const auto at = given_.find(flag);
  return at == given_.end() || at->second.empty() ? std::string(otherwise) : at->second.back();
}

std::vector<std::string> vllm_flag_list::values(std::string_view flag) const {
  const auto at = given_.find(flag);
  return at == given_.end() ? std::vector<std::string>() : at->second;
}

std::vector<std::string> vllm_flag_list::left_out() const {
  std::vector<std::string> names;
  for (const auto& [name, values] : given_)
    if (find(name)->how == told)
      names.push_back(name);
  return names;
}

} // namespace weir::inline v0::cli
