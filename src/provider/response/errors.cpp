#include "provider/response/errors.hpp"

#include <algorithm>
#include <initializer_list>

#include "codec/text/utf8.hpp"
#include "core/ascii.hpp"
#include "provider/response/error_words.hpp"

namespace weir::inline v0::provider {

namespace {

namespace json = codec::json;

bool contains_word(std::string_view text, std::string_view lower_case) noexcept {
  const auto same = [](char a, char b) { return to_lower(a) == b; };
  return std::search(text.begin(), text.end(), lower_case.begin(), lower_case.end(), same) != text.end();
}

bool contains_any(std::string_view text, std::initializer_list<std::string_view> words) noexcept {
  return std::any_of(words.begin(), words.end(), [&](std::string_view w) { return contains_word(text, w); });
}

std::string code_text(const json::value& v, std::string_view key) {
  const auto* text = loose_find(v, key);
  return text && text->is_string() ? std::string(text->get_string()) : std::string();
}

void read_details(const json::value& v, remote_error& e) {
  for (const auto* key : {"code", "errorcode", "errortype", "type", "status"})
    if (e.code.empty())
      e.code = code_text(v, key);
  for (const auto* key : {"http_status_code", "status_code", "code", "status"})
    if (const auto number = codec::int_at(v, key); e.status == 0 && number && *number >= 400 && *number < 600)
      e.status = static_cast<int>(*number);
}

// Google: {"error": {"details": [{"@type": "…RetryInfo", "retryDelay": "39s"}]}}
wait_hint retry_info(const json::value& body) {
  const auto* inner = codec::find(body, "error");
  const auto* details = inner ? codec::array_at(*inner, "details") : nullptr;
  if (details)
    for (const auto& d : *details)
      if (const auto delay = codec::string_at(d, "retryDelay"))
        return parse_go_duration(*delay);
  return std::nullopt;
}

} // namespace

remote_error read_error(const json::value& body) {
  // Gemini's form when it takes the response for a stream.
  if (const auto* list = body.if_array(); list && !list->empty() && list->front().is_object())
    return read_error(list->front());
  remote_error e;
  // Some wrap everything, and some capitalize it.
  const auto* wrapped = loose_find(body, "response");
  for (const auto* at : {wrapped ? wrapped : &body, &body})
    for (const auto* key : {"error", "fault"})
      if (const auto* inner = loose_find(*at, key); inner && inner->is_object())
        read_details(*inner, e);
  read_details(body, e);
  e.retry_after = retry_info(body);
  for (const auto* at : {&body, wrapped})
    if (at && e.request_id.empty())
      e.request_id = code_text(*at, "requestid");
  e.estimated_seconds = codec::number_at(body, "estimated_time");
  e.message = words_of_error(body);
  if (const bool says_something = !body.is_null() && body != json::object() && body != json::array();
      e.message.empty() && says_something)
    e.message = codec::to_text(body);
  // {"type": "error", …} names the envelope, not the error.
  if (e.code == "error")
    e.code.clear();
  return e;
}

bool is_error(const json::object& chunk) noexcept {
  if (const auto* v = chunk.if_contains("error"))
    return v->is_object() || (v->is_string() && !v->get_string().empty()) || v->is_array();
  const auto* kind = chunk.if_contains("object");
  return kind && kind->is_string() && kind->get_string() == "error";
}

std::string sanitize(std::string_view text, std::size_t limit) {
  std::string clean;
  codec::append_repaired(clean, text.substr(0, limit));
  if (text.size() > limit) {
    // The cut may have left a partial character, now U+FFFD.
    if (clean.ends_with("\xEF\xBF\xBD"))
      clean.resize(clean.size() - 3);
    clean += "…";
  }
  for (std::size_t i = 0; i < clean.size(); ++i) {
    const auto c = static_cast<unsigned char>(clean[i]);
    if (c < 0x20 || c == 0x7f)
      clean[i] = ' ';
    else if (c == 0xC2 && static_cast<unsigned char>(clean[i + 1]) < 0xA0) // U+0080 … U+009F
      clean.replace(i, 2, " ");
    else if (c == 0xE2) {
      // Line separators and the marks that change the text direction.
      const std::string_view mark = std::string_view(clean).substr(i, 3);
      if ((mark >= "\xE2\x80\xA8" && mark <= "\xE2\x80\xAE") || (mark >= "\xE2\x81\xA6" && mark <= "\xE2\x81\xA9"))
        clean.replace(i, 3, " ");
    }
  }
  return clean;
}

namespace {

bool quota_exhausted(const remote_error& e) noexcept {
  // Google calls a per-minute limit a quota, and says how long to wait.
  if (e.retry_after)
    return false;
  return contains_any(e.code, {"insufficient_quota", "credit_balance_exhausted", "enforced_spend_limit_reached",
                               "insufficient_balance", "insufficient_credit", "insufficient_funds",
                               "billing_hard_limit", "billing_not_active", "billing_error", "payment_required"}) ||
         contains_any(e.message,
                      {"exceeded your monthly included credits", "exceeded your current quota", "insufficient credit",
                       "insufficient balance", "insufficient quota", "insufficient funds", "credit balance is too low",
                       "credit balance exhausted", "out of credits", "spend limit reached", "billing hard limit"});
}

bool unknown_model(const remote_error& e) noexcept {
  return e.code == "model_not_found" || contains_any(e.message, {"is not supported by any provider you have enabled"});
}

} // namespace

errc classify(int status, const remote_error& e) noexcept {
  if (status == 402 || quota_exhausted(e))
    return errc::quota_exhausted;
  if (e.code == "overloaded" || e.code == "overloaded_error" || e.code == "server_overloaded")
    return errc::overloaded;
  switch (status) {
  case 400:
    if (contains_word(e.message, "invalid state"))
      return errc::paused; // how an endpoint that its owner paused answers
    return unknown_model(e) ? errc::not_found : errc::bad_request;
  case 401: return errc::unauthorized;
  case 403: return errc::forbidden;
  case 404:
  case 410: return errc::not_found;
  case 408:
  case 409:
  case 424: // TGI: failed during generation
  case 425: return errc::server_error;
  case 429: return errc::rate_limited;
  case 501:
  case 505: return errc::bad_request;
  case 503:
    return e.estimated_seconds || contains_word(e.message, "currently loading") ? errc::loading : errc::overloaded;
  case 529: return errc::overloaded;
  default: break;
  }
  if (status >= 500)
    return errc::server_error;
  if (status >= 400)
    return errc::bad_request;
  if (e.code == "validation" || e.code == "template_error" || e.code == "tool_error" ||
      e.code == "invalid_request_error")
    return errc::bad_request;
  if (e.code == "rate_limit_exceeded" || e.code == "rate_limit_error")
    return errc::rate_limited;
  if (e.code == "server_error" || e.code == "api_error" || e.code == "timeout_error")
    return errc::server_error;
  return errc::in_band_error;
}

failure in_band_failure(const remote_error& e, bool tokens_seen) {
  const auto code = tokens_seen ? errc::in_band_error : classify(e.status, e);
  failure f(code, tokens_seen ? "the provider reported an error in the middle of its answer"
                              : "the provider reported an error inside a response with status 200");
  f.remote(e.message.empty() ? std::string() : sanitize(e.message));
  f.remote_code(sanitize(e.code, 128)).request_id(sanitize(e.request_id, 128)).status(200);
  return f;
}

failure job_failure(const route& to, const remote_error& e) {
  failure f(errc::in_band_error,
            (to.provider.empty() ? to.to.text() : to.provider) + " accepted the job, but it failed there");
  f.remote(e.message.empty() ? std::string() : sanitize(e.message));
  f.remote_code(sanitize(e.code, 128)).request_id(sanitize(e.request_id, 128));
  return without_key(std::move(f), to);
}

} // namespace weir::inline v0::provider
