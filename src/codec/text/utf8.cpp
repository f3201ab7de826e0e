#include "codec/text/utf8.hpp"

#include <cstdint>
#include <cstring>

namespace weir::inline v0::codec {

namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";

std::uint64_t word_at(const char* p) noexcept {
  std::uint64_t w;
  std::memcpy(&w, p, sizeof w);
  return w;
}

const char* skip_ascii(const char* p, const char* end) noexcept {
  constexpr std::uint64_t high = 0x8080808080808080u;
  while (end - p >= 32 && !((word_at(p) | word_at(p + 8) | word_at(p + 16) | word_at(p + 24)) & high))
    p += 32;
  while (end - p >= 8 && !(word_at(p) & high))
    p += 8;
  while (p != end && static_cast<unsigned char>(*p) < 0x80)
    ++p;
  return p;
}

struct sequence {
  std::size_t length; // Bytes that belong together, at least one.
  bool valid;
};

// What begins at p, where *p is not ASCII.
sequence sequence_at(const char* p, const char* end) noexcept {
  const auto lead = static_cast<unsigned char>(*p);
  std::size_t more = 0;
  unsigned char lower = 0x80;
  unsigned char upper = 0xBF;
  if (lead >= 0xC2 && lead <= 0xDF) {
    more = 1;
  } else if (lead >= 0xE0 && lead <= 0xEF) {
    more = 2;
    if (lead == 0xE0)
      lower = 0xA0; // else overlong
    if (lead == 0xED)
      upper = 0x9F; // else a surrogate
  } else if (lead >= 0xF0 && lead <= 0xF4) {
    more = 3;
    if (lead == 0xF0)
      lower = 0x90; // else overlong
    if (lead == 0xF4)
      upper = 0x8F; // else above U+10FFFF
  } else {
    return {1, false};
  }
  std::size_t n = 1;
  while (n <= more) {
    if (p + n == end)
      return {n, false};
    const auto c = static_cast<unsigned char>(p[n]);
    if (c < lower || c > upper)
      return {n, false};
    lower = 0x80;
    upper = 0xBF;
    ++n;
  }
  return {n, true};
}

} // namespace

std::size_t valid_utf8_prefix(std::string_view text) noexcept {
  const char* const begin = text.data();
  const char* const end = begin + text.size();
  const char* p = begin;
  for (;;) {
    p = skip_ascii(p, end);
    // Text of other scripts comes in runs: do not restart the wide scan for each character.
    while (p != end && static_cast<unsigned char>(*p) >= 0x80) {
      const auto s = sequence_at(p, end);
      if (!s.valid)
        return static_cast<std::size_t>(p - begin);
      p += s.length;
    }
    if (p == end)
      return text.size();
  }
}

void append_repaired(std::string& out, std::string_view text) {
  for (;;) {
    const auto good = valid_utf8_prefix(text);
    out.append(text.data(), good);
    text.remove_prefix(good);
    if (text.empty())
      return;
    text.remove_prefix(sequence_at(text.data(), text.data() + text.size()).length);
    out.append(replacement);
  }
}

char* put_code_point(char* to, char32_t c) noexcept {
  const auto tail = [&](int shift) { *to++ = static_cast<char>(0x80 | ((c >> shift) & 0x3F)); };
  if (c < 0x80) {
    *to++ = static_cast<char>(c);
  } else if (c < 0x800) {
    *to++ = static_cast<char>(0xC0 | (c >> 6));
    tail(0);
  } else if (c < 0x10000) {
    *to++ = static_cast<char>(0xE0 | (c >> 12));
    tail(6);
    tail(0);
  } else {
    *to++ = static_cast<char>(0xF0 | (c >> 18));
    tail(12);
    tail(6);
    tail(0);
  }
  return to;
}

bool append_utf16(std::string& out, std::string_view bytes, bool big_endian) {
  const auto unit = [&](std::size_t i) {
    const auto first = static_cast<unsigned char>(bytes[i]), second = static_cast<unsigned char>(bytes[i + 1]);
    return static_cast<char32_t>(big_endian ? first << 8 | second : second << 8 | first);
  };
  for (std::size_t i = 0; i + 1 < bytes.size(); i += 2) {
    auto c = unit(i);
    if (c >= 0xD800 && c < 0xE000) {
      const auto low = c < 0xDC00 && i + 3 < bytes.size() ? unit(i += 2) : 0;
      if (low < 0xDC00 || low >= 0xE000)
        return false;
      c = 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
    }
    char bytes[4];
    out.append(bytes, put_code_point(bytes, c));
  }
  return bytes.size() % 2 == 0;
}

} // namespace weir::inline v0::codec
