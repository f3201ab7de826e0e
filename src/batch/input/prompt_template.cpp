#include "batch/input/prompt_template.hpp"

#include <weir/core/error.hpp>

namespace weir::inline v0::input {

prompt_template::prompt_template(std::string_view text) {
  constexpr std::string_view open = "{{", close = "}}", escaped = "{{{{";
  std::string plain;
  while (!text.empty()) {
    const auto at = text.find(open);
    plain += text.substr(0, at);
    if (at == text.npos)
      break;
    text.remove_prefix(at);
    if (text.starts_with(escaped)) {
      plain += open;
      text.remove_prefix(escaped.size());
      continue;
    }
    const auto end = text.find(close);
    if (end == text.npos)
      throw error(errc::invalid_argument,
                  "the template has a '{{' without a '}}' behind it ('{{{{' is a '{{' in the text)");
    auto name = text.substr(open.size(), end - open.size());
    name.remove_prefix(std::min(name.find_first_not_of(" \t"), name.size()));
    name = name.substr(0, name.find_last_not_of(" \t") + 1);
    if (name.empty())
      throw error(errc::invalid_argument, "the template has a '{{}}' without a name in it");
    if (!plain.empty())
      pieces_.emplace_back(std::exchange(plain, {}), false);
    pieces_.emplace_back(name, true);
    names_.emplace_back(name);
    text.remove_prefix(end + close.size());
  }
  if (!plain.empty())
    pieces_.emplace_back(std::move(plain), false);
}

std::string prompt_template::fill(const codec::json::object& row, std::string_view where) const {
  std::string out;
  for (const auto& [text, is_name] : pieces_) {
    if (!is_name) {
      out += text;
      continue;
    }
    const auto* v = member_at(row, text);
    if (!v)
      throw_no_column(where, text, row);
    out += cell_text(*v);
  }
  return out;
}

void throw_no_column(std::string_view where, std::string_view name, const codec::json::object& row) {
  throw error(errc::invalid_argument, std::string(where) + ": there is no column '" + std::string(name) +
                                          (row.empty() ? "'" : "' (there are " + names_of(row) + ")"));
}

} // namespace weir::inline v0::input
