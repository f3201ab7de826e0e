#include <weir/core/base64.hpp>

#include <array>
#include <cstddef>
#include <cstdint>

namespace weir::inline v0 {

namespace {

constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

constexpr std::uint8_t foreign = 0xFF;

constexpr std::array<std::uint8_t, 256> values = [] {
  std::array<std::uint8_t, 256> v{};
  v.fill(foreign);
  for (std::size_t i = 0; i < alphabet.size(); ++i)
    v[static_cast<unsigned char>(alphabet[i])] = static_cast<std::uint8_t>(i);
  v['-'] = 62;
  v['_'] = 63;
  return v;
}();

std::uint32_t value_of(char c) noexcept { return values[static_cast<unsigned char>(c)]; }

bool is_space(char c) noexcept { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

std::string without_spaces(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text)
    if (!is_space(c))
      out.push_back(c);
  return out;
}

// Padding fills up to a multiple of four: none, one or two characters, never a whole group.
bool strip_padding(std::string_view& text) noexcept {
  std::size_t padding = 0;
  while (padding < 2 && padding < text.size() && text[text.size() - 1 - padding] == '=')
    ++padding;
  if (padding != 0 && text.size() % 4 != 0)
    return false;
  text.remove_suffix(padding);
  return true;
}

} // namespace

std::string encode_base64(std::string_view bytes) {
  std::string out((bytes.size() + 2) / 3 * 4, '=');
  char* to = out.data();
  const auto at = [&](std::size_t i) { return static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[i])); };
  std::size_t i = 0;
  for (; i + 3 <= bytes.size(); i += 3) {
    const auto group = at(i) << 16 | at(i + 1) << 8 | at(i + 2);
    *to++ = alphabet[group >> 18];
    *to++ = alphabet[group >> 12 & 63];
    *to++ = alphabet[group >> 6 & 63];
    *to++ = alphabet[group & 63];
  }
  if (const auto rest = bytes.size() - i; rest != 0) {
    const auto group = at(i) << 16 | (rest == 2 ? at(i + 1) << 8 : 0);
    *to++ = alphabet[group >> 18];
    *to++ = alphabet[group >> 12 & 63];
    if (rest == 2)
      *to++ = alphabet[group >> 6 & 63];
  }
  return out;
}

std::optional<std::string> decode_base64(std::string_view text, base64_space space) {
  std::string packed;
  if (space == base64_space::skip) {
    packed = without_spaces(text);
    text = packed;
  }
  if (!strip_padding(text))
    return std::nullopt;
  const auto rest = text.size() % 4;
  if (rest == 1)
    return std::nullopt;
  std::string out(text.size() / 4 * 3 + (rest == 0 ? 0 : rest - 1), '\0');
  char* to = out.data();
  std::uint32_t seen = 0; // A foreign character sets the bits above the six.
  std::size_t i = 0;
  for (; i + 4 <= text.size(); i += 4) {
    const auto a = value_of(text[i]);
    const auto b = value_of(text[i + 1]);
    const auto c = value_of(text[i + 2]);
    const auto d = value_of(text[i + 3]);
    seen |= a | b | c | d;
    *to++ = static_cast<char>(a << 2 | b >> 4);
    *to++ = static_cast<char>(b << 4 | c >> 2);
    *to++ = static_cast<char>(c << 6 | d);
  }
  if (rest != 0) {
    const auto a = value_of(text[i]);
    const auto b = value_of(text[i + 1]);
    const auto c = rest == 3 ? value_of(text[i + 2]) : 0;
    seen |= a | b | c;
    *to++ = static_cast<char>(a << 2 | b >> 4);
    if (rest == 3)
      *to++ = static_cast<char>(b << 4 | c >> 2);
    if (((rest == 3 ? c << 6 : b << 4) & 0xFF) != 0)
      return std::nullopt;
  }
  if (seen > 63)
    return std::nullopt;
  return out;
}

} // namespace weir::inline v0
