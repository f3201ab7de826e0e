// Gemini's generateContent and streamGenerateContent (v1beta), the request.
#include <algorithm>

#include "provider/chat/dialect_encode.hpp"
#include "provider/chat/dialects.hpp"
#include "provider/chat/native/gemini_decode.hpp"

namespace weir::inline v0::provider {

namespace {

namespace json = codec::json;

constexpr std::string_view dialect = "Gemini's API";

// `data:` images are sent inline; others are files that Google fetches.
json::value encode_part(const content_part& p, codec::long_texts& texts) {
  switch (p.type()) {
  case content_part::kind::text: return json::object{{"text", texts.value_of(p.value())}};
  case content_part::kind::image_url:
    if (const auto data = read_inline_image(p.value()))
      return json::object{{"inlineData", json::object{{"mimeType", data->mime}, {"data", data->base64}}}};
    return json::object{{"fileData", json::object{{"fileUri", p.value()}}}};
  case content_part::kind::file: {
    const auto data = inline_data_of(p);
    return json::object{{"inlineData", json::object{{"mimeType", data.mime}, {"data", data.base64}}}};
  }
  case content_part::kind::raw: break;
  }
  return codec::parse_argument(p.value(), "a content part");
}

json::value encode_call(const tool_call& c) {
  json::object part{{"functionCall", json::object{{"name", c.name}, {"args", arguments_of(c)}}}};
  if (const auto mark = c.id.find(signature_mark); mark != std::string::npos)
    part["thoughtSignature"] = c.id.substr(mark + 1);
  return part;
}

// A result is an object there: any other value becomes its member `result`.
json::value encode_result(const std::vector<message>& all, std::size_t at) {
  const auto text = only_text(all[at], dialect);
  error_code ec;
  auto response = codec::parse_json(text, ec);
  if (ec || !response.is_object())
    response = json::object{{"result", text}};
  return json::object{
      {"functionResponse", json::object{{"name", name_of_result(all, at)}, {"response", std::move(response)}}}};
}

json::array encode_parts(const std::vector<message>& all, std::size_t at, codec::long_texts& texts) {
  json::array parts;
  const auto& m = all[at];
  if (m.role() == "tool") {
    parts.push_back(encode_result(all, at));
    return parts;
  }
  if (m.content() && !m.content()->empty())
    parts.push_back(json::object{{"text", texts.value_of(*m.content())}});
  for (const auto& p : m.parts())
    parts.push_back(encode_part(p, texts));
  for (const auto& c : m.tool_calls())
    parts.push_back(encode_call(c));
  return parts;
}

void put_messages(json::object& body, const chat& ask, codec::long_texts& texts) {
  json::array system, turns;
  const auto& all = ask.messages();
  for (std::size_t i = 0; i < all.size(); ++i) {
    const auto& m = all[i];
    check_role(m);
    refuse_name(m, dialect);
    if (is_system(m)) {
      if (!turns.empty())
        refuse_field("a system message after the conversation has begun", dialect);
      system.push_back(json::object{{"text", only_text(m, dialect)}});
      continue;
    }
    // Results of calls that were made together belong in one turn.
    const std::string_view role = m.role() == "assistant" ? "model" : "user";
    auto parts = encode_parts(all, i, texts);
    if (turns.empty() || codec::string_at(turns.back(), "role") != role)
      turns.push_back(json::object{{"role", role}, {"parts", json::array()}});
    auto& turn = turns.back().get_object();
    auto& said = turn["parts"].get_array();
    said.insert(said.end(), std::make_move_iterator(parts.begin()), std::make_move_iterator(parts.end()));
    put_extra(turn, m);
  }
  if (!system.empty())
    body["systemInstruction"] = json::object{{"parts", std::move(system)}};
  body["contents"] = std::move(turns);
}

json::object encode_tool(const tool& t) {
  if (t.strict().value_or(false))
    refuse_field("strict tools", dialect);
  json::object o{{"name", t.name()}};
  if (!t.description().empty())
    o["description"] = t.description();
  if (!t.parameters().empty())
    o["parametersJsonSchema"] = parameters_of(t);
  return o;
}

void put_tools(json::object& body, const chat& ask) {
  if (!ask.tools().empty()) {
    json::array functions;
    for (const auto& t : ask.tools())
      functions.push_back(encode_tool(t));
    json::array tools;
    tools.push_back(json::object{{"functionDeclarations", std::move(functions)}});
    body["tools"] = std::move(tools);
  }
  if (const auto& choice = ask.tool_choice()) {
    json::object calling{{"mode", *choice == "auto" ? "AUTO" : *choice == "none" ? "NONE" : "ANY"}};
    if (*choice != "auto" && *choice != "none" && *choice != "required")
      calling["allowedFunctionNames"] = json::array{json::value(*choice)};
    body["toolConfig"] = json::object{{"functionCallingConfig", std::move(calling)}};
  }
}

// The budgets that Google's own OpenAI-compatible API uses for these levels.
json::object thinking(const std::string& effort) {
  json::object o;
  if (effort == "none")
    o["thinkingBudget"] = 0;
  else if (effort == "minimal" || effort == "low")
    o["thinkingBudget"] = 1024;
  else if (effort == "medium")
    o["thinkingBudget"] = 8192;
  else if (effort == "high" || effort == "xhigh")
    o["thinkingBudget"] = 24576;
  else
    throw error(errc::invalid_argument, "reasoning_effort must be none, minimal, low, medium, high or xhigh");
  o["includeThoughts"] = effort != "none";
  return o;
}

void put_format(json::object& config, const response_format& f) {
  switch (f.type()) {
  case response_format::kind::text: return;
  case response_format::kind::json_object: break;
  case response_format::kind::json_schema: config["responseJsonSchema"] = schema_of(f); break;
  case response_format::kind::raw:
    refuse_field("a raw response_format", dialect, "set generationConfig with extra_body");
  }
  config["responseMimeType"] = "application/json";
}

json::object generation_config(const chat& ask) {
  json::object c;
  put(c, "temperature", ask.temperature());
  put(c, "topP", ask.top_p());
  put(c, "maxOutputTokens", most_tokens(ask));
  if (!ask.stop().empty())
    c["stopSequences"] = json::array(ask.stop().begin(), ask.stop().end());
  put(c, "seed", ask.seed());
  put(c, "presencePenalty", ask.presence_penalty());
  put(c, "frequencyPenalty", ask.frequency_penalty());
  if (ask.reasoning_effort())
    c["thinkingConfig"] = thinking(*ask.reasoning_effort());
  if (ask.response_format())
    put_format(c, *ask.response_format());
  return c;
}

// The row's path is that of non-streamed responses.
std::string streaming(const std::string& target) {
  constexpr std::string_view method = ":generateContent";
  const auto question = std::min(target.find('?'), target.size());
  auto path = target.substr(0, question);
  if (path.ends_with(method))
    path.replace(path.size() - method.size(), method.size(), ":streamGenerateContent");
  const auto query = target.substr(question);
  return path + (query.empty() ? "?" : query + "&") + "alt=sse";
}

http::request encode(const chat& ask, const route& to, bool stream) {
  express_only(ask, dialect,
               {"frequency_penalty", "presence_penalty", "response_format", "reasoning_effort", "seed", "temperature",
                "top_p", "tool_choice", "stop"});
  json::object body;
  codec::long_texts texts;
  put_messages(body, ask, texts);
  put_tools(body, ask);
  if (auto config = generation_config(ask); !config.empty())
    body["generationConfig"] = std::move(config);
  merge_extra(body, ask.extra_body());
  auto request = json_request(to, body, texts);
  if (stream)
    request.target = streaming(to.target);
  return request;
}

} // namespace

const chat_dialect gemini_content(&encode, &make_gemini_decoder);

} // namespace weir::inline v0::provider
