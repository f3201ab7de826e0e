#include "codec/text/surrogates.hpp"

#include <cstdint>

namespace weir::inline v0::codec {

namespace {

constexpr auto npos = std::string_view::npos;

unsigned byte_at(std::string_view text, std::size_t i) noexcept { return static_cast<unsigned char>(text[i]); }

bool is_half(std::string_view text, std::size_t i) noexcept {
  return i + half_size <= text.size() && byte_at(text, i) == 0xED && byte_at(text, i + 1) >= 0xA0 &&
         byte_at(text, i + 1) <= 0xBF && byte_at(text, i + 2) >= 0x80 && byte_at(text, i + 2) <= 0xBF;
}

bool is_first_half(std::string_view text, std::size_t i) noexcept {
  return is_half(text, i) && byte_at(text, i + 1) < 0xB0;
}

bool is_second_half(std::string_view text, std::size_t i) noexcept {
  return is_half(text, i) && byte_at(text, i + 1) >= 0xB0;
}

std::size_t next_half(std::string_view text, std::size_t from) noexcept {
  for (auto i = text.find('\xED', from); i != npos; i = text.find('\xED', i + 1))
    if (is_half(text, i))
      return i;
  return npos;
}

// The ten bits that a surrogate carries.
std::uint32_t bits_at(std::string_view text, std::size_t i) noexcept {
  return (byte_at(text, i + 1) & 0x0F) << 6 | (byte_at(text, i + 2) & 0x3F);
}

void append_character(std::string& out, std::uint32_t c) {
  out.push_back(static_cast<char>(0xF0 | c >> 18));
  out.push_back(static_cast<char>(0x80 | (c >> 12 & 0x3F)));
  out.push_back(static_cast<char>(0x80 | (c >> 6 & 0x3F)));
  out.push_back(static_cast<char>(0x80 | (c & 0x3F)));
}

} // namespace

bool has_surrogate(std::string_view text) noexcept { return next_half(text, 0) != npos; }

bool ends_in_half(std::string_view text) noexcept {
  return text.size() >= half_size && is_first_half(text, text.size() - half_size);
}

std::string settle_surrogates(std::string_view text) {
  std::string out;
  for (;;) {
    const auto at = next_half(text, 0);
    out.append(text.substr(0, at));
    if (at == npos)
      return out;
    if (is_first_half(text, at) && is_second_half(text, at + half_size)) {
      append_character(out, 0x10000 + (bits_at(text, at) << 10 | bits_at(text, at + half_size)));
      text.remove_prefix(at + 2 * half_size);
    } else {
      out.append("\xEF\xBF\xBD");
      text.remove_prefix(at + half_size);
    }
  }
}

} // namespace weir::inline v0::codec
