#include "batch/input/request_size.hpp"

#include <algorithm>

namespace weir::inline v0::input {

namespace {

std::uint64_t characters_of(std::string_view text) noexcept {
  return static_cast<std::uint64_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

void add(request_size& s, const message& m) {
  s.characters += characters_of(m.content().value_or(""));
  for (const auto& p : m.parts()) {
    if (p.type() == content_part::kind::text)
      s.characters += characters_of(p.value());
    else
      s.media = true;
  }
  for (const auto& c : m.tool_calls())
    s.characters += characters_of(c.name) + characters_of(c.arguments);
}

request_size size(const chat& c) {
  request_size s;
  s.model = c.model();
  for (const auto& m : c.messages())
    add(s, m);
  for (const auto& t : c.tools())
    s.characters += characters_of(t.name()) + characters_of(t.description()) + characters_of(t.parameters());
  if (c.response_format())
    s.characters += characters_of(c.response_format()->value());
  const auto limit = c.max_completion_tokens() ? c.max_completion_tokens() : c.max_tokens();
  if (limit && *limit >= 0)
    s.max_output =
        static_cast<std::uint64_t>(*limit) * static_cast<std::uint64_t>(std::max<std::int64_t>(c.n().value_or(1), 1));
  return s;
}

request_size size(const text_generation& t) {
  request_size s;
  s.model = t.model();
  s.characters = characters_of(t.prompt());
  if (t.max_new_tokens() && *t.max_new_tokens() >= 0)
    s.max_output = static_cast<std::uint64_t>(*t.max_new_tokens());
  return s;
}

std::uint64_t characters_of(const parameter_value& v) {
  if (const auto* text = std::get_if<std::string>(&v.value))
    return characters_of(std::string_view(*text));
  std::uint64_t n = 0;
  if (const auto* list = std::get_if<std::vector<std::string>>(&v.value))
    for (const auto& one : *list)
      n += characters_of(std::string_view(one));
  return n;
}

request_size size(const task_request& t) {
  request_size s;
  s.model = t.model();
  s.media = !t.inputs().empty();
  for (const auto& text : t.texts())
    s.characters += characters_of(std::string_view(text));
  for (const auto& [name, v] : t.fields())
    s.characters += characters_of(v);
  for (const auto& [name, cells] : t.table())
    for (const auto& cell : cells)
      s.characters += characters_of(std::string_view(cell));
  return s;
}

} // namespace

request_size size_of(const batch_item::request_type& request) {
  return std::visit([](const auto& one) { return size(one); }, request);
}

} // namespace weir::inline v0::input
