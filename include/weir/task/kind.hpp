// The tasks of inference providers, as the Hugging Face Hub names them.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include <weir/detail/abi.hpp>

WEIR_BEGIN_NAMESPACE

/// What a request is for.
enum class task_kind : unsigned char {
  chat,
  text_generation,
  feature_extraction,
  sentence_similarity,
  summarization,
  translation,
  question_answering,
  table_question_answering,
  document_question_answering,
  visual_question_answering,
  fill_mask,
  text_classification,
  token_classification,
  zero_shot_classification,
  tabular_classification,
  tabular_regression,
  text_to_image,
  image_to_image,
  image_text_to_image,
  text_to_video,
  image_to_video,
  image_text_to_video,
  image_classification,
  zero_shot_image_classification,
  image_segmentation,
  object_detection,
  image_to_text,
  text_to_speech,
  text_to_audio,
  automatic_speech_recognition,
  audio_to_audio,
  audio_classification,
};

/// The Hub's name: `text-to-image`; chat is `conversational`.
std::string_view name_of(task_kind) noexcept;
/// The task of a Hub name; also `chat`.
std::optional<task_kind> find_task_kind(std::string_view name) noexcept;
/// All of them.
std::span<const task_kind> all_task_kinds() noexcept;

WEIR_END_NAMESPACE
