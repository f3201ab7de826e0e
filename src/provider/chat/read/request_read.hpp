// Requests read from the bodies that providers' APIs take: the encoders turned round.
#pragma once

#include <string_view>

#include <weir/task/chat.hpp>
#include <weir/task/request.hpp>
#include <weir/task/text_generation.hpp>

#include "codec/json/json.hpp"

namespace weir::inline v0::provider {

// Each function reads the body of one API. Members that weir has a setter for are set, so that any provider can be
// asked; all others go to extra_body as they are. Encoded for the same API again, the result is the same request, but
// for what means the same there: a null is left out, one `stop` becomes a list of one, and `stream` with its options
// are weir's to set. `where` begins error messages, such as `in.jsonl:17`.
// \throws weir::error errc::invalid_argument for a body that has no messages, or messages that cannot be read.

/// OpenAI's chat completions, as nearly everybody has them.
chat read_openai_chat(const codec::json::object& body, std::string_view where);
/// OpenAI's Responses. An `input` with items that no chat has, such as those of built-in tools, is kept in extra_body.
chat read_responses(const codec::json::object& body, std::string_view where);
/// Anthropic's Messages, `params` in its batches. A block that no other API has becomes a raw part.
chat read_anthropic(const codec::json::object& params, std::string_view where);
/// Gemini's generateContent, in either spelling of its members.
chat read_gemini(const codec::json::object& request, std::string_view where);
/// The completions API. \throws also for several prompts: each is an item of its own.
text_generation read_completion(const codec::json::object& body, std::string_view where);
/// Embeddings in OpenAI's form. \throws also for an input of tokens.
task_request read_embedding(const codec::json::object& body, std::string_view where);
/// A task with one text at `key` (`prompt` of images, `input` of speech), everything else a parameter.
task_request read_media_task(task_kind what, std::string_view key, const codec::json::object& body,
                             std::string_view where);

/// Whether a member is one of chat completions under a name that hardly means anything else: those are sent where a
/// request's members stand among others, as in `{"id": 7, "messages": […], "temperature": 0, "label": "a"}`.
bool is_chat_member(std::string_view key) noexcept;

/// \throws weir::error errc::invalid_argument: `where: what`.
[[noreturn]] void throw_unreadable(std::string_view where, std::string_view what);

} // namespace weir::inline v0::provider
