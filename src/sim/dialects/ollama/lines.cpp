#include "sim/dialects/ollama/lines.hpp"

namespace weir::inline v0::sim::ollama {

namespace json = codec::json;

void read_options(wanted& w, const json::value& body) {
  if (const auto* options = codec::find(body, "options")) {
    w.limit = codec::uint_at(*options, "num_predict");
    w.stop_at(*options, "stop");
  }
  // Either "json" or a schema.
  const auto* format = codec::find(body, "format");
  w.as_json = format && !(format->is_string() && format->get_string().empty());
  w.schema = format && format->is_object() ? format : nullptr;
}

json::object line(const said& s, std::string_view key, json::value value, bool last) {
  json::object out;
  out["model"] = s.model;
  out["created_at"] = created;
  out[key] = std::move(value);
  out["done"] = last;
  if (!last)
    return out;
  out["done_reason"] = s.size.limited && !s.call ? "length" : "stop";
  out["total_duration"] = 1000;
  out["prompt_eval_count"] = s.prompt_tokens;
  out["eval_count"] = s.answer_tokens();
  return out;
}

std::string text(const json::object& line) { return codec::to_text(line) + "\n"; }

plan stream(const said& s, const json::object& around, std::string_view text_key, std::vector<scripted> thoughts,
            std::vector<scripted> after) {
  auto source = s.stream();
  source->before = std::move(thoughts);
  source->after = std::move(after);
  const auto bare = text(around);
  const auto mark = "\"" + std::string(text_key) + "\":\"";
  const auto at = bare.find(mark) + mark.size();
  source->prefixes.push_back(bare.substr(0, at));
  source->suffix = bare.substr(at);
  auto out = stream_plan(std::move(source));
  out.headers.front().second = "application/x-ndjson";
  out.lines = true;
  return out;
}

} // namespace weir::inline v0::sim::ollama
