// Ollama's chat: a stream of JSON lines.
#include "sim/dialects/dialects.hpp"
#include "sim/dialects/script.hpp"

namespace weir::inline v0::sim {

namespace json = codec::json;

namespace {

constexpr std::string_view created = "2026-01-02T03:04:05Z";

json::object line(const said& s, json::object message, bool last) {
  message["role"] = "assistant";
  json::object out;
  out["model"] = s.model;
  out["created_at"] = created;
  out["message"] = std::move(message);
  out["done"] = last;
  if (!last)
    return out;
  out["done_reason"] = s.size.limited && !s.call ? "length" : "stop";
  out["total_duration"] = 1000;
  out["prompt_eval_count"] = s.prompt_tokens;
  out["eval_count"] = s.answer_tokens();
  return out;
}

json::object with_calls(json::object message, const called& c) {
  error_code ec;
  auto function = one("name", json::value(c.name));
  function["arguments"] = codec::parse_json(c.arguments, ec);
  json::array calls;
  calls.push_back(one("function", std::move(function)));
  message["tool_calls"] = std::move(calls);
  return message;
}

std::string text(const json::object& o) { return codec::to_text(o) + "\n"; }

plan streamed(const said& s) {
  auto source = s.stream();
  const answer_text thoughts("");
  for (std::uint64_t t = 0; t < s.reasoning; ++t) {
    auto message = one("content", "");
    message["thinking"] = thoughts.token(t);
    source->before.emplace_back(piece::token, text(line(s, std::move(message), false)));
  }
  const auto around = text(line(s, one("content", ""), false));
  static constexpr std::string_view mark = "\"content\":\"";
  const auto at = around.find(mark) + mark.size();
  source->prefixes.push_back(around.substr(0, at));
  source->suffix = around.substr(at);
  if (s.call)
    source->after.emplace_back(piece::token, text(line(s, with_calls(one("content", ""), *s.call), false)));
  source->after.emplace_back(piece::extra, text(line(s, one("content", ""), true)));
  auto out = stream_plan(std::move(source));
  out.headers.front().second = "application/x-ndjson";
  out.lines = true;
  return out;
}

plan whole(const said& s) {
  auto message = one("content", json::value(s.call ? std::string() : s.whole()));
  if (s.reasoning != 0)
    message["thinking"] = s.thoughts();
  if (s.call)
    message = with_calls(std::move(message), *s.call);
  return json_plan(200, line(s, std::move(message), true));
}

} // namespace

plan answer_ollama(const ask& a) {
  const auto* messages = codec::array_at(a.body, "messages");
  if (!messages || messages->empty())
    return openai_error(400, "messages is required", "invalid_request_error");
  const auto& last = messages->back();
  if (!codec::string_at(last, "content"))
    return openai_error(400, "a message's content must be a string", "invalid_request_error");
  const auto* options = codec::find(a.body, "options");
  const auto* tools = codec::array_at(a.body, "tools");
  const bool may_call = tools && !tools->empty() && codec::string_at(last, "role") == "user";
  const said s(a, text_of(last), options ? codec::uint_at(*options, "num_predict") : std::nullopt,
               codec::find(a.body, "format") != nullptr, may_call ? codec::find(tools->front(), "function") : nullptr,
               "parameters");
  auto out = codec::bool_at(a.body, "stream").value_or(true) ? streamed(s) : whole(s);
  out.error_event = "{\"error\":\"simulated failure\"}\n";
  return out;
}

} // namespace weir::inline v0::sim
