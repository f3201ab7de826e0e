// The dialects of chat that are not OpenAI's completions: one file each, named in the vendors' rows.
#pragma once

#include "provider/dialect.hpp"

namespace weir::provider {

/// Anthropic's Messages. `max_tokens` is required there: 4096 unless the request says more or less. System
/// messages go before the conversation; one in the middle of it is refused. A reasoning effort becomes
/// `output_config.effort` with adaptive thinking, `none` switches thinking off; older models want
/// `extra_body("thinking", …)` in its place. Left out as it changes no answer: an image's `detail`,
/// `include_usage`, and name, description and strictness of a JSON Schema.
extern const chat_dialect anthropic_messages;
/// OpenAI's Responses, at the Hugging Face router too. A first system message becomes `instructions`. Nothing is
/// stored at the provider (`store: false`) unless extra_body says so. Left out: `include_usage`.
extern const chat_dialect openai_responses;
/// Gemini's generateContent. What its models want to have back with a call (`thoughtSignature`) is carried in
/// tool_call::id behind a `#`, so give ids back as they came. Left out: an image's `detail`, `include_usage`,
/// `end_user`, and name, description and strictness of a JSON Schema.
extern const chat_dialect gemini_content;
/// Ollama's own chat, streamed as lines of JSON. Left out: an image's `detail`, `include_usage`, `end_user`, and
/// name, description and strictness of a JSON Schema.
extern const chat_dialect ollama_chat;
/// Cohere's chat, version 2. A plan of calls is read as reasoning. Left out: `include_usage`, `end_user`, and name,
/// description and strictness of a JSON Schema.
extern const chat_dialect cohere_chat;
/// Replicate's language models, which take one prompt and an optional system prompt: a conversation of several turns
/// and tools are refused. Each model has inputs of its own: those of the request go out under their usual names there
/// (`max_tokens`, `temperature` …), extra_body adds any other to the model's `input`, and a model leaves out what it
/// does not know. A stream is a second request, to the URL that the answer to the first one names; a stream that is
/// dropped does not cancel the prediction. Left out: an image's `detail`, `include_usage`, `end_user`; no usage is
/// reported.
extern const chat_dialect replicate_chat;

} // namespace weir::provider
