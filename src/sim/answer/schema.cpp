#include "sim/answer/schema.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <string>

#include "sim/answer/text.hpp"

namespace weir::inline v0::sim {

namespace json = codec::json;

namespace {

/// From here on only what is required.
constexpr int sparse_depth = 5;
constexpr int most_depth = 24;
constexpr std::size_t most_values = 2000;
constexpr std::uint64_t most_items = 100;
constexpr std::uint64_t most_characters = 1000;

class format_example {
public:
  constexpr format_example(std::string_view name, std::string_view text) : name(name), text(text) {}
  std::string_view name, text;
};

constexpr std::array formats{
    format_example("date-time", "2026-01-02T03:04:05Z"),
    format_example("date", "2026-01-02"),
    format_example("time", "03:04:05Z"),
    format_example("duration", "PT1S"),
    format_example("email", "someone@example.com"),
    format_example("hostname", "example.com"),
    format_example("ipv4", "192.0.2.1"),
    format_example("ipv6", "2001:db8::1"),
    format_example("uri", "https://example.com/"),
    format_example("uuid", "12345678-1234-4234-8234-123456789abc"),
};

std::string unescaped(std::string_view token) {
  std::string out(token);
  for (const auto& [from, to] : {std::pair("~1", "/"), std::pair("~0", "~")})
    for (auto at = out.find(from); at != out.npos; at = out.find(from, at + 1))
      out.replace(at, 2, to);
  return out;
}

/// What `#/$defs/a` or `#` names; nullptr if there is no such place.
const json::value* place_of(const json::value& root, std::string_view reference) {
  if (reference.empty() || reference.front() != '#')
    return nullptr;
  const auto* at = &root;
  reference.remove_prefix(1);
  while (at && !reference.empty()) {
    reference.remove_prefix(1);
    const auto end = std::min(reference.find('/'), reference.size());
    at = codec::find(*at, unescaped(reference.substr(0, end)));
    reference.remove_prefix(end);
  }
  return at;
}

bool is_null(const json::value& schema) { return codec::string_at(schema, "type") == "null"; }

/// The schema's type in lower case, as Gemini writes it in upper case; the first of several that is not null.
std::string type_of(const json::value& schema) {
  std::string out;
  if (const auto one = codec::string_at(schema, "type"))
    out = *one;
  if (const auto* several = codec::array_at(schema, "type"))
    for (const auto& each : *several)
      if (each.is_string() && (out.empty() || out == "null"))
        out = each.get_string();
  for (auto& c : out)
    c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
  if (!out.empty())
    return out;
  if (codec::find(schema, "properties") || codec::find(schema, "additionalProperties"))
    return "object";
  if (codec::find(schema, "items") || codec::find(schema, "prefixItems"))
    return "array";
  const bool bounded = codec::find(schema, "minimum") || codec::find(schema, "maximum");
  return bounded ? "number" : "string";
}

bool requires_member(const json::value& schema, std::string_view key) {
  const auto* required = codec::array_at(schema, "required");
  return required && std::find(required->begin(), required->end(), json::value(key)) != required->end();
}

json::value number_for(const json::value& schema, bool whole) {
  const auto above = codec::number_at(schema, "exclusiveMinimum");
  const auto below = codec::number_at(schema, "exclusiveMaximum");
  const auto least = codec::number_at(schema, "minimum");
  const auto most = codec::number_at(schema, "maximum");
  const double step = codec::number_at(schema, "multipleOf").value_or(1);
  double low = least.value_or(-HUGE_VAL), high = most.value_or(HUGE_VAL);
  if (above)
    low = std::max(low, whole ? std::floor(*above) + 1 : *above + (below ? (*below - *above) / 2 : 1));
  if (below)
    high = std::min(high, whole ? std::ceil(*below) - 1 : *below - (above ? (*below - *above) / 2 : 1));
  double value = std::min(std::max(1.0, low), high);
  if (step > 0 && (whole || codec::find(schema, "multipleOf"))) {
    value = std::ceil(value / step) * step;
    if (value > high)
      value = std::floor(high / step) * step;
  }
  // Out of the range in which every whole number is a double, or not whole at all.
  if (value != std::floor(value) || std::fabs(value) > 9e15)
    return value;
  return static_cast<std::int64_t>(value);
}

std::string string_for(const json::value& schema, std::string_view prompt) {
  const auto format = codec::string_at(schema, "format").value_or("");
  for (const auto& known : formats)
    if (known.name == format)
      return std::string(known.text);
  auto text = beginning(prompt);
  const auto least = std::min(codec::uint_at(schema, "minLength").value_or(0), most_characters);
  const auto most = codec::uint_at(schema, "maxLength").value_or(most_characters);
  std::uint64_t length = 0;
  for (std::size_t at = 0; at < text.size(); ++at)
    if ((static_cast<unsigned char>(text[at]) & 0xC0) != 0x80 && length++ == most) {
      text.resize(at);
      break;
    }
  if (length < least)
    text.append(least - length, '.');
  return text;
}

class fitting {
public:
  fitting(const json::value& root, std::string_view prompt) : root_(root), prompt_(prompt) {}

