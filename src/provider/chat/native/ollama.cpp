// Ollama's native chat: POST /api/chat, streamed as JSON lines.
#include "provider/answer/units.hpp"
#include "provider/chat/dialect_decode.hpp"
#include "provider/chat/dialect_encode.hpp"
#include "provider/chat/dialects.hpp"

namespace weir::inline v0::provider {

namespace {

namespace json = codec::json;

constexpr std::string_view dialect = "Ollama's API";

json::object encode_message(const std::vector<message>& all, std::size_t at) {
  const auto& m = all[at];
  check_role(m);
  refuse_name(m, dialect);
  json::object o{{"role", m.role() == "developer" ? "system" : m.role()}};
  std::string text;
  json::array images;
  for (const auto& p : parts_of(m)) {
    if (p.type() == content_part::kind::raw || p.type() == content_part::kind::file)
      refuse_field("content other than text and images", dialect);
    if (p.type() == content_part::kind::text) {
      text += p.value();
      continue;
    }
    const auto data = read_inline_image(p.value());
    if (!data)
      refuse_field("an image by its URL", dialect, "pass its bytes");
    images.push_back(json::value(data->base64));
  }
  o["content"] = text;
  if (!images.empty())
    o["images"] = std::move(images);
  if (m.role() == "tool")
    o["tool_name"] = name_of_result(all, at);
  json::array calls;
  for (const auto& c : m.tool_calls())
    calls.push_back(json::object{{"function", json::object{{"name", c.name}, {"arguments", arguments_of(c)}}}});
  if (!calls.empty())
    o["tool_calls"] = std::move(calls);
  put_extra(o, m);
  return o;
}

json::object encode_tool(const tool& t) {
  if (t.strict().value_or(false))
    refuse_field("strict tools", dialect);
  json::object function{{"name", t.name()}, {"description", t.description()}, {"parameters", parameters_of(t)}};
  return json::object{{"type", "function"}, {"function", std::move(function)}};
}

json::object options_of(const chat& ask) {
  json::object o;
  put(o, "temperature", ask.temperature());
  put(o, "top_p", ask.top_p());
  put(o, "num_predict", most_tokens(ask));
  put(o, "seed", ask.seed());
  put(o, "frequency_penalty", ask.frequency_penalty());
  put(o, "presence_penalty", ask.presence_penalty());
  if (!ask.stop().empty())
    o["stop"] = json::array(ask.stop().begin(), ask.stop().end());
  return o;
}

void put_format(json::object& body, const response_format& f) {
  switch (f.type()) {
  case response_format::kind::text: break;
  case response_format::kind::json_object: body["format"] = "json"; break;
  case response_format::kind::json_schema: body["format"] = schema_of(f); break;
  case response_format::kind::raw: body["format"] = codec::parse_argument(f.value(), "response_format"); break;
  }
}

// A switch for most models, a level for those that have levels.
json::value think_of(const std::string& effort) {
  if (effort == "none")
    return json::value(false);
  if (effort == "low" || effort == "medium" || effort == "high")
    return json::value(effort);
  throw error(errc::unsupported, "Ollama takes reasoning_effort none, low, medium or high: \"" + effort +
                                     "\" cannot be expressed; for a model without levels set extra_body think to true");
}

http::request encode(const chat& ask, const route& to, bool stream) {
  express_only(ask, dialect,
               {"frequency_penalty", "presence_penalty", "response_format", "reasoning_effort", "seed", "temperature",
                "top_p", "stop"});
  json::object body;
  body["model"] = to.model;
  json::array messages;
  for (std::size_t i = 0; i < ask.messages().size(); ++i)
    messages.push_back(encode_message(ask.messages(), i));
  body["messages"] = std::move(messages);
  if (!ask.tools().empty()) {
    json::array tools;
    for (const auto& t : ask.tools())
      tools.push_back(encode_tool(t));
    body["tools"] = std::move(tools);
  }
  if (ask.response_format())
    put_format(body, *ask.response_format());
  if (ask.reasoning_effort())
    body["think"] = think_of(*ask.reasoning_effort());
  if (auto o = options_of(ask); !o.empty())
    body["options"] = std::move(o);
  body["stream"] = stream;
  merge_extra(body, ask.extra_body());
  auto request = json_request(to, body);
  if (stream && !request.headers.has("accept"))
    request.headers.add("accept", "application/x-ndjson");
  return request;
}

class ollama_decoder final : public object_decoder {
private:
  void read_event(const codec::node& v, std::vector<event>& out) override {
    keep_first(info_.model, v, "model");
    if (const auto* message = codec::find(v, "message"))
      read_message(*message, out);
    say(event::kind::text, v, "response", out); // as in /api/generate
    if (!codec::bool_at(v, "done").value_or(false))
      return;
    // Older servers end without a reason.
    const auto reason = codec::string_at(v, "done_reason").value_or("stop");
    finish(reason, out);
    if (failed())
      return;
    usage u;
    u.prompt_tokens = codec::uint_at(v, "prompt_eval_count");
    u.completion_tokens = codec::uint_at(v, "eval_count");
    put_total(u);
    split_prompt(u, u.prompt_tokens, prompt_parts());
    split_output(u, u.completion_tokens, output_parts());
    report(u, out);
    end();
  }

  bool read_answer(const codec::node& v, std::vector<event>& out) override {
    if (!codec::find(v, "message") && !codec::find(v, "response"))
      return false;
    read_event(v, out);
    return done() || failed();
  }

  void read_message(const codec::node& message, std::vector<event>& out) {
    say(event::kind::reasoning, message, "thinking", out);
    say(event::kind::text, message, "content", out);
    if (const auto* images = codec::array_at(message, "images"))
      for (const auto& image : images->elements())
        if (image.is_string())
          show(image.get_string(), {}, out);
    const auto* list = codec::array_at(message, "tool_calls");
    if (!list)
      return;
    for (const auto& c : list->elements()) {
      const auto* function = codec::find(c, "function");
      if (!function)
        continue;
      // Most servers do not number calls, and a result has to refer to its call.
      auto id = std::string(codec::string_at(c, "id").value_or(""));
      if (id.empty())
        id = "call_" + std::to_string(calls());
      const auto* args = codec::find(*function, "arguments");
      std::string made;
      begin_call(id, codec::string_at(*function, "name").value_or(""), args ? arguments_text(args, made) : "{}", out);
    }
  }
};

std::unique_ptr<decoder> make_decoder(std::size_t) { return std::make_unique<ollama_decoder>(); }

} // namespace

const chat_dialect ollama_chat(&encode, &make_decoder);

} // namespace weir::inline v0::provider
