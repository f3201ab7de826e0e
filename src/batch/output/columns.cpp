#include "batch/output/columns.hpp"

#include "batch/output/object_writer.hpp"
#include "codec/json/json.hpp"
#include "codec/json/number_text.hpp"

namespace weir::inline v0 {

namespace {

using codec::text_value;

void append(std::string& out, const text_value& v) {
  switch (v.type()) {
  case text_value::kind::null: out += "null"; return;
  case text_value::kind::string: append_quoted(out, v.text()); return;
  case text_value::kind::array:
  case text_value::kind::object: break;
  default: out += v.text(); return;
  }
  const bool object = v.is(text_value::kind::object);
  out += object ? '{' : '[';
  const char* comma = "";
  for (auto it = v.begin(); it != v.end(); ++it) {
    out += std::exchange(comma, ",");
    const auto each = *it;
    if (object) {
      append_quoted(out, each.key());
      out += ':';
    }
    append(out, each);
  }
  out += object ? '}' : ']';
}

bool is_ours(std::string_view name) noexcept { return name == "weir_error" || name == "weir_origin"; }

} // namespace

std::vector<column> columns_of(std::string_view object) {
  std::vector<column> all;
  error_code ec;
  codec::json_problem problem;
  const codec::text_document document(object, ec, problem);
  if (ec || !document.root().is(text_value::kind::object))
    return all;
  const auto row = document.root();
  for (auto it = row.begin(); it != row.end(); ++it) {
    const auto v = *it;
    if (is_ours(v.key()))
      continue;
    std::string json;
    append(json, v);
    auto text = v.is(text_value::kind::string) ? std::string(v.text())
                : v.is(text_value::kind::null) ? std::string()
                                               : json;
    all.emplace_back(std::string(v.key()), std::move(json), std::move(text));
  }
  return all;
}

std::string columns_object(std::string_view object) {
  const auto all = columns_of(object);
  if (all.empty())
    return {};
  std::string out;
  object_writer o(out);
  for (const auto& c : all)
    o.raw(c.name, c.json);
  o.close();
  return out;
}

std::string as_json_line(std::string_view text) {
  error_code ec;
  const auto v = codec::parse_json(text, ec);
  if (!ec)
    return text.find_first_of("\r\n") == text.npos ? std::string(text) : codec::to_text(v);
  std::string quoted;
  append_quoted(quoted, text);
  return quoted;
}

} // namespace weir::inline v0