  json::value value(const json::value& schema, int depth) {
    if (depth > most_depth || ++values_ > most_values)
      return nullptr;
    if (const auto reference = codec::string_at(schema, "$ref"))
      if (const auto* there = place_of(root_, *reference))
        return value(*there, depth + 1);
    const auto* object = schema.if_object();
    if (const auto* constant = object ? object->if_contains("const") : nullptr)
      return *constant;
    if (const auto* choices = codec::array_at(schema, "enum"); choices && !choices->empty())
      return choices->front();
    for (const auto* key : {"anyOf", "oneOf"})
      if (const auto* choices = codec::array_at(schema, key); choices && !choices->empty())
        return value(choice_of(*choices, depth), depth + 1);
    if (const auto* all = codec::array_at(schema, "allOf"); all && !all->empty())
      return merged(*all, schema, depth);
    return of_type(schema, depth);
  }

private:
  static const json::value& choice_of(const json::array& choices, int depth) {
    const auto null = std::find_if(choices.begin(), choices.end(), is_null);
    if (depth >= sparse_depth && null != choices.end())
      return *null;
    const auto first = std::find_if_not(choices.begin(), choices.end(), is_null);
    return first == choices.end() ? choices.front() : *first;
  }

  json::value merged(const json::array& all, const json::value& schema, int depth) {
    json::object out;
    for (const auto& part : all) {
      auto made = value(part, depth + 1);
      if (!made.is_object())
        return made;
      for (const auto& [key, member] : made.get_object())
        out[key] = member;
    }
    add_members(out, schema, depth);
    return out;
  }

  json::value of_type(const json::value& schema, int depth) {
    const auto type = type_of(schema);
    if (type == "object") {
      json::object out;
      add_members(out, schema, depth);
      return out;
    }
    if (type == "array")
      return items(schema, depth);
    if (type == "integer" || type == "number")
      return number_for(schema, type == "integer");
    if (type == "boolean")
      return true;
    if (type == "null")
      return nullptr;
    return json::value(string_for(schema, prompt_));
  }

  void add_members(json::object& out, const json::value& schema, int depth) {
    if (const auto* properties = codec::object_at(schema, "properties"))
      for (const auto& [key, property] : *properties)
        if (values_ <= most_values && (depth < sparse_depth || requires_member(schema, key)))
          out[key] = value(property, depth + 1);
    const auto* others = codec::find(schema, "additionalProperties");
    if (const auto* required = codec::array_at(schema, "required"))
      for (const auto& key : *required)
        if (key.is_string() && !out.contains(key.get_string()))
          out[key.get_string()] = value(others ? *others : json::value(true), depth + 1);
  }

  json::array items(const json::value& schema, int depth) {
    json::array out;
    if (const auto* first = codec::array_at(schema, "prefixItems"))
      for (const auto& each : *first)
        out.push_back(value(each, depth + 1));
    const auto least = codec::uint_at(schema, "minItems").value_or(0);
    const auto most = std::min(codec::uint_at(schema, "maxItems").value_or(most_items), most_items);
    const bool usual = out.empty() && depth < sparse_depth;
    const auto wanted = std::min<std::uint64_t>(std::max<std::uint64_t>(least, usual ? 1 : 0), most);
    const auto* each = codec::find(schema, "items");
    while (out.size() < wanted)
      out.push_back(value(each ? *each : json::value(true), depth + 1));
    return out;
  }

  const json::value& root_;
  std::string_view prompt_;
  std::size_t values_ = 0;
};

} // namespace

json::value fitting_value(const json::value& schema, std::string_view prompt) {
  return fitting(schema, prompt).value(schema, 0);
}

} // namespace weir::inline v0::sim
