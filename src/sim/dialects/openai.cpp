// OpenAI's chat and text completions.
#include <algorithm>
#include <vector>

#include "sim/answer.hpp"
#include "sim/dialects/script.hpp"
#include "sim/protocol.hpp"

namespace weir::inline v0::sim {

namespace json = codec::json;

namespace {

constexpr std::uint64_t max_choices = 16;

/// What both kinds of completion share: ids, limits, usage.
class completion {
public:
  completion(const ask& a, std::string_view prefix, std::string object, std::string_view prompt, wording style)
      : id(std::string(prefix) + std::to_string(a.serial)), object(std::move(object)),
        model(codec::string_at(a.body, "model").value_or(a.model)), created(a.created), text(prompt, style),
        size(a, limit(a.body), text.natural_length()),
        choices(std::clamp<std::uint64_t>(codec::uint_at(a.body, "n").value_or(1), 1, max_choices)),
        prompt_tokens(count_words(prompt) + 3) {
    const auto* options = codec::find(a.body, "stream_options");
    usage_asked = options && codec::bool_at(*options, "include_usage").value_or(false);
  }

  static std::optional<std::uint64_t> limit(const json::value& body) {
    const auto limit = codec::uint_at(body, "max_completion_tokens");
    return limit ? limit : codec::uint_at(body, "max_tokens");
  }

  std::string_view finish() const { return size.limited ? "length" : "stop"; }

  json::object usage(std::uint64_t reasoning = 0) const {
    const auto completion_tokens = (size.tokens + reasoning) * choices;
    json::object out;
    out["prompt_tokens"] = prompt_tokens;
    out["completion_tokens"] = completion_tokens;
    out["total_tokens"] = prompt_tokens + completion_tokens;
    if (reasoning != 0) {
      json::object details;
      details["reasoning_tokens"] = reasoning * choices;
      out["completion_tokens_details"] = std::move(details);
    }
    return out;
  }

  /// An object with the members before `choices`.
  json::object head(std::string_view kind) const {
    json::object out;
    out["id"] = id;
    out["object"] = kind;
    out["created"] = created;
    out["model"] = model;
    out["system_fingerprint"] = "fp_simulated";
    return out;
  }

  /// `data: {…,"choices":[` and what closes it.
  std::string opening() const {
    auto text = "data: " + codec::to_text(head(object));
    text.pop_back();
    return text + ",\"choices\":[";
  }
  std::string closing() const { return usage_asked ? "],\"usage\":null}\n\n" : "]}\n\n"; }

  std::string event(const json::value& choice) const { return opening() + codec::to_text(choice) + closing(); }

  /// What follows the choices' last events.
  void add_end(std::vector<scripted>& after, std::uint64_t reasoning) const {
    if (usage_asked) {
      auto last = head(object);
      last["choices"] = json::array();
      last["usage"] = usage(reasoning);
      after.emplace_back(piece::extra, "data: " + codec::to_text(last) + "\n\n");
    }
    after.emplace_back(piece::extra, "data: [DONE]\n\n");
  }

  std::string id;
  std::string object;
  std::string model;
  std::int64_t created;
  answer_text text;
  extent size;
  std::uint64_t choices;
  std::uint64_t prompt_tokens;
  bool usage_asked = false;
};

json::object delta_choice(std::uint64_t index, json::object delta, json::value finish) {
  json::object choice;
  choice["index"] = index;
  choice["delta"] = std::move(delta);
  choice["logprobs"] = nullptr;
  choice["finish_reason"] = std::move(finish);
  return choice;
}

class tool_call {
public:
  tool_call(std::string id, std::string name, std::string arguments)
      : id(std::move(id)), name(std::move(name)), arguments(std::move(arguments)) {}

