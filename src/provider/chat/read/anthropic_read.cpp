// Anthropic's Messages; native/anthropic.cpp is the other direction.
#include "provider/chat/read/member_reader.hpp"
#include "provider/chat/read/request_read.hpp"

namespace weir::inline v0::provider {

namespace {

namespace json = codec::json;
using namespace std::chrono_literals;

std::string string_of(const json::value& v, std::string_view key) {
  return std::string(codec::string_at(v, key).value_or(""));
}

// The mark of a prompt cache, if weir can set the same one.
class cache_note {
public:
  explicit cache_note(const json::value& block) {
    const auto* v = codec::find(block, "cache_control");
    const auto ttl = v ? codec::string_at(*v, "ttl").value_or("5m") : "";
    marked = v && has_only(*v, {"type", "ttl"}) && codec::string_at(*v, "type") == "ephemeral" &&
             (ttl == "5m" || ttl == "1h");
    hour = marked && ttl == "1h";
    foreign = v && !marked;
  }
  bool marked = false, hour = false, foreign = false;
};

class anthropic_reader {
public:
  anthropic_reader(chat& to, std::string_view where) : to_(to), where_(where) {}

  void system(const json::value& v) {
    if (v.is_string()) {
      to_.system(std::string(v.get_string()));
      return;
    }
    if (!v.is_array())
      throw_unreadable(where_, "the request's system is neither a text nor a list of blocks");
    for (const auto& block : v.get_array()) {
      const auto text = codec::string_at(block, "text");
      const cache_note note(block);
      if (!text)
        throw_unreadable(where_, "the request's system has a block without a text");
      auto m = message::system(std::string(*text));
      for (const auto& member : block.get_object())
        if (const std::string_view key = member.key();
            key != "type" && key != "text" && (key != "cache_control" || note.foreign))
          m.extra(std::string(key), codec::to_text(member.value()));
      add(std::move(m), note);
    }
  }

  void turn(const json::value& v, std::size_t number) {
    const auto role = string_of(v, "role");
    const auto* content = codec::find(v, "content");
    if (!content || (role != "user" && role != "assistant"))
      throw_unreadable(where_, "message " + std::to_string(number) +
                                   " has no content, or a role that is not user or assistant");
    if (content->is_string()) {
      to_.add(message(role, std::string(content->get_string())));
      return;
    }
    if (!content->is_array() || content->get_array().empty())
      throw_unreadable(where_, "message " + std::to_string(number) +
                                   " has a content that is neither a text nor a list of blocks");
    said_ = part_of_turn(role);
    for (const auto& block : content->get_array())
      role == "user" ? user_block(block) : assistant_block(block);
    flush(cache_note(json::value(nullptr)));
  }

private:
  // What becomes one message: blocks in the order that the encoder writes them in.
  class part_of_turn {
  public:
    part_of_turn() = default;
    explicit part_of_turn(std::string role) : role(std::move(role)) {}
    std::string role;
    std::vector<std::string> reasoning;
    std::vector<content_part> parts;
    std::vector<tool_call> calls;
  };

  void add(message m, const cache_note& note) {
    m.cache_prefix(note.marked);
    if (note.hour)
      to_.cache_lifetime(1h);
    to_.add(std::move(m));
  }

  void flush(const cache_note& note) {
    auto said = std::exchange(said_, part_of_turn(said_.role));
    if (said.parts.empty() && said.calls.empty() && said.reasoning.empty())
      return;
    const bool only_text =
        said.calls.empty() && said.parts.size() == 1 && said.parts.front().type() == content_part::kind::text;
    auto m = only_text            ? message(said.role, said.parts.front().value())
             : said.calls.empty() ? message(said.role)
                                  : message::assistant_calls(std::move(said.calls));
    if (!only_text)
      for (auto& p : said.parts)
        m.part(std::move(p));
    for (auto& block : said.reasoning)
      m.reasoning_block(std::move(block));
    add(std::move(m), note);
  }

