// Cohere's chat, version 2.
#include "sim/answer/script.hpp"
#include "sim/answer/tools.hpp"
#include "sim/dialects/dialects.hpp"

namespace weir::inline v0::sim {

namespace json = codec::json;

namespace {

json::object usage_of(const said& s) {
  json::object tokens;
  tokens["input_tokens"] = s.prompt_tokens;
  tokens["output_tokens"] = s.answer_tokens();
  auto out = one("billed_units", tokens);
  out["tokens"] = std::move(tokens);
  return out;
}

std::string_view finish_of(const said& s) {
  return s.call ? "TOOL_CALL" : s.stopped ? "STOP_SEQUENCE" : s.size.limited ? "MAX_TOKENS" : "COMPLETE";
}

json::object content(std::string_view type, std::string_view key, std::string_view text) {
  json::object out;
  if (!type.empty())
    out["type"] = type;
  out[key] = text;
  return out;
}

json::object call_of(const called& c, std::string_view arguments) {
  auto function = one("name", json::value(c.name));
  function["arguments"] = arguments;
  auto out = one("id", json::value(c.id));
  out["type"] = "function";
  out["function"] = std::move(function);
  return out;
}

std::string event(std::string_view type, std::uint64_t index, std::string_view key, json::value inner) {
  auto out = one("type", json::value(type));
  out["index"] = index;
  if (!key.empty())
    out["delta"] = one("message", one(key, std::move(inner)));
  return typed_event(out);
}

plan streamed(const said& s) {
  auto source = s.stream();
  auto first = one("id", json::value("co-sim-" + std::to_string(s.serial)));
  first["type"] = "message-start";
  auto empty = one("role", "assistant");
  empty["content"] = json::array();
  first["delta"] = one("message", std::move(empty));
  source->before.emplace_back(piece::extra, typed_event(first));
  std::uint64_t index = 0;
  if (s.reasoning != 0) {
    const answer_text thoughts("");
    source->before.emplace_back(piece::extra,
                                event("content-start", index, "content", content("thinking", "thinking", "")));
    for (std::uint64_t t = 0; t < s.reasoning; ++t)
      source->before.emplace_back(piece::token,
                                  event("content-delta", index, "content", content("", "thinking", thoughts.token(t))));
    source->before.emplace_back(piece::extra, event("content-end", index++, "", nullptr));
  }
  if (s.call) {
    source->after.emplace_back(piece::token, event("tool-call-start", 0, "tool_calls", call_of(*s.call, "")));
    for (const auto& part : pieces(s.call->arguments))
      source->after.emplace_back(piece::token, event("tool-call-delta", 0, "tool_calls",
                                                     one("function", one("arguments", json::value(part)))));
    source->after.emplace_back(piece::extra, event("tool-call-end", 0, "", nullptr));
  } else {
    source->before.emplace_back(piece::extra, event("content-start", index, "content", content("text", "text", "")));
    source->after.emplace_back(piece::extra, event("content-end", index, "", nullptr));
  }
  source->prefixes.push_back("event: content-delta\ndata: {\"type\":\"content-delta\",\"index\":" +
                             std::to_string(index) + ",\"delta\":{\"message\":{\"content\":{\"text\":\"");
  source->suffix = "\"}}}}\n\n";
  auto end = one("finish_reason", json::value(finish_of(s)));
  end["usage"] = usage_of(s);
  auto last = one("type", "message-end");
  last["delta"] = std::move(end);
  source->after.emplace_back(piece::extra, typed_event(last));
  source->after.emplace_back(piece::extra, "data: [DONE]\n\n");
  return stream_plan(std::move(source));
}

plan whole(const said& s) {
  auto message = one("role", "assistant");
  json::array list;
  if (s.reasoning != 0)
    list.push_back(content("thinking", "thinking", s.thoughts()));
  if (s.call) {
    json::array calls;
    calls.push_back(call_of(*s.call, s.call->arguments));
    message["tool_calls"] = std::move(calls);
  } else {
    list.push_back(content("text", "text", s.whole()));
  }
  message["content"] = std::move(list);
  auto body = one("id", json::value("co-sim-" + std::to_string(s.serial)));
  body["finish_reason"] = finish_of(s);
  body["message"] = std::move(message);
  body["usage"] = usage_of(s);
  return json_plan(200, std::move(body));
}

} // namespace

plan answer_cohere(const ask& a) {
  const auto* messages = codec::array_at(a.body, "messages");
  if (!messages || messages->empty())
    return openai_error(400, "messages is required", "invalid_request_error");
  tool_offer offer;
  offer.add(codec::array_at(a.body, "tools"), "function");
  if (const auto choice = codec::string_at(a.body, "tool_choice")) {
    if (*choice != "REQUIRED" && *choice != "NONE")
      return openai_error(400, "tool_choice must be REQUIRED or NONE", "invalid_request_error");
    offer.when = *choice == "NONE" ? calling::never : calling::always;
  }
  if (const auto wrong = offer.complaint(); !wrong.empty())
    return openai_error(400, wrong, "invalid_request_error");

  const auto& last = messages->back();
  wanted w(text_of(last));
  w.limit = codec::uint_at(a.body, "max_tokens");
  w.stop_at(a.body, "stop_sequences");
  w.tool = offer.pick(w.prompt, codec::string_at(last, "role") == "user");
  if (const auto* format = codec::find(a.body, "response_format")) {
    w.as_json = codec::string_at(*format, "type") == "json_object";
    const auto* schema = codec::find(*format, "json_schema");
    w.schema = schema ? schema : codec::find(*format, "schema");
  }
  const said s(a, w);
  auto out = codec::bool_at(a.body, "stream").value_or(false) ? streamed(s) : whole(s);
  out.error_event = "event: message-end\ndata: {\"type\":\"message-end\",\"delta\":{\"finish_reason\":\"ERROR\","
                    "\"error\":\"simulated failure\"}}\n\n";
  return out;
}

} // namespace weir::inline v0::sim
