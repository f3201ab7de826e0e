#include "provider/chat/read/messages_json.hpp"

#include <algorithm>
#include <initializer_list>
#include <optional>
#include <string>

#include <weir/core/error.hpp>
#include <weir/task/completion.hpp>

#include "provider/chat/common_encode.hpp"

namespace weir::inline v0::provider {

namespace json = codec::json;

namespace {

// One message of a file, and its place for error messages.
class reader {
public:
  reader(const json::value& from, std::string_view file, std::size_t number)
      : from_(from), file_(file), number_(number) {}

  message read() const {
    if (!from_.is_object())
      wrong("is not an object");
    const auto role = codec::string_at(from_, "role");
    if (!role || role->empty())
      wrong("has no role");
    auto m = with_content(std::string(*role));
    if (const auto name = codec::string_at(from_, "name"))
      m.name(std::string(*name));
    if (const auto* blocks = codec::array_at(from_, "reasoning_blocks"))
      for (const auto& b : *blocks)
        m.reasoning_block(codec::to_text(b));
    for (const auto& member : from_.get_object())
      if (!is_known(member.key()) || (member.key() == "tool_calls" && has_other_calls()))
        m.extra(std::string(member.key()), codec::to_text(member.value()));
    return m;
  }

private:
  [[noreturn]] void wrong(std::string_view what) const {
    throw error(errc::invalid_argument,
                std::string(file_) + ": message " + std::to_string(number_) + " " + std::string(what));
  }

  // Calls of custom tools and the like.
  bool has_other_calls() const {
    if (const auto* all = codec::array_at(from_, "tool_calls"))
      for (const auto& one : *all)
        if (codec::string_at(one, "type").value_or("function") != "function")
          return true;
    return false;
  }

  bool has_others() const {
    for (const auto& member : from_.get_object())
      if (!is_known(member.key()) && !member.value().is_null())
        return true;
    return has_other_calls();
  }

  static bool is_known(std::string_view key) {
    for (const std::string_view known : {"role", "content", "name", "tool_calls", "tool_call_id", "reasoning_blocks"})
      if (key == known)
        return true;
    return false;
  }

  message with_content(std::string role) const {
    const auto* content = codec::find(from_, "content");
    const auto calls = read_calls();
    std::optional<std::string> text;
    std::vector<content_part> parts;
    if (content && content->is_string())
      text = std::string(content->get_string());
    else if (content && content->is_array())
      parts = read_parts(content->get_array());
    else if (content)
      wrong("has a content that is neither a text nor a list of parts");
    if (role == "tool")
      return tool_result(text, std::move(parts));
    if (!calls.empty())
      return with_parts(with_calls(text.value_or(""), calls), std::move(parts));
    if (!text && parts.empty() && !has_others())
      wrong("has no content");
    return text ? message(std::move(role), std::move(*text)) : with_parts(message(std::move(role)), std::move(parts));
  }

  static message with_calls(const std::string& text, const std::vector<tool_call>& calls) {
    completion said;
    said.choices.front().text = text;
    said.choices.front().tool_calls = calls;
    return message(said);
  }

  static message with_parts(message m, std::vector<content_part> parts) {
    for (auto& p : parts)
      m.part(std::move(p));
    return m;
  }

  message tool_result(const std::optional<std::string>& text, std::vector<content_part> parts) const {
    const auto id = codec::string_at(from_, "tool_call_id");
    if (!id || id->empty())
      wrong("is the result of a tool and has no tool_call_id");
    auto result = text.value_or("");
    for (const auto& p : parts)
      if (p.type() != content_part::kind::text)
        wrong("is the result of a tool and holds something else than text");
    if (!parts.empty()) {
      result = parts.front().value();
      parts.erase(parts.begin());
    }
    return with_parts(message::tool(std::string(*id), std::move(result)), std::move(parts));
  }

  std::vector<content_part> read_parts(const json::array& all) const {
    std::vector<content_part> parts;
    for (const auto& one : all)
      parts.push_back(read_part(one));
    if (parts.empty())
      wrong("has no content");
    return parts;
  }

  content_part read_part(const json::value& one) const {
    const auto type = codec::string_at(one, "type");
    if (!type)
      wrong("has a part without a type");
    if (const auto text = codec::string_at(one, "text"); type == "text" && text && has_only(one, {"type", "text"}))
      return content_part::text(std::string(*text));
    if (type == "input_audio" || type == "file")
      return read_file_part(one, *type);
    const auto* image = codec::find(one, "image_url");
    if (type != "image_url" || !image || !image->is_object())
      return content_part::raw(codec::to_text(one));
    const auto url = codec::string_at(*image, "url");
    if (!url)
      wrong("has an image without a url");
    if (!has_only(one, {"type", "image_url"}) || !has_only(*image, {"url", "detail"}))
      return content_part::raw(codec::to_text(one));
    return content_part::image_url(std::string(*url), std::string(codec::string_at(*image, "detail").value_or("")));
  }

