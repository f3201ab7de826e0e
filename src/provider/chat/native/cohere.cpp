// Cohere's chat, version 2: POST /v2/chat.
#include "provider/answer/units.hpp"
#include "provider/chat/dialect_decode.hpp"
#include "provider/chat/dialect_encode.hpp"
#include "provider/chat/dialects.hpp"

namespace weir::inline v0::provider {

namespace {

namespace json = codec::json;

constexpr std::string_view dialect = "Cohere's API";

json::object encode_message(const message& m) {
  check_role(m);
  refuse_name(m, dialect);
  json::object o{{"role", m.role() == "developer" ? "system" : m.role()}};
  if (!m.parts().empty()) {
    json::array parts;
    for (const auto& p : parts_of(m)) {
      if (p.type() == content_part::kind::file)
        refuse_field("content other than text and images", dialect);
      parts.push_back(openai_part(p));
    }
    o["content"] = std::move(parts);
  } else if (m.content()) {
    o["content"] = *m.content();
  }
  json::array calls;
  for (const auto& c : m.tool_calls())
    calls.push_back(openai_call(c));
  if (!calls.empty())
    o["tool_calls"] = std::move(calls);
  if (!m.tool_call_id().empty())
    o["tool_call_id"] = m.tool_call_id();
  put_extra(o, m);
  return o;
}

void put_tools(json::object& body, const chat& ask) {
  json::array tools;
  bool strict = false;
  for (const auto& t : ask.tools()) {
    json::object function{{"name", t.name()}};
    if (!t.description().empty())
      function["description"] = t.description();
    function["parameters"] = parameters_of(t);
    tools.push_back(json::object{{"type", "function"}, {"function", std::move(function)}});
    strict = strict || t.strict().value_or(false);
  }
  if (!tools.empty())
    body["tools"] = std::move(tools);
  if (strict)
    body["strict_tools"] = true;
  const auto choice = ask.tool_choice().value_or("auto");
  if (choice == "required")
    body["tool_choice"] = "REQUIRED";
  else if (choice == "none")
    body["tool_choice"] = "NONE";
  else if (choice != "auto")
    refuse_field("tool_choice by name", dialect, "pass only that tool, with tool_choice required");
}

void put_format(json::object& body, const response_format& f) {
  switch (f.type()) {
  case response_format::kind::text: break;
  case response_format::kind::json_object: body["response_format"] = json::object{{"type", "json_object"}}; break;
  case response_format::kind::json_schema:
    body["response_format"] = json::object{{"type", "json_object"}, {"json_schema", schema_of(f)}};
    break;
  case response_format::kind::raw: body["response_format"] = codec::parse_argument(f.value(), "response_format"); break;
  }
}

http::request encode(const chat& ask, const route& to, bool stream) {
  express_only(ask, dialect,
               {"frequency_penalty", "presence_penalty", "response_format", "reasoning_effort", "seed", "temperature",
                "top_p", "tool_choice", "stop"});
  json::object body;
  body["model"] = to.model;
  json::array messages;
  for (const auto& m : ask.messages())
    messages.push_back(encode_message(m));
  body["messages"] = std::move(messages);
  put_tools(body, ask);
  put(body, "max_tokens", most_tokens(ask));
  put(body, "temperature", ask.temperature());
  put(body, "p", ask.top_p());
  put(body, "seed", ask.seed());
  put(body, "frequency_penalty", ask.frequency_penalty());
  put(body, "presence_penalty", ask.presence_penalty());
  if (!ask.stop().empty())
    body["stop_sequences"] = json::array(ask.stop().begin(), ask.stop().end());
  if (ask.response_format())
    put_format(body, *ask.response_format());
  if (const auto& effort = ask.reasoning_effort(); effort == "none")
    body["thinking"] = json::object{{"type", "disabled"}};
  else if (effort)
    refuse_field("reasoning_effort other than none", dialect, "set thinking with extra_body");
  body["stream"] = stream;
  merge_extra(body, ask.extra_body());
  return json_request(to, body);
}

class cohere_decoder final : public object_decoder {
private:
  void read_event(const codec::node& v, std::vector<event>& out) override {
    const auto type = type_of(v);
    if (type == "message-start")
      keep_first(info_.id, v, "id");
    const auto* delta = codec::find(v, "delta");
    if (!delta)
      return;
    if (type == "message-end") {
      read_end(*delta, out);
      return;
    }
    const auto* message = codec::find(*delta, "message");
    if (!message)
      return;
    if (type == "content-start" || type == "content-delta") {
      read_contents(*message, out);
    } else if (type == "tool-plan-delta") {
      say(event::kind::reasoning, *message, "tool_plan", out);
    } else if (const auto* call = first_of(codec::find(*message, "tool_calls"))) {
      if (type == "tool-call-start") {
        const auto place = calls();
        read_call(*call, out);
        if (calls() > place) // pieces of one that names no function belong to the call before it
          places_.emplace_back(codec::uint_at(v, "index").value_or(place), place);
      } else if (const auto* function = codec::find(*call, "function");
                 type == "tool-call-delta" && function && calls() > 0) {
        std::string made;
        more_of_call(place_of(v), arguments_text(codec::find(*function, "arguments"), made), out);
      }
    }
  }

