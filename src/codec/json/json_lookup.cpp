// Lenient reading of members, declared in json.hpp and node.hpp.
#include <cmath>

#include "codec/json/json.hpp"
#include "codec/json/node.hpp"

namespace weir::inline v0::codec {

namespace {

// The bounds are exact doubles: 2^63 and 2^64 themselves are one too many.
constexpr double two_63 = 9223372036854775808.0;
constexpr double two_64 = 18446744073709551616.0;

template <class Value>
std::optional<std::string_view> string_of(const Value* v) noexcept {
  if (!v || !v->is_string())
    return std::nullopt;
  const std::string_view text = v->get_string();
  return text;
}

template <class Value>
std::optional<std::uint64_t> uint_of(const Value* v) noexcept {
  if (!v)
    return std::nullopt;
  if (v->is_int64() && v->get_int64() >= 0)
    return static_cast<std::uint64_t>(v->get_int64());
  if (v->is_uint64())
    return v->get_uint64();
  if (const auto d = v->is_double() ? v->get_double() : -1; d >= 0 && d < two_64 && std::trunc(d) == d)
    return static_cast<std::uint64_t>(d);
  return std::nullopt;
}

template <class Value>
std::optional<std::int64_t> int_of(const Value* v) noexcept {
  if (!v)
    return std::nullopt;
  if (v->is_int64())
    return v->get_int64();
  if (v->is_uint64() && v->get_uint64() <= INT64_MAX)
    return static_cast<std::int64_t>(v->get_uint64());
  if (const auto d = v->is_double() ? v->get_double() : two_63; d >= -two_63 && d < two_63 && std::trunc(d) == d)
    return static_cast<std::int64_t>(d);
  return std::nullopt;
}

template <class Value>
std::optional<double> number_of(const Value* v) noexcept {
  if (!v)
    return std::nullopt;
  if (v->is_double())
    return v->get_double();
  if (v->is_int64())
    return static_cast<double>(v->get_int64());
  if (v->is_uint64())
    return static_cast<double>(v->get_uint64());
  return std::nullopt;
}

template <class Value>
std::optional<bool> bool_of(const Value* v) noexcept {
  return v && v->is_bool() ? std::optional(v->get_bool()) : std::nullopt;
}

} // namespace

const json::value* find(const json::value& v, std::string_view key) noexcept {
  const auto* o = v.if_object();
  const auto* member = o ? o->if_contains(key) : nullptr;
  return member && !member->is_null() ? member : nullptr;
}

std::optional<std::string_view> string_at(const json::value& v, std::string_view key) noexcept {
  return string_of(find(v, key));
}
std::optional<std::uint64_t> uint_at(const json::value& v, std::string_view key) noexcept {
  return uint_of(find(v, key));
}
std::optional<std::int64_t> int_at(const json::value& v, std::string_view key) noexcept { return int_of(find(v, key)); }
std::optional<double> number_at(const json::value& v, std::string_view key) noexcept { return number_of(find(v, key)); }
std::optional<bool> bool_at(const json::value& v, std::string_view key) noexcept { return bool_of(find(v, key)); }

const json::array* array_at(const json::value& v, std::string_view key) noexcept {
  const auto* member = find(v, key);
  return member ? member->if_array() : nullptr;
}

const json::object* object_at(const json::value& v, std::string_view key) noexcept {
  const auto* member = find(v, key);
  return member ? member->if_object() : nullptr;
}

namespace {

const node* member_of(const node& v, std::string_view key) noexcept {
  if (v.is_object())
    for (const auto member : v.members())
      if (member.key() == key)
        return &member.value();
  return nullptr;
}

} // namespace

bool contains(const node& v, std::string_view key) noexcept { return member_of(v, key) != nullptr; }

const node* find(const node& v, std::string_view key) noexcept {
  const auto* found = member_of(v, key);
  return found && !found->is_null() ? found : nullptr;
}

std::optional<std::string_view> string_at(const node& v, std::string_view key) noexcept {
  return string_of(find(v, key));
}
std::optional<std::uint64_t> uint_of(const node& v) noexcept { return uint_of(&v); }
std::optional<std::uint64_t> uint_at(const node& v, std::string_view key) noexcept { return uint_of(find(v, key)); }
std::optional<std::int64_t> int_at(const node& v, std::string_view key) noexcept { return int_of(find(v, key)); }
std::optional<double> number_of(const node& v) noexcept { return number_of(&v); }
std::optional<double> number_at(const node& v, std::string_view key) noexcept { return number_of(find(v, key)); }
std::optional<bool> bool_at(const node& v, std::string_view key) noexcept { return bool_of(find(v, key)); }

const node* array_at(const node& v, std::string_view key) noexcept {
  const auto* member = find(v, key);
  return member && member->is_array() ? member : nullptr;
}

const node* object_at(const node& v, std::string_view key) noexcept {
  const auto* member = find(v, key);
  return member && member->is_object() ? member : nullptr;
}

} // namespace weir::inline v0::codec
