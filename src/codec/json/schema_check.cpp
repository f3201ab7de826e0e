#include "codec/json/schema_check.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <map>
#include <set>
#include <string_view>
#include <utility>

namespace weir::inline v0::codec {

namespace {

// Schemas refer to themselves: values end before that, hostile schemas do not.
constexpr int max_depth = 200;
// Alternatives within alternatives multiply: what takes more steps is not checked.
constexpr std::size_t max_steps = 200'000;

std::string_view type_name(const json::value& v) noexcept {
  switch (v.kind()) {
  case json::kind::null: return "null";
  case json::kind::bool_: return "boolean";
  case json::kind::int64:
  case json::kind::uint64: return "integer";
  case json::kind::double_: return std::trunc(v.get_double()) == v.get_double() ? "integer" : "number";
  case json::kind::string: return "string";
  case json::kind::array: return "array";
  case json::kind::object: return "object";
  }
  return "null";
}

bool is_of_type(const json::value& v, std::string_view type) noexcept {
  const auto own = type_name(v);
  return own == type || (type == "number" && own == "integer");
}

// Exact for every integer: where a long double is a double, for those up to 2^53.
long double number_of(const json::value& v) noexcept {
  if (v.is_int64())
    return static_cast<long double>(v.get_int64());
  return v.is_uint64() ? static_cast<long double>(v.get_uint64()) : v.get_double();
}

// Numbers are equal by value, whatever their kind, also inside of lists and objects.
bool equal(const json::value& a, const json::value& b) {
  if (a.is_number() && b.is_number())
    return number_of(a) == number_of(b);
  if (a.is_array() && b.is_array()) {
    const auto& one = a.get_array();
    const auto& other = b.get_array();
    return std::equal(one.begin(), one.end(), other.begin(), other.end(), equal);
  }
  if (a.is_object() && b.is_object()) {
    const auto& one = a.get_object();
    const auto& other = b.get_object();
    return one.size() == other.size() && std::all_of(one.begin(), one.end(), [&](const auto& member) {
             const auto* same = other.if_contains(member.key());
             return same && equal(member.value(), *same);
           });
  }
  return a == b;
}

// Equal values have equal texts: numbers in one form, members in one order.
void append_form(std::string& out, const json::value& v) {
  if (v.is_double() && std::trunc(v.get_double()) == v.get_double() && std::abs(v.get_double()) < 0x1p63) {
    out += std::to_string(static_cast<std::int64_t>(v.get_double()));
  } else if (const auto* list = v.if_array()) {
    out += '[';
    for (const auto& one : *list) {
      append_form(out, one);
      out += ',';
    }
    out += ']';
  } else if (const auto* o = v.if_object()) {
    std::map<std::string_view, const json::value*> members;
    for (const auto& [key, member] : *o)
      members.emplace(std::string_view(key.data(), key.size()), &member);
    out += '{';
    for (const auto& [key, member] : members) {
      out += to_text(json::value(json::string_view(key.data(), key.size())));
      append_form(out, *member);
      out += ',';
    }
    out += '}';
  } else {
    out += to_text(v);
  }
}

std::string excerpt(const json::value& v) {
  constexpr std::size_t most = 60;
  auto text = to_text(v);
  if (text.size() > most) {
    auto cut = most;
    while (cut > 0 && (static_cast<unsigned char>(text[cut]) & 0xC0) == 0x80)
      --cut;
    text.resize(cut);
    text += "…";
  }
  return text;
}

// Code points: what the keywords count.
std::size_t length_of(std::string_view text) noexcept {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

class checker {
public:
  explicit checker(const json::value& root) : root_(root) {}

  std::string check(const json::value& schema, const json::value& v, const std::string& at, int depth) {
    if (depth > max_depth)
      return at + ": is nested too deeply to be checked";
    if (++steps_ > max_steps)
      return at + ": is too complex to be checked";
    if (schema.is_bool())
      return schema.get_bool() ? std::string() : at + ": nothing is allowed here";
    const auto* s = schema.if_object();
    if (!s)
      return {};
    for (const auto step : {&checker::refer, &checker::check_type, &checker::check_values, &checker::check_number,
                            &checker::check_text, &checker::check_list, &checker::check_object, &checker::check_sets})
      if (auto problem = (this->*step)(schema, v, at, depth + 1); !problem.empty())
        return problem;
    return {};
  }

private:
  std::string refer(const json::value& s, const json::value& v, const std::string& at, int depth) {
    const auto ref = string_at(s, "$ref");
    if (!ref)
      return {};
    const json::value* to = nullptr;
    if (*ref == "#") {
      to = &root_;
    } else if (ref->starts_with("#/")) {
      boost::system::error_code ec;
      to = root_.find_pointer(ref->substr(1), ec);
    }
    return to ? check(*to, v, at, depth) : std::string();
  }

  std::string check_type(const json::value& s, const json::value& v, const std::string& at, int) {
    const auto* type = find(s, "type");
    if (!type)
      return {};
    std::string wanted;
    if (type->is_string()) {
      if (is_of_type(v, view(*type)))
        return {};
      wanted = view(*type);
    } else if (const auto* list = type->if_array()) {
      for (const auto& t : *list) {
        if (!t.is_string())
          continue;
        if (is_of_type(v, view(t)))
          return {};
        wanted.append(wanted.empty() ? "" : " or ").append(view(t));
      }
    }
    if (wanted.empty())
      return {};
    return at + ": must be of type " + wanted + ", not " + std::string(type_name(v));
  }

  std::string check_values(const json::value& s, const json::value& v, const std::string& at, int) {
    if (const auto* list = array_at(s, "enum"))
      steps_ += list->size() / 16;
    if (const auto* list = array_at(s, "enum");
        list && std::none_of(list->begin(), list->end(), [&](const json::value& one) { return equal(one, v); }))
      return at + ": must be one of " + excerpt(*list) + ", not " + excerpt(v);
    const auto* o = s.if_object();
    if (const auto* only = o->if_contains("const"); only && !equal(*only, v))
      return at + ": must be " + excerpt(*only) + ", not " + excerpt(v);
    return {};
  }

  std::string check_number(const json::value& s, const json::value& v, const std::string& at, int) {
    if (!v.is_number())
      return {};
    const auto n = number_of(v);
    const auto limit = [&](std::string_view key) {
      const auto* given = find(s, key);
      return given && given->is_number() ? given : nullptr;
    };
    if (const auto* least = limit("minimum"); least && n < number_of(*least))
      return at + ": must be at least " + to_text(*least);
    if (const auto* most = limit("maximum"); most && n > number_of(*most))
      return at + ": must be at most " + to_text(*most);
    if (const auto* least = limit("exclusiveMinimum"); least && n <= number_of(*least))
      return at + ": must be more than " + to_text(*least);
    if (const auto* most = limit("exclusiveMaximum"); most && n >= number_of(*most))
      return at + ": must be less than " + to_text(*most);
    if (const auto* step = limit("multipleOf"); step && number_of(*step) > 0 && !is_multiple(n, *step))
      return at + ": must be a multiple of " + to_text(*step);
    return {};
  }

  // Of an integer exactly; of a fraction as near as doubles can tell.
  static bool is_multiple(long double n, const json::value& step) {
    const auto of = number_of(step);
    if (!step.is_double())
      return std::fmod(n, of) == 0;
    const auto times = n / of;
    return std::abs(times - std::round(times)) <= 1e-9L * std::max(1.0L, std::abs(times));
  }

  static std::string check_size(const json::value& s, std::string_view least, std::string_view most, std::size_t n,
                                std::string_view of, const std::string& at) {
    if (const auto l = uint_at(s, least); l && n < *l)
      return at + ": must have at least " + std::to_string(*l) + ' ' + std::string(of);
    if (const auto m = uint_at(s, most); m && n > *m)
      return at + ": must have at most " + std::to_string(*m) + ' ' + std::string(of);
    return {};
  }

  std::string check_text(const json::value& s, const json::value& v, const std::string& at, int) {
    if (!v.is_string() || (!find(s, "minLength") && !find(s, "maxLength")))
      return {};
    return check_size(s, "minLength", "maxLength", length_of(view(v)), "characters", at);
  }

  std::string check_list(const json::value& s, const json::value& v, const std::string& at, int depth) {
    const auto* list = v.if_array();
    if (!list)
      return {};
    if (auto problem = check_size(s, "minItems", "maxItems", list->size(), "items", at); !problem.empty())
      return problem;
    const auto* first = array_at(s, "prefixItems");
    const auto* rest = find(s, "items");
    for (std::size_t i = 0; i < list->size(); ++i) {
      const auto* one = first && i < first->size() ? &(*first)[i] : rest;
      if (!one)
        continue;
      auto problem = check(*one, (*list)[i], at + '[' + std::to_string(i) + ']', depth);
      if (!problem.empty())
        return problem;
    }
    if (bool_at(s, "uniqueItems").value_or(false)) {
      std::set<std::string> seen;
      for (std::size_t i = 0; i < list->size(); ++i) {
        std::string form;
        append_form(form, (*list)[i]);
        if (!seen.insert(std::move(form)).second)
          return at + '[' + std::to_string(i) + "]: repeats an earlier item";
      }
    }
    return {};
  }

  std::string check_object(const json::value& s, const json::value& v, const std::string& at, int depth) {
    const auto* o = v.if_object();
    if (!o)
      return {};
    if (const auto* required = array_at(s, "required"))
      for (const auto& name : *required)
        if (name.is_string() && !o->contains(name.get_string()))
          return at + '.' + std::string(view(name)) + ": is missing";
    if (auto problem = check_size(s, "minProperties", "maxProperties", o->size(), "members", at); !problem.empty())
      return problem;
    const auto* known = object_at(s, "properties");
    const auto* others = s.get_object().if_contains("additionalProperties");
    for (const auto& [key, member] : *o) {
      const auto* own = known ? known->if_contains(key) : nullptr;
      const auto place = at + '.' + std::string(key);
      if (!own && find(s, "patternProperties"))
        continue;
      if (!own && others && others->is_bool() && !others->get_bool())
        return place + ": is not a member of the schema";
      if (!own)
        own = others;
      if (!own)
        continue;
      auto problem = check(*own, member, place, depth);
      if (!problem.empty())
        return problem;
    }
    return {};
  }

  std::string check_sets(const json::value& s, const json::value& v, const std::string& at, int depth) {
    if (const auto* all = array_at(s, "allOf"))
      for (const auto& one : *all)
        if (auto problem = check(one, v, at, depth); !problem.empty())
          return problem;
    for (const auto* key : {"anyOf", "oneOf"}) {
      const auto* choices = array_at(s, key);
      if (!choices || choices->empty())
        continue;
      std::size_t fits = 0;
      std::string problem;
      for (const auto& one : *choices) {
        auto why = check(one, v, at, depth);
        if (why.empty()) {
          ++fits;
          continue;
        }
        // The alternative that fits furthest into the value is the one that was meant.
        if (problem.empty() || why.find(": ") > problem.find(": "))
          problem = std::move(why);
      }
      if (fits == 0)
        return problem;
      if (fits > 1 && std::string_view(key) == "oneOf")
        return at + ": fits more than one of the alternatives";
    }
    const auto* o = s.if_object();
    if (const auto* never = o->if_contains("not"); never && check(*never, v, at, depth).empty())
      return at + ": is a value that the schema excludes";
    return {};
  }

  static std::string_view view(const json::value& v) noexcept { return {v.get_string().data(), v.get_string().size()}; }

  const json::value& root_;
  std::size_t steps_ = 0;
};

} // namespace

std::string check_schema(const json::value& schema, const json::value& v) {
  return checker(schema).check(schema, v, "$", 0);
}

} // namespace weir::inline v0::codec
