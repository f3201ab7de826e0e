// The tasks of hf-inference, and of dedicated endpoints that speak as it does (docs/providers.md, "Tasks").
#include "provider/tasks/hf_tasks.hpp"
#include "provider/offers.hpp"

namespace weir::inline v0::provider {

namespace {

std::unique_ptr<job_protocol> per_sentence(const task_request& ask, const route&) {
  const auto* sentences = ask.field("sentences");
  const auto* list = sentences ? std::get_if<std::vector<std::string>>(&sentences->value) : nullptr;
  return make_counted(hf_similarities, list ? list->size() : 1);
}

constexpr std::string_view path = "/models/{model}";
constexpr auto media_answer = whole_with_media<read_media>;

constexpr offer list[] = {
    offer(task::feature_extraction, "/models/{model}/pipeline/feature-extraction", hf_embeddings, per_text<hf_vectors>),
    offer(task::sentence_similarity, "/models/{model}/pipeline/sentence-similarity", hf_fields, per_sentence),
    offer(task::summarization, path, hf_texts, per_text<hf_summaries>),
    offer(task::translation, path, hf_texts, per_text<hf_translations>),
    offer(task::question_answering, path, hf_fields, single<hf_answers>),
    offer(task::table_question_answering, path, hf_fields, single<hf_table_answer>),
    offer(task::document_question_answering, path, hf_document_question, single<hf_answers>),
    offer(task::visual_question_answering, path, hf_visual_question, single<hf_answers>),
    offer(task::fill_mask, path, hf_texts, per_text<hf_fills>),
    offer(task::text_classification, path, hf_texts, per_text<hf_labels>),
    offer(task::token_classification, path, hf_texts, per_text<hf_spans>),
    offer(task::zero_shot_classification, path, hf_texts, per_text<hf_zero_shot>),
    offer(task::tabular_classification, path, hf_table, single<hf_tabular>),
    offer(task::tabular_regression, path, hf_table, single<hf_tabular>),
    offer(task::text_to_image, path, hf_prompt, media_answer),
    offer(task::image_to_image, path, hf_bytes, media_answer),
    offer(task::image_classification, path, hf_bytes, single<hf_labels>),
    offer(task::zero_shot_image_classification, path, hf_bytes, single<hf_zero_shot>),
    offer(task::image_segmentation, path, hf_bytes, whole_with_media<hf_segments>),
    offer(task::object_detection, path, hf_bytes, whole<hf_detections>),
    offer(task::image_to_text, path, hf_bytes, single<hf_captions>),
    offer(task::text_to_speech, path, hf_prompt, media_answer),
    offer(task::text_to_audio, path, hf_prompt, media_answer),
    offer(task::automatic_speech_recognition, path, hf_bytes, whole<read_transcription>),
    offer(task::audio_to_audio, path, hf_bytes, whole_with_media<hf_tracks>),
    offer(task::audio_classification, path, hf_bytes, single<hf_labels>),
};

} // namespace

std::span<const offer> hf_offers() noexcept { return list; }

} // namespace weir::inline v0::provider
