#include "sim/protocol.hpp"

#include <algorithm>

namespace weir::inline v0::sim {

namespace json = codec::json;

plan json_plan(int status, const json::value& body) {
  plan out;
  out.status = status;
  out.headers.emplace_back("content-type", "application/json");
  out.body = codec::to_text(body);
  return out;
}

plan openai_error(int status, std::string_view message, std::string_view type, std::string_view code) {
  json::object inner;
  inner["message"] = message;
  inner["type"] = type;
  inner["param"] = nullptr;
  inner["code"] = code.empty() ? json::value(nullptr) : json::value(code);
  json::object outer;
  outer["error"] = std::move(inner);
  return json_plan(status, std::move(outer));
}

plan tgi_error(int status, std::string_view message, std::string_view type) {
  json::object body;
  body["error"] = message;
  if (!type.empty())
    body["error_type"] = type;
  return json_plan(status, std::move(body));
}

plan stream_plan(std::unique_ptr<event_source> events) {
  plan out;
  out.headers.emplace_back("content-type", "text/event-stream");
  out.headers.emplace_back("cache-control", "no-cache");
  out.events = std::move(events);
  out.frame = framing::chunked;
  return out;
}

extent::extent(const ask& a, std::optional<std::uint64_t> limit, std::uint64_t natural)
    : tokens(a.exactly.value_or(a.tokens.value_or(natural))), limited(false) {
  if (!a.exactly && limit && *limit < tokens) {
    tokens = *limit;
    limited = true;
  }
}

} // namespace weir::inline v0::sim
