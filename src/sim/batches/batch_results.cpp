#include "sim/batches/batch_results.hpp"

namespace weir::inline v0::sim {

namespace json = codec::json;

namespace {

std::string quoted(std::string_view text) { return codec::to_text(json::value(text)); }

std::string_view code_of(batch_phase end) { return end == batch_phase::expired ? "batch_expired" : "batch_cancelled"; }

std::string_view reason_of(batch_phase end) {
  return end == batch_phase::expired ? "This request could not be executed before the completion window expired."
                                     : "This request was not executed: the batch was cancelled.";
}

/// The message of an error in any dialect.
std::string message_in(std::string_view body) {
  error_code ec;
  const auto v = codec::parse_json(body, ec);
  const auto* error = ec ? nullptr : codec::find(v, "error");
  return std::string(error ? codec::string_at(*error, "message").value_or("") : "");
}

std::string openai(const batch_line& l, const line_outcome* o, std::string_view code, std::string_view reason) {
  const auto number = std::to_string(o ? o->serial : l.begin);
  auto out = "{\"id\":\"batch_req_sim" + number + "\",\"custom_id\":" + quoted(l.id) + ",\"response\":";
  if (!o)
    return out + "null,\"error\":" + codec::to_text(json::object{{"code", code}, {"message", reason}}) + "}";
  return out + "{\"status_code\":" + std::to_string(o->status) + ",\"request_id\":\"sim-" + number +
         "\",\"body\":" + o->body + "},\"error\":null}";
}

std::string together(const batch_line& l, const line_outcome& o) {
  return "{\"custom_id\":" + quoted(l.id) + ",\"response\":{\"status_code\":" + std::to_string(o.status) +
         ",\"body\":" + o.body + "}}";
}

std::string failure(int status, std::string_view body) {
  return codec::to_text(json::object{{"code", status}, {"message", message_in(body)}});
}

std::string fireworks(const batch_line& l, const line_outcome& o) {
  return "{\"custom_id\":" + quoted(l.id) +
         (o.good() ? ",\"response\":" + o.body : ",\"error\":" + failure(o.status, o.body)) + "}";
}

std::string anthropic(const batch_line& l, const line_outcome* o, batch_phase end) {
  auto out = "{\"custom_id\":" + quoted(l.id) + ",\"result\":{\"type\":\"";
  if (!o)
    return out + (end == batch_phase::expired ? "expired" : "canceled") + "\"}}";
  return out + (o->good() ? "succeeded\",\"message\":" : "errored\",\"error\":") + o->body + "}}";
}

std::string gemini(const batch& b, const batch_line& l, const line_outcome& o) {
  const auto told = o.good() ? "\"response\":" + o.body : "\"error\":" + failure(o.status, o.body);
  if (b.place == result_place::one_file)
    return "{\"key\":" + quoted(l.id) + "," + told + "}";
  const auto metadata = member_of(std::string_view(*b.input).substr(l.begin, l.size), "metadata");
  return "{" + told + (metadata.is_null() ? "" : ",\"metadata\":" + codec::to_text(metadata)) + "}";
}

std::string_view answer_key(std::string_view path) {
  if (path.ends_with("/chat/completions"))
    return "chat_get_completion";
  return path.substr(path.rfind('/') + 1);
}

std::string xai(const batch_line& l, const line_outcome& o) {
  auto out = "{\"batch_request_id\":" + quoted(l.id) + ",\"batch_result\":{";
  if (!o.good())
    return out + "\"error\":" + failure(o.status, o.body) + "}}";
  return out + "\"response\":{" + quoted(answer_key(l.path)) + ":" + o.body + "}}}";
}

std::string openrouter(const batch_line& l, const line_outcome* o, batch_phase end) {
  if (o && o->good())
    return openai(l, o, {}, {});
  json::object error;
  error["message"] = o ? message_in(o->body) : std::string(reason_of(end));
  error["type"] = o ? "provider_error" : code_of(end);
  error["param"] = nullptr;
  return "{\"id\":\"batch_req_sim" + std::to_string(o ? o->serial : l.begin) + "\",\"custom_id\":" + quoted(l.id) +
         ",\"response\":null,\"error\":" + codec::to_text(error) + "}";
}

} // namespace

std::string result_line(const batch& b, const batch_line& l, const line_outcome* o, batch_phase end) {
  switch (b.vendor) {
  case batch_vendor::openai:
  case batch_vendor::novita: return openai(l, o, code_of(end), reason_of(end));
  case batch_vendor::mistral: return o ? openai(l, o, {}, {}) : std::string();
  case batch_vendor::together: return o ? together(l, *o) : std::string();
  case batch_vendor::fireworks: return o ? fireworks(l, *o) : std::string();
  case batch_vendor::anthropic: return anthropic(l, o, end);
  case batch_vendor::gemini: return o ? gemini(b, l, *o) : std::string();
  case batch_vendor::xai: return o ? xai(l, *o) : std::string();
  case batch_vendor::openrouter: return openrouter(l, o, end);
  }
  return {};
}

std::string array_of(std::string_view jsonl) {
  std::string out = "[";
  out.append(jsonl);
  for (auto& c : out)
    if (c == '\n') // never inside a text: JSON escapes it
      c = ',';
  if (out.size() > 1)
    out.pop_back();
  return out + "]";
}

std::string with_member(const json::object& o, std::string_view key, std::string_view json) {
  auto out = codec::to_text(o);
  out.pop_back();
  if (!o.empty())
    out += ",";
  return out.append(quoted(key)).append(":").append(json).append("}");
}

} // namespace weir::inline v0::sim
