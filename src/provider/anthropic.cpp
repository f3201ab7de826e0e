// Anthropic's Messages: POST /v1/messages, version 2023-06-01.
#include <utility>

#include "provider/dialect_decode.hpp"
#include "provider/dialect_encode.hpp"
#include "provider/dialects.hpp"

namespace weir::provider {

namespace {

namespace json = codec::json;

constexpr std::string_view dialect = "Anthropic's Messages API";
// The smallest limit among the models that are still served: every one takes it.
constexpr std::int64_t default_max_tokens = 4096;

json::object text_block(std::string_view text) { return json::object{{"type", "text"}, {"text", text}}; }

json::value encode_part(const content_part& p) {
  switch (p.type()) {
  case content_part::kind::text: return text_block(p.value());
  case content_part::kind::image_url: {
    json::object source;
    if (const auto data = read_inline_image(p.value()))
      source = json::object{{"type", "base64"}, {"media_type", data->mime}, {"data", data->base64}};
    else
      source = json::object{{"type", "url"}, {"url", p.value()}};
    return json::object{{"type", "image"}, {"source", std::move(source)}};
  }
  case content_part::kind::raw: break;
  }
  return codec::parse_argument(p.value(), "a content part");
}

json::array encode_content(const message& m) {
  json::array blocks;
  for (const auto& p : parts_of(m))
    blocks.push_back(encode_part(p));
  return blocks;
}

json::array blocks_of(const message& m) {
  if (m.role() == "tool") {
    json::object result{{"type", "tool_result"}, {"tool_use_id", m.tool_call_id()}, {"content", encode_content(m)}};
    return json::array{std::move(result)};
  }
  auto blocks = encode_content(m);
  for (const auto& c : m.tool_calls())
    blocks.push_back(json::object{{"type", "tool_use"}, {"id", c.id}, {"name", c.name}, {"input", arguments_of(c)}});
  return blocks;
}

// The results of calls are the user's words there, all in the turn that follows the calls.
void add_turn(json::array& turns, const message& m) {
  const std::string_view role = m.role() == "assistant" ? "assistant" : "user";
  auto blocks = blocks_of(m);
  if (turns.empty() || codec::string_at(turns.back(), "role") != role)
    turns.push_back(json::object{{"role", role}, {"content", json::array()}});
  auto& turn = turns.back().get_object();
  auto& content = turn["content"].get_array();
  content.insert(content.end(), blocks.begin(), blocks.end());
  put_extra(turn, m);
}

void put_messages(json::object& body, const chat& ask) {
  json::array system, turns;
  for (const auto& m : ask.messages()) {
    check_role(m);
    refuse_name(m, dialect);
    if (!is_system(m)) {
      add_turn(turns, m);
      continue;
    }
    if (!turns.empty())
      refuse_field("a system message after the conversation has begun", dialect);
    auto block = text_block(only_text(m, dialect));
    put_extra(block, m);
    system.push_back(std::move(block));
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

void put_tools(json::object& body, const chat& ask) {
  if (!ask.tools().empty()) {
    json::array tools;
    for (const auto& t : ask.tools())
      tools.push_back(encode_tool(t));
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
    case response_format::kind::json_object:
      refuse_field("response_format json_object", dialect, "give a JSON Schema");
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
  express_only(ask, dialect, {"response_format", "reasoning_effort", "temperature", "top_p", "tool_choice",
                              "parallel_tool_calls", "stop"});
  json::object body;
  body["model"] = to.model;
  body["max_tokens"] = most_tokens(ask).value_or(default_max_tokens);
  put_messages(body, ask);
  put(body, "temperature", ask.temperature());
  put(body, "top_p", ask.top_p());
  if (!ask.stop().empty())
    body["stop_sequences"] = json::array(ask.stop().begin(), ask.stop().end());
  put_tools(body, ask);
  put_output(body, ask);
  if (ask.end_user())
    body["metadata"] = json::object{{"user_id", *ask.end_user()}};
  body["stream"] = stream;
  merge_extra(body, ask.extra_body());
  return json_request(to, body);
}

constexpr std::string_view no_input = "{}";

class messages_decoder final : public object_decoder {
private:
  class block {
  public:
    block() = default;
    std::uint64_t index = 0;
    std::uint32_t call = 0;
    std::string input; // what the start of the block says, in case no piece follows
    bool open = true;
    bool given = false;
  };

  void read_event(const json::value& v, std::vector<event>& out) override {
    const auto type = type_of(v);
    const auto index = codec::uint_at(v, "index").value_or(0);
    if (type == "content_block_delta") {
      if (const auto* delta = codec::find(v, "delta"))
        read_delta(index, *delta, out);
    } else if (type == "content_block_start") {
      if (const auto* content = codec::find(v, "content_block"))
        begin_block(index, *content, out);
    } else if (type == "content_block_stop") {
      if (auto* b = block_at(index))
        stop_block(*b, out);
    } else if (type == "message_start") {
      if (const auto* message = codec::find(v, "message"))
        begin_message(*message, out);
    } else if (type == "message_delta") {
      read_counts(v);
      if (const auto* delta = codec::find(v, "delta"))
        read_stop(*delta, out);
      report(counted(), out);
    } else if (type == "message_stop") {
      end();
    } else if (type != "ping") {
      remark("events of an unknown type were passed over");
    }
  }

  bool read_answer(const json::value& v, std::vector<event>& out) override {
    if (!codec::array_at(v, "content") && !codec::string_at(v, "content"))
      return false;
    read_head(v);
    read_content(v, out);
    read_stop(v, out);
    report(counted(), out);
    return true;
  }

  bool is_answer(const json::value& v) const override {
    return codec::string_at(v, "type") == "message" && codec::find(v, "content");
  }

  // Behind the reason why it stopped nothing comes.
  bool whole() const noexcept override { return done() || has_finished(); }

  bool is_own(std::string_view type) const noexcept override {
    return object_decoder::is_own(type) || type.starts_with("message_") || type.starts_with("content_block_");
  }

  void close(std::vector<event>& out) override {
    for (auto& b : blocks_)
      give_input(b, out);
    blocks_.clear();
  }

  // Proxies begin a message of their own before the provider's, or a second one behind it: its blocks are counted
  // from 0 again.
  void begin_message(const json::value& message, std::vector<event>& out) {
    close(out);
    read_head(message);
    if (!writer_.said())
      read_content(message, out);
  }

  void read_content(const json::value& v, std::vector<event>& out) {
    say(event::kind::text, v, "content", out);
    const auto* content = codec::array_at(v, "content");
    if (!content)
      return;
    for (const auto& part : *content) {
      const auto type = codec::string_at(part, "type");
      if (type == "tool_use")
        begin_call(std::string(codec::string_at(part, "id").value_or("")), codec::string_at(part, "name").value_or(""),
                   input_text(part), out);
      else
        say_block(part, out);
    }
  }

  void say_block(const json::value& content, std::vector<event>& out) {
    const auto type = codec::string_at(content, "type");
    if (type == "thinking")
      say(event::kind::reasoning, content, "thinking", out);
    else if (type == "text")
      say(event::kind::text, content, "text", out);
    else if (const auto* source = codec::find(content, "source"); type == "image" && source)
      show(codec::string_at(*source, "data").value_or(codec::string_at(*source, "url").value_or("")),
           codec::string_at(*source, "media_type").value_or(""), out);
  }

  void begin_block(std::uint64_t index, const json::value& content, std::vector<event>& out) {
    if (auto* b = block_at(index))
      stop_block(*b, out);
    if (codec::string_at(content, "type") != "tool_use") {
      say_block(content, out);
      return;
    }
    block b;
    b.index = index;
    b.input = input_text(content);
    b.call = begin_call(std::string(codec::string_at(content, "id").value_or("")),
                        codec::string_at(content, "name").value_or(""), std::string(), out);
    blocks_.push_back(std::move(b));
  }

  // No piece came between its start and its stop. Some gateways close a block and go on with it, so that only the end
  // tells a call without arguments.
  void stop_block(block& b, std::vector<event>& out) {
    b.open = false;
    if (b.input != no_input)
      give_input(b, out);
  }

  void give_input(block& b, std::vector<event>& out) {
    if (!std::exchange(b.given, true))
      more_of_call(b.call, b.input, out);
  }

  void read_delta(std::uint64_t index, const json::value& delta, std::vector<event>& out) {
    const auto type = codec::string_at(delta, "type");
    if (type == "text_delta") {
      say(event::kind::text, delta, "text", out);
    } else if (type == "thinking_delta") {
      say(event::kind::reasoning, delta, "thinking", out);
    } else if (type == "input_json_delta") {
      // Those of a tool that runs at the provider have no block here.
      const auto piece = codec::string_at(delta, "partial_json").value_or("");
      auto* b = block_at(index);
      // Gateways close a block and go on with it.
      if (!b && !blocks_.empty() && blocks_.back().index == index)
        b = &blocks_.back();
      if (b && !piece.empty()) {
        b->given = true;
        more_of_call(b->call, piece, out);
      }
    }
  }

  void read_head(const json::value& message) {
    keep_first(info_.id, message, "id");
    keep_first(info_.model, message, "model");
    read_counts(message);
  }

  void read_stop(const json::value& v, std::vector<event>& out) {
    if (const auto reason = codec::string_at(v, "stop_reason"))
      finish(*reason, out);
  }

  // Counts are cumulative, and the last event repeats only some of them, or says 0 of what was counted before.
  void read_counts(const json::value& v) {
    const auto* counts = codec::find(v, "usage");
    if (!counts)
      return;
    const auto take = [&](std::optional<std::uint64_t>& kept, std::string_view key) {
      if (const auto n = codec::uint_at(*counts, key); n && (*n != 0 || !kept))
        kept = n;
    };
    take(input_, "input_tokens");
    take(read_, "cache_read_input_tokens");
    take(written_, "cache_creation_input_tokens");
    take(output_, "output_tokens");
  }

  // The input that was not cached is only a part of the prompt.
  usage counted() const {
    usage u;
    u.prompt_tokens = sum_of(sum_of(input_, read_), written_);
    u.completion_tokens = output_;
    u.cached_tokens = read_;
    u.cache_write_tokens = written_;
    put_total(u);
    return u;
  }

  static std::string input_text(const json::value& content) {
    const auto* input = codec::find(content, "input");
    return input ? arguments_text(input) : std::string(no_input);
  }

  block* block_at(std::uint64_t index) noexcept {
    for (auto& b : blocks_)
      if (b.index == index && b.open)
        return &b;
    return nullptr;
  }

  std::vector<block> blocks_;
  std::optional<std::uint64_t> input_, read_, written_, output_;
};

std::unique_ptr<decoder> make_decoder(std::size_t) { return std::make_unique<messages_decoder>(); }

} // namespace

const chat_dialect anthropic_messages(&encode, &make_decoder);

} // namespace weir::provider
