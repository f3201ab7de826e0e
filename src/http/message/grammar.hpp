// Characters of HTTP messages (RFC 9110, section 5.6.2; RFC 9112, section 5).
#pragma once

#include <array>
#include <string_view>

namespace weir::inline v0::http {

namespace detail {

inline constexpr std::array<bool, 256> token_table = [] {
  std::array<bool, 256> table{};
  for (char c = 'a'; c <= 'z'; ++c)
    table[static_cast<unsigned char>(c)] = table[static_cast<unsigned char>(c - 'a' + 'A')] = true;
  for (char c = '0'; c <= '9'; ++c)
    table[static_cast<unsigned char>(c)] = true;
  for (char c : std::string_view("!#$%&'*+-.^_`|~"))
    table[static_cast<unsigned char>(c)] = true;
  return table;
}();

} // namespace detail

constexpr bool is_token_char(char c) noexcept { return detail::token_table[static_cast<unsigned char>(c)]; }

/// Visible ASCII, space, tab and the bytes from 0x80: no control character.
constexpr bool is_value_char(char c) noexcept {
  const auto u = static_cast<unsigned char>(c);
  return (u >= 0x20 && u != 0x7f) || u == '\t';
}

constexpr char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

constexpr bool is_token(std::string_view text) noexcept {
  for (char c : text)
    if (!is_token_char(c))
      return false;
  return !text.empty();
}

constexpr bool is_value(std::string_view text) noexcept {
  for (char c : text)
    if (!is_value_char(c))
      return false;
  return true;
}

constexpr std::string_view trim(std::string_view text) noexcept {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t'))
    text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t'))
    text.remove_suffix(1);
  return text;
}

} // namespace weir::inline v0::http
