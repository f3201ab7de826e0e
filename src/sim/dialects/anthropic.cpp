// Anthropic's Messages.
#include "sim/dialects/dialects.hpp"
#include "sim/dialects/script.hpp"

namespace weir::inline v0::sim {

namespace json = codec::json;

namespace {

json::object usage_of(const said& s) {
  json::object out;
  out["input_tokens"] = s.prompt_tokens;
  out["cache_creation_input_tokens"] = 0;
  out["cache_read_input_tokens"] = 0;
  out["output_tokens"] = s.answer_tokens();
  return out;
}

std::string_view stop_of(const said& s) { return s.call ? "tool_use" : s.size.limited ? "max_tokens" : "end_turn"; }

json::object head_of(const said& s, json::array content) {
  json::object out;
  out["id"] = "msg_sim_" + std::to_string(s.serial);
  out["type"] = "message";
  out["role"] = "assistant";
  out["model"] = s.model;
  out["content"] = std::move(content);
  return out;
}

json::object block(std::string_view type, std::string_view key, std::string_view text) {
  auto out = one("type", json::value(type));
  out[key] = text;
  return out;
}

json::object tool_block(const called& c, json::value input) {
  auto out = block("tool_use", "id", c.id);
  out["name"] = c.name;
  out["input"] = std::move(input);
  return out;
}

std::string block_event(std::string_view type, std::uint64_t index, std::string_view key, json::object inner) {
  auto out = one("type", json::value(type));
  out["index"] = index;
  if (!key.empty())
    out[key] = std::move(inner);
  return typed_event(out);
}

plan streamed(const said& s) {
  auto source = s.stream();
  auto start = head_of(s, json::array());
  start["stop_reason"] = nullptr;
  auto counts = usage_of(s);
  counts["output_tokens"] = 1;
  start["usage"] = std::move(counts);
  auto first = one("type", "message_start");
  first["message"] = std::move(start);
  source->before.emplace_back(piece::extra, typed_event(first));
  source->before.emplace_back(piece::extra, typed_event(one("type", "ping")));
  std::uint64_t index = 0;
  if (s.reasoning != 0) {
    const answer_text thoughts("");
    source->before.emplace_back(
        piece::extra, block_event("content_block_start", index, "content_block", block("thinking", "thinking", "")));
    for (std::uint64_t t = 0; t < s.reasoning; ++t)
      source->before.emplace_back(piece::token, block_event("content_block_delta", index, "delta",
                                                            block("thinking_delta", "thinking", thoughts.token(t))));
    source->before.emplace_back(piece::extra, block_event("content_block_stop", index++, "", json::object()));
  }
  if (s.call) {
    source->after.emplace_back(
        piece::token, block_event("content_block_start", index, "content_block", tool_block(*s.call, json::object())));
    for (const auto& part : pieces(s.call->arguments))
      source->after.emplace_back(piece::token, block_event("content_block_delta", index, "delta",
                                                           block("input_json_delta", "partial_json", part)));
  } else {
    source->before.emplace_back(piece::extra,
                                block_event("content_block_start", index, "content_block", block("text", "text", "")));
  }
  source->prefixes.push_back("event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":" +
                             std::to_string(index) + ",\"delta\":{\"type\":\"text_delta\",\"text\":\"");
  source->suffix = "\"}}\n\n";
  source->after.emplace_back(piece::extra, block_event("content_block_stop", index, "", json::object()));
  auto last = one("type", "message_delta");
  last["delta"] = one("stop_reason", json::value(stop_of(s)));
  last["usage"] = one("output_tokens", s.answer_tokens());
  source->after.emplace_back(piece::extra, typed_event(last));
  source->after.emplace_back(piece::extra, typed_event(one("type", "message_stop")));
  return stream_plan(std::move(source));
}

plan whole(const said& s) {
  json::array content;
  if (s.reasoning != 0)
    content.push_back(block("thinking", "thinking", s.thoughts()));
  if (s.call) {
    error_code ec;
    content.push_back(tool_block(*s.call, codec::parse_json(s.call->arguments, ec)));
  } else {
    content.push_back(block("text", "text", s.whole()));
  }
  auto body = head_of(s, std::move(content));
  body["stop_reason"] = stop_of(s);
  body["usage"] = usage_of(s);
  return json_plan(200, std::move(body));
}

bool has_result(const json::value& message) {
  const auto* blocks = codec::array_at(message, "content");
  if (blocks)
    for (const auto& b : *blocks)
      if (codec::string_at(b, "type") == "tool_result")
        return true;
  return false;
}

} // namespace

plan answer_messages(const ask& a) {
  const auto* messages = codec::array_at(a.body, "messages");
  const auto limit = codec::uint_at(a.body, "max_tokens");
  if (!messages || messages->empty() || !limit)
    return openai_error(400, !limit ? "max_tokens: Field required" : "messages: Field required",
                        "invalid_request_error");
  for (const auto& m : *messages)
    if (const auto role = codec::string_at(m, "role"); role != "user" && role != "assistant")
      return openai_error(400, "messages: role must be user or assistant", "invalid_request_error");
  const auto& last = messages->back();
  const auto* tools = codec::array_at(a.body, "tools");
  const bool may_call = tools && !tools->empty() && codec::string_at(last, "role") == "user" && !has_result(last);
  const auto* output = codec::find(a.body, "output_config");
  const said s(a, text_of(last), limit, output && codec::find(*output, "format"), may_call ? &tools->front() : nullptr,
               "input_schema");
  auto out = codec::bool_at(a.body, "stream").value_or(false) ? streamed(s) : whole(s);
  out.error_event =
      "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"simulated "
      "failure\"}}\n\n";
  out.headers.emplace_back("anthropic-ratelimit-requests-limit", "50");
  out.headers.emplace_back("anthropic-ratelimit-requests-remaining", "49");
  return out;
}

} // namespace weir::inline v0::sim
