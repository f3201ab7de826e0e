// OpenAI's chat completions.
#include <algorithm>
#include <iterator>

#include "sim/answer/tools.hpp"
#include "sim/dialects/openai/completion.hpp"

namespace weir::inline v0::sim {

namespace json = codec::json;

namespace {

json::object delta_choice(std::uint64_t index, json::object delta, json::value finish) {
  json::object choice;
  choice["index"] = index;
  choice["delta"] = std::move(delta);
  choice["logprobs"] = nullptr;
  choice["finish_reason"] = std::move(finish);
  return choice;
}

json::object call_object(const called& c, std::string_view arguments) {
  auto function = one("name", json::value(c.name));
  function["arguments"] = arguments;
  auto out = one("id", json::value(c.id));
  out["type"] = "function";
  out["function"] = std::move(function);
  return out;
}

json::object call_delta(const json::object& call) {
  auto indexed = one("index", 0);
  for (const auto& [key, value] : call)
    indexed[key] = value;
  json::array list;
  list.push_back(std::move(indexed));
  return one("tool_calls", std::move(list));
}

plan stream_chat(const completion& c, const chat_logprobs& logprobs) {
  auto source = c.it.stream();
  const answer_text thoughts("");
  for (std::uint64_t i = 0; i < c.choices; ++i) {
    auto role = one("role", "assistant");
    role["content"] = "";
    source->before.emplace_back(piece::extra, c.event(delta_choice(i, std::move(role), nullptr)));
    for (std::uint64_t t = 0; t < c.it.reasoning; ++t)
      source->before.emplace_back(
          piece::token, c.event(delta_choice(i, one("reasoning_content", json::value(thoughts.token(t))), nullptr)));
    source->prefixes.push_back(c.opening() + "{\"index\":" + std::to_string(i) + ",\"delta\":{\"content\":\"");
    if (c.it.call) {
      // The first delta has an empty arguments string, as at OpenAI.
      source->after.emplace_back(piece::token,
                                 c.event(delta_choice(i, call_delta(call_object(*c.it.call, "")), nullptr)));
      for (const auto& part : pieces(c.it.call->arguments))
        source->after.emplace_back(
            piece::token,
            c.event(delta_choice(i, call_delta(one("function", one("arguments", json::value(part)))), nullptr)));
    }
    source->after.emplace_back(piece::extra, c.event(delta_choice(i, json::object(), json::value(c.finish()))));
  }
  logprobs.stream(*source, "\"},\"logprobs\":", ",\"finish_reason\":null}" + c.closing());
  c.add_end(source->after);
  return stream_plan(std::move(source));
}

plan whole_chat(const completion& c, const chat_logprobs& logprobs) {
  json::array choices;
  for (std::uint64_t i = 0; i < c.choices; ++i) {
    auto message = one("role", "assistant");
    message["content"] = c.it.call ? json::value(nullptr) : json::value(c.it.whole());
    if (c.it.reasoning != 0)
      message["reasoning_content"] = c.it.thoughts();
    if (c.it.call) {
      json::array calls;
      calls.push_back(call_object(*c.it.call, c.it.call->arguments));
      message["tool_calls"] = std::move(calls);
    }
    json::object choice;
    choice["index"] = i;
    choice["message"] = std::move(message);
    choice["logprobs"] = c.it.call ? json::value(nullptr) : logprobs.of(c.it.text, c.it.size.tokens);
    choice["finish_reason"] = c.finish();
    choices.push_back(std::move(choice));
  }
  auto body = c.head("chat.completion");
  body["choices"] = std::move(choices);
  body["usage"] = c.usage();
  return json_plan(200, std::move(body));
}

constexpr std::string_view roles[] = {"system", "developer", "user", "assistant", "tool", "function"};
constexpr std::string_view formats[] = {"text", "json_object", "json_schema", "json", "regex"}; // the last two: TGI's

template <std::size_t N>
bool among(const std::string_view (&known)[N], std::optional<std::string_view> name) {
  return name && std::find(std::begin(known), std::end(known), *name) != std::end(known);
}

std::string at(std::string_view list, std::size_t i, std::string_view rest) {
  return std::string(list) + "[" + std::to_string(i) + "]" + std::string(rest);
}

/// What is wrong with the messages, tools or format; empty if nothing.
std::string complaint_about_chat(const json::value& body) {
  const auto& messages = *codec::array_at(body, "messages");
  for (std::size_t i = 0; i < messages.size(); ++i) {
    const auto role = codec::string_at(messages[i], "role");
    if (!among(roles, role))
      return at("messages", i, ".role must be system, developer, user, assistant or tool.");
    if (role == "tool" && !codec::string_at(messages[i], "tool_call_id"))
      return at("messages", i, ".tool_call_id is required: it names the call that this is the result of.");
  }
  if (const auto* tools = codec::array_at(body, "tools"))
    for (std::size_t i = 0; i < tools->size(); ++i) {
      const auto* function = codec::find((*tools)[i], "function");
      if (!function || !codec::string_at(*function, "name"))
        return at("tools", i, ".function.name is required.");
    }
  const auto* format = codec::find(body, "response_format");
  if (format && !among(formats, codec::string_at(*format, "type")))
    return "response_format.type must be text, json_object or json_schema.";
  if (format && codec::string_at(*format, "type") == "json_schema" && !codec::find(*format, "json_schema"))
    return "response_format.json_schema is required.";
  if (const auto t = codec::number_at(body, "temperature"); t && (*t < 0 || *t > 2))
    return "temperature must be from 0 to 2.";
  return complaint_about(body);
}

} // namespace

plan answer_chat(const ask& a) {
  const auto* messages = codec::array_at(a.body, "messages");
  if (!messages || messages->empty())
    return openai_error(400, "messages is required and must be a list.", "invalid_request_error", "missing_messages");
  if (const auto wrong = complaint_about_chat(a.body); !wrong.empty())
    return openai_error(400, wrong, "invalid_request_error", "invalid_value");
  tool_offer offer;
  offer.add(codec::array_at(a.body, "tools"), "function");
  if (const auto wrong = read_tool_choice(offer, a.body); !wrong.empty())
    return openai_error(400, wrong, "invalid_request_error", "invalid_tool_choice");

  const auto& last = messages->back();
  wanted w(text_of(last));
  w.limit = token_limit(a.body);
  w.stop_at(a.body, "stop");
  w.tool = offer.pick(w.prompt, codec::string_at(last, "role") == "user");
  if (const auto* format = codec::find(a.body, "response_format")) {
    w.as_json = codec::string_at(*format, "type").value_or("text") != "text";
    const auto* named = codec::find(*format, "json_schema");
    // TGI's older form is {"type": "json", "value": SCHEMA}.
    w.schema = named ? codec::find(*named, "schema") : codec::find(*format, "value");
  }
  const completion c(a, w, "chatcmpl-sim-", "chat.completion.chunk");
  const chat_logprobs logprobs(a.body);
  return codec::bool_at(a.body, "stream").value_or(false) ? stream_chat(c, logprobs) : whole_chat(c, logprobs);
}

} // namespace weir::inline v0::sim
