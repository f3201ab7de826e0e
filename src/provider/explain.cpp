// From a status, headers and a body to a failure that says what to do (facts §2.5).
#include <algorithm>

#include "provider/dialect.hpp"
#include "provider/errors.hpp"
#include "provider/hints.hpp"
#include "provider/vendors.hpp"

namespace weir::provider {

namespace {

using namespace std::chrono_literals;

bool looks_like_html(const http::response_head& head, std::string_view body) {
  const auto type = head.headers.get("content-type");
  if (type.starts_with("text/html") || type.starts_with("application/xhtml"))
    return true;
  const auto start = body.find_first_not_of(" \t\r\n");
  return start != std::string_view::npos && body[start] == '<';
}

std::string_view first_of(const http::fields& headers, std::initializer_list<std::string_view> names) {
  for (const auto name : names)
    if (const auto value = headers.get(name); !value.empty())
      return value;
  return {};
}

// The places a key for this route comes from.
std::string key_names(const route& to) {
  if (is_hugging_face(to.to.host()))
    return "HF_TOKEN";
  std::string names;
  for (const auto& name : key_variables(to.provider))
    names += (names.empty() ? "" : " or ") + name;
  return names.empty() ? "the key for " + to.to.text() : names;
}

std::string who(const route& to) {
  const bool named = to.provider != "custom" && to.provider != "tgi" && !to.provider.empty();
  return named ? to.provider : to.to.text();
}

std::string model_words(const route& to) {
  const auto& name = to.asked.empty() ? to.model : to.asked;
  return name.empty() ? std::string("the model") : "\"" + name + "\"";
}

std::string advice(errc code, const route& to) {
  switch (code) {
  case errc::unauthorized:
    return to.auth ? "did not accept the key: check " + key_names(to) : "wants a key: set " + key_names(to);
  case errc::forbidden:
    return "says that the key may not do this: check its permissions, and whether " + model_words(to) +
           " is gated and its terms are accepted";
  case errc::out_of_money:
    return "says that credit or quota is used up: add credit, or use another provider or key; waiting does not help";
  case errc::not_found: return "knows no " + model_words(to) + " or no such route: check the model's name and the URL";
  case errc::rate_limited: return "asks for a slower pace";
  case errc::overloaded: return "is overloaded: try again later, or use another provider";
  case errc::loading: return "is still loading " + model_words(to) + ": try again later";
  case errc::paused: return "is paused: resume the endpoint where it was created";
  case errc::server_error: return "failed: try again, or use another provider";
  case errc::bad_request: return "refused the request: it will not work as it is";
  case errc::unexpected_redirect: return "redirects, which is not followed: check the URL";
  default: return "gave an answer that is not the expected one: check that the URL is an inference API";
  }
}

errc code_of(const route& to, int status, const remote_error& e) {
  if (status >= 200 && status < 300)
    return errc::unexpected_content;
  if (status >= 300 && status < 400)
    return errc::unexpected_redirect;
  if (status < 300)
    return errc::malformed_response;
  const auto code = classify(status, e);
  // A dedicated endpoint answers so while it is waking from zero replicas.
  const bool dedicated = is_dedicated_endpoint(to.to.host());
  return dedicated && code == errc::overloaded && status == 503 && e.code.empty() ? errc::loading : code;
}

std::optional<bool> retry_word(const http::fields& headers) {
  const auto word = headers.get("x-should-retry");
  if (word == "true")
    return true;
  if (word == "false")
    return false;
  return std::nullopt;
}

// A provider may quote the key that it refuses.
std::string without_key(std::string text, const route& to) {
  if (!to.auth || !to.auth->key)
    return text;
  const auto key = to.auth->key.reveal();
  for (auto at = text.find(key); at != std::string::npos; at = text.find(key, at))
    text.replace(at, key.size(), to.auth->key.redacted());
  return text;
}

} // namespace

failure without_key(failure f, const route& to) {
  f.remote(without_key(f.remote(), to));
  f.remote_code(without_key(f.remote_code(), to));
  return f;
}

failure explain(const route& to, const http::response_head& head, std::string_view body,
                std::optional<std::chrono::system_clock::time_point> now) {
  remote_error e;
  const bool html = looks_like_html(head, body);
  if (!html && !body.empty()) {
    error_code ec;
    const auto parsed = codec::parse_json(body, ec);
    if (ec)
      e.message = body;
    else if (parsed.is_string())
      e.message = parsed.get_string();
    else
      e = read_error(parsed);
  }
  if (e.message.empty())
    e.message = head.headers.get("x-error-message");
  if (e.code.empty())
    e.code = head.headers.get("x-error-code");

  const auto code = code_of(to, head.status, e);
  std::string words = who(to) + " " + advice(code, to) + " (status " + std::to_string(head.status);
  words += html ? ", with an HTML page, so perhaps from a gateway in between)" : ")";

  failure f(code, std::move(words));
  f.status(head.status);
  f.remote(tame(without_key(std::move(e.message), to)));
  f.remote_code(tame(without_key(std::move(e.code), to), 128));
  const auto id = first_of(head.headers, {"x-request-id", "x-amzn-trace-id", "x-amz-cf-id", "x-fal-request-id",
                                          "inference-id", "request-id", "cf-ray"});
  f.request_id(tame(id.empty() ? std::string_view(e.request_id) : id, 128));
  if (head.status >= 400) {
    auto wait = wait_asked_for(head.headers, now);
    if (!wait || (e.retry_after && *e.retry_after > *wait))
      wait = e.retry_after;
    if (!wait && e.estimated_seconds && *e.estimated_seconds >= 0 && *e.estimated_seconds < 24 * 3600)
      wait = std::chrono::ceil<std::chrono::nanoseconds>(std::chrono::duration<double>(*e.estimated_seconds));
    f.retry_after(wait);
    f.should_retry(retry_word(head.headers));
  }
  return f;
}

} // namespace weir::provider
