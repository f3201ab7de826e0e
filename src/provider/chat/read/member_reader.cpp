#include "provider/chat/read/member_reader.hpp"

#include <algorithm>

namespace weir::inline v0::provider {

namespace json = codec::json;

const json::value* member_reader::peek(std::string_view key) const noexcept {
  const auto at = from_.find(key);
  return at == from_.end() || at->value().is_null() ? nullptr : &at->value();
}

void member_reader::drop(std::string_view key) noexcept {
  if (const auto at = from_.find(key); at != from_.end())
    taken_[static_cast<std::size_t>(at - from_.begin())] = true;
}

std::optional<bool> member_reader::flag(std::string_view key) {
  const auto* v = peek(key);
  return take(key, v && v->is_bool() ? std::optional(v->get_bool()) : std::nullopt);
}

std::optional<double> member_reader::number(std::string_view key) {
  const auto* v = peek(key);
  return take(key, v && v->is_number() ? std::optional(v->to_number<double>()) : std::nullopt);
}

std::optional<std::int64_t> member_reader::whole(std::string_view key) {
  const auto* v = peek(key);
  return take(key, v && v->is_int64() ? std::optional(v->get_int64()) : std::nullopt);
}

std::optional<std::uint64_t> member_reader::natural(std::string_view key) {
  const auto* v = peek(key);
  if (v && v->is_int64() && v->get_int64() >= 0)
    return take(key, std::optional(static_cast<std::uint64_t>(v->get_int64())));
  return take(key, v && v->is_uint64() ? std::optional(v->get_uint64()) : std::nullopt);
}

std::optional<std::string> member_reader::text(std::string_view key) {
  const auto* v = peek(key);
  return take(key, v && v->is_string() ? std::optional(std::string(v->get_string())) : std::nullopt);
}

std::optional<std::vector<std::string>> member_reader::texts(std::string_view key) {
  const auto* v = peek(key);
  if (v && v->is_string())
    return take(key, std::optional(std::vector<std::string>(1, std::string(v->get_string()))));
  const auto* list = v ? v->if_array() : nullptr;
  if (!list || !std::all_of(list->begin(), list->end(), [](const auto& one) { return one.is_string(); }))
    return std::nullopt;
  std::vector<std::string> all;
  for (const auto& one : *list)
    all.emplace_back(one.get_string());
  return take(key, std::optional(std::move(all)));
}

const json::object* member_reader::object(std::string_view key) {
  const auto* v = peek(key);
  return take(key, v ? v->if_object() : nullptr);
}

const json::array* member_reader::array(std::string_view key) {
  const auto* v = peek(key);
  return take(key, v ? v->if_array() : nullptr);
}

bool member_reader::empty() const noexcept {
  std::size_t i = 0;
  for (const auto& member : from_)
    if (!taken_[i++] && !member.value().is_null())
      return false;
  return true;
}

bool has_only(const json::object& o, std::initializer_list<std::string_view> keys) noexcept {
  return std::all_of(o.begin(), o.end(), [&keys](const auto& member) {
    return member.value().is_null() ||
           std::find(keys.begin(), keys.end(), std::string_view(member.key())) != keys.end();
  });
}

bool has_only(const json::value& v, std::initializer_list<std::string_view> keys) noexcept {
  const auto* o = v.if_object();
  return o && has_only(*o, keys);
}

} // namespace weir::inline v0::provider
