#include "cost/plain_text.hpp"

#include <cstdio>

namespace weir::inline v0 {

namespace {

// The length of the well-formed character that `s` begins with; 0 if it begins with none.
std::size_t character(std::string_view s) noexcept {
  const auto byte = [s](std::size_t i) { return i < s.size() ? static_cast<unsigned char>(s[i]) : 0u; };
  const auto tail = [&byte](std::size_t i) { return (byte(i) & 0xc0) == 0x80; };
  const unsigned c = byte(0);
  if (c < 0x80)
    return 1;
  if (c >= 0xc2 && c < 0xe0)
    return tail(1) ? 2 : 0;
  if (c >= 0xe0 && c < 0xf0) {
    const bool overlong = c == 0xe0 && byte(1) < 0xa0, surrogate = c == 0xed && byte(1) >= 0xa0;
    return tail(1) && tail(2) && !overlong && !surrogate ? 3 : 0;
  }
  if (c >= 0xf0 && c < 0xf5) {
    const bool overlong = c == 0xf0 && byte(1) < 0x90, beyond = c == 0xf4 && byte(1) >= 0x90;
    return tail(1) && tail(2) && tail(3) && !overlong && !beyond ? 4 : 0;
  }
  return 0;
}

} // namespace

void append_plain(std::string& out, std::string_view text, std::size_t most) {
  for (const auto from = out.size(); !text.empty();) {
    const auto n = character(text);
    if (out.size() - from + (n == 0 ? 1 : n) > most)
      return;
    const auto c = static_cast<unsigned char>(text[0]);
    // C1 controls are two bytes, c2 80 to c2 9f.
    const bool control =
        (n == 1 && (c < 0x20 || c == 0x7f)) || (n == 2 && c == 0xc2 && static_cast<unsigned char>(text[1]) < 0xa0);
    if (n == 0 || control)
      out += '?';
    else
      out += text.substr(0, n);
    text.remove_prefix(n == 0 ? 1 : n);
  }
}

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      char escape[8];
      std::snprintf(escape, sizeof escape, "\\u%04x", static_cast<unsigned>(c));
      out += escape;
    } else {
      if (c == '"' || c == '\\')
        out += '\\';
      out += c;
    }
  }
  out += '"';
}

} // namespace weir::inline v0
