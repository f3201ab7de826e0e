// The chat dialects other than OpenAI's completions: one file each.
#pragma once

#include "sim/protocol.hpp"

namespace weir::inline v0::sim {

/// Anthropic's Messages, and how many tokens a request for one has.
plan answer_messages(const ask&);
plan answer_count_tokens(const ask&);
/// OpenAI's Responses.
plan answer_responses(const ask&);
/// Gemini's generateContent, or streamGenerateContent.
plan answer_gemini(const ask&, bool stream);
/// Ollama's chat, text generation, embeddings and list of models.
plan answer_ollama(const ask&);
plan answer_ollama_generate(const ask&);
plan answer_ollama_embed(const ask&);
plan answer_ollama_models();
/// Cohere's chat, version 2.
plan answer_cohere(const ask&);

/// Replicate's prediction of a language model: complete, or with the URL of its stream.
plan answer_prediction(const ask&, std::string_view stream_url);
/// That stream.
plan answer_prediction_stream(const ask&);

/// Which dialect words the errors.
enum class wording_of_errors { openai, anthropic, gemini, cohere, ollama };
/// The same error with its body in another dialect; one whose body is not in OpenAI's form is left unchanged.
plan reworded(plan refusal, wording_of_errors how);

} // namespace weir::inline v0::sim
