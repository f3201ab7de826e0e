#include "tool/bench/vllm_translation.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <initializer_list>

#include <weir/core/error.hpp>

#include "codec/json/json.hpp"
#include "tool/arguments/option_values.hpp"

namespace weir::inline v0::cli {

namespace {

bool is_among(std::string_view word, std::initializer_list<std::string_view> all) {
  return std::find(all.begin(), all.end(), word) != all.end();
}

} // namespace

void refuse_flags(const std::string& why) { throw error(errc::invalid_argument, fmt::format("--vllm-flags: {}", why)); }

double number_of(std::string_view flag, std::string_view text) {
  const auto n = number_in<double>(text);
  if (!n)
    refuse_flags(fmt::format("{} takes a number, not '{}'", flag, text));
  return *n;
}

bool gives(const std::vector<std::string>& args, std::string_view option) {
  return std::any_of(args.begin(), args.end(), [option](std::string_view word) {
    return word == option || (word.starts_with(option) && word.substr(option.size()).starts_with('='));
  });
}

vllm_arguments vllm_translation::all() {
  target();
  load();
  prompts();
  request();
  results();
  if (const auto left = flags_.left_out(); !left.empty())
    note(fmt::format("no part of what weir bench does: {}", fmt::join(left, ", ")));
  return std::move(to_);
}

void vllm_translation::target() {
  if (!is_among(backend(), {"vllm", "openai", "openai-chat", "tgi", "sglang", "sglang-oai", "sglang-oai-chat",
                            "lmdeploy", "scalellm", "llama.cpp", "tensorrt-llm", "deepspeed-mii"}))
    refuse_flags(fmt::format(
        "--backend {} is no server of chats: for other tasks give weir bench --data FILE --task TASK", backend()));
  const bool chats = backend() == "openai-chat" || backend() == "sglang-oai-chat";
  std::string path = flags_.value("--endpoint", chats ? "/v1/chat/completions" : "/v1/completions");
  bool known = false;
  for (const std::string_view end : {"/chat/completions", "/completions", "/generate_stream", "/generate"})
    if (!known && path.ends_with(end)) {
      path.resize(path.size() - end.size());
      known = true;
    }
  if (!known)
    refuse_flags(fmt::format("--endpoint {} is not one that weir bench asks: it takes /v1/chat/completions", path));
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
  if (!gives(own_, "--target"))
    add("--base-url", base + path);
  if (const auto model = flags_.value("--served-model-name", flags_.value("--model")); !model.empty())
    add("--model", model);
  if (around_.has_openai_key)
    add("--api-key-env", "OPENAI_API_KEY");
  for (const auto& header : flags_.values("--header")) {
    const auto sign = header.find('=');
    if (sign == std::string::npos || sign == 0)
      refuse_flags("--header takes KEY=VALUE");
    add_repeated("--header", header.substr(0, sign) + ": " + header.substr(sign + 1));
  }
}

void vllm_translation::request() {
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
      refuse_flags("--extra-body takes a JSON object");
    for (const auto& [name, value] : body.get_object())
      add_repeated("--param", fmt::format("{}={}", std::string_view(name), codec::to_text(value)));
  }
  if (flags_.has("--ignore-eos"))
    add("--ignore-eos");
  if (flags_.has("--no-stream"))
    add("--no-stream");
}

void vllm_translation::results() {
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

} // namespace weir::inline v0::cli
