#include "batch/output/object_writer.hpp"

#include <array>
#include <cstdint>
#include <cstring>

#include "codec/text/utf8.hpp"

namespace weir::inline v0 {

namespace {

// What stands for a character: itself, or a letter behind a backslash; 'u' for four digits of its number.
constexpr auto shown = [] {
  std::array<char, 256> t{};
  for (std::size_t c = 0; c != t.size(); ++c)
    t[c] = c < 0x20 ? 'u' : static_cast<char>(c);
  t['\b'] = 'b';
  t['\f'] = 'f';
  t['\n'] = 'n';
  t['\r'] = 'r';
  t['\t'] = 't';
  return t;
}();

constexpr auto escaped = [] {
  std::array<bool, 256> t{};
  for (std::size_t c = 0; c != t.size(); ++c)
    t[c] = c < 0x20 || c == '"' || c == '\\';
  return t;
}();

constexpr std::uint64_t in_each(unsigned char c) noexcept { return 0x0101010101010101u * c; }

// The highest bit of each byte that is zero.
constexpr std::uint64_t zeros(std::uint64_t w) noexcept {
  return ~(((w & in_each(0x7f)) + in_each(0x7f)) | w | in_each(0x7f));
}

// That of each quotation mark and backslash.
constexpr std::uint64_t quotes_in(std::uint64_t w) noexcept {
  return zeros(w ^ in_each('"')) | zeros(w ^ in_each('\\'));
}

// What a text is, found eight bytes at a time.
class survey {
public:
  explicit survey(std::string_view text) noexcept {
    const char* at = text.data();
    auto left = text.size();
    for (; left >= sizeof(std::uint64_t); left -= sizeof(std::uint64_t), at += sizeof(std::uint64_t)) {
      std::uint64_t w;
      std::memcpy(&w, at, sizeof w);
      take(w);
    }
    auto last = in_each(' ');
    if (left != 0) // an empty text may be nowhere
      std::memcpy(&last, at, left);
    take(last);
  }
  /// ASCII without control characters.
  bool simple() const noexcept { return (odd_ & in_each(0x80)) == 0; }
  /// And backslashes.
  std::size_t quotes() const noexcept { return quotes_; }

private:
  void take(std::uint64_t w) noexcept {
    odd_ |= w | ((w - in_each(0x20)) & ~w);
    quotes_ += (quotes_in(w) >> 7) * in_each(1) >> 56;
  }
  std::uint64_t odd_ = 0;
  std::size_t quotes_ = 0;
};

// Without branches: in JSON, every few bytes are a quotation mark.
char* write_each(char* to, std::string_view text) noexcept {
  for (const char c : text) {
    *to = '\\';
    to += escaped[static_cast<unsigned char>(c)];
    *to++ = c;
  }
  return to;
}

void write_simple(char* to, std::string_view text) noexcept {
  std::uint64_t w = 0;
  for (; text.size() >= sizeof w; text.remove_prefix(sizeof w)) {
    std::memcpy(&w, text.data(), sizeof w);
    if (quotes_in(w) == 0) {
      std::memcpy(to, &w, sizeof w);
      to += sizeof w;
    } else {
      to = write_each(to, text.substr(0, sizeof w));
    }
  }
  write_each(to, text);
}

void append_escaped(std::string& out, std::string_view text) {
  constexpr char digits[] = "0123456789abcdef";
  for (std::size_t at = 0; at != text.size();) {
    const auto begin = at;
    while (at != text.size() && !escaped[static_cast<unsigned char>(text[at])])
      ++at;
    out.append(text, begin, at - begin);
    if (at == text.size())
      break;
    const auto c = static_cast<unsigned char>(text[at++]);
    out.append(1, '\\').append(1, shown[c]);
    if (shown[c] == 'u')
      out.append("00").append(1, digits[c >> 4]).append(1, digits[c & 15]);
  }
}

} // namespace

void append_quoted(std::string& out, std::string_view text) {
  const survey s(text);
  if (!s.simple() && codec::valid_utf8_prefix(text) != text.size()) {
    out += codec::to_text(codec::json::value(text));
    return;
  }
  out += '"';
  if (!s.simple()) {
    append_escaped(out, text);
  } else if (s.quotes() == 0) {
    out += text;
  } else {
    const auto at = out.size();
    out.resize(at + text.size() + s.quotes());
    write_simple(out.data() + at, text);
  }
  out += '"';
}

} // namespace weir::inline v0
