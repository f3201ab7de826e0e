// The seam to a provider's protocol: requests to bytes, bytes to events. Pure.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <weir/core/key_source.hpp>
#include <weir/task/chat.hpp>
#include <weir/task/completion.hpp>
#include <weir/task/kind.hpp>
#include <weir/task/text_generation.hpp>

#include "codec/framing/sse.hpp"
#include "http/message/types.hpp"

namespace weir::inline v0::provider {

/// Which task a route is for.
using task = weir::task_kind;

/// Weights that change a model, as the Hub's mapping names them.
class adapter {
public:
  adapter() = default;
  std::string hub_model; ///< The adapter's name at the Hub.
  std::string weights;   ///< Its file there; may be empty.
};

/// The name of the member that limits the answer's length in OpenAI's chat.
enum class limit_name { as_given, tokens, completion_tokens };

/// What a server refuses to be told about its prompt cache.
class refused_caching {
public:
  refused_caching() = default;
  bool marks = false;
  bool lifetime = false;
  bool conversation = false;
};

struct vendor;

/// Where a call goes and with which key, resolved from a provider name or URL, a model and a key.
class route {
public:
  route() = default;
  std::string provider;              ///< The vendor's id, or "auto", "tgi", "custom".
  std::shared_ptr<const vendor> row; ///< Of a vendor that the program added; else nullptr.
  std::string model;                 ///< The model's name on the wire.
  std::string requested_model;       ///< The model's name as requested.
  task what = task::chat;
  net::origin to;
  bool direct = true; ///< At the vendor's own hosts; not behind the router, nor at a given URL.
  std::optional<provider::adapter> lora;
  std::string base;   ///< The path below which the vendor's own routes are; no slash at its end.
  std::string target; ///< Path and query.
  std::string query;  ///< What the options add to the query of every request there; encoded, may be empty.
  std::optional<http::credential> auth;
  key_source keys;            ///< Where the credential's key comes from: a callback's may be renewed.
  secret former_key;          ///< The one before the key of `auth`: a response may still quote it.
  std::string key_place;      ///< Where users find the key, for messages.
  http::fields headers;       ///< Vendor's and user's extra headers.
  bool without_usage = false; ///< The server refuses `stream_options`.
  limit_name limit = limit_name::as_given;
  refused_caching caching;
  /// The vendor knows the model by a name of its own: look it up (mapping.hpp) and
  /// apply_mapping() before the route is used.
  bool needs_mapping = false;
};
/// Of one call, or of all to a target.
using route_ptr = std::shared_ptr<const route>;

/// Decodes the body of one response: every SSE event of a stream, or the whole body at once if a server responds to a
/// streaming call with plain JSON.
class decoder {
public:
  virtual ~decoder() = default;

  /// One event of a stream; appends what it means. Sets failed() on an in-band error, in whatever envelope, or a
  /// malformed event; an event that carries nothing or only keeps the connection open is skipped. After the terminal
  /// signal further events are ignored.
  virtual void on_event(const codec::sse_event& frame, std::vector<event>& out) = 0;
  /// The whole body of an `application/json` response to a streaming call: an answer in one piece, or an error. Nothing
  /// may follow.
  virtual void on_body(std::string_view body, std::vector<event>& out) = 0;

  /// The body has ended, in whatever way, or no more of it is wanted: emits what was held back until more was known,
  /// and decides whether what arrived is an answer. Idempotent; nothing may follow.
  virtual void on_end(std::vector<event>& out) = 0;

