// Chat requests of OpenAI-compatible APIs (docs/dialects.md, "OpenAI's chat, as vendors speak it").
#include "provider/chat/dialect_encode.hpp"
#include "provider/chat/prompt_cache.hpp"

#include <array>

namespace weir::inline v0::provider {

namespace {

namespace json = codec::json;

// OpenRouter's form. Others refuse the member, or know nothing of it.
void put_reasoning(json::object& o, const message& m, const route& to) {
  if (m.reasoning_blocks().empty() || to.provider != "custom")
    return;
  if (auto blocks = reasoning_blocks_of(m, {"reasoning."}); !blocks.empty())
    o["reasoning_details"] = std::move(blocks);
}

json::object encode_message(const chat& ask, std::size_t at, const route& to, const prefix_marks& marks,
                            codec::long_texts& texts, json::storage_ptr storage) {
  const auto& m = ask.messages()[at];
  json::object o(storage);
  o["role"] = m.role();
  if (!m.parts().empty() || (marks.on(at) && m.content() && !m.content()->empty())) {
    json::array parts;
    if (m.content())
      parts.push_back(openai_part(content_part::text(*m.content())));
    for (const auto& p : m.parts())
      parts.push_back(openai_part(p, texts));
    marks.mark(parts, at);
    o["content"] = std::move(parts);
  } else if (m.content()) {
    o["content"] = texts.value_of(*m.content(), storage);
  }
  if (!m.name().empty())
    o["name"] = m.name();
  if (!m.tool_calls().empty()) {
    json::array calls;
    for (const auto& c : m.tool_calls())
      calls.push_back(openai_call(c));
    o["tool_calls"] = std::move(calls);
  }
  if (!m.tool_call_id().empty())
    o["tool_call_id"] = m.tool_call_id();
  put_reasoning(o, m, to);
  for (const auto& [key, text] : m.extra())
    o[key] = codec::parse_argument(text, "a message's \"" + key + "\"");
  return o;
}

json::object encode_tool(const tool& t) {
  json::object function{{"name", t.name()}};
  if (!t.description().empty())
    function["description"] = t.description();
  if (!t.parameters().empty())
    function["parameters"] = codec::parse_argument(t.parameters(), "the parameters of tool " + t.name());
  put(function, "strict", t.strict());
  return json::object{{"type", "function"}, {"function", std::move(function)}};
}

json::value encode_tool_choice(const std::string& choice) {
  if (choice == "auto" || choice == "none" || choice == "required")
    return json::value(choice);
  return json::object{{"type", "function"}, {"function", json::object{{"name", choice}}}};
}

json::value encode_schema(const response_format& f, schema_form form) {
  auto schema = codec::parse_argument(f.value(), "the JSON Schema of response_format");
  switch (form) {
  case schema_form::json_object: return json::object{{"type", "json_object"}, {"schema", std::move(schema)}};
  case schema_form::flattened: return json::object{{"type", "json_schema"}, {"schema", std::move(schema)}};
  case schema_form::tgi: return json::object{{"type", "json_object"}, {"value", std::move(schema)}};
  case schema_form::openai: break;
  }
  json::object named{{"name", f.name()}};
  if (!f.description().empty())
    named["description"] = f.description();
  named["schema"] = std::move(schema);
  put(named, "strict", f.strict());
  return json::object{{"type", "json_schema"}, {"json_schema", std::move(named)}};
}

json::value encode_format(const response_format& f, schema_form form) {
  switch (f.type()) {
  case response_format::kind::text: return json::object{{"type", "text"}};
  case response_format::kind::json_object: return json::object{{"type", "json_object"}};
  case response_format::kind::json_schema: return encode_schema(f, form);
  case response_format::kind::raw: break;
  }
  return codec::parse_argument(f.value(), "response_format");
}

void put_sampling(json::object& body, const chat& ask, const route& to, const vendor& v) {
  put(body, "frequency_penalty", ask.frequency_penalty());
  if (!ask.logit_bias().empty()) {
    json::object bias;
    for (const auto& [token, value] : ask.logit_bias())
      bias[token] = value;
    body["logit_bias"] = std::move(bias);
  }
  put(body, "logprobs", ask.logprobs());
  switch (to.limit) {
  case limit_name::as_given:
    put(body, "max_tokens", ask.max_tokens());
    put(body, "max_completion_tokens", ask.max_completion_tokens());
    break;
  case limit_name::tokens: put(body, "max_tokens", most_tokens(ask)); break;
  case limit_name::completion_tokens: put(body, "max_completion_tokens", most_tokens(ask)); break;
  }
  put(body, "n", ask.n());
  put(body, "presence_penalty", ask.presence_penalty());
  if (ask.response_format())
    body["response_format"] = encode_format(*ask.response_format(), v.schema);
  put(body, "reasoning_effort", ask.reasoning_effort());
  put(body, "seed", ask.seed());
  if (!ask.stop().empty())
    body["stop"] = json::array(ask.stop().begin(), ask.stop().end());
  put(body, "temperature", ask.temperature());
  put(body, "top_logprobs", ask.top_logprobs());
  // TGI answers 422 to 1, which is its default anyway.
  if (!(v.refuses_top_p_1 && ask.top_p() == 1.0))
    put(body, "top_p", ask.top_p());
}

} // namespace

std::string file_name(const content_part& p, const inline_data& data) {
  return p.name().empty() ? "file." + std::string(file_extension(data.mime)) : p.name();
}

namespace {

template <class ValueOf>
json::value part_of(const content_part& p, ValueOf value_of) {
  switch (p.type()) {
  case content_part::kind::text: return json::object{{"type", "text"}, {"text", value_of(p.value())}};
  case content_part::kind::image_url: {
    json::object image{{"url", value_of(p.value())}};
    if (!p.detail().empty())
      image["detail"] = p.detail();
    return json::object{{"type", "image_url"}, {"image_url", std::move(image)}};
  }
  case content_part::kind::file: {
    const auto data = inline_data_of(p);
    if (data.mime.starts_with("audio/"))
      return json::object{{"type", "input_audio"},
                          {"input_audio", json::object{{"data", data.base64}, {"format", file_extension(data.mime)}}}};
    return json::object{{"type", "file"},
                        {"file", json::object{{"filename", file_name(p, data)}, {"file_data", p.value()}}}};
  }
  case content_part::kind::raw: break;
  }
  return codec::parse_argument(p.value(), "a content part");
}

} // namespace

json::value openai_part(const content_part& p) {
  return part_of(p, [](const std::string& text) { return json::value(text); });
}

json::value openai_part(const content_part& p, codec::long_texts& texts) {
  return part_of(p, [&texts](const std::string& text) { return texts.value_of(text); });
}

json::object openai_call(const tool_call& c) {
  return json::object{
      {"id", c.id}, {"type", "function"}, {"function", json::object{{"name", c.name}, {"arguments", c.arguments}}}};
}

http::request encode_chat(const chat& ask, const route& to, bool stream) {
  const auto& v = vendor_of(to);
  if (v.dialect)
    return v.dialect->encode(ask, to, stream);
  std::array<unsigned char, 4096> most_trees;
  json::monotonic_resource memory(most_trees.data(), most_trees.size());
  json::object body(&memory);
  // First, so that a router may decide on a prefix of the body.
  body["model"] = to.model;
  json::array messages(&memory);
  codec::long_texts texts;
  const prefix_marks marks(ask, to);
  for (std::size_t at = 0; at < ask.messages().size(); ++at)
    messages.push_back(encode_message(ask, at, to, marks, texts, &memory));
  body["messages"] = std::move(messages);
  put_sampling(body, ask, to, v);
  if (!ask.tools().empty()) {
    json::array tools;
    for (const auto& t : ask.tools())
      tools.push_back(encode_tool(t));
    body["tools"] = std::move(tools);
  }
  if (ask.tool_choice())
    body["tool_choice"] = encode_tool_choice(*ask.tool_choice());
  put(body, "tool_prompt", ask.tool_prompt());
  put(body, "parallel_tool_calls", ask.parallel_tool_calls());
  put(body, "user", ask.end_user());
  put_caching(body, ask, to);
  body["stream"] = stream;
  if (stream && !to.without_usage && ask.include_usage().value_or(true))
    body["stream_options"] = json::object{{"include_usage", true}};
  merge_extra(body, ask.extra_body());
  if (!v.drops.empty())
    body.erase(v.drops);
  auto made = json_request(to, body, texts);
  put_conversation(made, ask, to);
  return made;
}

} // namespace weir::inline v0::provider
