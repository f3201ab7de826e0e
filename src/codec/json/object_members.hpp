// The look-ups of json.hpp in an object that is not (in) a value.
#pragma once

#include "codec/json/json.hpp"

namespace weir::inline v0::codec {

// Without these an object would be copied into a value, and the result would point into the copy.

inline const json::value* find(const json::object& o, std::string_view key) noexcept {
  const auto* member = o.if_contains(key);
  return member && !member->is_null() ? member : nullptr;
}
inline std::optional<std::string_view> string_at(const json::object& o, std::string_view key) noexcept {
  const auto* member = find(o, key);
  const auto* s = member ? member->if_string() : nullptr;
  return s ? std::optional(std::string_view(s->data(), s->size())) : std::nullopt;
}
inline std::optional<bool> bool_at(const json::object& o, std::string_view key) noexcept {
  const auto* member = find(o, key);
  return member && member->is_bool() ? std::optional(member->get_bool()) : std::nullopt;
}
inline const json::array* array_at(const json::object& o, std::string_view key) noexcept {
  const auto* member = find(o, key);
  return member ? member->if_array() : nullptr;
}
inline const json::object* object_at(const json::object& o, std::string_view key) noexcept {
  const auto* member = find(o, key);
  return member ? member->if_object() : nullptr;
}

} // namespace weir::inline v0::codec
