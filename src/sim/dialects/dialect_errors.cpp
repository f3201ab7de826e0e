// Errors of the simulation, reworded in the form of another dialect.
#include "sim/dialects/dialects.hpp"

namespace weir::inline v0::sim {

namespace json = codec::json;

namespace {

std::string_view anthropic_type(int status) {
  switch (status) {
  case 401: return "authentication_error";
  case 402: return "billing_error";
  case 404: return "not_found_error";
  case 429: return "rate_limit_error";
  case 529: return "overloaded_error";
  default: return status >= 500 ? "api_error" : "invalid_request_error";
  }
}

std::string_view google_status(int status) {
  switch (status) {
  case 401: return "UNAUTHENTICATED";
  case 404: return "NOT_FOUND";
  case 429: return "RESOURCE_EXHAUSTED";
  case 503: return "UNAVAILABLE";
  default: return status >= 500 ? "INTERNAL" : "INVALID_ARGUMENT";
  }
}

} // namespace

plan reworded(plan refusal, wording_of_errors how) {
  if (how == wording_of_errors::openai)
    return refusal;
  error_code ec;
  const auto body = codec::parse_json(refusal.body, ec);
  // An operation that has failed has other members, too.
  const bool alone = !ec && body.is_object() && body.get_object().size() == 1;
  const auto* error = alone ? codec::find(body, "error") : nullptr;
  const auto message = error ? codec::string_at(*error, "message") : std::nullopt;
  if (!message)
    return refusal;
  // An error inside a 200 is a server error.
  const int status = refusal.status < 400 ? 500 : refusal.status;
  json::object inner, out;
  switch (how) {
  case wording_of_errors::anthropic:
    inner["type"] = anthropic_type(status);
    inner["message"] = *message;
    out["type"] = "error";
    out["error"] = std::move(inner);
    out["request_id"] = "req_sim";
    break;
  case wording_of_errors::gemini:
    inner["code"] = status;
    inner["message"] = *message;
    inner["status"] = google_status(status);
    out["error"] = std::move(inner);
    break;
  case wording_of_errors::cohere:
    out["id"] = "sim";
    out["message"] = *message;
    break;
  default: out["error"] = *message; break;
  }
  refusal.body = codec::to_text(out);
  return refusal;
}

} // namespace weir::inline v0::sim
