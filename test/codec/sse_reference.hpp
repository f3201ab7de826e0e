// The rules for event streams written down plainly: the whole stream at once, code point by
// code point, no thought for speed. The decoder is compared with this.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace codec_test {

class seen {
public:
  seen() = default;
  std::string events; ///< "type|data|last id" and '#' after each.
  std::string last_id;
  bool operator==(const seen&) const = default;
};

inline void note(seen& s, std::string_view type, std::string_view data, std::string_view id) {
  s.events.append(type).append("|").append(data).append("|").append(id).append("#");
}

/// UTF-8 decode of the Encoding Standard: section 8.1.1, then one BOM off.
inline std::u32string decode_reference(std::string_view bytes) {
  std::u32string out;
  char32_t point = 0;
  int needed = 0;
  int got = 0;
  unsigned lower = 0x80;
  unsigned upper = 0xBF;
  const auto start = [&](int more, char32_t bits) {
    needed = more;
    got = 0;
    point = bits;
  };
  for (std::size_t i = 0; i < bytes.size();) {
    const unsigned b = static_cast<unsigned char>(bytes[i]);
    if (needed == 0) {
      ++i;
      if (b <= 0x7F) {
        out.push_back(b);
      } else if (b >= 0xC2 && b <= 0xDF) {
        start(1, b & 0x1F);
      } else if (b >= 0xE0 && b <= 0xEF) {
        if (b == 0xE0)
          lower = 0xA0;
        if (b == 0xED)
          upper = 0x9F;
        start(2, b & 0x0F);
      } else if (b >= 0xF0 && b <= 0xF4) {
        if (b == 0xF0)
          lower = 0x90;
        if (b == 0xF4)
          upper = 0x8F;
        start(3, b & 0x07);
      } else {
        out.push_back(0xFFFD);
      }
      continue;
    }
    const bool fits = b >= lower && b <= upper;
    lower = 0x80;
    upper = 0xBF;
    if (!fits) {
      needed = 0;
      out.push_back(0xFFFD); // and look at this byte again
      continue;
    }
    ++i;
    point = (point << 6) | (b & 0x3F);
    if (++got == needed) {
      out.push_back(point);
      needed = 0;
    }
  }
  if (needed != 0)
    out.push_back(0xFFFD);
  if (!out.empty() && out.front() == 0xFEFF)
    out.erase(0, 1);
  return out;
}

inline std::string encode_reference(std::u32string_view text) {
  std::string out;
  const auto put = [&](char32_t v) { out.push_back(static_cast<char>(v)); };
  for (const char32_t c : text) {
    if (c < 0x80) {
      put(c);
    } else if (c < 0x800) {
      put(0xC0 | (c >> 6));
      put(0x80 | (c & 0x3F));
    } else if (c < 0x10000) {
      put(0xE0 | (c >> 12));
      put(0x80 | ((c >> 6) & 0x3F));
      put(0x80 | (c & 0x3F));
    } else {
      put(0xF0 | (c >> 18));
      put(0x80 | ((c >> 12) & 0x3F));
      put(0x80 | ((c >> 6) & 0x3F));
      put(0x80 | (c & 0x3F));
    }
  }
  return out;
}

inline bool is_object_line(std::u32string_view line) {
  const auto end = line.find_last_not_of(U" \t");
  return line.starts_with(U'{') && line[end] == U'}';
}

/// HTML 9.2.6, with the stream's end known, and with the three additions that sse.hpp documents.
inline seen parse_reference(std::string_view bytes) {
  const auto text = decode_reference(bytes);
  std::vector<std::u32string> lines;
  std::u32string line;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == U'\r' || text[i] == U'\n') {
      if (text[i] == U'\r' && i + 1 < text.size() && text[i + 1] == U'\n')
        ++i;
      lines.push_back(line);
      line.clear();
    } else {
      line.push_back(text[i]);
    }
  }

  seen result;
  std::u32string data;
  std::u32string type;
  std::u32string id;
  for (const auto& l : lines) {
    if (l.empty()) {
      result.last_id = encode_reference(id);
      if (!data.empty()) {
        data.pop_back();
        note(result, encode_reference(type), encode_reference(data), result.last_id);
      }
      data.clear();
      type.clear();
      continue;
    }
    if (l.front() == U'{') {
      if (!is_object_line(l))
        continue;
      if (!data.empty()) {
        data += l + U'\n';
        continue;
      }
      result.last_id = encode_reference(id);
      note(result, encode_reference(type), encode_reference(l), result.last_id);
      type.clear();
      continue;
    }
    const auto colon = l.find(U':');
    const auto name = l.substr(0, colon);
    std::u32string value;
    if (colon != std::u32string::npos) {
      value = l.substr(colon + 1);
      if (!value.empty() && value.front() == U' ')
        value.erase(0, 1);
    }
    const bool another = value.starts_with(U'{') || value.starts_with(U"[DONE]");
    if (name == U"data" && another && data.ends_with(U"}\n")) {
      data.pop_back();
      result.last_id = encode_reference(id);
      note(result, encode_reference(type), encode_reference(data), result.last_id);
      type.clear();
      data.clear();
    }
    if (name == U"event")
      type = value;
    else if (name == U"data")
      data += value + U'\n';
    else if (name == U"error") {
      type = U"error";
      data += value + U'\n';
    } else if (name == U"id" && value.find(U'\0') == std::u32string::npos)
      id = value;
  }
  return result;
}

} // namespace codec_test
