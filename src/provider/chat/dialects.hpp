// The chat dialects other than OpenAI's completions: one file each, selected in the vendor table.
#pragma once

#include "provider/dialect.hpp"

namespace weir::inline v0::provider {

/// Anthropic's Messages. `max_tokens` is required there: 4096 unless the request sets it. System messages must precede
/// the conversation; a later one is refused. A reasoning effort becomes `output_config.effort` with adaptive thinking,
/// `none` disables thinking; older models need `extra_body("thinking", …)` instead. Left out because they do not change
/// the answer: an image's `detail`, `include_usage`, and name, description and strictness of a JSON Schema.
extern const chat_dialect anthropic_messages;
/// OpenAI's Responses, also at the Hugging Face router. A leading system message becomes `instructions`. Nothing is
/// stored at the provider (`store: false`) unless extra_body says so. Left out: `include_usage`.
extern const chat_dialect openai_responses;
/// Gemini's generateContent. The `thoughtSignature` that its models expect back with a call is carried in tool_call::id
/// after a `#`, so return ids unchanged. Left out: an image's `detail`, `include_usage`, `end_user`, and name,
/// description and strictness of a JSON Schema.
extern const chat_dialect gemini_content;
/// Ollama's native chat, streamed as JSON lines. Left out: an image's `detail`, `include_usage`, `end_user`, and name,
/// description and strictness of a JSON Schema.
extern const chat_dialect ollama_chat;
/// Cohere's chat, version 2. A tool plan is read as reasoning. Left out: `include_usage`, `end_user`, and name,
/// description and strictness of a JSON Schema.
extern const chat_dialect cohere_chat;
/// Replicate's language models, which take one prompt and an optional system prompt: a conversation of several turns
/// and tools are refused. Each model has its own inputs: those of the request are sent under their usual names there
/// (`max_tokens`, `temperature` …), extra_body adds any other to the model's `input`, and a model ignores what it does
/// not know. A stream is a second request, to the URL named in the response to the first; dropping a stream does not
/// cancel the prediction. Left out: an image's `detail`, `include_usage`, `end_user`; no usage is reported.
extern const chat_dialect replicate_chat;

} // namespace weir::inline v0::provider
