// From a status, headers and a body to a failure that says what to do (docs/providers.md, "Errors").
#include <algorithm>

#include "codec/framing/sse.hpp"
#include "codec/text/sniff.hpp"
#include "http/message/url.hpp"
#include "provider/dialect.hpp"
#include "provider/response/errors.hpp"
#include "provider/response/retry_after.hpp"
#include "provider/vendors.hpp"

namespace weir::inline v0::provider {

namespace {

// For a page or text that is not a provider's error object.
constexpr std::size_t longest_excerpt = 1024;
// No error body is longer; an unreadable response may be.
constexpr std::size_t longest_read = 64u << 10;

std::string_view first_of(const http::fields& headers, std::initializer_list<std::string_view> names) {
  for (const auto name : names)
    if (const auto value = headers.get(name); !value.empty())
      return value;
  return {};
}

// The places where a key for this route comes from.
std::string key_advice(const route& to) {
  const std::string begin = to.auth ? "rejected the key: check " : "requires a key: set ";
  if (is_hugging_face(to.to.host()))
    return begin + "HF_TOKEN";
  const auto names = key_variables(vendor_of(to));
  if (to.direct && !names.empty())
    return begin + names.front() + (names.size() > 1 ? " or " + names.back() : "");
  // No variable is consulted for a destination given by its URL.
  return (to.auth ? "rejected the key: check" : "requires a key: set") + std::string(" the one for ") + to.to.text() +
         " (--api-key-env " + (names.empty() ? "NAME" : names.front()) + ", or credentials::default_key())";
}

// Without its query, which may be a secret.
std::string shown_url(const route& to) { return to.to.text() + to.target.substr(0, to.target.find('?')); }

std::string who(const route& to) {
  const bool named = to.provider != "custom" && to.provider != "tgi" && !to.provider.empty();
  return named ? to.provider : to.to.text();
}

std::string model_words(const route& to) {
  const auto& name = to.requested_model.empty() ? to.model : to.requested_model;
  return name.empty() ? std::string("the model") : "\"" + name + "\"";
}

// Nobody named the model that was sent: a server without a choice takes any, the others do not.
bool sent_neutral_model(const route& to) {
  const bool has_model = to.what == task::chat || (to.what == task::text_generation && to.provider != "tgi");
  return has_model && (to.requested_model.empty() || http::is_url(to.requested_model));
}

std::string advice(errc code, const route& to) {
  switch (code) {
  case errc::unauthorized: return key_advice(to);
  case errc::forbidden:
    return "does not permit this with the key: check its permissions, and whether " + model_words(to) +
           " is gated and its terms are accepted";
  case errc::quota_exhausted:
    return "reports that credit or quota is used up: add credit, or use another provider or key; waiting does not help";
  case errc::not_found:
    if (sent_neutral_model(to))
      return "does not know the model \"" + to.model +
             "\", which is sent where none is named, or this route: name one in the request or the options, or check "
             "the URL";
    return "does not know " + model_words(to) + " or this route: check the model's name and the URL";
  case errc::rate_limited: return "is rate limiting: slow down, or use another provider or key";
  case errc::overloaded: return "is overloaded: try again later, or use another provider";
  case errc::loading: return "is still loading " + model_words(to) + ": try again later";
  case errc::paused: return "is paused: resume the endpoint where it was created";
  case errc::server_error: return "failed: try again, or use another provider";
  case errc::bad_request: return "refused the request: it cannot succeed unchanged";
  case errc::unexpected_redirect:
    return "redirects, and prompts and keys are not forwarded: give the URL of the API itself";
  default: return "sent an unexpected response: check that the URL is an inference API";
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
  // A dedicated endpoint answers this way while it starts from zero replicas.
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

// The data of the first event of a stream.
std::string first_event(std::string_view body) {
  codec::sse_decoder decoder;
  const auto whole = std::string(body) + "\n\n";
  decoder.feed(whole);
  codec::sse_event e;
  return decoder.next(e) ? std::string(e.data) : std::string();
}

remote_error read_body(std::string_view body) {
  remote_error e;
  switch (codec::sniff(body)) {
  case codec::content::json: {
    error_code ec;
    const auto text = codec::several_objects(body) ? body.substr(0, body.find('\n', body.find('{'))) : body;
    const auto parsed = codec::parse_answer(text, ec);
    if (ec)
      e.message = body;
    else
      e = read_error(parsed);
    break;
  }
  case codec::content::events:
    if (const auto data = first_event(body); codec::sniff(data) != codec::content::events)
      e = read_body(data);
    break;
  case codec::content::page: e.message = codec::title_of(body); break;
  case codec::content::markup:
    e.message = codec::element_of(body, "message");
    e.code = codec::element_of(body, "code");
    if (e.message.empty())
      e.message = body.find("</") == body.npos ? std::string(body) : codec::text_of_markup(body, longest_excerpt);
    break;
  case codec::content::text: {
    error_code ec;
    const auto parsed = codec::parse_json(body, ec); // `"words"`, `null`
    e.message = !ec && parsed.is_string() ? std::string_view(parsed.get_string()) : ec ? body : std::string_view();
    break;
  }
  case codec::content::nothing:
  case codec::content::binary: break;
  }
  return e;
}

// What arrived, if it is not the JSON of an API.
std::string kind_of(const http::response_head& head, std::string_view body) {
  const auto what = codec::sniff(body);
  if (what == codec::content::page)
    return ", an HTML page, perhaps from a gateway in between";
  const auto coding = head.headers.get("content-encoding");
  if (head.status >= 300)
    return what == codec::content::nothing && !coding.empty() && coding != "identity"
               ? ", with a message in content coding " + sanitize(coding, 64) + ", which was not requested"
               : std::string();
  const auto type = head.headers.get("content-type");
  std::string words = type.empty() ? std::string(", without a content type") : ", content type " + sanitize(type, 128);
  if (what == codec::content::nothing)
    words += ", empty body";
  if (what == codec::content::binary)
    words += ", binary body";
  return words;
}

} // namespace

failure failure_of_response(const route& to, const http::response_head& head, std::string_view body,
                            std::optional<std::chrono::system_clock::time_point> now) {
  body = body.substr(0, longest_read);
  auto e = read_body(body);
  if (head.status >= 300 && head.status < 400) {
    const auto place = head.headers.get("location");
    if (!place.empty())
      e.message = place.substr(0, place.find('?'));
  }
  if (e.message.empty())
    e.message = head.headers.get("x-error-message");
  if (e.code.empty())
    e.code = head.headers.get("x-error-code");

  const auto code = code_of(to, head.status, e);
  failure f(code, who(to) + " " + advice(code, to) + " (status " + std::to_string(head.status) + " from " +
                      shown_url(to) + kind_of(head, body) + ")");
  f.status(head.status);
  f.remote(sanitize(without_key(std::move(e.message), to)));
  f.remote_code(sanitize(without_key(std::move(e.code), to), 128));
  const auto id = request_id(head.headers);
  f.request_id(sanitize(without_key(id.empty() ? e.request_id : std::string(id), to), 128));
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

failure unreadable(failure f, const route& to, const http::response_head& head, std::string_view body) {
  const auto what = failure_of_response(to, head, body);
  // The decoder's reason ("not JSON") says more than "unexpected response".
  auto words = what.message();
  if (!f.message().empty())
    words = f.message() + words.substr(words.rfind(" (status"));
  f.message(std::move(words)).status(head.status).remote(what.remote());
  f.remote_code(what.remote_code()).request_id(what.request_id());
  return f;
}

std::string_view request_id(const http::fields& headers) noexcept {
  return first_of(headers, {"x-request-id", "x-amzn-trace-id", "x-amz-cf-id", "x-fal-request-id", "inference-id",
                            "request-id", "cf-ray"});
}

} // namespace weir::inline v0::provider
