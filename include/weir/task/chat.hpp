// A chat request: messages, tools and sampling, as OpenAI-compatible APIs take them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <weir/detail/abi.hpp>
#include <weir/task/call_options.hpp>
#include <weir/task/event.hpp>
#include <weir/task/media.hpp>

#include <weir/detail/fluent.hpp>

WEIR_BEGIN_NAMESPACE

class completion;

/// A part of a message's content.
class content_part {
public:
  enum class kind { text, image_url, file, raw };

  static content_part text(std::string text) { return content_part(kind::text, std::move(text)); }
  /// An image by `https:` or `data:` URL. `detail`: "auto", "low", "high" or empty.
  static content_part image_url(std::string url, std::string detail = std::string()) {
    return content_part(kind::image_url, std::move(url), std::move(detail));
  }
  /// An image from its bytes, sent as a `data:` URL (RFC 2397). `mime` such as `image/png`; empty: detected from the
  /// bytes.
  /// \throws weir::error errc::invalid_argument for a mime type that would break the URL, or if none is given and none
  /// can be detected.
  static content_part image(std::string_view bytes, std::string_view mime = {}, std::string detail = std::string());
  /// An image, audio or a document such as a PDF, from its bytes or its `data:` URL, sent the way each provider
  /// expects. Its content_type says what it is.
  /// \throws weir::error errc::invalid_argument if that is not known, or there are no bytes.
  static content_part attachment(const media& m);
  /// An attachment from a file of at most `limit` bytes; its name goes with it.
  /// \throws weir::error errc::invalid_argument if it cannot be read, is larger, or is of no known type.
  static content_part file(const std::string& path, std::size_t limit = std::size_t{64} << 20);
  /// Any other part (input_audio, file, video_url …) as a JSON object in text form.
  static content_part raw(std::string json) { return content_part(kind::raw, std::move(json)); }

  kind type() const noexcept { return kind_; }
  const std::string& value() const noexcept { return value_; }
  const std::string& detail() const noexcept { return detail_; }
  /// The name of a file; empty for other kinds.
  const std::string& name() const noexcept { return name_; }

private:
  content_part(kind k, std::string value, std::string detail = std::string())
      : kind_(k), value_(std::move(value)), detail_(std::move(detail)) {}
  kind kind_;
  std::string value_; // of a file: its data: URL
  std::string detail_;
  std::string name_;
};

/// One message of a conversation. Made by the factories; setters chain.
class message {
public:
  explicit message(std::string role) : role_(std::move(role)) {}
  message(std::string role, std::string content) : role_(std::move(role)), content_(std::move(content)) {}

  /// An answer as a message of the conversation that goes on: its text, reasoning, tool calls, and what the provider
  /// wants back with them (choice::reasoning_blocks). Of several answers, the one at `choice`; of none, an empty
  /// message.
  explicit message(const completion& answer, std::size_t choice = 0);

  static message system(std::string text) { return message("system", std::move(text)); }
  static message developer(std::string text) { return message("developer", std::move(text)); }
  static message user(std::string text) { return message("user", std::move(text)); }
  static message assistant(std::string text) { return message("assistant", std::move(text)); }
  /// The model's tool calls, sent back to it.
  static message assistant_calls(std::vector<tool_call> calls) {
    message m("assistant");
    m.tool_calls_ = std::move(calls);
    return m;
  }
  /// The result of a tool call.
  static message tool(std::string call_id, std::string result) {
    message m("tool", std::move(result));
    m.tool_call_id_ = std::move(call_id);
    return m;
  }

