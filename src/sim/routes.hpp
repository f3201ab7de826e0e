// Which paths the simulation serves, and with what.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "sim/dialects/dialects.hpp"
#include "sim/plan.hpp"
#include "sim/protocol.hpp"
#include "sim/server/request.hpp"

namespace weir::inline v0::sim {

/// Path prefix of the predictions' streams.
inline constexpr std::string_view prediction_mark = "/sim/predictions/";

enum class place {
  chat,
  completion,
  generate,
  generate_stream,
  compatible,
  messages,
  count_tokens,
  responses,
  gemini,
  gemini_stream,
  ollama,
  ollama_generate,
  ollama_embed,
  ollama_models,
  cohere,
  prediction,
  prediction_stream,
  info,
  health,
  metrics,
  tokenize,
  chat_tokenize,
  models,
  one_model,
  hub_models,
  whoami,
  unknown
};

/// Where a request goes. Jobs and tasks, which have routes of their own, are unknown here or `compatible`.
place place_of(const request& r);
/// Whether Text Generation Inference words the errors there.
bool is_tgi(place p) noexcept;
wording_of_errors wording_at(place p) noexcept;
/// Which dialect words the errors of a request, those of its batches and files included.
wording_of_errors wording_of(const request& r) noexcept;
/// `org/name` of `…/models/org/name[/v1/…]` and of `…/models/name:method`.
std::string model_of(std::string_view path);

/// A list of models, one of them, or whoami; nothing for other places.
std::optional<plan> answer_listing(place p, const request& r);
/// The answer to a request with a body. Non-streamed ones are limited, since they are built in memory.
plan answer_at(place p, ask a);

} // namespace weir::inline v0::sim
