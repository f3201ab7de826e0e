#include "tool/bench/vllm_flags.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <ctime>
#include <optional>
#include <utility>

#include <weir/core/error.hpp>

#include "codec/json/json.hpp"
#include "tool/arguments/option_values.hpp"
#include "tool/bench/vllm_flag_list.hpp"
#include "tool/output/output.hpp"

namespace weir::inline v0::cli {

namespace {

using words = std::vector<std::string>;

[[noreturn]] void refuse(const std::string& why) {
  throw error(errc::invalid_argument, fmt::format("--vllm-flags: {}", why));
}

double number_of(std::string_view flag, std::string_view text) {
  const auto n = number_in<double>(text);
  if (!n)
    refuse(fmt::format("{} takes a number, not '{}'", flag, text));
  return *n;
}

bool is_among(std::string_view word, std::initializer_list<std::string_view> all) {
  return std::find(all.begin(), all.end(), word) != all.end();
}

// Whether an option is among arguments, alone or with `=` and a value.
bool gives(const words& args, std::string_view option) {
  return std::any_of(args.begin(), args.end(), [option](std::string_view word) {
    return word == option || (word.starts_with(option) && word.substr(option.size()).starts_with('='));
  });
}

// `1024`, or from `len (1 - ratio)` to `len (1 + ratio)`.
std::string length(double mean, double ratio) {
  const auto low = std::max(1.0, std::floor(mean * (1 - ratio)));
  const auto high = std::max(low, std::ceil(mean * (1 + ratio)));
  return low == high ? fmt::format("{:.0f}", low) : fmt::format("{:.0f}..{:.0f}", low, high);
}

class translation {
public:
  translation(const vllm_flag_list& flags, const vllm_surroundings& around, const words& own)
      : flags_(flags), around_(around), own_(own) {}

  vllm_arguments all() {
    target();
    load();
    prompts();
    request();
    results();
    if (const auto left = flags_.left_out(); !left.empty())
      note(fmt::format("no part of what weir bench does: {}", fmt::join(left, ", ")));
    return std::move(to_);
  }

private:
  void target();
  void load();
  void rising_rate(double requests);
  void prompts();
  void random_prompts();
  void data(std::string_view what, std::string_view output);
  void request();
  void results();

  void note(std::string text) { to_.notes.push_back(std::move(text)); }
  bool is_own(std::string_view option) const {
    return gives(own_, option) || (option == "--model" && gives(own_, "-m")) ||
           (option == "--requests" && gives(own_, "-n"));
  }
  void add(std::string_view option, std::string_view value) {
    if (!is_own(option))
      to_.words.push_back(fmt::format("{}={}", option, value));
  }
  void add(std::string_view option) {
    if (!is_own(option))
      to_.words.emplace_back(option);
  }
  void add_repeated(std::string_view option, std::string_view value) {
    to_.words.push_back(fmt::format("{}={}", option, value));
  }
  // The same under another name, if it was given.
  void add_as(std::string_view option, std::string_view flag) {
    if (flags_.has(flag))
      add(option, flags_.value(flag));
  }
  double rate() const {
    const auto text = flags_.value("--request-rate", "inf");
    return text == "inf" ? HUGE_VAL : number_of("--request-rate", text);
  }
  bool is_trace() const { return is_among(flags_.value("--dataset-name"), {"timed_trace", "timed-trace"}); }
  std::string backend() const { return flags_.value("--backend", flags_.value("--endpoint-type", "openai")); }

