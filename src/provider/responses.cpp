// OpenAI's Responses: POST /v1/responses, at OpenAI, at the Hugging Face router and at servers like them.
#include "provider/dialect_decode.hpp"
#include "provider/dialect_encode.hpp"
#include "provider/dialects.hpp"
#include "provider/openai_parts.hpp"

namespace weir::provider {

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
  case content_part::kind::raw: break;
  }
  return codec::parse_argument(p.value(), "a content part");
}

json::value encode_content(const message& m) {
  if (m.parts().empty())
    return json::value(m.content().value_or(""));
  json::array parts;
  for (const auto& p : parts_of(m))
    parts.push_back(encode_part(p, m.role() == "assistant"));
  return parts;
}

void add_items(json::array& input, const message& m) {
  check_role(m);
  refuse_name(m, dialect);
  if (m.role() == "tool") {
    json::object result{
        {"type", "function_call_output"}, {"call_id", m.tool_call_id()}, {"output", encode_content(m)}};
    put_extra(result, m);
    input.push_back(std::move(result));
    return;
  }
  if (m.content() || !m.parts().empty()) {
    json::object item{{"role", m.role()}, {"content", encode_content(m)}};
    put_extra(item, m);
    input.push_back(std::move(item));
  }
  for (const auto& c : m.tool_calls())
    input.push_back(
        json::object{{"type", "function_call"}, {"call_id", c.id}, {"name", c.name}, {"arguments", c.arguments}});
}

void put_messages(json::object& body, const chat& ask) {
  auto first = ask.messages().begin();
  if (first != ask.messages().end() && is_system(*first) && first->parts().empty() && first->extra().empty() &&
      first->name().empty())
    body["instructions"] = (first++)->content().value_or("");
  json::array input;
  for (; first != ask.messages().end(); ++first)
    add_items(input, *first);
  body["input"] = std::move(input);
}

json::object encode_tool(const tool& t) {
  json::object o{{"type", "function"}, {"name", t.name()}};
  if (!t.description().empty())
    o["description"] = t.description();
  o["parameters"] = parameters_of(t);
  // Where it is left out this API makes it true, and refuses schemas that chat completions take.
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
  express_only(ask, dialect, {"logprobs", "top_logprobs", "response_format", "reasoning_effort", "temperature", "top_p",
                              "tool_choice", "parallel_tool_calls"});
  json::object body;
  // First, so that a router may decide on a prefix of the body.
  body["model"] = to.model;
  put_messages(body, ask);
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
  body["store"] = false;
  body["stream"] = stream;
  merge_extra(body, ask.extra_body());
  return json_request(to, body);
}

class responses_decoder final : public object_decoder {
private:
  class call {
  public:
    call() = default;
    std::uint64_t item = 0; // its place in the output
    std::uint32_t at = 0;
    bool given = false;
  };

  void read_event(const json::value& v, std::vector<event>& out) override {
    const auto type = codec::string_at(v, "type").value_or("");
    if (type == "response.output_text.delta") {
      say_with_odds(v, codec::string_at(v, "delta").value_or(""), out);
    } else if (type == "response.refusal.delta") {
      said_ = true;
      say(event::kind::refusal, v, "delta", out);
    } else if (type.starts_with("response.reasoning") && type.ends_with(".delta")) {
      reasoned_ = true;
      say(event::kind::reasoning, v, "delta", out);
    } else if (type == "response.output_item.added") {
      if (const auto* item = codec::find(v, "item"); item && codec::string_at(*item, "type") == "function_call")
        begin_item(codec::uint_at(v, "output_index").value_or(0), *item, out);
    } else if (type == "response.function_call_arguments.delta") {
      if (auto* c = call_at(v)) {
        c->given = true;
        more_of_call(c->at, codec::string_at(v, "delta").value_or(""), out);
      }
    } else if (type == "response.function_call_arguments.done") {
      // Servers that make a call at once send no pieces of it.
      if (auto* c = call_at(v); c && !c->given) {
        c->given = true;
        more_of_call(c->at, codec::string_at(v, "arguments").value_or(""), out);
      }
    } else if (type == "response.completed" || type == "response.incomplete" || type == "response.failed") {
      if (const auto* response = codec::find(v, "response"))
        read_end(*response, out);
    } else if (const auto* response = codec::find(v, "response")) {
      read_head(*response);
    }
  }

  bool read_answer(const json::value& v, std::vector<event>& out) override {
    if (!codec::array_at(v, "output"))
      return false;
    read_end(v, out);
    return true;
  }

