#include "batch/output/object_writer.hpp"

#include <array>

#include "codec/text/utf8.hpp"

namespace weir::inline v0 {

namespace {

constexpr auto plain = [] {
  std::array<bool, 256> t{};
  for (std::size_t c = 0x20; c != t.size(); ++c)
    t[c] = c != '"' && c != '\\';
  return t;
}();

bool is_plain(char c) noexcept { return plain[static_cast<unsigned char>(c)]; }

void append_escape(std::string& out, char c) {
  constexpr char digits[] = "0123456789abcdef";
  out += '\\';
  switch (c) {
  case '"':
  case '\\': out += c; break;
  case '\b': out += 'b'; break;
  case '\f': out += 'f'; break;
  case '\n': out += 'n'; break;
  case '\r': out += 'r'; break;
  case '\t': out += 't'; break;
  default: out.append("u00").append(1, digits[c >> 4]).append(1, digits[c & 15]);
  }
}

} // namespace

void append_quoted(std::string& out, std::string_view text) {
  if (codec::valid_utf8_prefix(text) != text.size()) {
    out += codec::to_text(codec::json::value(text));
    return;
  }
  out += '"';
  for (std::size_t at = 0; at != text.size();) {
    const auto begin = at;
    while (at != text.size() && is_plain(text[at]))
      ++at;
    out.append(text, begin, at - begin);
    if (at != text.size())
      append_escape(out, text[at++]);
  }
  out += '"';
}

} // namespace weir::inline v0