  void add_part(const json::value& block) {
    const cache_note note(block);
    // A mark goes to the last block of its message.
    said_.parts.push_back(note.foreign ? content_part::raw(codec::to_text(block)) : read_part(block));
    if (note.marked && said_.parts.back().type() != content_part::kind::raw)
      flush(note);
  }

  void user_block(const json::value& block) {
    const cache_note note(block);
    auto result = read_result(block);
    if (!result || note.foreign) {
      add_part(block);
      return;
    }
    flush(cache_note(json::value(nullptr)));
    add(*std::move(result), note);
  }

  void assistant_block(const json::value& block) {
    const auto type = string_of(block, "type");
    if (type == "thinking" || type == "redacted_thinking") {
      if (!said_.parts.empty() || !said_.calls.empty())
        flush(cache_note(json::value(nullptr)));
      said_.reasoning.push_back(codec::to_text(block));
      return;
    }
    const auto* input = codec::object_at(block, "input");
    const cache_note note(block);
    if (type == "tool_use" && input && !note.foreign &&
        has_only(block, {"type", "id", "name", "input", "cache_control"})) {
      said_.calls.emplace_back(string_of(block, "id"), string_of(block, "name"), codec::to_text(*input));
      if (note.marked)
        flush(note);
      return;
    }
    if (!said_.calls.empty())
      flush(cache_note(json::value(nullptr)));
    add_part(block);
  }

  // A raw part takes the whole block, its mark included.
  static content_part read_part(const json::value& block) {
    const auto type = string_of(block, "type");
    const auto raw = [&block] { return content_part::raw(codec::to_text(block)); };
    if (const auto text = codec::string_at(block, "text");
        type == "text" && text && !text->empty() && has_only(block, {"type", "text", "cache_control"}))
      return content_part::text(std::string(*text));
    const auto* source = codec::find(block, "source");
    if (!source || !source->is_object())
      return raw();
    const auto kind = string_of(*source, "type");
    const auto media_type = string_of(*source, "media_type");
    const auto inline_url = "data:" + media_type + ";base64," + string_of(*source, "data");
    if (type == "image" && has_only(block, {"type", "source", "cache_control"})) {
      if (kind == "base64" && has_only(*source, {"type", "media_type", "data"}))
        return content_part::image_url(inline_url);
      if (kind == "url" && has_only(*source, {"type", "url"}))
        return content_part::image_url(string_of(*source, "url"));
    }
    if (type == "document" && kind == "base64" && media_type == "application/pdf" &&
        has_only(block, {"type", "source", "title", "cache_control"}) &&
        has_only(*source, {"type", "media_type", "data"})) {
      media m;
      m.url = inline_url;
      m.name = string_of(block, "title");
      return content_part::attachment(m);
    }
    return raw();
  }

  // Empty for a result with what other APIs' results do not have: images, an error.
  static std::optional<message> read_result(const json::value& block) {
    if (codec::string_at(block, "type") != "tool_result" ||
        !has_only(block, {"type", "tool_use_id", "content", "cache_control"}))
      return std::nullopt;
    const auto id = string_of(block, "tool_use_id");
    const auto* content = codec::find(block, "content");
    if (!content || content->is_string())
      return message::tool(id, content ? std::string(content->get_string()) : std::string());
    if (!content->is_array())
      return std::nullopt;
    std::vector<content_part> parts;
    for (const auto& one : content->get_array()) {
      parts.push_back(read_part(one));
      if (parts.back().type() != content_part::kind::text || codec::find(one, "cache_control"))
        return std::nullopt;
    }
    if (parts.empty())
      return message::tool(id, std::string());
    auto m = message::tool(id, parts.front().value());
    for (auto p = parts.begin() + 1; p != parts.end(); ++p)
      m.part(std::move(*p));
    return m;
  }