  // What else a part has, such as a mark for a prompt cache, must not be lost.
  static bool has_only(const json::value& v, std::initializer_list<std::string_view> keys) {
    for (const auto& member : v.get_object())
      if (std::find(keys.begin(), keys.end(), std::string_view(member.key())) == keys.end())
        return false;
    return true;
  }

  // With its bytes, so that it can be sent to any provider; as it is if they are elsewhere.
  static content_part read_file_part(const json::value& one, std::string_view type) {
    const auto raw = [&one] { return content_part::raw(codec::to_text(one)); };
    const auto* file = codec::find(one, type);
    if (!file || !file->is_object() || !has_only(one, {"type", type}))
      return raw();
    media m;
    if (type == "input_audio") {
      const auto format = codec::string_at(*file, "format").value_or("");
      m.url = "data:audio/" + std::string(format == "mp3" ? "mpeg" : format) + ";base64," +
              std::string(codec::string_at(*file, "data").value_or(""));
    } else {
      m.url = codec::string_at(*file, "file_data").value_or("");
      m.name = codec::string_at(*file, "filename").value_or("");
    }
    if (!m.url.starts_with("data:") || !has_only(*file, {"format", "data", "file_data", "filename"}))
      return raw();
    auto part = content_part::attachment(m);
    // A format without a media type that says the same.
    return type == "input_audio" && openai_part(part) != one ? raw() : part;
  }

  std::vector<tool_call> read_calls() const {
    std::vector<tool_call> calls;
    const auto* all = codec::array_at(from_, "tool_calls");
    if (!all || has_other_calls())
      return calls;
    for (const auto& one : *all) {
      const auto* function = codec::find(one, "function");
      const auto name = function ? codec::string_at(*function, "name") : std::nullopt;
      const auto id = codec::string_at(one, "id");
      if (!name || !id)
        wrong("has a tool call without an id or a function's name");
      const auto* arguments = codec::find(*function, "arguments");
      // Collections of conversations have them as an object.
      auto text = !arguments               ? std::string("{}")
                  : arguments->is_string() ? std::string(arguments->get_string())
                                           : codec::to_text(*arguments);
      calls.emplace_back(std::string(*id), std::string(*name), std::move(text));
    }
    return calls;
  }

  const json::value& from_;
  std::string_view file_;
  std::size_t number_;
};

json::value content_of(const message& m) {
  if (m.parts().empty())
    return m.content() ? json::value(*m.content()) : json::value(nullptr);
  json::array parts;
  if (m.content())
    parts.push_back(openai_part(content_part::text(*m.content())));
  for (const auto& p : m.parts())
    parts.push_back(openai_part(p));
  return parts;
}

} // namespace

std::vector<message> read_messages(const json::value& all, std::string_view where) {
  if (!all.is_array())
    throw error(errc::invalid_argument,
                std::string(where) + R"( is not a list of messages: [{"role": "user", "content": "…"}, …])");
  std::vector<message> messages;
  for (const auto& one : all.get_array())
    messages.push_back(reader(one, where, messages.size() + 1).read());
  return messages;
}

json::array to_json(const std::vector<message>& all) {
  json::array list;
  for (const auto& m : all) {
    json::object o{{"role", m.role()}, {"content", content_of(m)}};
    if (!m.name().empty())
      o["name"] = m.name();
    json::array calls;
    for (const auto& c : m.tool_calls())
      calls.push_back(openai_call(c));
    if (!calls.empty())
      o["tool_calls"] = std::move(calls);
    if (!m.tool_call_id().empty())
      o["tool_call_id"] = m.tool_call_id();
    if (!m.reasoning_blocks().empty()) {
      json::array blocks;
      for (const auto& text : m.reasoning_blocks())
        blocks.push_back(codec::parse_argument(text, "a block of reasoning"));
      o["reasoning_blocks"] = std::move(blocks);
    }
    for (const auto& [key, text] : m.extra())
      o[key] = codec::parse_argument(text, "a message's \"" + key + "\"");
    list.push_back(std::move(o));
  }
  return list;
}

} // namespace weir::inline v0::provider
