#include "provider/chat/dialect_encode.hpp"

#include <algorithm>

namespace weir::inline v0::provider {

namespace json = codec::json;

namespace {

class field {
public:
  std::string_view name;
  bool (*set)(const chat&);
};

// A value that is the default everywhere requests nothing.
constexpr field all_fields[] = {
    {"frequency_penalty", [](const chat& c) { return c.frequency_penalty().value_or(0) != 0; }},
    {"presence_penalty", [](const chat& c) { return c.presence_penalty().value_or(0) != 0; }},
    {"logprobs", [](const chat& c) { return c.logprobs().value_or(false); }},
    {"top_logprobs", [](const chat& c) { return c.top_logprobs().value_or(0) != 0; }},
    {"n", [](const chat& c) { return c.n().value_or(1) != 1; }},
    {"response_format",
     [](const chat& c) { return c.response_format() && c.response_format()->type() != response_format::kind::text; }},
    {"reasoning_effort", [](const chat& c) { return c.reasoning_effort().has_value(); }},
    {"seed", [](const chat& c) { return c.seed().has_value(); }},
    {"temperature", [](const chat& c) { return c.temperature().has_value(); }},
    {"top_p", [](const chat& c) { return c.top_p().value_or(1) != 1; }},
    {"tool_choice", [](const chat& c) { return c.tool_choice().value_or("auto") != "auto"; }},
    {"tool_prompt", [](const chat& c) { return c.tool_prompt().has_value(); }},
    {"parallel_tool_calls", [](const chat& c) { return !c.parallel_tool_calls().value_or(true); }},
    {"stop", [](const chat& c) { return !c.stop().empty(); }},
    {"logit_bias", [](const chat& c) { return !c.logit_bias().empty(); }},
};

} // namespace

void refuse_field(std::string_view field, std::string_view dialect, std::string_view instead) {
  std::string words = std::string(dialect) + " cannot express " + std::string(field) + ": leave it out";
  if (!instead.empty())
    words.append(", or ").append(instead);
  throw error(errc::unsupported, words + ", or use a provider that supports it");
}

void express_only(const chat& ask, std::string_view dialect, std::initializer_list<std::string_view> fields) {
  for (const auto& f : all_fields)
    if (f.set(ask) && std::find(fields.begin(), fields.end(), f.name) == fields.end())
      refuse_field(f.name, dialect);
}

std::optional<std::int64_t> most_tokens(const chat& ask) noexcept {
  return ask.max_completion_tokens() ? ask.max_completion_tokens() : ask.max_tokens();
}

std::vector<content_part> parts_of(const message& m) {
  std::vector<content_part> all;
  if (m.content() && !m.content()->empty())
    all.push_back(content_part::text(*m.content()));
  all.insert(all.end(), m.parts().begin(), m.parts().end());
  return all;
}

std::string only_text(const message& m, std::string_view dialect) {
  std::string all;
  for (const auto& p : parts_of(m)) {
    if (p.type() != content_part::kind::text)
      refuse_field("content other than text in a message of role \"" + m.role() + "\"", dialect);
    all += p.value();
  }
  return all;
}

bool is_system(const message& m) noexcept { return m.role() == "system" || m.role() == "developer"; }

void check_role(const message& m) {
  if (!is_system(m) && m.role() != "user" && m.role() != "assistant" && m.role() != "tool")
    throw error(errc::invalid_argument,
                "a message's role must be system, developer, user, assistant or tool, not \"" + m.role() + "\"");
}

void put_extra(json::object& o, const message& m) {
  for (const auto& [key, text] : m.extra())
    o[key] = codec::parse_argument(text, "a message's \"" + key + "\"");
}

void refuse_name(const message& m, std::string_view dialect) {
  if (!m.name().empty() && m.role() != "tool")
    refuse_field("the name of a message", dialect);
}

std::optional<inline_data> read_inline_image(const std::string& url) {
  constexpr std::string_view scheme = "data:", coding = ";base64";
  if (!url.starts_with(scheme))
    return std::nullopt;
  const auto comma = url.find(',');
  const auto head = std::string_view(url).substr(scheme.size(), comma == std::string::npos ? 0 : comma - scheme.size());
  if (!head.ends_with(coding))
    throw error(errc::invalid_argument, "an image's data: URL must be base64, as content_part::image() writes it");
  inline_data d;
  d.mime = head.substr(0, std::min(head.find(';'), head.size()));
  d.base64 = url.substr(comma + 1);
  return d;
}

inline_data inline_data_of(const content_part& file) {
  auto data = read_inline_image(file.value());
  if (!data)
    throw error(errc::invalid_argument, "a file must be passed by its bytes: content_part::attachment()");
  return *std::move(data);
}

json::array reasoning_blocks_of(const message& m, std::initializer_list<std::string_view> types) {
  json::array found;
  for (const auto& text : m.reasoning_blocks()) {
    auto block = codec::parse_argument(text, "a block of reasoning");
    const auto type = codec::string_at(block, "type").value_or("");
    const auto fits = [type](std::string_view t) { return t.ends_with('.') ? type.starts_with(t) : type == t; };
    if (std::any_of(types.begin(), types.end(), fits))
      found.push_back(std::move(block));
  }
  return found;
}

json::value arguments_of(const tool_call& c) {
  if (c.arguments.find_first_not_of(" \t\r\n") == std::string::npos)
    return json::object();
  auto v = codec::parse_argument(c.arguments, "the arguments of the call of " + c.name);
  if (!v.is_object())
    throw error(errc::invalid_argument, "the arguments of the call of " + c.name + " are not a JSON object");
  return v;
}

std::string name_of_result(const std::vector<message>& all, std::size_t at) {
  const auto& id = all[at].tool_call_id();
  for (auto i = at; i-- > 0;)
    for (const auto& c : all[i].tool_calls())
      if (c.id == id)
        return c.name;
  if (all[at].name().empty())
    throw error(errc::invalid_argument, "no earlier call has the id of the tool's result: add the assistant's calls "
                                        "before their results");
  return all[at].name();
}

json::value parameters_of(const tool& t) {
  if (t.parameters().empty())
    return json::object{{"type", "object"}, {"properties", json::object()}};
  return codec::parse_argument(t.parameters(), "the parameters of tool " + t.name());
}

json::value schema_of(const response_format& f) {
  return codec::parse_argument(f.value(), "the JSON Schema of response_format");
}

} // namespace weir::inline v0::provider
