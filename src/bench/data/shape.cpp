#include "bench/data/shape.hpp"

#include <weir/core/error.hpp>

namespace weir::inline v0::data {

namespace json = codec::json;

json::object message_object(std::string_view role, json::value content) {
  return json::object{{"role", role}, {"content", std::move(content)}};
}

void refuse_member(std::string_view member, std::string_view why) {
  throw error(errc::invalid_argument, "\"" + std::string(member) + "\" " + std::string(why));
}

std::optional<shaped_row> shape_of_trace(const json::object& row) {
  const auto kind = trace_of(row);
  if (!kind)
    return std::nullopt;
  auto entry = read_trace(*kind, row);
  shaped_row s;
  if (entry.body.empty() && entry.messages.empty() && !entry.text) // else it may be anybody's
    s.format = name_of(*kind);
  s.at = entry.at;
  s.delay = entry.delay;
  s.output_tokens = entry.output_tokens;
  s.session = std::move(entry.session);
  s.whole = entry.whole;
  s.left_out = entry.failed;
  s.shape = std::move(static_cast<prompt_shape&>(entry));
  if (!entry.body.empty()) {
    s.body = std::move(entry.body);
  } else if (!entry.messages.empty()) {
    s.body["messages"] = std::move(entry.messages);
    if (!entry.tools.empty())
      s.body["tools"] = std::move(entry.tools);
  } else {
    s.made_up = !entry.text;
    s.left_out = s.left_out || (s.made_up && s.shape.input_tokens == 0);
    s.body["messages"] = json::array{message_object("user", json::value(s.made_up ? "-" : *entry.text))};
  }
  for (auto& member : entry.extra)
    s.body[member.key()] = std::move(member.value());
  return s;
}

namespace {

// A trace that was not recognized as a table, by its name or by a column that batches know.
void check_no_header(const input::row& r) {
  const auto text = codec::string_at(r.members, "text").value_or("");
  if (r.plain && r.line == 1 && (text.starts_with("TIMESTAMP,") || text.starts_with("Timestamp,")))
    throw error(errc::invalid_argument, "the header of a table: set the input's format to csv, or name it .csv");
}

} // namespace

std::optional<shaped_row> shape_of(const input::row& r) {
  check_no_header(r);
  if (!r.problem.empty() || r.plain || !r.file.empty())
    return std::nullopt;
  if (r.table) // whose columns are the user's own, but for those of traces
    return shape_of_trace(r.members);
  for (auto* shape : {shape_of_share_gpt, shape_of_trace, shape_of_aiperf})
    if (auto found = shape(r.members))
      return found;
  return std::nullopt;
}

} // namespace weir::inline v0::data
