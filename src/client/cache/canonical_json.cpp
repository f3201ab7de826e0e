#include "client/cache/canonical_json.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include "codec/json/json.hpp"

namespace weir::inline v0 {

namespace {

namespace json = boost::json;

// A deny-list on purpose: a list of the members that count would miss the ones that are invented next.
constexpr std::array<std::string_view, 9> at_root = {"stream",
                                                     "stream_options",
                                                     "user",
                                                     "safety_identifier",
                                                     "metadata",
                                                     "prompt_cache_key",
                                                     "prompt_cache_retention",
                                                     "prompt_cache_options",
                                                     "cache_control"};
constexpr std::array<std::string_view, 2> marks = {"cache_control", "prompt_cache_breakpoint"};
// Where messages, tools and their parts are; anywhere else, as in a tool's schema, such a name is a name.
constexpr std::array<std::string_view, 4> marked_lists = {"messages", "system", "tools", "input"};

template <std::size_t N>
bool is_one_of(const std::array<std::string_view, N>& names, std::string_view name) noexcept {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// What a value is, which decides what is left out of it.
enum class place { root, marked_list, marked_object, content, plain };

place below(place p, std::string_view name) noexcept {
  if (p == place::root && is_one_of(marked_lists, name))
    return name == "system" ? place::content : place::marked_list;
  if (p == place::marked_object && name == "content")
    return place::content;
  return place::plain;
}

bool is_left_out(place p, std::string_view name) noexcept {
  return (p == place::root && is_one_of(at_root, name)) || (p == place::marked_object && is_one_of(marks, name));
}

class canonical_writer {
public:
  void write(const json::value& v, place p) {
    if (const auto* o = v.if_object())
      return write(*o, p);
    if (const auto* a = v.if_array())
      return write(*a, p);
    if (p == place::content && v.is_string()) {
      out += R"([{"text":)";
      out += codec::to_text(v);
      out += R"(,"type":"text"}])";
      return;
    }
    out += codec::to_text(v);
  }

  std::string out;

private:
  void write(const json::object& o, place p) {
    std::vector<const json::object::value_type*> members;
    members.reserve(o.size());
    for (const auto& m : o)
      if (!is_left_out(p, m.key()))
        members.push_back(&m);
    std::sort(members.begin(), members.end(), [](const auto* a, const auto* b) { return a->key() < b->key(); });
    out += '{';
    bool first = true;
    for (const auto* m : members) {
      if (!std::exchange(first, false))
        out += ',';
      out += codec::to_text(json::value(m->key()));
      out += ':';
      write(m->value(), below(p, m->key()));
    }
    out += '}';
  }

  void write(const json::array& a, place p) {
    const auto inner = p == place::marked_list || p == place::content ? place::marked_object : place::plain;
    out += '[';
    bool first = true;
    for (const auto& v : a) {
      if (!std::exchange(first, false))
        out += ',';
      write(v, v.is_object() ? inner : place::plain);
    }
    out += ']';
  }
};

bool is_zero(const json::value& v) noexcept {
  return (v.is_int64() && v.get_int64() == 0) || (v.is_uint64() && v.get_uint64() == 0) ||
         (v.is_double() && v.get_double() == 0);
}

// Where the dialects have their sampling parameters.
constexpr std::array<std::string_view, 4> parameter_objects = {"parameters", "generationConfig", "options", "input"};

bool is_deterministic(const json::object& o) noexcept {
  const auto* temperature = o.if_contains("temperature");
  const auto* seed = o.if_contains("seed");
  return (temperature && is_zero(*temperature)) || (seed && seed->is_number());
}

} // namespace

std::optional<canonical_body> canonical(std::string_view body) {
  error_code ec;
  json::monotonic_resource memory;
  const auto parsed = codec::parse_json(body, ec, &memory);
  const auto* root = parsed.if_object();
  if (ec || !root)
    return std::nullopt;
  canonical_writer w;
  w.out.reserve(body.size());
  w.write(parsed, place::root);
  canonical_body c;
  c.text = std::move(w.out);
  c.deterministic = is_deterministic(*root);
  for (const auto name : parameter_objects)
    if (const auto* inner = root->if_contains(name); inner && inner->is_object())
      c.deterministic = c.deterministic || is_deterministic(inner->get_object());
  return c;
}

} // namespace weir::inline v0