  static const codec::node* first_of(const codec::node* v) noexcept {
    return !v || !v->is_array() ? v : v->empty() ? nullptr : &v->front();
  }

  // The last call with the event's number, or the last call if it has none.
  std::uint32_t place_of(const codec::node& v) {
    if (const auto index = codec::uint_at(v, "index"))
      for (auto p = places_.rbegin(); p != places_.rend(); ++p)
        if (p->first == *index)
          return p->second;
    return calls() - 1;
  }

  bool is_answer(const codec::node& v) const override {
    return codec::find(v, "message") && codec::find(v, "finish_reason") && !codec::find(v, "type");
  }

  bool is_own(std::string_view type) const noexcept override {
    return object_decoder::is_own(type) || type.starts_with("message-") || type.starts_with("content-") ||
           type.starts_with("tool-");
  }

  bool read_answer(const codec::node& v, std::vector<event>& out) override {
    const auto* message = codec::find(v, "message");
    if (!message || !message->is_object())
      return false;
    keep_first(info_.id, v, "id");
    say(event::kind::reasoning, *message, "tool_plan", out);
    read_contents(*message, out);
    if (const auto* list = codec::array_at(*message, "tool_calls"))
      for (const auto& call : list->elements())
        read_call(call, out);
    read_end(v, out);
    return true;
  }

  // A part, a list of parts, or a plain text instead.
  void read_contents(const codec::node& message, std::vector<event>& out) {
    const auto* content = codec::find(message, "content");
    say(event::kind::text, message, "content", out);
    if (const auto* parts = codec::array_at(message, "content"))
      for (const auto& part : parts->elements())
        read_content(part, out);
    else if (content)
      read_content(*content, out);
  }

  void read_content(const codec::node& content, std::vector<event>& out) {
    say(event::kind::reasoning, content, "thinking", out);
    say(event::kind::text, content, "text", out);
  }

  void read_call(const codec::node& call, std::vector<event>& out) {
    std::string made;
    if (const auto* function = codec::find(call, "function"))
      begin_call(codec::string_at(call, "id").value_or(""), codec::string_at(*function, "name").value_or(""),
                 arguments_text(codec::find(*function, "arguments"), made), out);
  }

  void read_end(const codec::node& v, std::vector<event>& out) {
    if (const auto reason = codec::string_at(v, "finish_reason"); reason && !reason->empty())
      finish(*reason, out, 0, std::nullopt, codec::string_at(v, "error").value_or(""));
    if (failed())
      return;
    if (const auto* counts = codec::find(v, "usage"))
      report(counted(*counts), out);
    end();
  }

  // The billed count leaves out what Cohere adds to the prompt itself.
  static usage counted(const codec::node& v) {
    usage u;
    for (const auto* key : {"tokens", "billed_units"})
      if (const auto* counts = codec::find(v, key)) {
        if (!u.prompt_tokens)
          u.prompt_tokens = codec::uint_at(*counts, "input_tokens");
        if (!u.completion_tokens)
          u.completion_tokens = codec::uint_at(*counts, "output_tokens");
      }
    u.cached_tokens = codec::uint_at(v, "cached_tokens");
    put_total(u);
    const auto* billed = codec::find(v, "billed_units");
    const auto charged = [&](std::string_view key, std::optional<std::uint64_t> otherwise) {
      const auto n = billed ? codec::uint_at(*billed, key) : std::nullopt;
      return n ? n : otherwise;
    };
    prompt_parts in;
    in.read = u.cached_tokens;
    split_prompt(u, charged("input_tokens", u.prompt_tokens), in);
    split_output(u, charged("output_tokens", u.completion_tokens), output_parts());
    u.units.set(usage_unit::searches, charged("search_units", std::nullopt));
    return u;
  }

  std::vector<std::pair<std::uint64_t, std::uint32_t>> places_; // of calls, by the number of their events
};

std::unique_ptr<decoder> make_decoder(std::size_t) { return std::make_unique<cohere_decoder>(); }

} // namespace

const chat_dialect cohere_chat(&encode, &make_decoder);

} // namespace weir::inline v0::provider
