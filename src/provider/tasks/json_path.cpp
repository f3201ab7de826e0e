#include "provider/tasks/json_path.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <string>
#include <variant>

namespace weir::inline v0::provider {

namespace {

namespace json = codec::json;

// A list is extended up to the index, so a number alone must not make it large.
constexpr std::size_t max_elements = 10'000;

using step = std::variant<std::string, std::size_t>;

// Takes the next step off the path.
std::optional<step> next_step(std::string_view& path) {
  if (path.starts_with('.')) {
    const auto end = std::min(path.find_first_of(".[", 1), path.size());
    auto name = std::string(path.substr(1, end - 1));
    path.remove_prefix(end);
    return name.empty() ? std::nullopt : std::optional<step>(std::move(name));
  }
  if (path.size() < 3 || path[0] != '[')
    return std::nullopt;
  if (const char quote = path[1]; quote == '\'' || quote == '"') {
    std::string name;
    std::size_t i = 2;
    for (; i < path.size() && path[i] != quote; ++i) {
      if (path[i] == '\\' && i + 1 < path.size())
        ++i;
      name.push_back(path[i]);
    }
    if (i + 1 >= path.size() || path[i + 1] != ']')
      return std::nullopt;
    path.remove_prefix(i + 2);
    return step(std::move(name));
  }
  const auto end = path.find(']');
  std::size_t number = 0;
  if (end == path.npos || std::from_chars(path.data() + 1, path.data() + end, number).ptr != path.data() + end)
    return std::nullopt;
  path.remove_prefix(end + 1);
  return number < max_elements ? std::optional<step>(number) : std::nullopt;
}

json::value* go(json::value& at, const step& s) {
  if (const auto* name = std::get_if<std::string>(&s)) {
    if (at.is_null())
      at.emplace_object();
    return at.is_object() ? &at.get_object()[*name] : nullptr;
  }
  if (at.is_null())
    at.emplace_array();
  if (!at.is_array())
    return nullptr;
  auto& list = at.get_array();
  const auto i = std::get<std::size_t>(s);
  if (i >= list.size())
    list.resize(i + 1);
  return &list[i];
}

} // namespace

json::value* place_at(json::value& root, std::string_view path) {
  if (!path.starts_with('$'))
    return nullptr;
  path.remove_prefix(1);
  auto* at = &root;
  for (std::size_t depth = 0; !path.empty(); ++depth) {
    const auto s = next_step(path);
    at = s && depth < codec::max_json_depth - 1 ? go(*at, *s) : nullptr;
    if (!at)
      return nullptr;
  }
  return at;
}

} // namespace weir::inline v0::provider
