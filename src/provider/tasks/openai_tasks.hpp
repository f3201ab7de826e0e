// Embeddings, images and audio as OpenAI speaks them, for the vendors that took the protocol over.
#pragma once

#include "provider/tasks/answers.hpp"

namespace weir::provider {

// offer::encoder of …
http::request openai_embeddings(const task_request& ask, const route& to);
/// … the same, asking for base64 unless the caller says otherwise: for servers that are known to take it.
http::request openai_embeddings_in_base64(const task_request& ask, const route& to);
http::request openai_image(const task_request& ask, const route& to);
http::request openai_speech(const task_request& ask, const route& to);
/// … a sound in a form, its parameters under their own names; a URL that was not fetched goes as it is.
http::request openai_transcription(const task_request& ask, const route& to);

embeddings openai_vectors(std::string body, std::size_t inputs);

/// `{model, key: the text, parameters}`.
codec::json::object openai_body(const task_request& ask, const route& to, std::string_view key);
/// Makes `size: "WxH"` of width and height, where both are given.
void join_size(codec::json::object& body);
/// `body` with the caller's own members, on its way.
http::request openai_request(const task_request& ask, const route& to, codec::json::object body);

} // namespace weir::provider
