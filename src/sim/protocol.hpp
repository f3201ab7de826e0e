// The protocols of the simulation: the parsed request, and the plan that answers it.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "codec/json/json.hpp"
#include "sim/plan.hpp"

namespace weir::inline v0::sim {

/// What of a prompt was read from the provider's cache and written to it, in tokens; all zero where nothing was.
class cache_counts {
public:
  cache_counts() = default;
  std::uint64_t written() const noexcept { return written_5m + written_1h; }

  std::uint64_t read = 0, written_5m = 0, written_1h = 0;
  std::uint64_t prompt = 0; ///< All of it, if it is long enough to be kept unasked.
  std::uint64_t plain = 0;  ///< What was neither read nor written, where that is counted apart, as by Anthropic.
};

/// A request whose body is JSON, with the parameters that the simulation has settled.
class ask {
public:
  ask() = default;
  codec::json::value body;
  std::string model;        ///< From the path; the body's `model` takes precedence.
  std::uint64_t serial = 0; ///< Of the request, for ids.
  std::int64_t created = 0; ///< Seconds since 1970.
  /// Exactly this many tokens, whatever the request's own limit.
  std::optional<std::uint64_t> exactly;
  /// This many tokens unless the request limits them to fewer.
  std::optional<std::uint64_t> tokens;
  bool foreign = false; ///< The text has multi-byte characters.
  cache_counts cached;
};

/// OpenAI's chat completions, streamed or not.
plan answer_chat(const ask&);
/// OpenAI's text completions, streamed or not.
plan answer_completion(const ask&);

enum class generate_form { object, list, stream };
/// Text generation as Text Generation Inference and hf-inference speak it.
plan answer_generate(const ask&, generate_form);
/// TGI's `GET /info` and `GET /metrics`, `POST /tokenize` and `POST /chat_tokenize`.
plan answer_info();
plan answer_metrics(std::uint64_t requests);
plan answer_tokenize(const ask&);
plan answer_chat_tokenize(const ask&);
/// The models that are listed; any name is answered.
std::span<const std::string_view> model_names() noexcept;
/// `GET /v1/models` as the router serves it, one of them by name, both as Anthropic does, and the Hub's listing of
/// other tasks.
plan answer_models();
plan answer_model(std::string_view id);
plan answer_anthropic_models();
plan answer_anthropic_model(std::string_view id);
plan answer_hub_models();
/// The Hub's whoami for a key; `known` if one was sent.
plan answer_whoami(bool known);

/// A complete JSON body.
plan json_plan(int status, const codec::json::value& body);
/// An error in OpenAI's form.
plan openai_error(int status, std::string_view message, std::string_view type, std::string_view code = {});
/// An error in TGI's form.
plan tgi_error(int status, std::string_view message, std::string_view type = {});
/// A plan whose body is a stream of events.
plan stream_plan(std::unique_ptr<event_source> events);

/// How many tokens an answer gets, and why it ends there.
class extent {
public:
  extent(const ask&, std::optional<std::uint64_t> limit, std::uint64_t natural);
  std::uint64_t tokens;
  bool limited; ///< The request's limit ended it.
};

} // namespace weir::inline v0::sim
