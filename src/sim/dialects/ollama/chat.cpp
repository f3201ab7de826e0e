// Ollama's chat: a stream of JSON lines.
#include "sim/answer/tools.hpp"
#include "sim/dialects/dialects.hpp"
#include "sim/dialects/ollama/lines.hpp"

namespace weir::inline v0::sim {

namespace json = codec::json;

namespace {

json::object message(std::string_view content) {
  auto out = one("content", json::value(content));
  out["role"] = "assistant";
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

json::object line(const said& s, json::object message, bool last) {
  return ollama::line(s, "message", std::move(message), last);
}

plan streamed(const said& s) {
  std::vector<scripted> before, after;
  const answer_text thoughts("");
  for (std::uint64_t t = 0; t < s.reasoning; ++t) {
    auto thought = message("");
    thought["thinking"] = thoughts.token(t);
    before.emplace_back(piece::token, ollama::text(line(s, std::move(thought), false)));
  }
  if (s.call)
    after.emplace_back(piece::token, ollama::text(line(s, with_calls(message(""), *s.call), false)));
  after.emplace_back(piece::extra, ollama::text(line(s, message(""), true)));
  return ollama::stream(s, line(s, message(""), false), "content", std::move(before), std::move(after));
}

plan whole(const said& s) {
  auto out = message(s.call ? std::string() : s.whole());
  if (s.reasoning != 0)
    out["thinking"] = s.thoughts();
  if (s.call)
    out = with_calls(std::move(out), *s.call);
  return json_plan(200, line(s, std::move(out), true));
}

} // namespace

plan answer_ollama(const ask& a) {
  const auto* messages = codec::array_at(a.body, "messages");
  if (!messages || messages->empty())
    return openai_error(400, "messages is required", "invalid_request_error");
  const auto& last = messages->back();
  if (!codec::string_at(last, "content"))
    return openai_error(400, "a message's content must be a string", "invalid_request_error");
  tool_offer offer;
  offer.add(codec::array_at(a.body, "tools"), "function");
  wanted w(text_of(last));
  ollama::read_options(w, a.body);
  w.tool = offer.pick(w.prompt, codec::string_at(last, "role") == "user");
  const said s(a, w);
  auto out = codec::bool_at(a.body, "stream").value_or(true) ? streamed(s) : whole(s);
  out.error_event = "{\"error\":\"simulated failure\"}\n";
  return out;
}

} // namespace weir::inline v0::sim
