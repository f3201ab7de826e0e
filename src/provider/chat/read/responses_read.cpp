// OpenAI's Responses; responses/responses.cpp is the other direction.
#include <algorithm>

#include "provider/chat/read/member_reader.hpp"
#include "provider/chat/read/request_read.hpp"

namespace weir::inline v0::provider {

namespace {

namespace json = codec::json;

std::string string_of(const json::value& v, std::string_view key) {
  return std::string(codec::string_at(v, key).value_or(""));
}

content_part read_part(const json::value& v) {
  const auto type = codec::string_at(v, "type").value_or("");
  const auto text = codec::string_at(v, "text");
  if ((type == "input_text" || type == "output_text") && text && has_only(v, {"type", "text"}))
    return content_part::text(std::string(*text));
  const auto image = codec::string_at(v, "image_url");
  if (type == "input_image" && image && has_only(v, {"type", "image_url", "detail"}))
    return content_part::image_url(std::string(*image), string_of(v, "detail"));
  const auto data = codec::string_at(v, "file_data").value_or("");
  if (type == "input_file" && data.starts_with("data:") && has_only(v, {"type", "file_data", "filename"})) {
    media m;
    m.url = data;
    m.name = string_of(v, "filename");
    return content_part::attachment(m);
  }
  return content_part::raw(codec::to_text(v));
}

// Items as messages; empty if one of them is nothing that a message can hold.
class item_reader {
public:
  bool read(const json::array& items) {
    for (const auto& one : items)
      if (!read(one))
        return false;
    return true;
  }
  std::vector<message> messages;

private:
  bool read(const json::value& v) {
    const auto type = codec::string_at(v, "type").value_or("message");
    if (type == "message")
      return read_message(v);
    if (type == "function_call" && has_only(v, {"type", "call_id", "name", "arguments"}))
      return add_call(tool_call(string_of(v, "call_id"), string_of(v, "name"), string_of(v, "arguments")));
    const auto output = codec::string_at(v, "output");
    if (type == "function_call_output" && output && has_only(v, {"type", "call_id", "output"})) {
      messages.push_back(message::tool(string_of(v, "call_id"), std::string(*output)));
      return true;
    }
    return false;
  }

  bool read_message(const json::value& v) {
    const auto role = codec::string_at(v, "role").value_or("");
    const auto* content = codec::find(v, "content");
    if (role.empty() || !content || (!content->is_string() && !content->is_array()))
      return false;
    message m{std::string(role)};
    if (content->is_string())
      m = message(std::string(role), std::string(content->get_string()));
    else if (content->get_array().empty())
      return false;
    else
      for (const auto& p : content->get_array())
        m.part(read_part(p));
    for (const auto& member : v.get_object())
      if (member.key() != "role" && member.key() != "content" && !member.value().is_null())
        m.extra(std::string(member.key()), codec::to_text(member.value()));
    messages.push_back(std::move(m));
    return true;
  }

  bool add_call(tool_call c) {
    std::vector<tool_call> calls;
    if (!messages.empty() && !messages.back().tool_calls().empty()) {
      calls = messages.back().tool_calls();
      messages.pop_back();
    }
    calls.push_back(std::move(c));
    messages.push_back(message::assistant_calls(std::move(calls)));
    return true;
  }
};

void read_input(chat& ask, member_reader& from, std::string_view where) {
  const auto* input = from.peek("input");
  if (!input || (!input->is_string() && !input->is_array()))
    throw_unreadable(where, "the request's input is neither a text nor a list of messages");
  item_reader items;
  if (input->is_array() && !items.read(input->get_array()))
    return;
  if (auto instructions = from.text("instructions"))
    ask.system(*std::move(instructions));
  if (input->is_string())
    ask.user(std::string(input->get_string()));
  for (auto& m : items.messages)
    ask.add(std::move(m));
  from.drop("input");
}

bool is_function(const json::value& t) {
  const auto* parameters = codec::find(t, "parameters");
  const auto* strict = codec::find(t, "strict");
  return codec::string_at(t, "type") == "function" && codec::string_at(t, "name") && parameters &&
         parameters->is_object() && (!strict || strict->is_bool()) &&
         has_only(t, {"type", "name", "description", "parameters", "strict"});
}

void read_tools(chat& ask, member_reader& from) {
  const auto* v = from.peek("tools");
  const auto* list = v ? v->if_array() : nullptr;
  if (!list || !std::all_of(list->begin(), list->end(), is_function))
    return;
  for (const auto& t : *list)
    ask.tool(tool(string_of(t, "name"), string_of(t, "description"), codec::to_text(*codec::find(t, "parameters")))
                 .strict(codec::bool_at(t, "strict").value_or(true))); // its default there
  from.drop("tools");
}

void read_tool_choice(chat& ask, member_reader& from) {
  const auto* v = from.peek("tool_choice");
  if (!v)
    return;
  const auto is_word = [](std::string_view s) { return s == "auto" || s == "none" || s == "required"; };
  if (v->is_string() && is_word(v->get_string()))
    ask.tool_choice(std::string(v->get_string()));
  else if (codec::string_at(*v, "type") == "function" && !is_word(string_of(*v, "name")) &&
           has_only(*v, {"type", "name"}))
    ask.tool_choice(string_of(*v, "name"));
  else
    return;
  from.drop("tool_choice");
}

std::optional<response_format> read_format(const json::object& f) {
  const auto type = codec::string_at(f, "type").value_or("");
  if (type == "text" && has_only(f, {"type"}))
    return response_format::text();
  if (type == "json_object" && has_only(f, {"type"}))
    return response_format::json_object();
  const auto* schema = codec::object_at(f, "schema");
  const auto name = codec::string_at(f, "name");
  const auto* strict = codec::find(f, "strict");
  if (type != "json_schema" || !schema || !name || (strict && !strict->is_bool()) ||
      !has_only(f, {"type", "name", "schema", "description", "strict"}))
    return std::nullopt;
  auto format = response_format::json_schema(std::string(*name), codec::to_text(*schema));
  if (strict)
    format.strict(strict->get_bool());
  if (const auto description = codec::string_at(f, "description"))
    format.description(std::string(*description));
  return format;
}

} // namespace

chat read_responses(const json::object& body, std::string_view where) {
  member_reader from(body);
  chat ask(from.text("model").value_or(""));
  read_input(ask, from, where);
  if (auto v = from.whole("max_output_tokens"))
    ask.max_tokens(*v);
  if (auto v = from.number("temperature"))
    ask.temperature(*v);
  if (auto v = from.number("top_p"))
    ask.top_p(*v);
  if (const auto* v = from.peek("reasoning"); v && has_only(*v, {"effort"}))
    if (const auto effort = codec::string_at(*v, "effort")) {
      ask.reasoning_effort(std::string(*effort));
      from.drop("reasoning");
    }
  if (const auto* v = from.peek("text"); v && has_only(*v, {"format"}))
    if (const auto* f = codec::object_at(*v, "format"))
      if (auto format = read_format(*f)) {
        ask.response_format(*std::move(format));
        from.drop("text");
      }
  read_tools(ask, from);
  read_tool_choice(ask, from);
  if (auto v = from.flag("parallel_tool_calls"))
    ask.parallel_tool_calls(*v);
  if (auto v = from.text("user"))
    ask.end_user(*std::move(v));
  from.drop("stream_options");
  from.rest_into(ask);
  return ask;
}

} // namespace weir::inline v0::provider