  void read_head(const json::value& response) {
    keep_first(info_.id, response, "id");
    keep_first(info_.model, response, "model");
    if (info_.created == 0)
      info_.created = codec::int_at(response, "created_at").value_or(0);
  }

  void read_end(const json::value& response, std::vector<event>& out) {
    read_head(response);
    const auto status = codec::string_at(response, "status").value_or("");
    if (status == "failed" || status == "cancelled") {
      fail(read_error(response));
      return;
    }
    // What was not streamed in pieces is here: servers differ in that.
    const bool said = said_, reasoned = reasoned_, called = called_;
    if (const auto* items = codec::array_at(response, "output"))
      for (const auto& item : *items) {
        const auto type = codec::string_at(item, "type");
        if (!(type == "reasoning" ? reasoned : type == "function_call" ? called : said))
          read_item(item, out);
      }
    auto reason = status;
    auto meant = outcome::complete;
    if (const auto* why = codec::find(response, "incomplete_details")) {
      reason = codec::string_at(*why, "reason").value_or(status);
      meant = outcome_of(reason == "max_output_tokens" ? "length" : reason);
    }
    finish(reason, meant, out);
    if (const auto* counts = codec::find(response, "usage"))
      report(counted(*counts), out);
    end();
  }

  void read_item(const json::value& item, std::vector<event>& out) {
    const auto type = codec::string_at(item, "type");
    if (type == "function_call") {
      begin_call(std::string(codec::string_at(item, "call_id").value_or("")), codec::string_at(item, "name").value_or(""),
                 std::string(codec::string_at(item, "arguments").value_or("")), out);
      return;
    }
    for (const auto* key : {"summary", "content"})
      if (const auto* parts = codec::array_at(item, key))
        for (const auto& part : *parts)
          read_part(part, type == "reasoning", out);
  }

  void read_part(const json::value& part, bool reasoning, std::vector<event>& out) {
    if (reasoning)
      say(event::kind::reasoning, part, "text", out);
    else if (codec::string_at(part, "type") == "refusal")
      say(event::kind::refusal, part, "refusal", out);
    else
      say_with_odds(part, codec::string_at(part, "text").value_or(""), out);
  }

  void say_with_odds(const json::value& v, std::string_view text, std::vector<event>& out) {
    const auto before = out.size();
    said_ = said_ || !text.empty();
    say(event::kind::text, text, out);
    const auto* odds = codec::array_at(v, "logprobs");
    if (!odds || odds->empty() || out.size() == before)
      return;
    event::details more;
    more.logprobs = read_logprobs(json::object{{"content", *odds}});
    out.back() = event(event::kind::text, std::string(text), 0, std::make_shared<const event::details>(std::move(more)));
  }

  void begin_item(std::uint64_t index, const json::value& item, std::vector<event>& out) {
    called_ = true;
    call c;
    c.item = index;
    std::string arguments(codec::string_at(item, "arguments").value_or(""));
    c.given = !arguments.empty();
    c.at = begin_call(std::string(codec::string_at(item, "call_id").value_or("")),
                      codec::string_at(item, "name").value_or(""), std::move(arguments), out);
    items_.push_back(c);
  }

  call* call_at(const json::value& v) noexcept {
    const auto index = codec::uint_at(v, "output_index").value_or(0);
    for (auto& c : items_)
      if (c.item == index)
        return &c;
    return nullptr;
  }

  static usage counted(const json::value& v) {
    usage u;
    u.prompt_tokens = codec::uint_at(v, "input_tokens");
    u.completion_tokens = codec::uint_at(v, "output_tokens");
    u.total_tokens = codec::uint_at(v, "total_tokens");
    u.cost = codec::number_at(v, "cost");
    if (const auto* details = codec::find(v, "input_tokens_details")) {
      u.cached_tokens = codec::uint_at(*details, "cached_tokens");
      u.cache_write_tokens = codec::uint_at(*details, "cache_write_tokens");
    }
    if (const auto* details = codec::find(v, "output_tokens_details"))
      u.reasoning_tokens = codec::uint_at(*details, "reasoning_tokens");
    return u;
  }

  std::vector<call> items_;
  // What came in pieces.
  bool said_ = false;
  bool reasoned_ = false;
  bool called_ = false;
};

std::unique_ptr<decoder> make_decoder(std::size_t) { return std::make_unique<responses_decoder>(); }

} // namespace

const chat_dialect openai_responses(&encode, &make_decoder);

} // namespace weir::provider