  chat& to_;
  std::string_view where_;
  part_of_turn said_;
};

bool is_function(const json::value& t) {
  const auto type = codec::string_at(t, "type").value_or("custom");
  const auto* strict = codec::find(t, "strict");
  return type == "custom" && codec::string_at(t, "name") && codec::object_at(t, "input_schema") &&
         (!strict || strict->is_bool()) &&
         has_only(t, {"type", "name", "description", "input_schema", "strict", "cache_control"});
}

void read_tools(chat& ask, member_reader& from) {
  const auto* v = from.peek("tools");
  const auto* list = v ? v->if_array() : nullptr;
  if (!list || list->empty())
    return;
  for (const auto& t : *list) {
    const cache_note note(t);
    if (!is_function(t) || note.foreign || (note.marked && &t != &list->back()))
      return;
  }
  for (const auto& t : *list) {
    tool made(string_of(t, "name"), string_of(t, "description"), codec::to_text(*codec::object_at(t, "input_schema")));
    if (const auto strict = codec::bool_at(t, "strict"))
      made.strict(*strict);
    ask.tool(std::move(made));
  }
  if (const cache_note note(list->back()); note.marked) {
    ask.cache_prefix();
    if (note.hour)
      ask.cache_lifetime(1h);
  }
  from.drop("tools");
}

void read_tool_choice(chat& ask, member_reader& from) {
  const auto* v = from.peek("tool_choice");
  if (!v || !has_only(*v, {"type", "name", "disable_parallel_tool_use"}))
    return;
  const auto type = string_of(*v, "type");
  if (type == "tool")
    ask.tool_choice(string_of(*v, "name"));
  else if (type == "auto" || type == "none")
    ask.tool_choice(type);
  else if (type == "any")
    ask.tool_choice("required");
  else
    return;
  if (const auto one_by_one = codec::bool_at(*v, "disable_parallel_tool_use"))
    ask.parallel_tool_calls(!*one_by_one);
  from.drop("tool_choice");
}

// With thinking beside it, which one setter means both, it stays as it is.
void read_output(chat& ask, member_reader& from) {
  const auto* v = from.peek("output_config");
  const auto* format = v && has_only(*v, {"format"}) ? codec::object_at(*v, "format") : nullptr;
  const auto* schema = format && has_only(*format, {"type", "schema"}) ? codec::object_at(*format, "schema") : nullptr;
  if (!schema || codec::string_at(*format, "type") != "json_schema")
    return;
  ask.response_format(response_format::json_schema("answer", codec::to_text(*schema)));
  from.drop("output_config");
}

} // namespace

chat read_anthropic(const json::object& params, std::string_view where) {
  member_reader from(params);
  chat ask(from.text("model").value_or(""));
  // Before the messages: a mark on the tools is one before the first message.
  read_tools(ask, from);
  anthropic_reader reader(ask, where);
  if (const auto* system = from.peek("system"))
    reader.system(*system);
  from.drop("system");
  const auto* messages = from.array("messages");
  if (!messages || messages->empty())
    throw_unreadable(where, "the request has no messages");
  for (std::size_t i = 0; i < messages->size(); ++i)
    reader.turn((*messages)[i], i + 1);
  if (auto v = from.whole("max_tokens"))
    ask.max_tokens(*v);
  if (auto v = from.number("temperature"))
    ask.temperature(*v);
  if (auto v = from.number("top_p"))
    ask.top_p(*v);
  if (auto v = from.texts("stop_sequences"))
    for (auto& one : *v)
      ask.stop(std::move(one));
  read_tool_choice(ask, from);
  read_output(ask, from);
  if (const auto* metadata = from.peek("metadata"); metadata && has_only(*metadata, {"user_id"}))
    if (const auto user = codec::string_at(*metadata, "user_id")) {
      ask.end_user(std::string(*user));
      from.drop("metadata");
    }
  from.rest_into(ask);
  return ask;
}

} // namespace weir::inline v0::provider