  message&& part(content_part p) && {
    parts_.push_back(std::move(p));
    return std::move(*this);
  }
  message& part(content_part p) & {
    parts_.push_back(std::move(p));
    return *this;
  }
  WEIR_SETTER(message, std::string, name, name_ = std::move(v))
  /// Adds one of reasoning_blocks(), as when a conversation is read from where it was kept.
  WEIR_SETTER(message, std::string, reasoning_block, reasoning_blocks_.push_back(std::move(v)))
  /// The request up to and including this message is a prefix that other requests will share: the provider is asked to
  /// keep it in its prompt cache. See chat::cache_prefix().
  WEIR_SETTER(message, bool, cache_prefix, cache_prefix_ = v)
  bool cache_prefix() const noexcept { return cache_prefix_; }
  /// Further members of the message object, each a JSON value in text form.
  message&& extra(std::string key, std::string json) && {
    extra_.emplace_back(std::move(key), std::move(json));
    return std::move(*this);
  }
  message& extra(std::string key, std::string json) & {
    extra_.emplace_back(std::move(key), std::move(json));
    return *this;
  }

  const std::string& role() const noexcept { return role_; }
  /// Absent where the message has parts or only tool calls.
  const std::optional<std::string>& content() const noexcept { return content_; }
  /// Where there are parts, a content() becomes a text part before them.
  const std::vector<content_part>& parts() const noexcept { return parts_; }
  const std::string& name() const noexcept { return name_; }
  const std::vector<tool_call>& tool_calls() const noexcept { return tool_calls_; }
  /// The reasoning that led to the message, for people: it is not sent.
  const std::string& reasoning() const noexcept { return reasoning_; }
  /// Signed or encrypted reasoning, each block as a JSON object in text form: sent back to the API that it came from.
  const std::vector<std::string>& reasoning_blocks() const noexcept { return reasoning_blocks_; }
  const std::string& tool_call_id() const noexcept { return tool_call_id_; }
  const std::vector<std::pair<std::string, std::string>>& extra() const noexcept { return extra_; }

private:
  std::string role_;
  std::optional<std::string> content_;
  std::vector<content_part> parts_;
  std::string name_;
  std::vector<tool_call> tool_calls_;
  std::string reasoning_;
  std::vector<std::string> reasoning_blocks_;
  std::string tool_call_id_;
  std::vector<std::pair<std::string, std::string>> extra_;
  bool cache_prefix_ = false;
};

/// A function that the model may call.
class tool {
public:
  /// `parameters`: a JSON Schema in text form; empty for none.
  tool(std::string name, std::string description, std::string parameters = std::string())
      : name_(std::move(name)), description_(std::move(description)), parameters_(std::move(parameters)) {}

  WEIR_SETTER(tool, bool, strict, strict_ = v)

  const std::string& name() const noexcept { return name_; }
  const std::string& description() const noexcept { return description_; }
  const std::string& parameters() const noexcept { return parameters_; }
  std::optional<bool> strict() const noexcept { return strict_; }

private:
  std::string name_;
  std::string description_;
  std::string parameters_;
  std::optional<bool> strict_;
};

/// The format that an answer must have.
class response_format {
public:
  enum class kind { text, json_object, json_schema, raw };

  static response_format text() { return response_format(kind::text); }
  static response_format json_object() { return response_format(kind::json_object); }
  /// `schema`: a JSON Schema in text form. weir encodes it the way each provider expects.
  static response_format json_schema(std::string name, std::string schema) {
    response_format f(kind::json_schema);
    f.name_ = std::move(name);
    f.value_ = std::move(schema);
    return f;
  }
  /// A `response_format` value in text form, sent as it is.
  static response_format raw(std::string json) {
    response_format f(kind::raw);
    f.value_ = std::move(json);
    return f;
  }

  WEIR_SETTER(response_format, bool, strict, strict_ = v)
  WEIR_SETTER(response_format, std::string, description, description_ = std::move(v))

  kind type() const noexcept { return kind_; }
  const std::string& name() const noexcept { return name_; }
  const std::string& value() const noexcept { return value_; }
  const std::string& description() const noexcept { return description_; }
  std::optional<bool> strict() const noexcept { return strict_; }

private:
  explicit response_format(kind k) : kind_(k) {}
  kind kind_;
  std::string name_;
  std::string value_;
  std::string description_;
  std::optional<bool> strict_;
};

