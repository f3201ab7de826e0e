// Header fields, declared in types.hpp.
#include <algorithm>
#include <array>

#include "http/message/grammar.hpp"
#include "http/message/types.hpp"

namespace weir::inline v0::http {

bool equal_names(std::string_view a, std::string_view b) noexcept {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) { return lower(x) == lower(y); });
}

bool is_field_name(std::string_view text) noexcept { return is_token(text); }
bool is_field_value(std::string_view text) noexcept { return is_value(text); }

bool is_reserved(std::string_view name) noexcept {
  constexpr std::array<std::string_view, 12> names = {
      "host",    "content-length", "transfer-encoding", "connection",          "keep-alive",      "te", "trailer",
      "upgrade", "expect",         "authorization",     "proxy-authorization", "proxy-connection"};
  return std::any_of(names.begin(), names.end(), [name](auto n) { return equal_names(n, name); });
}

bool names_key(std::string_view name) noexcept {
  if (equal_names(name, "idempotency-key"))
    return false;
  for (const std::string_view word : {"authorization", "auth", "key", "token", "secret", "password", "cookie"})
    if (name.size() >= word.size() && equal_names(name.substr(name.size() - word.size()), word))
      return true;
  return false;
}

void fields::set(std::string name, std::string value) {
  erase(name);
  add(std::move(name), std::move(value));
}

void fields::erase(std::string_view name) {
  std::erase_if(list_, [name](const auto& field) { return equal_names(field.first, name); });
}

std::string_view fields::get(std::string_view name) const noexcept {
  for (const auto& [n, value] : list_)
    if (equal_names(n, name))
      return value;
  return {};
}

bool fields::has(std::string_view name) const noexcept {
  return std::any_of(list_.begin(), list_.end(), [name](const auto& field) { return equal_names(field.first, name); });
}

} // namespace weir::inline v0::http
