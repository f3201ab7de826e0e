// Gemini's generateContent; native/gemini.cpp is the other direction.
#include <algorithm>

#include "provider/chat/native/gemini_decode.hpp"
#include "provider/chat/read/member_reader.hpp"
#include "provider/chat/read/request_read.hpp"

namespace weir::inline v0::provider {

namespace {

namespace json = codec::json;

// Google's servers take `inline_data` for `inlineData`.
std::string in_camel_case(std::string_view key) {
  std::string out;
  for (std::size_t i = 0; i < key.size(); ++i)
    if (key[i] == '_' && i + 1 < key.size() && key[i + 1] >= 'a' && key[i + 1] <= 'z')
      out += static_cast<char>(key[++i] - 'a' + 'A');
    else
      out += key[i];
  return out;
}

// Of an object's own members, not of those in it: schemas and arguments have names of their own.
json::object with_camel_case(const json::object& from) {
  json::object to;
  for (const auto& member : from)
    to[in_camel_case(member.key())] = member.value();
  return to;
}

json::object camel_object_at(const json::object& o, std::string_view key) {
  const auto* inner = codec::object_at(o, key);
  return inner ? with_camel_case(*inner) : json::object();
}

class gemini_reader {
public:
  gemini_reader(chat& to, std::string_view where) : to_(to), where_(where) {}

  void system(const json::value& v) {
    if (v.is_string()) {
      to_.system(std::string(v.get_string()));
      return;
    }
    const auto* parts = codec::array_at(v, "parts");
    if (!parts)
      throw_unreadable(where_, "the request's systemInstruction has no parts");
    for (const auto& p : *parts)
      to_.system(std::string(codec::string_at(p, "text").value_or("")));
  }

  void turn(const json::value& v, std::size_t number) {
    const auto* parts = codec::array_at(v, "parts");
    const auto role = codec::string_at(v, "role").value_or("user");
    if (!parts || parts->empty() || (role != "user" && role != "model" && role != "function"))
      throw_unreadable(where_,
                       "content " + std::to_string(number) + " has no parts, or a role that is not user or model");
    role_ = role == "model" ? "assistant" : "user";
    for (const auto& p : *parts)
      part(p);
    flush();
  }

private:
  void flush() {
    auto parts = std::exchange(parts_, {});
    auto calls = std::exchange(calls_, {});
    if (parts.empty() && calls.empty())
      return;
    if (calls.empty() && parts.size() == 1 && parts.front().type() == content_part::kind::text) {
      to_.add(message(role_, parts.front().value()));
      return;
    }
    auto m = calls.empty() ? message(role_) : message::assistant_calls(std::move(calls));
    for (auto& p : parts)
      m.part(std::move(p));
    to_.add(std::move(m));
  }

  void part(const json::value& v) {
    const auto p = v.is_object() ? with_camel_case(v.get_object()) : json::object();
    if (const auto* response = codec::object_at(p, "functionResponse"); response && has_only(p, {"functionResponse"})) {
      if (auto m = read_result(*response)) {
        flush();
        to_.add(*std::move(m));
        return;
      }
    }
    const auto* call = codec::object_at(p, "functionCall");
    if (call && role_ == "assistant" && has_only(p, {"functionCall", "thoughtSignature"}) &&
        has_only(*call, {"name", "args"})) {
      add_call(p, *call);
      return;
    }
    if (!calls_.empty())
      flush();
    parts_.push_back(read_part(p, v));
  }

  // A call has no id there: its result is known by the name of the function.
  void add_call(const json::object& p, const json::object& call) {
    auto id = "call_" + std::to_string(++made_);
    if (const auto signature = codec::string_at(p, "thoughtSignature"))
      id.append(1, signature_mark).append(*signature);
    const auto name = std::string(codec::string_at(call, "name").value_or(""));
    const auto* arguments = codec::object_at(call, "args");
    waiting_.emplace_back(name, id);
    calls_.emplace_back(std::move(id), name, arguments ? codec::to_text(*arguments) : std::string("{}"));
  }

  std::optional<message> read_result(const json::object& response) {
    const auto name = codec::string_at(response, "name").value_or("");
    const auto* value = codec::object_at(response, "response");
    const auto at = std::find_if(waiting_.begin(), waiting_.end(), [name](const auto& w) { return w.first == name; });
    if (!value || at == waiting_.end() || !has_only(response, {"name", "response"}))
      return std::nullopt;
    auto m = message::tool(at->second, codec::to_text(*value));
    waiting_.erase(at);
    return m;
  }

  static content_part read_part(const json::object& p, const json::value& as_given) {
    const auto raw = [&as_given] { return content_part::raw(codec::to_text(as_given)); };
    if (const auto text = codec::string_at(p, "text"); text && !text->empty() && has_only(p, {"text"}))
      return content_part::text(std::string(*text));
    if (has_only(p, {"inlineData"})) {
      const auto data = camel_object_at(p, "inlineData");
      const auto type = codec::string_at(data, "mimeType").value_or("");
      const auto bytes = codec::string_at(data, "data");
      if (bytes && !type.empty() && type.find_first_of("; ,") == type.npos && has_only(data, {"mimeType", "data"})) {
        media m;
        m.url = "data:" + std::string(type) + ";base64," + std::string(*bytes);
        return content_part::attachment(m);
      }
    }
    if (has_only(p, {"fileData"})) {
      const auto file = camel_object_at(p, "fileData");
      if (const auto uri = codec::string_at(file, "fileUri"); uri && has_only(file, {"fileUri"}))
        return content_part::image_url(std::string(*uri));
    }
    return raw();
  }