  const vllm_flag_list& flags_;
  const vllm_surroundings& around_;
  const words& own_;
  vllm_arguments to_;
};

void translation::target() {
  if (!is_among(backend(), {"vllm", "openai", "openai-chat", "tgi", "sglang", "sglang-oai", "sglang-oai-chat",
                            "lmdeploy", "scalellm", "llama.cpp", "tensorrt-llm", "deepspeed-mii"}))
    refuse(fmt::format("--backend {} is no server of chats: for other tasks give weir bench --data FILE --task TASK",
                       backend()));
  const bool chats = backend() == "openai-chat" || backend() == "sglang-oai-chat";
  std::string path = flags_.value("--endpoint", chats ? "/v1/chat/completions" : "/v1/completions");
  bool known = false;
  for (const std::string_view end : {"/chat/completions", "/completions", "/generate_stream", "/generate"})
    if (!known && path.ends_with(end)) {
      path.resize(path.size() - end.size());
      known = true;
    }
  if (!known)
    refuse(fmt::format("--endpoint {} is not one that weir bench asks: it takes /v1/chat/completions", path));
  // Servers with an endpoint of their own have OpenAI's beside it.
  if (path.empty())
    path = "/v1";
  if (!chats && !flags_.value("--endpoint").ends_with("/chat/completions"))
    note(fmt::format("weir bench asks {}/chat/completions: the server adds its chat template to each prompt", path));
  auto base = flags_.value("--base-url");
  if (base.empty())
    base = fmt::format("http://{}:{}", flags_.value("--host", "127.0.0.1"), flags_.value("--port", "8000"));
  while (base.ends_with('/'))
    base.pop_back();
  add("--base-url", base + path);
  if (const auto model = flags_.value("--served-model-name", flags_.value("--model")); !model.empty())
    add("--model", model);
  if (around_.has_openai_key)
    add("--api-key-env", "OPENAI_API_KEY");
  for (const auto& header : flags_.values("--header")) {
    const auto sign = header.find('=');
    if (sign == std::string::npos || sign == 0)
      refuse("--header takes KEY=VALUE");
    add_repeated("--header", header.substr(0, sign) + ": " + header.substr(sign + 1));
  }
}

void translation::load() {
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
void translation::rising_rate(double requests) {
  if (flags_.value("--ramp-up-strategy") != "linear")
    refuse("--ramp-up-strategy exponential cannot be done: write a profile of several lines, such as "
           "--rate 1..4/60s,4..16/60s");
  const auto from = number_of("--ramp-up-start-rps", flags_.value("--ramp-up-start-rps"));
  const auto to = number_of("--ramp-up-end-rps", flags_.value("--ramp-up-end-rps"));
  if (!(from + to > 0))
    refuse("--ramp-up-start-rps and --ramp-up-end-rps must not both be 0");
  add("--rate", fmt::format("{}..{}/{:.3f}s", from, to, 2 * requests / (from + to)));
}

void translation::random_prompts() {
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
    refuse("--random-range-ratio takes a number from 0 to below 1");
  const auto mean = [this](std::string_view flag, std::string_view general, std::string_view otherwise) {
    return number_of(flag, flags_.value(general, flags_.value(flag, otherwise)));
  };
  add("--input-tokens", length(mean("--random-input-len", "--input-len", "1024"), in));
  add("--output-tokens", length(mean("--random-output-len", "--output-len", "128"), out));
  add_as("--prefix-tokens", "--random-prefix-len");
}

// Prompts of a file; `output`: the flag for the length of answers.
void translation::data(std::string_view what, std::string_view output) {
  const auto path = flags_.value("--dataset-path");
  if (path.empty())
    refuse(fmt::format("--dataset-name {} needs --dataset-path: weir bench downloads nothing", what));
  add("--data", path);
  const auto length = flags_.value("--output-len", output.empty() ? "" : flags_.value(output));
  if (!length.empty() && length != "-1")
    add("--output-tokens", length);
  if (!flags_.has("--disable-shuffle") && !is_trace())
    add("--shuffle", fmt::format("{:.0f}", number_of("--seed", flags_.value("--seed", "0")) + 1));
}

void translation::prompts() {
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
    refuse(fmt::format("--dataset-name {} is not one that weir bench has: it has random, prefix_repetition, sharegpt, "
                       "custom, burstgpt and timed_trace",
                       what));
  }
}

void translation::request() {
  add_as("--load-seed", "--seed");
  add_as("--temperature", "--temperature");
  add_as("--top-p", "--top-p");
  for (const std::string_view name : {"top-k", "min-p", "frequency-penalty", "presence-penalty", "repetition-penalty"})
    if (const auto flag = fmt::format("--{}", name); flags_.has(flag)) {
      std::string member(name);
      std::replace(member.begin(), member.end(), '-', '_');
      add_repeated("--param", member + "=" + flags_.value(flag));
    }
  if (flags_.has("--chat-template-kwargs"))
    add_repeated("--param", "chat_template_kwargs=" + flags_.value("--chat-template-kwargs"));
  if (flags_.has("--extra-body")) {
    const auto body = codec::parse_argument(flags_.value("--extra-body"), "--extra-body");
    if (!body.is_object())
      refuse("--extra-body takes a JSON object");
    for (const auto& [name, value] : body.get_object())
      add_repeated("--param", fmt::format("{}={}", std::string_view(name), codec::to_text(value)));
  }
  if (flags_.has("--ignore-eos"))
    add("--ignore-eos");
  if (flags_.has("--no-stream"))
    add("--no-stream");
}

void translation::results() {
  if (const auto limits = flags_.values("--goodput"); !limits.empty())
    add("--slo", fmt::format("{}", fmt::join(limits, " ")));
  if (number_of("--num-warmups", flags_.value("--num-warmups", "0")) > 0 && !gives(own_, "--warm-up"))
    note("--num-warmups is left out: weir bench warms up for a time, by --warm-up before --vllm-flags");
  if (!flags_.has("--save-result"))
    return;
  auto name = flags_.value("--result-filename");
  if (name.empty()) {
    const auto model = flags_.value("--model", "model");
    const auto limit = flags_.value("--max-concurrency");
    name = fmt::format("{}-{}qps{}-{}-{}.json", backend(), std::isinf(rate()) ? "inf" : fmt::format("{:.1f}", rate()),
                       limit.empty() ? "" : "-concurrency" + limit, model.substr(model.rfind('/') + 1), around_.stamp);
  }
  const auto folder = flags_.value("--result-dir");
  add_repeated("--export", "vllm=" + (folder.empty() ? name : folder + "/" + name));
}

} // namespace

vllm_arguments from_vllm_flags(const std::vector<std::string>& flags, const vllm_surroundings& around,
                               const std::vector<std::string>& own) {
  const vllm_flag_list list(flags);
  return translation(list, around, own).all();
}

std::vector<std::string> with_vllm_flags(std::vector<std::string> command_line) {
  const auto end = std::find(command_line.begin(), command_line.end(), "--");
  const auto command = std::find(command_line.begin(), end, "bench");
  const auto mark = std::find(command, end, "--vllm-flags");
  if (mark == end)
    return command_line;
  vllm_surroundings around;
  around.stamp = fmt::format("{:%Y%m%d-%H%M%S}", fmt::localtime(std::time(nullptr)));
  const char* key = std::getenv("OPENAI_API_KEY");
  around.has_openai_key = key && *key;
  const words own(command, mark);
  const auto translated = from_vllm_flags(words(mark + 1, command_line.end()), around, own);
  for (const auto& note : translated.notes)
    say(stderr, "{}\n", one_line(note));
  command_line.erase(mark, command_line.end());
  command_line.insert(command_line.end(), translated.words.begin(), translated.words.end());
  return command_line;
}

} // namespace weir::inline v0::cli