/// A chat completion request. Unset fields are left out of the request.
///
///     weir::chat("meta-llama/Llama-3.3-70B-Instruct:fastest").user("Hello").max_tokens(512)
///
/// The model is the provider's name for it, or the Hub's with `auto` and routed
/// providers; with `auto` it may carry `:fastest`, `:cheapest`, `:preferred` or
/// `:<provider>`. Empty: the client's default model.
class chat {
public:
  using result_type = completion;

  chat() = default;
  explicit chat(std::string model) : model_(std::move(model)) {}

  WEIR_OPTIONAL(chat, double, frequency_penalty) ///< −2 … 2.
  WEIR_OPTIONAL(chat, double, presence_penalty)  ///< −2 … 2.
  WEIR_OPTIONAL(chat, bool, logprobs)
  WEIR_OPTIONAL(chat, std::int64_t, top_logprobs) ///< 0 … 20 (TGI: 5).
  WEIR_OPTIONAL(chat, std::int64_t, max_tokens)
  WEIR_OPTIONAL(chat, std::int64_t, max_completion_tokens) ///< OpenAI's reasoning models take this one only.
  WEIR_OPTIONAL(chat, std::int64_t, n)                     ///< How many answers.
  WEIR_OPTIONAL(chat, weir::response_format, response_format)
  WEIR_OPTIONAL(chat, std::string, reasoning_effort) ///< none, minimal, low, medium, high, xhigh.
  WEIR_OPTIONAL(chat, std::uint64_t, seed)
  WEIR_OPTIONAL(chat, double, temperature)      ///< 0 … 2.
  WEIR_OPTIONAL(chat, double, top_p)            ///< 0 … 1.
  WEIR_OPTIONAL(chat, std::string, tool_choice) ///< auto, none, required, or a function's name.
  WEIR_OPTIONAL(chat, std::string, tool_prompt) ///< TGI only.
  WEIR_OPTIONAL(chat, bool, parallel_tool_calls)
  WEIR_OPTIONAL(chat, std::string,
                end_user) ///< `user` on the wire: an id of your end user, for the provider's abuse checks.
  /// stream_options.include_usage; streams ask for it unless set to false. A server that refuses the member is called
  /// again without it.
  WEIR_OPTIONAL(chat, bool, include_usage)

  WEIR_SETTER(chat, std::string, model, model_ = std::move(v))
  const std::string& model() const noexcept { return model_; }

  chat&& add(message m) && {
    messages_.push_back(std::move(m));
    return std::move(*this);
  }
  chat& add(message m) & {
    messages_.push_back(std::move(m));
    return *this;
  }
  chat&& system(std::string text) && { return std::move(*this).add(message::system(std::move(text))); }
  chat& system(std::string text) & { return add(message::system(std::move(text))); }
  chat&& user(std::string text) && { return std::move(*this).add(message::user(std::move(text))); }
  chat& user(std::string text) & { return add(message::user(std::move(text))); }
  chat&& assistant(std::string text) && { return std::move(*this).add(message::assistant(std::move(text))); }
  chat& assistant(std::string text) & { return add(message::assistant(std::move(text))); }
  const std::vector<message>& messages() const noexcept { return messages_; }

  chat&& tool(weir::tool t) && {
    tools_.push_back(std::move(t));
    return std::move(*this);
  }
  chat& tool(weir::tool t) & {
    tools_.push_back(std::move(t));
    return *this;
  }
  const std::vector<weir::tool>& tools() const noexcept { return tools_; }

  /// A sequence at which the answer stops; call again for more (most providers: ≤ 4).
  chat&& stop(std::string text) && {
    stop_.push_back(std::move(text));
    return std::move(*this);
  }
  chat& stop(std::string text) & {
    stop_.push_back(std::move(text));
    return *this;
  }
  const std::vector<std::string>& stop() const noexcept { return stop_; }