  /// Whether the explicit terminal signal (`[DONE]`, generated_text, message_stop …) was seen:
  /// nothing more is expected and the connection may be returned.
  virtual bool done() const noexcept = 0;
  /// The state of the answer; final after on_end(). `truncated` as long as no terminal signal and no finish_reason was
  /// seen, or if there was no text or call before an end that does not say what it means.
  virtual outcome result() const noexcept = 0;
  /// The in-band error or malformed event, if any.
  virtual const failure& failed() const noexcept = 0;
  virtual const answer_info& info() const noexcept = 0;
};

/// Chat in the vendor's dialect; OpenAI's unless its row names another. A stream asks for its usage unless the request
/// says `include_usage(false)`. `max_tokens` and the like go out as they were given.
/// \throws weir::error errc::invalid_argument for extra members that are not JSON, or that
/// would replace `model` or `stream`.
http::request encode_chat(const chat& ask, const route& to, bool stream);
/// `<think>` tags inside the text stay text: only the provider knows whether they are markup.
/// `answers`: how many were requested (chat::n()). A stream that ends without `[DONE]` is complete only if that many
/// have finished.
std::unique_ptr<decoder> chat_decoder(std::size_t answers = 1);
std::unique_ptr<decoder> chat_decoder(const route& to, std::size_t answers = 1);
/// A complete (non-streamed) chat response. Never throws for what the server sent: an error inside a 200 and a body
/// that is not an answer are in completion::failure.
completion decode_chat(std::string_view body);
completion decode_chat(const route& to, std::string_view body);

/// The chat dialect of a vendor whose dialect is not OpenAI's; the vendor's row names it.
class chat_dialect {
public:
  using encoder = http::request(const chat& ask, const route& to, bool stream);
  using decoder_maker = std::unique_ptr<decoder>(std::size_t answers);
  /// Turns the response to a streamed chat into the request whose response is the stream.
  using follower = http::request(const route& to, std::string_view body);
  constexpr chat_dialect(encoder* encode, decoder_maker* make_decoder, follower* follow = nullptr)
      : encode(encode), make_decoder(make_decoder), follow(follow) {}
  encoder* encode;
  decoder_maker* make_decoder;
  follower* follow; ///< nullptr: the response is the stream.
};

/// Whether the response to a streamed chat only says where the stream is.
bool announces_stream(const route& to) noexcept;
/// The request for the stream that such a response announces. It carries the key only to the origin of the first one.
/// \throws weir::error errc::unsupported for a response without a stream, malformed_url, insecure.
http::request stream_request(const route& to, std::string_view body);

/// Text generation: TGI's protocol or a completions API, as the route's vendor has it.
/// \throws weir::error errc::invalid_argument, as encode_chat().
http::request encode_generation(const text_generation& ask, const route& to, bool stream);
std::unique_ptr<decoder> generation_decoder(const route& to);
generation decode_generation(const route& to, std::string_view body);

/// What an answer with a status other than 2xx means (docs/providers.md, "Errors"), including hints
/// and the remote's message. A date in `retry-after` is read against the answer's own
/// `date`, or else against `now`; without either it is no hint.
failure failure_of_response(const route& to, const http::response_head& head, std::string_view body,
                            std::optional<std::chrono::system_clock::time_point> now = std::nullopt);

/// A 2xx response that could not be read, for the reason in `f`: with its content, its source, and its request id.
failure unreadable(failure f, const route& to, const http::response_head& head, std::string_view body);

/// The provider's id of a request, from the response's headers; empty if they have none.
std::string_view request_id(const http::fields& headers) noexcept;

/// A text from the server, or a failure, without the route's key: a provider may quote the key that it refuses. For
/// several texts of one response see redaction.
std::string without_key(std::string text, const route& to);
failure without_key(failure f, const route& to);

/// Everything that decides where a call goes.
class target {
public:
  target() = default;
  std::string provider; ///< "" or "auto", a vendor's id, "tgi", "openai"; with base_url the dialect only.
  std::string model;    ///< An http(s) URL here means the same as in base_url.
  std::string base_url; ///< A dedicated endpoint or any compatible server; "" for the vendor's.
  secret key;           ///< Empty: none found. hf_… keys are routed. With base_url it goes there.
  std::string bill_to;
  std::shared_ptr<const vendor> row; ///< The vendor, if the program added it.
  std::vector<std::string> added;    ///< For messages about an unknown provider: the vendors that the program added.
  /// At a server of the user's own: where the key goes, if not to the vendor's place, and what is added to the query.
  std::string key_header, key_scheme, query;
};

/// Decides origin, path and credential of a call, without I/O.
///
/// - An `hf_` key goes to the vendor's route behind the Hugging Face router, any other key to
///   the vendor itself, where the model's name is then the vendor's own.
/// - `auto` sends a chat to the router's own front with the model's name (and suffix) as it is;
///   for text generation the model's mapping names the vendor.
/// - Other tasks go to the vendor's route of them (offers.hpp). With base_url and a vendor, that route is
///   below the URL; with base_url alone the task goes to the URL as it is, as hf-inference has it, or, below
///   a path that ends in a version, to OpenAI's route of the task.
/// - With base_url and a vendor's name the vendor's own routes are below the URL, unless its path ends in a version
///   (`/v1`, `/v3`, `/v1beta`) or names the route.
/// - With base_url a chat goes to the path itself if it ends in `/chat/completions`, to `/chat/completions` below a
///   path that ends in a version or in an OpenAI-compatible front (`/v1beta/openai`, `/openai/deployments/NAME`), else
///   to `/v1/chat/completions` below it; a provider with a dialect of its own has its own path in their place. Text
///   generation goes to `/completions` below such a path, or below any with the vendor `openai`, and otherwise to the
///   URL as it is, as TGI expects it. A query is kept. Without a model the neutral name `tgi` is sent.
///
/// - A vendor that the program added is called at its own URL, or at base_url, below which its paths are then.
///
/// The key is bound to the origin. \throws weir::error unknown_provider, unsupported, missing_key, malformed_url,
/// insecure (a key over plain HTTP to another machine), invalid_argument (no model, or an invalid name),
/// invalid_configuration ("tgi" without a URL).
route resolve(task what, const target& t);

/// Whether a Hugging Face token may go to this URL without the user's explicit consent: https hosts of huggingface.co
/// and huggingface.cloud.
bool takes_hub_token(std::string_view base_url);

/// The URL of a provider that runs as the user's own server: what its environment variable says (Ollama's
/// `OLLAMA_HOST`: a URL, `host`, `host:port` or `:port`), else its usual address. Empty for every other provider.
std::string server_url(std::string_view provider, const std::function<const char*(const char*)>& get);

/// The origins at which a provider is called, including the router if it may be; empty for those that are reached by a
/// URL.
std::vector<net::origin> origins_of(std::string_view provider);

/// Path and query of the list of models that belongs to a chat's route; empty if none is known.
std::string models_target(const route& to);

/// Ids of all vendors that have the task, sorted.
std::vector<std::string> vendors(task what);
/// The environment variables that may hold a vendor's own key, in order of preference.
std::vector<std::string> key_variables(std::string_view provider);
std::vector<std::string> key_variables(const vendor& v);

} // namespace weir::inline v0::provider
