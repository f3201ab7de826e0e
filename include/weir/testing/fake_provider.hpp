// A provider that gives the answers of a test: a client of it needs no network, no key and no simulator.
#pragma once

#include <weir/core/asio.hpp>
#include <weir/detail/abi.hpp>

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <weir/client/options.hpp>
#include <weir/core/time.hpp>

#include <weir/detail/fluent.hpp>

WEIR_BEGIN_NAMESPACE
namespace testing {

/// What a fake provider does with one request. Made by the functions below, and changed by the setters:
///
///     testing::stream_of({"a", "b"}).gap(1s).broken_after(1)
class response {
public:
  /// Comes only after a while. Default: at once.
  WEIR_FIELD(response, duration, after)
  /// How long a stream pauses before each further piece. Default: not at all.
  WEIR_FIELD(response, duration, gap)
  /// The connection breaks after this many pieces of a stream, or in the middle of a response that is not streamed.
  WEIR_OPTIONAL(response, std::size_t, broken_after)
  /// Why the answer ends: `stop`, `length`, `content_filter`. Default: `stop`, and `tool_calls` for a call.
  WEIR_FIELD(response, std::string, finish_reason)
  /// Tokens of the prompt and of the answer, as the answer reports them. Default: 1, and the number of pieces.
  response&& usage(std::uint64_t prompt, std::uint64_t completion) && { return std::move(usage(prompt, completion)); }
  response& usage(std::uint64_t prompt, std::uint64_t completion) & {
    prompt_tokens_ = prompt;
    completion_tokens_ = completion;
    return *this;
  }
  /// A further header of the response, such as `retry-after`.
  response&& header(std::string name, std::string value) && {
    return std::move(header(std::move(name), std::move(value)));
  }
  response& header(std::string name, std::string value) & {
    headers_.emplace_back(std::move(name), std::move(value));
    return *this;
  }

private:
  friend class response_bytes;
  friend response stream_of(std::vector<std::string> pieces);
  friend response tool_call(std::string tool, std::string arguments);
  friend response raw_response(int status, std::string content_type, std::string body);
  friend response refusal(int status, std::string message);
  friend response broken_connection();
  friend response silence();
  enum class kind { text, call, refused, raw, broken, silent };
  explicit response(kind k) : what_(k) {}

  kind what_;
  duration after_{}, gap_{};
  std::optional<std::size_t> broken_after_;
  std::string finish_reason_;
  std::uint64_t prompt_tokens_ = 1;
  std::optional<std::uint64_t> completion_tokens_;
  std::vector<std::pair<std::string, std::string>> headers_;
  int status_ = 200;
  std::vector<std::string> pieces_; ///< Of the text, or of a call's arguments; or the one body.
  std::string name_;                ///< Of the tool; or the content type.
};

/// An answer with this text, in one piece. Any request for text gets its own form: a chat, a completion or TGI's text
/// generation, streamed or not as the request wants it.
response answer(std::string text);
/// The same in several pieces: the events of a stream. A request that is not streamed gets them joined.
response stream_of(std::vector<std::string> pieces);
/// An answer to a chat that calls a tool; its arguments are a JSON object as text.
response tool_call(std::string tool, std::string arguments);
/// An error of the server, such as 429 or 503; the message goes into a body of OpenAI's form.
response refusal(int status, std::string message = "Refused by the test.");
/// Any response, as for a task that gives no text: `raw_response(200, "application/json", "[[0.1, 0.2]]")`.
response raw_response(int status, std::string content_type, std::string body);
/// The connection breaks before a byte of a response: errc::connection_lost.
response broken_connection();
/// Nothing comes, and the connection stays open: what timeouts and cancellation are for.
response silence();

/// A request as a fake provider received it.
class seen_request {
public:
  seen_request() = default;
  std::string method, path;
  std::vector<std::pair<std::string, std::string>> headers; ///< The names in lower case.
  std::string body;

  /// The header of that name, in lower case; empty if there is none.
  std::string_view header(std::string_view name) const noexcept;
};

/// A provider without a network: clients with its options() get its responses, one for each request, in their order.
/// Retries are requests too. A request for which no response is left gets a 400 that says so.
///
///     weir::testing::fake_provider fake({weir::testing::refusal(429), weir::testing::answer("Hi")});
///     weir::client client(fake.options());
///
/// Waits, such as the pause before a second try, take their time unless the context has a manual_time.
///
/// Object lifetimes: a copy is the same provider; clients share it. Thread safety: safe, also with clients on several
/// threads; which of several concurrent requests gets which response is then a matter of chance.
class fake_provider {
public:
  fake_provider();
  fake_provider(std::initializer_list<response> responses);
  explicit fake_provider(std::vector<response> responses);

  /// Adds the response to one more request.
  fake_provider& then(response r);
  /// The response to every request for which no other is left. For `nullopt` that is the 400.
  fake_provider& otherwise(std::optional<response> r);

  /// Options of a client of this provider: its URL, a model, and its network. Any others may be added, but a vendor
  /// with a dialect of its own (`provider("anthropic")`) is answered by raw_response() only.
  weir::options options() const;

  /// The requests so far.
  std::vector<seen_request> requests() const;
  /// How many responses are left, without that of otherwise().
  std::size_t left() const;

private:
  class state;
  std::shared_ptr<state> state_;
};

/// Options of a client that gets these responses: fake_provider::options(), for a test that looks at no requests.
///
///     weir::client client(weir::testing::options_for({weir::testing::answer("Hi")}));
weir::options options_for(std::initializer_list<response> responses);

} // namespace testing
WEIR_END_NAMESPACE

#include <weir/detail/fluent.hpp>
