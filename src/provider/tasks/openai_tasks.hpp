// Embeddings, images and audio in OpenAI's protocol, for the vendors that adopted it.
#pragma once

#include "provider/tasks/answers.hpp"

namespace weir::inline v0::provider {

// offer::encoder of …
http::request openai_embeddings(const task_request& ask, const route& to);
/// … the same, in base64 unless the caller says otherwise: for servers that are known to support it.
http::request openai_embeddings_in_base64(const task_request& ask, const route& to);
http::request openai_image(const task_request& ask, const route& to);
http::request openai_speech(const task_request& ask, const route& to);
/// … audio in a form, its parameters under their own names; a URL that was not fetched is sent unchanged.
http::request openai_transcription(const task_request& ask, const route& to);

embeddings openai_vectors(std::string body, std::size_t inputs);

/// `{model, key: the text, parameters}`.
codec::json::object openai_body(const task_request& ask, const route& to, std::string_view key);
/// Combines width and height into `size: "WxH"` if both are given.
void join_size(codec::json::object& body);
/// A request with `body` and the caller's own members.
http::request openai_request(const task_request& ask, const route& to, codec::json::object body);

} // namespace weir::inline v0::provider
