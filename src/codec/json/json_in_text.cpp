#include "codec/json/json_in_text.hpp"

#include "core/ascii.hpp"

namespace weir::inline v0::codec {

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
