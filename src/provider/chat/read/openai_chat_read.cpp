// OpenAI's chat completions; openai_chat_encode.cpp is the other direction.
#include <algorithm>
#include <iterator>

#include "provider/chat/read/member_reader.hpp"
#include "provider/chat/read/messages_json.hpp"
#include "provider/chat/read/request_read.hpp"

namespace weir::inline v0::provider {

namespace {

namespace json = codec::json;

std::optional<tool> read_tool(const json::value& v) {
  const auto* f = codec::object_at(v, "function");
  if (!f || codec::string_at(v, "type") != "function" || !has_only(v, {"type", "function"}) ||
      !has_only(*f, {"name", "description", "parameters", "strict"}))
    return std::nullopt;
  const auto name = codec::string_at(*f, "name");
  const auto* parameters = codec::find(*f, "parameters");
  const auto* strict = codec::find(*f, "strict");
  if (!name || (parameters && !parameters->is_object()) || (strict && !strict->is_bool()))
    return std::nullopt;
  tool t(std::string(*name), std::string(codec::string_at(*f, "description").value_or("")),
         parameters ? codec::to_text(*parameters) : std::string());
  if (strict)
    t.strict(strict->get_bool());
  return t;
}

// All of them or none: extra_body replaces the whole list.
void read_tools(chat& ask, member_reader& from) {
  const auto* v = from.peek("tools");
  const auto* list = v ? v->if_array() : nullptr;
  if (!list)
    return;
  std::vector<tool> tools;
  for (const auto& one : *list) {
    auto t = read_tool(one);
    if (!t)
      return;
    tools.push_back(*std::move(t));
  }
  for (auto& t : tools)
    ask.tool(std::move(t));
  from.drop("tools");
}

void read_tool_choice(chat& ask, member_reader& from) {
  const auto is_word = [](std::string_view s) { return s == "auto" || s == "none" || s == "required"; };
  const auto* v = from.peek("tool_choice");
  if (!v)
    return;
  if (v->is_string() && is_word(v->get_string())) {
    ask.tool_choice(std::string(v->get_string()));
    from.drop("tool_choice");
    return;
  }
  const auto* f = codec::object_at(*v, "function");
  const auto name = f ? codec::string_at(*f, "name") : std::nullopt;
  if (codec::string_at(*v, "type") != "function" || !name || is_word(*name) || !has_only(*v, {"type", "function"}) ||
      !has_only(*f, {"name"}))
    return;
  ask.tool_choice(std::string(*name));
  from.drop("tool_choice");
}

response_format read_format(const json::object& f) {
  const auto type = codec::string_at(f, "type").value_or("");
  if (type == "text" && has_only(f, {"type"}))
    return response_format::text();
  if (type == "json_object" && has_only(f, {"type"}))
    return response_format::json_object();
  const auto* named = codec::object_at(f, "json_schema");
  const auto* schema = named ? codec::object_at(*named, "schema") : nullptr;
  const auto name = named ? codec::string_at(*named, "name") : std::nullopt;
  const auto* strict = named ? codec::find(*named, "strict") : nullptr;
  if (type != "json_schema" || !schema || !name || (strict && !strict->is_bool()) ||
      !has_only(f, {"type", "json_schema"}) || !has_only(*named, {"name", "description", "schema", "strict"}))
    return response_format::raw(codec::to_text(f));
  auto format = response_format::json_schema(std::string(*name), codec::to_text(*schema));
  if (strict)
    format.strict(strict->get_bool());
  if (const auto description = codec::string_at(*named, "description"))
    format.description(std::string(*description));
  return format;
}

void read_bias(chat& ask, member_reader& from) {
  const auto* v = from.peek("logit_bias");
  const auto* bias = v ? v->if_object() : nullptr;
  if (!bias || !std::all_of(bias->begin(), bias->end(), [](const auto& one) { return one.value().is_number(); }))
    return;
  for (const auto& [token, value] : *bias)
    ask.logit_bias(std::string(token), value.template to_number<double>());
  from.drop("logit_bias");
}

void read_sampling(chat& ask, member_reader& from) {
  if (auto v = from.number("frequency_penalty"))
    ask.frequency_penalty(*v);
  if (auto v = from.number("presence_penalty"))
    ask.presence_penalty(*v);
  if (auto v = from.number("temperature"))
    ask.temperature(*v);
  if (auto v = from.number("top_p"))
    ask.top_p(*v);
  if (auto v = from.flag("logprobs"))
    ask.logprobs(*v);
  if (auto v = from.whole("top_logprobs"))
    ask.top_logprobs(*v);
  if (auto v = from.whole("max_tokens"))
    ask.max_tokens(*v);
  if (auto v = from.whole("max_completion_tokens"))
    ask.max_completion_tokens(*v);
  if (auto v = from.whole("n"))
    ask.n(*v);
  if (auto v = from.natural("seed"))
    ask.seed(*v);
  if (auto v = from.text("reasoning_effort"))
    ask.reasoning_effort(*std::move(v));
  if (auto v = from.texts("stop"))
    for (auto& one : *v)
      ask.stop(std::move(one));
  read_bias(ask, from);
  if (const auto* f = from.object("response_format"))
    ask.response_format(read_format(*f));
}

} // namespace

chat read_openai_chat(const json::object& body, std::string_view where) {
  member_reader from(body);
  chat ask(from.text("model").value_or(""));
  const auto* messages = from.peek("messages");
  if (!messages)
    throw_unreadable(where, "the request has no messages");
  for (auto& m : read_messages(*messages, where))
    ask.add(std::move(m));
  from.drop("messages");
  read_sampling(ask, from);
  read_tools(ask, from);
  read_tool_choice(ask, from);
  if (auto v = from.text("tool_prompt"))
    ask.tool_prompt(*std::move(v));
  if (auto v = from.flag("parallel_tool_calls"))
    ask.parallel_tool_calls(*v);
  if (auto v = from.text("user"))
    ask.end_user(*std::move(v));
  if (const auto* options = from.object("stream_options"))
    if (const auto on = codec::bool_at(*options, "include_usage"))
      ask.include_usage(*on);
  from.rest_into(ask);
  return ask;
}

bool is_chat_member(std::string_view key) noexcept {
  static constexpr std::string_view all[] = {"chat_template_kwargs",
                                             "extra_body",
                                             "frequency_penalty",
                                             "guided_choice",
                                             "guided_grammar",
                                             "guided_json",
                                             "guided_regex",
                                             "logit_bias",
                                             "logprobs",
                                             "max_completion_tokens",
                                             "max_tokens",
                                             "messages",
                                             "min_p",
                                             "min_tokens",
                                             "model",
                                             "n",
                                             "parallel_tool_calls",
                                             "presence_penalty",
                                             "prompt_cache_key",
                                             "reasoning_effort",
                                             "repetition_penalty",
                                             "response_format",
                                             "safety_identifier",
                                             "seed",
                                             "service_tier",
                                             "stop",
                                             "stop_token_ids",
                                             "stream",
                                             "stream_options",
                                             "structured_outputs",
                                             "temperature",
                                             "tool_choice",
                                             "tools",
                                             "top_k",
                                             "top_logprobs",
                                             "top_p",
                                             "verbosity"};
  static_assert(std::is_sorted(std::begin(all), std::end(all)));
  return std::binary_search(std::begin(all), std::end(all), key);
}

void throw_unreadable(std::string_view where, std::string_view what) {
  throw error(errc::invalid_argument, std::string(where) + ": " + std::string(what));
}

} // namespace weir::inline v0::provider
