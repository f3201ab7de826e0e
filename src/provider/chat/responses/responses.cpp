// OpenAI's Responses, the request: POST /v1/responses, at OpenAI, the Hugging Face router and compatible servers.
#include "provider/chat/dialect_encode.hpp"
#include "provider/chat/dialects.hpp"
#include "provider/chat/prompt_cache.hpp"
#include "provider/chat/responses/responses_decode.hpp"

namespace weir::inline v0::provider {

namespace {

namespace json = codec::json;

constexpr std::string_view dialect = "the Responses API";

json::value encode_part(const content_part& p, bool said_by_model) {
  switch (p.type()) {
  case content_part::kind::text:
    return json::object{{"type", said_by_model ? "output_text" : "input_text"}, {"text", p.value()}};
  case content_part::kind::image_url: {
    json::object image{{"type", "input_image"}, {"image_url", p.value()}};
    if (!p.detail().empty())
      image["detail"] = p.detail();
    return image;
  }
  case content_part::kind::file: {
    const auto data = inline_data_of(p);
    if (data.mime.starts_with("audio/"))
      return openai_part(p);
    json::object file{{"type", "input_file"}, {"file_data", p.value()}};
    file["filename"] = file_name(p, data);
    return file;
  }
  case content_part::kind::raw: break;
  }
  return codec::parse_argument(p.value(), "a content part");
}

json::value text_of(const message& m, codec::long_texts& texts) {
  return m.content() ? texts.value_of(*m.content()) : json::value("");
}

json::value encode_content(const message& m, std::size_t at, const prefix_marks& marks, codec::long_texts& texts) {
  const bool by_model = m.role() == "assistant";
  const bool marked = marks.on(at) && !by_model && m.content() && !m.content()->empty();
  if (m.parts().empty() && !marked)
    return text_of(m, texts);
  json::array parts;
  for (const auto& p : parts_of(m))
    parts.push_back(encode_part(p, by_model));
  marks.mark(parts, at);
  return parts;
}

void add_items(json::array& input, const chat& ask, std::size_t at, const prefix_marks& marks,
               codec::long_texts& texts) {
  const auto& m = ask.messages()[at];
  check_role(m);
  refuse_name(m, dialect);
  if (m.role() == "tool") {
    json::object result{{"type", "function_call_output"},
                        {"call_id", m.tool_call_id()},
                        {"output", encode_content(m, at, marks, texts)}};
    put_extra(result, m);
    input.push_back(std::move(result));
    return;
  }
  for (auto& block : reasoning_blocks_of(m, {"reasoning"}))
    input.push_back(std::move(block));
  if (m.content() || !m.parts().empty()) {
    json::object item{{"role", m.role()}, {"content", encode_content(m, at, marks, texts)}};
    put_extra(item, m);
    input.push_back(std::move(item));
  }
  for (const auto& c : m.tool_calls())
    input.push_back(
        json::object{{"type", "function_call"}, {"call_id", c.id}, {"name", c.name}, {"arguments", c.arguments}});
}

// Instructions are a plain text, which has no place for a mark.
bool is_instructions(const message& m) {
  return is_system(m) && m.parts().empty() && m.extra().empty() && m.name().empty();
}

void put_messages(json::object& body, const chat& ask, const prefix_marks& marks, codec::long_texts& texts) {
  const auto& all = ask.messages();
  std::size_t at = 0;
  if (!all.empty() && is_instructions(all.front()) && !marks.on(0))
    body["instructions"] = text_of(all[at++], texts);
  json::array input;
  for (; at < all.size(); ++at)
    add_items(input, ask, at, marks, texts);
  body["input"] = std::move(input);
}

json::object encode_tool(const tool& t) {
  json::object o{{"type", "function"}, {"name", t.name()}};
  if (!t.description().empty())
    o["description"] = t.description();
  o["parameters"] = parameters_of(t);
  // If it is left out, this API defaults to true and refuses schemas that chat completions accept.
  o["strict"] = t.strict().value_or(false);
  return o;
}

void put_tools(json::object& body, const chat& ask) {
  if (!ask.tools().empty()) {
    json::array tools;
    for (const auto& t : ask.tools())
      tools.push_back(encode_tool(t));
    body["tools"] = std::move(tools);
  }
  if (const auto& choice = ask.tool_choice()) {
    if (*choice == "auto" || *choice == "none" || *choice == "required")
      body["tool_choice"] = *choice;
    else
      body["tool_choice"] = json::object{{"type", "function"}, {"name", *choice}};
  }
  put(body, "parallel_tool_calls", ask.parallel_tool_calls());
}

json::value encode_format(const response_format& f) {
  switch (f.type()) {
  case response_format::kind::text: return json::object{{"type", "text"}};
  case response_format::kind::json_object: return json::object{{"type", "json_object"}};
  case response_format::kind::json_schema: {
    json::object o{{"type", "json_schema"}, {"name", f.name()}, {"schema", schema_of(f)}};
    if (!f.description().empty())
      o["description"] = f.description();
    put(o, "strict", f.strict());
    return o;
  }
  case response_format::kind::raw: break;
  }
  return codec::parse_argument(f.value(), "response_format");
}

http::request encode(const chat& ask, const route& to, bool stream) {
  express_only(ask, dialect,
               {"logprobs", "top_logprobs", "response_format", "reasoning_effort", "temperature", "top_p",
                "tool_choice", "parallel_tool_calls"});
  json::object body;
  // First, so that a router can decide on a prefix of the body.
  body["model"] = to.model;
  codec::long_texts texts;
  put_messages(body, ask, prefix_marks(ask, to), texts);
  put_tools(body, ask);
  put(body, "max_output_tokens", most_tokens(ask));
  put(body, "temperature", ask.temperature());
  put(body, "top_p", ask.top_p());
  if (ask.reasoning_effort())
    body["reasoning"] = json::object{{"effort", *ask.reasoning_effort()}};
  if (ask.response_format())
    body["text"] = json::object{{"format", encode_format(*ask.response_format())}};
  if (ask.logprobs().value_or(false)) {
    body["include"] = json::array{"message.output_text.logprobs"};
    put(body, "top_logprobs", ask.top_logprobs());
  }
  put(body, "user", ask.end_user());
  put_responses_caching(body, ask, to);
  body["store"] = false;
  body["stream"] = stream;
  merge_extra(body, ask.extra_body());
  return json_request(to, body, texts);
}

} // namespace

const chat_dialect openai_responses(&encode, &make_responses_decoder);

} // namespace weir::inline v0::provider
