#include "sim/answer/tools.hpp"

#include <algorithm>

namespace weir::inline v0::sim {

namespace json = codec::json;

namespace {

std::string_view name_of(const json::value& tool) { return codec::string_at(tool, "name").value_or(""); }

bool in_word(char c) noexcept {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_' || c == '-';
}

/// Whether the text has the name as a word of its own.
bool mentions(std::string_view text, std::string_view name) noexcept {
  for (auto at = text.find(name); at != text.npos && !name.empty(); at = text.find(name, at + 1)) {
    const auto end = at + name.size();
    if ((at == 0 || !in_word(text[at - 1])) && (end == text.size() || !in_word(text[end])))
      return true;
  }
  return false;
}

} // namespace

void tool_offer::add(const json::array* list, std::string_view inside) {
  for (std::size_t i = 0; list && i < list->size(); ++i) {
    const auto* tool = inside.empty() ? &(*list)[i] : codec::find((*list)[i], inside);
    if (tool && codec::string_at(*tool, "name"))
      tools.push_back(tool);
  }
}

std::string tool_offer::complaint() const {
  if (tools.empty())
    return when == calling::always ? "tool_choice demands a tool, but the request offers none." : "";
  const auto offered = [&](const json::value* tool) { return name_of(*tool) == *only; };
  if (!only || std::any_of(tools.begin(), tools.end(), offered))
    return {};
  return "tool_choice names the tool '" + only->substr(0, 64) + "', which is not among the tools.";
}

const json::value* tool_offer::pick(std::string_view prompt, bool answers_user) const {
  if (when == calling::never || (when == calling::if_mentioned && !answers_user))
    return nullptr;
  const json::value* first = nullptr;
  for (const auto* tool : tools) {
    if (only && name_of(*tool) != *only)
      continue;
    if (mentions(prompt, name_of(*tool)))
      return tool;
    if (!first)
      first = tool;
  }
  return when == calling::always || prompt.find("tool") != prompt.npos ? first : nullptr;
}

std::string read_tool_choice(tool_offer& offer, const json::value& body) {
  const auto* choice = codec::find(body, "tool_choice");
  if (!choice)
    return {};
  if (const auto word = codec::string_at(body, "tool_choice")) {
    if (*word != "none" && *word != "auto" && *word != "required")
      return "tool_choice must be none, auto, required or a function.";
    offer.when = *word == "none" ? calling::never : *word == "auto" ? calling::if_mentioned : calling::always;
    return offer.complaint();
  }
  const auto* function = codec::find(*choice, "function");
  const auto name = codec::string_at(function ? *function : *choice, "name");
  if (!name)
    return "tool_choice must be none, auto, required or a function with its name.";
  offer.when = calling::always;
  offer.only = std::string(*name);
  return offer.complaint();
}

} // namespace weir::inline v0::sim
