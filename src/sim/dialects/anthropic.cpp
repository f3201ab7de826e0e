// Anthropic's Messages.
#include "sim/answer/script.hpp"
#include "sim/answer/tools.hpp"
#include "sim/dialects/dialects.hpp"

namespace weir::inline v0::sim {

namespace json = codec::json;

namespace {

json::object usage_of(const said& s) {
  constexpr std::uint64_t frame = 3; // of a message
  json::object out;
  out["input_tokens"] = s.cached.plain == 0 ? 0 : s.cached.plain + frame;
  out["cache_creation_input_tokens"] = s.cached.written();
  out["cache_read_input_tokens"] = s.cached.read;
  if (s.cached.written() != 0)
    out["cache_creation"] = json::object{{"ephemeral_5m_input_tokens", s.cached.written_5m},
                                         {"ephemeral_1h_input_tokens", s.cached.written_1h}};
  out["output_tokens"] = s.answer_tokens();
  return out;
}

std::string_view stop_of(const said& s) {
  return s.call ? "tool_use" : s.stopped ? "stop_sequence" : s.size.limited ? "max_tokens" : "end_turn";
}

json::value sequence_of(const said& s) { return s.stopped ? json::value(*s.stopped) : json::value(nullptr); }

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
  start["stop_sequence"] = nullptr;
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
  auto end = one("stop_reason", json::value(stop_of(s)));
  end["stop_sequence"] = sequence_of(s);
  last["delta"] = std::move(end);
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
  body["stop_sequence"] = sequence_of(s);
  body["usage"] = usage_of(s);
  return json_plan(200, std::move(body));
}

/// The result of a tool in a message; nullptr if there is none.
const json::value* result_in(const json::value& message) {
  if (const auto* blocks = codec::array_at(message, "content"))
    for (const auto& b : *blocks)
      if (codec::string_at(b, "type") == "tool_result")
        return &b;
  return nullptr;
}

plan refused(std::string_view why) { return openai_error(400, why, "invalid_request_error"); }

/// What is wrong with the messages; empty if nothing.
std::string_view complaint_about(const json::value& body) {
  const auto* messages = codec::array_at(body, "messages");
  if (!messages || messages->empty())
    return "messages: Field required";
  for (const auto& m : *messages)
    if (const auto role = codec::string_at(m, "role"); role != "user" && role != "assistant")
      return "messages: role must be user or assistant";
  return {};
}

/// Sets what `tool_choice` says; \returns what is wrong with it, empty if nothing.
std::string read_choice(tool_offer& offer, const json::value& body) {
  const auto* choice = codec::find(body, "tool_choice");
  if (!choice)
    return {};
  const auto type = codec::string_at(*choice, "type").value_or("");
  if (type != "auto" && type != "any" && type != "tool" && type != "none")
    return "tool_choice.type: must be auto, any, tool or none";
  offer.when = type == "none" ? calling::never : type == "auto" ? calling::if_mentioned : calling::always;
  if (type == "tool")
    offer.only = std::string(codec::string_at(*choice, "name").value_or(""));
  return offer.complaint();
}

} // namespace

plan answer_messages(const ask& a) {
  const auto limit = codec::uint_at(a.body, "max_tokens");
  if (!limit)
    return refused("max_tokens: Field required");
  if (const auto wrong = complaint_about(a.body); !wrong.empty())
    return refused(wrong);
  tool_offer offer("input_schema");
  offer.add(codec::array_at(a.body, "tools"));
  if (const auto wrong = read_choice(offer, a.body); !wrong.empty())
    return refused(wrong);

  const auto& last = codec::array_at(a.body, "messages")->back();
  const auto* result = result_in(last);
  wanted w(text_of(result ? *result : last));
  w.limit = limit;
  w.stop_at(a.body, "stop_sequences");
  w.tool = offer.pick(w.prompt, codec::string_at(last, "role") == "user" && !result);
  w.schema_key = offer.schema_key;
  const auto* output = codec::find(a.body, "output_config");
  if (const auto* format = output ? codec::find(*output, "format") : codec::find(a.body, "output_format")) {
    w.as_json = true;
    w.schema = codec::find(*format, "schema");
  }
  const said s(a, w);
  auto out = codec::bool_at(a.body, "stream").value_or(false) ? streamed(s) : whole(s);
  out.error_event =
      "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"simulated "
      "failure\"}}\n\n";
  out.headers.emplace_back("anthropic-ratelimit-requests-limit", "50");
  out.headers.emplace_back("anthropic-ratelimit-requests-remaining", "49");
  return out;
}

plan answer_count_tokens(const ask& a) {
  if (!codec::string_at(a.body, "model"))
    return refused("model: Field required");
  if (const auto wrong = complaint_about(a.body); !wrong.empty())
    return refused(wrong);
  std::uint64_t tokens = count_words(text_of(a.body, "system"));
  for (const auto& m : *codec::array_at(a.body, "messages"))
    tokens += count_words(text_of(m)) + 3;
  if (const auto* tools = codec::find(a.body, "tools"))
    tokens += count_words(codec::to_text(*tools));
  return json_plan(200, one("input_tokens", tokens));
}

} // namespace weir::inline v0::sim
