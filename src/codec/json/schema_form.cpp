#include "codec/json/schema_form.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace weir::inline v0::codec {

namespace {

constexpr int max_depth = 200;
constexpr std::array<std::string_view, 7> types = {"array", "boolean", "integer", "null", "number", "object", "string"};
// By what their values are: a schema, a list of them, and schemas by name.
constexpr std::array<std::string_view, 10> of_schema = {
    "additionalProperties", "contains", "else", "if", "items", "not", "propertyNames", "then", "unevaluatedItems",
    "unevaluatedProperties"};
constexpr std::array<std::string_view, 4> of_list = {"allOf", "anyOf", "oneOf", "prefixItems"};
constexpr std::array<std::string_view, 5> of_names = {"$defs", "definitions", "dependentSchemas", "patternProperties",
                                                      "properties"};

std::string problem_of_type(const json::value& type, const std::string& at) {
  const auto* list = type.if_array();
  if (!list)
    return type.is_string() && std::find(types.begin(), types.end(), type.get_string()) != types.end()
               ? std::string()
               : at + ": the type " + to_text(type).substr(0, 60) +
                     " is none of array, boolean, integer, null, number, object and string";
  for (const auto& one : *list)
    if (auto why = problem_of_type(one, at); !why.empty() || one.is_array())
      return why.empty() ? at + ": the type is a list of lists" : why;
  return {};
}

std::string problem_of(const json::value& v, const std::string& at, int depth) {
  if (v.is_bool())
    return {};
  const auto* o = v.if_object();
  if (!o)
    return at + ": is neither an object nor a boolean";
  if (depth > max_depth)
    return at + ": is nested too deeply";
  if (const auto* type = o->if_contains("type"))
    if (auto why = problem_of_type(*type, at); !why.empty())
      return why;
  for (const auto key : of_schema)
    if (const auto* inner = o->if_contains(key)) {
      // Before 2020-12 items could be a list.
      const bool list = key == "items" && inner->is_array();
      if (auto why = list ? std::string() : problem_of(*inner, at + "." + std::string(key), depth + 1); !why.empty())
        return why;
    }
  for (const auto key : of_list)
    if (const auto* inner = o->if_contains(key)) {
      const auto* list = inner->if_array();
      if (!list)
        return at + "." + std::string(key) + ": is no list";
      for (std::size_t i = 0; i != list->size(); ++i)
        if (auto why = problem_of((*list)[i], at + "." + std::string(key) + "[" + std::to_string(i) + "]", depth + 1);
            !why.empty())
          return why;
    }
  for (const auto key : of_names)
    if (const auto* inner = o->if_contains(key)) {
      const auto* named = inner->if_object();
      if (!named)
        return at + "." + std::string(key) + ": is no object";
      for (const auto& member : *named)
        if (auto why =
                problem_of(member.value(), at + "." + std::string(key) + "." + std::string(member.key()), depth + 1);
            !why.empty())
          return why;
    }
  return {};
}

} // namespace

std::string problem_of_schema(const json::value& schema) { return problem_of(schema, "$", 0); }

} // namespace weir::inline v0::codec
