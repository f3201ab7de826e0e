#include "batch/input/row.hpp"

#include <charconv>

namespace weir::inline v0::input {

namespace json = codec::json;

std::string cell_text(const json::value& v) {
  if (v.is_null())
    return {};
  return v.is_string() ? std::string(v.get_string()) : codec::to_text(v);
}

const json::value* member_at(const json::object& o, std::string_view path) noexcept {
  if (const auto* whole = o.if_contains(path))
    return whole;
  const auto dot = path.find('.');
  if (dot == path.npos)
    return nullptr;
  const auto* v = o.if_contains(path.substr(0, dot));
  for (auto rest = path.substr(dot + 1); v;) {
    if (const auto* inner = v->if_object())
      return member_at(*inner, rest);
    const auto* list = v->if_array();
    if (!list)
      return nullptr;
    std::size_t at = 0;
    const auto name = rest.substr(0, rest.find('.'));
    const auto [end, ec] = std::from_chars(name.data(), name.data() + name.size(), at);
    if (ec != std::errc() || end != name.data() + name.size() || at >= list->size())
      return nullptr;
    v = &(*list)[at];
    if (name.size() == rest.size())
      return v;
    rest.remove_prefix(name.size() + 1);
  }
  return nullptr;
}

std::string names_of(const json::object& o) {
  constexpr std::size_t most = 20;
  std::string all;
  std::size_t n = 0;
  for (const auto& member : o) {
    if (n++ == most)
      return all + ", …";
    if (!all.empty())
      all += ", ";
    all += member.key();
  }
  return all;
}

} // namespace weir::inline v0::input
