#include "codec/json/json_pieces.hpp"

#include <algorithm>

namespace weir::inline v0::codec {

namespace {

// Where the object that begins the text ends; npos if it is not closed.
std::size_t end_of_object(std::string_view text) noexcept {
  std::size_t depth = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\')
        ++i;
      else
        in_string = c != '"';
    } else if (c == '"') {
      in_string = true;
    } else if (c == '{') {
      ++depth;
    } else if (c == '}' && --depth == 0) {
      return i + 1;
    }
  }
  return text.npos;
}

} // namespace

std::string_view take_object(std::string_view& rest) noexcept {
  const auto text = rest.substr(std::min(rest.find_first_not_of(" \t\r\n,"), rest.size()));
  const auto end = text.starts_with('{') ? end_of_object(text) : text.npos;
  if (end == text.npos)
    return {};
  rest = text.substr(end);
  return text.substr(0, end);
}

bool is_row_of_objects(std::string_view text) noexcept {
  std::size_t n = 0;
  while (!take_object(text).empty())
    ++n;
  return n > 1 && text.find_first_not_of(" \t\r\n,") == text.npos;
}

} // namespace weir::inline v0::codec