  chat& to_;
  std::string_view where_;
  std::string role_;
  std::vector<content_part> parts_;
  std::vector<tool_call> calls_;
  std::vector<std::pair<std::string, std::string>> waiting_; // name and id
  std::size_t made_ = 0;
};

// What has no setter is in the same object, which extra_body replaces as a whole.
void read_config(chat& ask, member_reader& from) {
  const auto* given = from.object("generationConfig");
  if (!given)
    return;
  const auto config = with_camel_case(*given);
  member_reader of(config);
  if (auto v = of.number("temperature"))
    ask.temperature(*v);
  if (auto v = of.number("topP"))
    ask.top_p(*v);
  if (auto v = of.whole("maxOutputTokens"))
    ask.max_tokens(*v);
  if (auto v = of.texts("stopSequences"))
    for (auto& one : *v)
      ask.stop(std::move(one));
  if (auto v = of.natural("seed"))
    ask.seed(*v);
  if (auto v = of.number("presencePenalty"))
    ask.presence_penalty(*v);
  if (auto v = of.number("frequencyPenalty"))
    ask.frequency_penalty(*v);
  const auto* type = of.peek("responseMimeType");
  const auto* schema = of.peek("responseJsonSchema");
  if (type && *type == "application/json" && !of.peek("responseSchema") && (!schema || schema->is_object())) {
    ask.response_format(schema ? response_format::json_schema("answer", codec::to_text(*schema))
                               : response_format::json_object());
    of.drop("responseMimeType");
    of.drop("responseJsonSchema");
  }
  if (!of.empty())
    ask.extra_body("generationConfig", codec::to_text(*given));
}

bool is_function(const json::value& v) {
  const auto* parameters = codec::find(v, "parametersJsonSchema");
  return codec::string_at(v, "name") && (!parameters || parameters->is_object()) &&
         has_only(v, {"name", "description", "parametersJsonSchema"});
}

void read_tools(chat& ask, member_reader& from) {
  const auto* v = from.peek("tools");
  const auto* list = v ? v->if_array() : nullptr;
  if (!list || list->size() != 1 || !has_only(list->front(), {"functionDeclarations"}))
    return;
  const auto* functions = codec::array_at(list->front(), "functionDeclarations");
  if (!functions || !std::all_of(functions->begin(), functions->end(), is_function))
    return;
  for (const auto& f : *functions) {
    const auto* parameters = codec::find(f, "parametersJsonSchema");
    ask.tool(tool(std::string(*codec::string_at(f, "name")),
                  std::string(codec::string_at(f, "description").value_or("")),
                  parameters ? codec::to_text(*parameters) : std::string()));
  }
  from.drop("tools");
}

void read_tool_choice(chat& ask, member_reader& from) {
  const auto* v = from.peek("toolConfig");
  const auto* calling =
      v && has_only(*v, {"functionCallingConfig"}) ? codec::object_at(*v, "functionCallingConfig") : nullptr;
  if (!calling || !has_only(*calling, {"mode", "allowedFunctionNames"}))
    return;
  const auto mode = codec::string_at(*calling, "mode").value_or("");
  const auto* names = codec::array_at(*calling, "allowedFunctionNames");
  if (mode == "ANY" && names && names->size() == 1 && names->front().is_string())
    ask.tool_choice(std::string(names->front().get_string()));
  else if (names || (mode != "AUTO" && mode != "NONE" && mode != "ANY"))
    return;
  else
    ask.tool_choice(mode == "AUTO" ? "auto" : mode == "NONE" ? "none" : "required");
  from.drop("toolConfig");
}

} // namespace

chat read_gemini(const json::object& request, std::string_view where) {
  const auto body = with_camel_case(request);
  member_reader from(body);
  auto model = from.text("model").value_or("");
  if (model.starts_with("models/"))
    model.erase(0, 7);
  chat ask(std::move(model));
  gemini_reader reader(ask, where);
  if (const auto* system = from.peek("systemInstruction"))
    reader.system(*system);
  from.drop("systemInstruction");
  const auto* contents = from.peek("contents");
  if (contents && contents->is_string()) {
    ask.user(std::string(contents->get_string()));
  } else {
    const auto* turns = contents ? contents->if_array() : nullptr;
    if (!turns || turns->empty())
      throw_unreadable(where, "the request has no contents");
    for (std::size_t i = 0; i < turns->size(); ++i)
      reader.turn((*turns)[i], i + 1);
  }
  from.drop("contents");
  read_config(ask, from);
  read_tools(ask, from);
  read_tool_choice(ask, from);
  from.rest_into(ask);
  return ask;
}

} // namespace weir::inline v0::provider