  /// Raises (up to 100) or lowers (down to −100) the odds of a token id.
  chat&& logit_bias(std::string token_id, double bias) && {
    logit_bias_[std::move(token_id)] = bias;
    return std::move(*this);
  }
  chat& logit_bias(std::string token_id, double bias) & {
    logit_bias_[std::move(token_id)] = bias;
    return *this;
  }
  const std::map<std::string, double>& logit_bias() const noexcept { return logit_bias_; }

  /// Keeps the provider's JSON next to what weir reads from it: event::raw(), attempt::raw.
  chat&& keep_raw(bool on = true) && {
    keep_raw_ = on;
    return std::move(*this);
  }
  chat& keep_raw(bool on = true) & {
    keep_raw_ = on;
    return *this;
  }
  bool keeps_raw() const noexcept { return keep_raw_; }

  /// Marks everything given so far (tools, and messages up to here) as a prefix that other requests will share, so that
  /// the provider keeps it in its prompt cache. Anthropic needs the mark and takes four of them; OpenAI's newer models
  /// may be told; providers that cache by themselves are sent nothing. The same prefix is always the same bytes.
  chat&& cache_prefix() && { return std::move(cache_prefix()); }
  chat& cache_prefix() & {
    if (messages_.empty())
      cache_tools_ = true;
    else
      messages_.back().cache_prefix(true);
    return *this;
  }
  /// cache_prefix() was called before the first message: the tools are the prefix.
  bool caches_tools() const noexcept { return cache_tools_; }
  /// For how long the provider should keep prefixes: up to 5 minutes, an hour, or longer, whichever of its steps is the
  /// next one. Default: the provider's.
  WEIR_OPTIONAL(chat, duration, cache_lifetime)
  /// An id of the conversation (or of any group of requests with the same beginning), which keeps them on the server
  /// that has their prefix in its cache: `prompt_cache_key`, `x-grok-conv-id`, `x-session-affinity`. Nothing is sent to
  /// providers that have no such field.
  WEIR_FIELD(chat, std::string, conversation)

  /// What this request wants apart from its client's options: a tenant's key, a deadline, tags.
  WEIR_FIELD(chat, weir::call_options, options)

  /// Any other member of the body: a JSON value in text form, merged into the root
  /// after the named fields, so that it overrides them. `model` is refused.
  chat&& extra_body(std::string key, std::string json) && {
    extra_body_.emplace_back(std::move(key), std::move(json));
    return std::move(*this);
  }
  chat& extra_body(std::string key, std::string json) & {
    extra_body_.emplace_back(std::move(key), std::move(json));
    return *this;
  }
  const std::vector<std::pair<std::string, std::string>>& extra_body() const noexcept { return extra_body_; }

private:
  bool keep_raw_ = false;
  bool cache_tools_ = false;
  std::optional<duration> cache_lifetime_;
  std::string conversation_;
  weir::call_options options_;
  std::string model_;
  std::vector<message> messages_;
  std::vector<weir::tool> tools_;
  std::vector<std::string> stop_;
  std::map<std::string, double> logit_bias_;
  std::vector<std::pair<std::string, std::string>> extra_body_;
  std::optional<double> frequency_penalty_, presence_penalty_, temperature_, top_p_;
  std::optional<bool> logprobs_, parallel_tool_calls_, include_usage_;
  std::optional<std::int64_t> top_logprobs_, max_tokens_, max_completion_tokens_, n_;
  std::optional<std::uint64_t> seed_;
  std::optional<weir::response_format> response_format_;
  std::optional<std::string> reasoning_effort_, tool_choice_, tool_prompt_, end_user_;
};

WEIR_END_NAMESPACE

#include <weir/detail/fluent.hpp>
