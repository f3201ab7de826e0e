// Audio tasks.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include <weir/detail/abi.hpp>
#include <weir/task/request.hpp>
#include <weir/task/results.hpp>

#include <weir/detail/fluent.hpp>

WEIR_BEGIN_NAMESPACE

/// Speech from a text.
class text_to_speech : public media_task_of<text_to_speech> {
public:
  using result_type = media_result;
  explicit text_to_speech(std::string model = {}) : media_task_of(task_kind::text_to_speech, std::move(model)) {}

  WEIR_TASK_INPUT(text_to_speech, std::string, model, set_model)
  using task_request::model;
  WEIR_TASK_INPUT(text_to_speech, std::string, text, add_text)
  WEIR_TASK_PARAMETER(text_to_speech, std::string, voice) ///< Needed by some providers (together).
  WEIR_TASK_PARAMETER(text_to_speech, bool, do_sample)
  WEIR_TASK_PARAMETER(text_to_speech, bool, early_stopping)
  WEIR_TASK_PARAMETER(text_to_speech, double, epsilon_cutoff)
  WEIR_TASK_PARAMETER(text_to_speech, double, eta_cutoff)
  WEIR_TASK_PARAMETER(text_to_speech, std::int64_t, max_length)
  WEIR_TASK_PARAMETER(text_to_speech, std::int64_t, max_new_tokens)
  WEIR_TASK_PARAMETER(text_to_speech, std::int64_t, min_length)
  WEIR_TASK_PARAMETER(text_to_speech, std::int64_t, min_new_tokens)
  WEIR_TASK_PARAMETER(text_to_speech, std::int64_t, num_beam_groups)
  WEIR_TASK_PARAMETER(text_to_speech, std::int64_t, num_beams)
  WEIR_TASK_PARAMETER(text_to_speech, double, penalty_alpha)
  WEIR_TASK_PARAMETER(text_to_speech, double, temperature)
  WEIR_TASK_PARAMETER(text_to_speech, std::int64_t, top_k)
  WEIR_TASK_PARAMETER(text_to_speech, double, top_p)
  WEIR_TASK_PARAMETER(text_to_speech, double, typical_p)
  WEIR_TASK_PARAMETER(text_to_speech, bool, use_cache)
};

/// Audio from a text.
class text_to_audio : public media_task_of<text_to_audio> {
public:
  using result_type = media_result;
  explicit text_to_audio(std::string model = {}) : media_task_of(task_kind::text_to_audio, std::move(model)) {}

  WEIR_TASK_INPUT(text_to_audio, std::string, model, set_model)
  using task_request::model;
  WEIR_TASK_INPUT(text_to_audio, std::string, prompt, add_text)
  WEIR_TASK_PARAMETER(text_to_audio, bool, do_sample)
  WEIR_TASK_PARAMETER(text_to_audio, bool, early_stopping)
  WEIR_TASK_PARAMETER(text_to_audio, double, epsilon_cutoff)
  WEIR_TASK_PARAMETER(text_to_audio, double, eta_cutoff)
  WEIR_TASK_PARAMETER(text_to_audio, std::int64_t, max_length)
  WEIR_TASK_PARAMETER(text_to_audio, std::int64_t, max_new_tokens)
  WEIR_TASK_PARAMETER(text_to_audio, std::int64_t, min_length)
  WEIR_TASK_PARAMETER(text_to_audio, std::int64_t, min_new_tokens)
  WEIR_TASK_PARAMETER(text_to_audio, std::int64_t, num_beam_groups)
  WEIR_TASK_PARAMETER(text_to_audio, std::int64_t, num_beams)
  WEIR_TASK_PARAMETER(text_to_audio, double, penalty_alpha)
  WEIR_TASK_PARAMETER(text_to_audio, double, temperature)
  WEIR_TASK_PARAMETER(text_to_audio, std::int64_t, top_k)
  WEIR_TASK_PARAMETER(text_to_audio, double, top_p)
  WEIR_TASK_PARAMETER(text_to_audio, double, typical_p)
  WEIR_TASK_PARAMETER(text_to_audio, bool, use_cache)
};

/// Text from speech.
class automatic_speech_recognition : public task_of<automatic_speech_recognition> {
public:
  using result_type = transcription;
  explicit automatic_speech_recognition(std::string model = {})
      : task_of(task_kind::automatic_speech_recognition, std::move(model)) {}

  WEIR_TASK_INPUT(automatic_speech_recognition, std::string, model, set_model)
  using task_request::model;
  WEIR_TASK_INPUT(automatic_speech_recognition, media, audio, add_input)
  WEIR_TASK_PARAMETER(automatic_speech_recognition, std::string, language) ///< Such as en.
  WEIR_TASK_PARAMETER(automatic_speech_recognition, bool, return_timestamps)
  WEIR_TASK_PARAMETER(automatic_speech_recognition, json_text, generation_parameters)
};

/// Audio that is enhanced, or separated into tracks.
class audio_to_audio : public media_task_of<audio_to_audio> {
public:
  using result_type = audio_tracks;
  explicit audio_to_audio(std::string model = {}) : media_task_of(task_kind::audio_to_audio, std::move(model)) {}

  WEIR_TASK_INPUT(audio_to_audio, std::string, model, set_model)
  using task_request::model;
  WEIR_TASK_INPUT(audio_to_audio, media, audio, add_input)
};

/// The class of an audio clip.
class audio_classification : public task_of<audio_classification> {
public:
  using result_type = classification;
  explicit audio_classification(std::string model = {}) : task_of(task_kind::audio_classification, std::move(model)) {}

  WEIR_TASK_INPUT(audio_classification, std::string, model, set_model)
  using task_request::model;
  WEIR_TASK_INPUT(audio_classification, media, audio, add_input)
  WEIR_TASK_PARAMETER(audio_classification, std::string, function_to_apply) ///< sigmoid, softmax or none.
  WEIR_TASK_PARAMETER(audio_classification, std::int64_t, top_k)            ///< How many classes.
};

WEIR_END_NAMESPACE

#include <weir/detail/fluent.hpp>
