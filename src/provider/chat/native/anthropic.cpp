// Anthropic's Messages: POST /v1/messages, version 2023-06-01.
#include "provider/chat/dialect_encode.hpp"
#include "provider/chat/dialects.hpp"
#include "provider/chat/native/anthropic_decode.hpp"
#include "provider/chat/prompt_cache.hpp"

namespace weir::inline v0::provider {

namespace {

namespace json = codec::json;

constexpr std::string_view dialect = "Anthropic's Messages API";
// The smallest limit among the models that are still served, so every one accepts it.
constexpr std::int64_t default_max_tokens = 4096;

json::object text_block(json::value text) { return json::object{{"type", "text"}, {"text", std::move(text)}}; }

json::value encode_part(const content_part& p, codec::long_texts& texts) {
  switch (p.type()) {
  case content_part::kind::text: return text_block(texts.value_of(p.value()));
  case content_part::kind::image_url: {
    json::object source;
    if (const auto data = read_inline_image(p.value()))
      source = json::object{{"type", "base64"}, {"media_type", data->mime}, {"data", data->base64}};
    else
      source = json::object{{"type", "url"}, {"url", p.value()}};
    return json::object{{"type", "image"}, {"source", std::move(source)}};
  }
  case content_part::kind::file: {
    const auto data = inline_data_of(p);
    if (data.mime != "application/pdf")
      refuse_field("a file of type " + data.mime, dialect, "pass an image or a PDF");
    json::object document{
        {"type", "document"},
        {"source", json::object{{"type", "base64"}, {"media_type", data.mime}, {"data", data.base64}}}};
    if (!p.name().empty())
      document["title"] = p.name();
    return document;
  }
  case content_part::kind::raw: break;
  }
  return codec::parse_argument(p.value(), "a content part");
}

json::array encode_content(const message& m, codec::long_texts& texts) {
  json::array blocks;
  if (m.content() && !m.content()->empty())
    blocks.push_back(text_block(texts.value_of(*m.content())));
  for (const auto& p : m.parts())
    blocks.push_back(encode_part(p, texts));
  return blocks;
}

json::array blocks_of(const message& m, codec::long_texts& texts) {
  if (m.role() == "tool") {
    json::object result{
        {"type", "tool_result"}, {"tool_use_id", m.tool_call_id()}, {"content", encode_content(m, texts)}};
    return json::array{std::move(result)};
  }
  auto blocks = reasoning_blocks_of(m, {"thinking", "redacted_thinking"});
  for (auto& one : encode_content(m, texts))
    blocks.push_back(std::move(one));
  for (const auto& c : m.tool_calls())
    blocks.push_back(json::object{{"type", "tool_use"}, {"id", c.id}, {"name", c.name}, {"input", arguments_of(c)}});
  return blocks;
}

// Results of calls are user content there, all in the turn after the calls.
void add_turn(json::array& turns, const message& m, json::array blocks) {
  const std::string_view role = m.role() == "assistant" ? "assistant" : "user";
  if (turns.empty() || codec::string_at(turns.back(), "role") != role)
    turns.push_back(json::object{{"role", role}, {"content", json::array()}});
  auto& turn = turns.back().get_object();
  auto& content = turn["content"].get_array();
  content.insert(content.end(), std::make_move_iterator(blocks.begin()), std::make_move_iterator(blocks.end()));
  put_extra(turn, m);
}

void put_messages(json::object& body, const chat& ask, const prefix_marks& marks, codec::long_texts& texts) {
  json::array system, turns;
  for (std::size_t at = 0; at < ask.messages().size(); ++at) {
    const auto& m = ask.messages()[at];
    check_role(m);
    refuse_name(m, dialect);
    if (!is_system(m)) {
      auto blocks = blocks_of(m, texts);
      marks.mark(blocks, at);
      add_turn(turns, m, std::move(blocks));
      continue;
    }
    if (!turns.empty())
      refuse_field("a system message after the conversation has begun", dialect);
    auto block = text_block(json::value(only_text(m, dialect)));
    put_extra(block, m);
    json::array only{std::move(block)};
    marks.mark(only, at);
    system.push_back(std::move(only.front()));
  }
  if (!system.empty())
    body["system"] = std::move(system);
  body["messages"] = std::move(turns);
}

json::object encode_tool(const tool& t) {
  json::object o{{"name", t.name()}};
  if (!t.description().empty())
    o["description"] = t.description();
  o["input_schema"] = parameters_of(t);
  put(o, "strict", t.strict());
  return o;
}

void put_tools(json::object& body, const chat& ask, const prefix_marks& marks) {
  if (!ask.tools().empty()) {
    json::array tools;
    for (const auto& t : ask.tools())
      tools.push_back(encode_tool(t));
    marks.mark_tools(tools);
    body["tools"] = std::move(tools);
  }
  const bool one_by_one = !ask.parallel_tool_calls().value_or(true);
  if (!ask.tool_choice() && !one_by_one)
    return;
  const auto wanted = ask.tool_choice().value_or("auto");
  json::object choice;
  if (wanted == "auto" || wanted == "none")
    choice["type"] = wanted;
  else if (wanted == "required")
    choice["type"] = "any";
  else
    choice = json::object{{"type", "tool"}, {"name", wanted}};
  if (one_by_one && wanted != "none")
    choice["disable_parallel_tool_use"] = true;
  body["tool_choice"] = std::move(choice);
}

void put_output(json::object& body, const chat& ask) {
  json::object output;
  if (const auto& effort = ask.reasoning_effort(); effort == "none") {
    body["thinking"] = json::object{{"type", "disabled"}};
  } else if (effort) {
    body["thinking"] = json::object{{"type", "adaptive"}};
    output["effort"] = *effort == "minimal" ? std::string("low") : *effort;
  }
  if (const auto& f = ask.response_format()) {
    switch (f->type()) {
    case response_format::kind::text: break;
    case response_format::kind::json_object: refuse_field("response_format json_object", dialect, "use a JSON Schema");
    case response_format::kind::json_schema:
      output["format"] = json::object{{"type", "json_schema"}, {"schema", schema_of(*f)}};
      break;
    case response_format::kind::raw: output["format"] = codec::parse_argument(f->value(), "response_format"); break;
    }
  }
  if (!output.empty())
    body["output_config"] = std::move(output);
}

http::request encode(const chat& ask, const route& to, bool stream) {
  express_only(
      ask, dialect,
      {"response_format", "reasoning_effort", "temperature", "top_p", "tool_choice", "parallel_tool_calls", "stop"});
  const prefix_marks marks(ask, to);
  json::object body;
  body["model"] = to.model;
  body["max_tokens"] = most_tokens(ask).value_or(default_max_tokens);
  codec::long_texts texts;
  put_messages(body, ask, marks, texts);
  put(body, "temperature", ask.temperature());
  put(body, "top_p", ask.top_p());
  if (!ask.stop().empty())
    body["stop_sequences"] = json::array(ask.stop().begin(), ask.stop().end());
  put_tools(body, ask, marks);
  put_output(body, ask);
  if (ask.end_user())
    body["metadata"] = json::object{{"user_id", *ask.end_user()}};
  body["stream"] = stream;
  merge_extra(body, ask.extra_body());
  return json_request(to, body, texts);
}

} // namespace

const chat_dialect anthropic_messages(&encode, &make_anthropic_decoder);

} // namespace weir::inline v0::provider
