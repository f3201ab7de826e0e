#include "codec/json/json_in_text.hpp"

namespace weir::inline v0::codec {

namespace {

std::string_view trimmed(std::string_view text) noexcept {
  constexpr std::string_view blanks = " \t\r\n";
  const auto begin = text.find_first_not_of(blanks);
  return begin == text.npos ? std::string_view() : text.substr(begin, text.find_last_not_of(blanks) - begin + 1);
}

} // namespace

std::string_view json_in_text(std::string_view text) noexcept {
  constexpr std::string_view fence = "```";
  text = trimmed(text);
  const auto open = text.find(fence);
  if (open == text.npos || text.starts_with('{') || text.starts_with('['))
    return text;
  const auto line = text.find('\n', open);
  const auto close = line == text.npos ? text.npos : text.find(fence, line);
  return close == text.npos ? text : trimmed(text.substr(line, close - line));
}

} // namespace weir::inline v0::codec
