// Lenient reading of members, declared in json.hpp.
#include <cmath>

#include "codec/json/json.hpp"

namespace weir::inline v0::codec {

namespace {

// The bounds are exact doubles: 2^63 and 2^64 themselves are one too many.
constexpr double two_63 = 9223372036854775808.0;
constexpr double two_64 = 18446744073709551616.0;

} // namespace

const json::value* find(const json::value& v, std::string_view key) noexcept {
  const auto* o = v.if_object();
  const auto* member = o ? o->if_contains(key) : nullptr;
  return member && !member->is_null() ? member : nullptr;
}

std::optional<std::string_view> string_at(const json::value& v, std::string_view key) noexcept {
  const auto* member = find(v, key);
  const auto* s = member ? member->if_string() : nullptr;
  if (!s)
    return std::nullopt;
  return std::string_view(s->data(), s->size());
}

std::optional<std::uint64_t> uint_at(const json::value& v, std::string_view key) noexcept {
  const auto* member = find(v, key);
  if (!member)
    return std::nullopt;
  if (const auto* i = member->if_int64(); i && *i >= 0)
    return static_cast<std::uint64_t>(*i);
  if (const auto* u = member->if_uint64())
    return *u;
  if (const auto* d = member->if_double(); d && *d >= 0 && *d < two_64 && std::trunc(*d) == *d)
    return static_cast<std::uint64_t>(*d);
  return std::nullopt;
}

std::optional<std::int64_t> int_at(const json::value& v, std::string_view key) noexcept {
  const auto* member = find(v, key);
  if (!member)
    return std::nullopt;
  if (const auto* i = member->if_int64())
    return *i;
  if (const auto* u = member->if_uint64(); u && *u <= INT64_MAX)
    return static_cast<std::int64_t>(*u);
  if (const auto* d = member->if_double(); d && *d >= -two_63 && *d < two_63 && std::trunc(*d) == *d)
    return static_cast<std::int64_t>(*d);
  return std::nullopt;
}

std::optional<double> number_at(const json::value& v, std::string_view key) noexcept {
  const auto* member = find(v, key);
  if (!member)
    return std::nullopt;
  if (const auto* d = member->if_double())
    return *d;
  if (const auto* i = member->if_int64())
    return static_cast<double>(*i);
  if (const auto* u = member->if_uint64())
    return static_cast<double>(*u);
  return std::nullopt;
}

std::optional<bool> bool_at(const json::value& v, std::string_view key) noexcept {
  const auto* member = find(v, key);
  const auto* b = member ? member->if_bool() : nullptr;
  if (!b)
    return std::nullopt;
  return *b;
}

const json::array* array_at(const json::value& v, std::string_view key) noexcept {
  const auto* member = find(v, key);
  return member ? member->if_array() : nullptr;
}

const json::object* object_at(const json::value& v, std::string_view key) noexcept {
  const auto* member = find(v, key);
  return member ? member->if_object() : nullptr;
}

} // namespace weir::inline v0::codec
