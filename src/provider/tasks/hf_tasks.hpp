// The parts of hf-inference's dialect: requests (hf_encode.cpp) and responses, by topic.
#pragma once

#include <memory>

#include "provider/tasks/answers.hpp"

namespace weir::inline v0::provider {

// offer::encoder of …
http::request hf_texts(const task_request& ask, const route& to);  ///< … texts: `inputs` and `parameters`.
http::request hf_prompt(const task_request& ask, const route& to); ///< … one text, for an image or audio.
http::request hf_fields(const task_request& ask, const route& to); ///< … named inputs, with a table if there is one.
http::request hf_bytes(const task_request& ask, const route& to);  ///< … an image or audio.
http::request hf_embeddings(const task_request& ask, const route& to);
http::request hf_table(const task_request& ask, const route& to);
http::request hf_visual_question(const task_request& ask, const route& to);
http::request hf_document_question(const task_request& ask, const route& to);

// Texts and tables (hf_text.cpp). `inputs`: how many texts were sent.
text_result hf_summaries(std::string body, std::size_t inputs);
text_result hf_translations(std::string body, std::size_t inputs);
text_result hf_captions(std::string body, std::size_t inputs);
classification hf_labels(std::string body, std::size_t inputs);
classification hf_zero_shot(std::string body, std::size_t inputs);
token_spans hf_spans(std::string body, std::size_t inputs);
mask_fills hf_fills(std::string body, std::size_t inputs);
found_answers hf_answers(std::string body, std::size_t inputs);
table_answer hf_table_answer(std::string body, std::size_t inputs);
tabular_result hf_tabular(std::string body, std::size_t inputs);
/// `inputs`: how many sentences were compared with the first.
similarities hf_similarities(std::string body, std::size_t inputs);
embeddings hf_vectors(std::string body, std::size_t inputs);

// Images and audio (hf_media.cpp).
segmentation hf_segments(const http::response_head& head, std::string body);
detections hf_detections(const http::response_head& head, std::string body);
audio_tracks hf_tracks(const http::response_head& head, std::string body);

} // namespace weir::inline v0::provider