  /// The first delta has an empty arguments string, as at OpenAI.
  json::object whole(std::string_view text) const {
    json::object out;
    out["id"] = id;
    out["type"] = "function";
    out["function"] = function(text);
    return out;
  }
  std::string id, name, arguments;

private:
  json::object function(std::string_view text) const {
    auto out = one("name", json::value(name));
    out["arguments"] = text;
    return out;
  }
};

std::optional<tool_call> wanted_tool(const ask& a, const json::value& last, std::string_view prompt) {
  const auto* tools = codec::array_at(a.body, "tools");
  if (!tools || tools->empty() || codec::string_at(last, "role") != "user" || prompt.find("tool") == prompt.npos)
    return std::nullopt;
  const auto* function = codec::find(tools->front(), "function");
  if (!function)
    return std::nullopt;
  return tool_call("call_" + std::to_string(a.serial),
                   std::string(codec::string_at(*function, "name").value_or("tool")),
                   arguments_for(codec::find(*function, "parameters"), prompt));
}

json::object call_delta(const json::object& call) {
  auto indexed = one("index", 0);
  for (const auto& [key, value] : call)
    indexed[key] = value;
  json::array list;
  list.push_back(std::move(indexed));
  return one("tool_calls", std::move(list));
}

plan stream_chat(const completion& c, const std::optional<tool_call>& call, std::uint64_t reasoning) {
  auto source = std::make_unique<token_source>(c.text, call ? 0 : c.size.tokens);
  const answer_text thoughts("", wording::plain);
  for (std::uint64_t i = 0; i < c.choices; ++i) {
    auto role = one("role", "assistant");
    role["content"] = "";
    source->before.emplace_back(piece::extra, c.event(delta_choice(i, std::move(role), nullptr)));
    for (std::uint64_t t = 0; t < reasoning; ++t)
      source->before.emplace_back(
          piece::token, c.event(delta_choice(i, one("reasoning_content", json::value(thoughts.token(t))), nullptr)));
    source->prefixes.push_back(c.opening() + "{\"index\":" + std::to_string(i) + ",\"delta\":{\"content\":\"");
    if (call) {
      source->after.emplace_back(piece::token, c.event(delta_choice(i, call_delta(call->whole("")), nullptr)));
      for (const auto& part : pieces(call->arguments))
        source->after.emplace_back(
            piece::token,
            c.event(delta_choice(i, call_delta(one("function", one("arguments", json::value(part)))), nullptr)));
    }
    source->after.emplace_back(
        piece::extra,
        c.event(delta_choice(i, json::object(), json::value(call ? std::string_view("tool_calls") : c.finish()))));
  }
  source->suffix = "\"},\"logprobs\":null,\"finish_reason\":null}" + c.closing();
  c.add_end(source->after, reasoning);
  return stream_plan(std::move(source));
}

plan whole_chat(const completion& c, const std::optional<tool_call>& call, std::uint64_t reasoning) {
  json::array choices;
  for (std::uint64_t i = 0; i < c.choices; ++i) {
    auto message = one("role", "assistant");
    message["content"] = call ? json::value(nullptr) : json::value(c.text.text(c.size.tokens));
    if (reasoning != 0)
      message["reasoning_content"] = answer_text("").text(reasoning);
    if (call) {
      json::array calls;
      calls.push_back(call->whole(call->arguments));
      message["tool_calls"] = std::move(calls);
    }
    json::object choice;
    choice["index"] = i;
    choice["message"] = std::move(message);
    choice["logprobs"] = nullptr;
    choice["finish_reason"] = call ? std::string_view("tool_calls") : c.finish();
    choices.push_back(std::move(choice));
  }
  auto body = c.head("chat.completion");
  body["choices"] = std::move(choices);
  body["usage"] = c.usage(reasoning);
  return json_plan(200, std::move(body));
}

bool json_asked(const json::value& body) {
  const auto* format = codec::find(body, "response_format");
  return format && codec::string_at(*format, "type").value_or("text") != "text";
}

} // namespace

plan answer_chat(const ask& a) {
  const auto* messages = codec::array_at(a.body, "messages");
  if (!messages || messages->empty())
    return openai_error(400, "messages is required and must be a list.", "invalid_request_error", "missing_messages");
  const auto& last = messages->back();
  const auto prompt = text_of(last);
  const auto style = json_asked(a.body) ? wording::json : a.foreign ? wording::foreign : wording::plain;
  completion c(a, "chatcmpl-sim-", "chat.completion.chunk", prompt, style);
  const auto call = wanted_tool(a, last, prompt);
  const auto reasoning = thoughts_of(a, c.model, c.size);
  // Thinking tokens count towards the same limit, so fewer are left for the answer.
  if (c.size.limited)
    c.size.tokens -= reasoning;
  if (call)
    c.size.tokens = pieces(call->arguments).size();
  const bool stream = codec::bool_at(a.body, "stream").value_or(false);
  return stream ? stream_chat(c, call, reasoning) : whole_chat(c, call, reasoning);
}

plan answer_completion(const ask& a) {
  const auto prompt = codec::string_at(a.body, "prompt");
  if (!prompt)
    return openai_error(400, "prompt is required.", "invalid_request_error", "missing_prompt");
  const completion c(a, "cmpl-sim-", "text_completion", *prompt, a.foreign ? wording::foreign : wording::plain);
  if (codec::bool_at(a.body, "stream").value_or(false)) {
    auto source = std::make_unique<token_source>(c.text, c.size.tokens);
    for (std::uint64_t i = 0; i < c.choices; ++i) {
      source->prefixes.push_back(c.opening() + "{\"index\":" + std::to_string(i) + ",\"text\":\"");
      json::object last;
      last["index"] = i;
      last["text"] = "";
      last["logprobs"] = nullptr;
      last["finish_reason"] = c.finish();
      source->after.emplace_back(piece::extra, c.event(last));
    }
    source->suffix = "\",\"logprobs\":null,\"finish_reason\":null}" + c.closing();
    c.add_end(source->after, 0);
    return stream_plan(std::move(source));
  }
  json::array choices;
  for (std::uint64_t i = 0; i < c.choices; ++i) {
    json::object choice;
    choice["index"] = i;
    choice["text"] = c.text.text(c.size.tokens);
    choice["logprobs"] = nullptr;
    choice["finish_reason"] = c.finish();
    choices.push_back(std::move(choice));
  }
  auto body = c.head(c.object);
  body["choices"] = std::move(choices);
  body["usage"] = c.usage();
  return json_plan(200, std::move(body));
}

} // namespace weir::inline v0::sim
