// The seam to a provider's protocol: requests to bytes, bytes to events. Pure.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <weir/task/chat.hpp>
#include <weir/task/completion.hpp>
#include <weir/task/text_generation.hpp>

#include "codec/sse.hpp"
#include "http/types.hpp"

namespace weir::provider {

/// Where and as whom a call is made, resolved from a provider name or URL, a model
/// and a key.
class route {
public:
  route() = default;
  std::string provider;  ///< The vendor's id, or "auto", "tgi", "custom".
  std::string model;     ///< The model's name on the wire.
  std::string asked;     ///< The model's name as asked for.
  net::origin to;
  std::string target;    ///< Path and query.
  std::optional<http::credential> auth;
  http::fields headers;  ///< Vendor's and user's extra headers.
};

/// Decodes the body of one answer. Feed order: for a stream every SSE event, for a
/// plain answer the body; then finish().
class decoder {
public:
  virtual ~decoder() = default;

  /// One event of a stream; appends what it means. Sets failed() on an in-band error or a
  /// malformed event. After the terminal signal further events are ignored.
  virtual void on_event(const codec::sse_event& frame, std::vector<event>& out) = 0;

  /// Whether the explicit terminal signal (`[DONE]`, generated_text, message_stop …) was seen:
  /// nothing more is expected and the connection may be returned.
  virtual bool done() const noexcept = 0;
  /// How the answer stands: after the end of the body this is final. `truncated`
  /// as long as no terminal signal and no finish_reason was seen.
  virtual outcome result() const noexcept = 0;
  /// The in-band error or malformed event, if any.
  virtual const failure& failed() const noexcept = 0;
  virtual const answer_info& info() const noexcept = 0;
};

/// Chat over OpenAI-compatible routes.
http::request encode_chat(const chat& ask, const route& to, bool stream);
std::unique_ptr<decoder> chat_decoder();
/// A plain (not streamed) chat or completions answer.
completion decode_chat(std::string_view body);

/// Text generation: TGI's protocol or a completions API, as the route's vendor has it.
http::request encode_generation(const text_generation& ask, const route& to, bool stream);
std::unique_ptr<decoder> generation_decoder(const route& to);
generation decode_generation(const route& to, std::string_view body);

/// What an answer with a status other than 2xx means (facts §2.5), including hints
/// and the remote's message. `url` is for our words.
failure explain(const route& to, const http::response_head& head, std::string_view body);

/// Which task a route is for.
enum class task { chat, text_generation };

/// Everything that decides where a call goes.
class target {
public:
  target() = default;
  std::string provider; ///< "" or "auto", a vendor's id, "tgi", "openai"; ignored with base_url.
  std::string model;
  std::string base_url; ///< A dedicated endpoint or any compatible server; "" for the vendor's.
  secret key;           ///< Empty: none found. hf_… keys are routed.
  std::string bill_to;
};

/// \throws weir::error unknown_provider, unsupported, missing_key, malformed_url, insecure.
route resolve(task what, const target& t);

/// Ids of all vendors that have the task, sorted.
std::vector<std::string> vendors(task what);
/// The environment variables that may hold a vendor's own key, in order of preference.
std::vector<std::string> key_variables(std::string_view provider);

} // namespace weir::provider
