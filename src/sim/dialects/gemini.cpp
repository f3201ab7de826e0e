// Gemini's generateContent.
#include "sim/answer/script.hpp"
#include "sim/answer/tools.hpp"
#include "sim/dialects/dialects.hpp"

namespace weir::inline v0::sim {

namespace json = codec::json;

namespace {

json::object usage_of(const said& s) {
  json::object out;
  out["promptTokenCount"] = s.prompt_tokens;
  out["candidatesTokenCount"] = s.size.tokens;
  if (s.reasoning != 0)
    out["thoughtsTokenCount"] = s.reasoning;
  out["totalTokenCount"] = s.prompt_tokens + s.answer_tokens();
  return out;
}

json::object thought(std::string_view text) {
  auto part = one("text", json::value(text));
  part["thought"] = true;
  return part;
}

json::object call_part(const called& c) {
  error_code ec;
  json::object call;
  call["name"] = c.name;
  call["args"] = codec::parse_json(c.arguments, ec);
  auto part = one("functionCall", std::move(call));
  part["thoughtSignature"] = "c2lt";
  return part;
}

json::object candidate(json::array parts) {
  auto content = one("parts", std::move(parts));
  content["role"] = "model";
  auto out = one("content", std::move(content));
  out["index"] = 0;
  return out;
}

json::object answer(const said& s, json::object candidate, bool last) {
  if (last)
    candidate["finishReason"] = s.size.limited && !s.call ? "MAX_TOKENS" : "STOP";
  json::array list;
  list.push_back(std::move(candidate));
  auto out = one("candidates", std::move(list));
  if (last)
    out["usageMetadata"] = usage_of(s);
  out["modelVersion"] = s.model;
  out["responseId"] = "gem-sim-" + std::to_string(s.serial);
  return out;
}

json::array parts(json::object part) {
  json::array list;
  list.push_back(std::move(part));
  return list;
}

std::string event(const said& s, json::array list, bool last) {
  return "data: " + codec::to_text(answer(s, candidate(std::move(list)), last)) + "\r\n\r\n";
}

plan streamed(const said& s) {
  auto source = s.stream();
  const answer_text thoughts("");
  for (std::uint64_t t = 0; t < s.reasoning; ++t)
    source->before.emplace_back(piece::token, event(s, parts(thought(thoughts.token(t))), false));
  // The text around a token is that of an event with an empty one.
  const auto around = event(s, parts(one("text", "")), false);
  static constexpr std::string_view mark = "{\"text\":\"";
  const auto at = around.find(mark) + mark.size();
  source->prefixes.push_back(around.substr(0, at));
  source->suffix = around.substr(at);
  if (s.call)
    source->after.emplace_back(piece::token, event(s, parts(call_part(*s.call)), false));
  source->after.emplace_back(piece::extra, event(s, parts(one("text", "")), true));
  return stream_plan(std::move(source));
}

plan whole(const said& s) {
  json::array list;
  if (s.reasoning != 0)
    list.push_back(thought(s.thoughts()));
  if (s.call)
    list.push_back(call_part(*s.call));
  else
    list.push_back(one("text", json::value(s.whole())));
  return json_plan(200, answer(s, candidate(std::move(list)), true));
}

tool_offer offer_of(const json::value& body) {
  tool_offer out;
  if (const auto* tools = codec::array_at(body, "tools"))
    for (const auto& each : *tools)
      out.add(codec::array_at(each, "functionDeclarations"));
  const auto* config = codec::find(body, "toolConfig");
  const auto* functions = config ? codec::find(*config, "functionCallingConfig") : nullptr;
  if (!functions)
    return out;
  const auto mode = codec::string_at(*functions, "mode").value_or("AUTO");
  out.when = mode == "NONE" ? calling::never : mode == "ANY" ? calling::always : calling::if_mentioned;
  const auto* allowed = codec::array_at(*functions, "allowedFunctionNames");
  if (allowed && !allowed->empty() && allowed->front().is_string())
    out.only = std::string(allowed->front().get_string());
  return out;
}

/// The result of a function in the last content; nullptr if there is none.
const json::value* result_in(const json::value& content) {
  if (const auto* list = codec::array_at(content, "parts"))
    for (const auto& part : *list)
      if (const auto* result = codec::find(part, "functionResponse"))
        return result;
  return nullptr;
}

/// The text of a result, which is an object of any members.
std::string text_of_result(const json::value& result) {
  const auto* response = codec::find(result, "response");
  return response ? codec::to_text(*response) : std::string();
}

} // namespace

plan answer_gemini(const ask& a, bool stream) {
  const auto* contents = codec::array_at(a.body, "contents");
  if (!contents || contents->empty())
    return openai_error(400, "contents is not specified", "invalid_request_error");
  const auto offer = offer_of(a.body);
  if (const auto wrong = offer.complaint(); !wrong.empty())
    return openai_error(400, wrong, "invalid_request_error");

  const auto& last = contents->back();
  const auto* result = result_in(last);
  wanted w(result ? text_of_result(*result) : text_of(last, "parts"));
  w.tool = offer.pick(w.prompt, !result);
  if (w.tool && codec::find(*w.tool, "parametersJsonSchema"))
    w.schema_key = "parametersJsonSchema";
  if (const auto* config = codec::find(a.body, "generationConfig")) {
    w.limit = codec::uint_at(*config, "maxOutputTokens");
    w.stop_at(*config, "stopSequences");
    w.as_json = codec::string_at(*config, "responseMimeType") == "application/json";
    const auto* schema = codec::find(*config, "responseJsonSchema");
    w.schema = schema ? schema : codec::find(*config, "responseSchema");
  }
  const said s(a, w);
  auto out = stream ? streamed(s) : whole(s);
  out.error_event =
      "data: {\"error\":{\"code\":503,\"message\":\"simulated failure\",\"status\":\"UNAVAILABLE\"}}\r\n\r\n";
  return out;
}

} // namespace weir::inline v0::sim
