// Image and video tasks.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include <weir/detail/abi.hpp>
#include <weir/task/request.hpp>
#include <weir/task/results.hpp>

#include <weir/detail/fluent.hpp>

WEIR_BEGIN_NAMESPACE

/// An image from a text.
class text_to_image : public media_task_of<text_to_image> {
public:
  using result_type = media_result;
  explicit text_to_image(std::string model = {}) : media_task_of(task_kind::text_to_image, std::move(model)) {}

  WEIR_TASK_INPUT(text_to_image, std::string, model, set_model)
  using task_request::model;
  WEIR_TASK_INPUT(text_to_image, std::string, prompt, add_text)
  WEIR_TASK_PARAMETER(text_to_image, std::string, negative_prompt)
  WEIR_TASK_PARAMETER(text_to_image, std::int64_t, height) ///< In pixels.
  WEIR_TASK_PARAMETER(text_to_image, std::int64_t, width)
  WEIR_TASK_PARAMETER(text_to_image, std::int64_t, num_inference_steps)
  WEIR_TASK_PARAMETER(text_to_image, double, guidance_scale)
  WEIR_TASK_PARAMETER(text_to_image, std::string, scheduler)
  WEIR_TASK_PARAMETER(text_to_image, std::uint64_t, seed)
};

/// An image from an image.
class image_to_image : public media_task_of<image_to_image> {
public:
  using result_type = media_result;
  explicit image_to_image(std::string model = {}) : media_task_of(task_kind::image_to_image, std::move(model)) {}

  WEIR_TASK_INPUT(image_to_image, std::string, model, set_model)
  using task_request::model;
  WEIR_TASK_INPUT(image_to_image, media, image, add_input)
  WEIR_TASK_INPUT(image_to_image, std::string, prompt, add_text) ///< What to turn it into.
  image_to_image&& target_size(std::uint32_t width, std::uint32_t height) && {
    set_target_size(width, height);
    return std::move(*this);
  }
  image_to_image& target_size(std::uint32_t width, std::uint32_t height) & {
    set_target_size(width, height);
    return *this;
  } ///< In pixels.
  WEIR_TASK_PARAMETER(image_to_image, std::string, negative_prompt)
  WEIR_TASK_PARAMETER(image_to_image, std::int64_t, num_inference_steps)
  WEIR_TASK_PARAMETER(image_to_image, double, guidance_scale)
};

/// An image from a text and, if there is one, an image.
class image_text_to_image : public media_task_of<image_text_to_image> {
public:
  using result_type = media_result;
  explicit image_text_to_image(std::string model = {})
      : media_task_of(task_kind::image_text_to_image, std::move(model)) {}

  WEIR_TASK_INPUT(image_text_to_image, std::string, model, set_model)
  using task_request::model;
  WEIR_TASK_INPUT(image_text_to_image, media, image, add_input)
  WEIR_TASK_INPUT(image_text_to_image, std::string, prompt, add_text) ///< What to turn it into.
  image_text_to_image&& target_size(std::uint32_t width, std::uint32_t height) && {
    set_target_size(width, height);
    return std::move(*this);
  }
  image_text_to_image& target_size(std::uint32_t width, std::uint32_t height) & {
    set_target_size(width, height);
    return *this;
  } ///< In pixels.
  WEIR_TASK_PARAMETER(image_text_to_image, std::string, negative_prompt)
  WEIR_TASK_PARAMETER(image_text_to_image, std::int64_t, num_inference_steps)
  WEIR_TASK_PARAMETER(image_text_to_image, double, guidance_scale)
  WEIR_TASK_PARAMETER(image_text_to_image, std::uint64_t, seed)
};

/// A video from a text.
class text_to_video : public media_task_of<text_to_video> {
public:
  using result_type = media_result;
  explicit text_to_video(std::string model = {}) : media_task_of(task_kind::text_to_video, std::move(model)) {}

  WEIR_TASK_INPUT(text_to_video, std::string, model, set_model)
  using task_request::model;
  WEIR_TASK_INPUT(text_to_video, std::string, prompt, add_text)
  WEIR_TASK_NAMED(text_to_video, std::string, negative_prompt, append_parameter,
                  "negative_prompt") ///< Call again for more.
  WEIR_TASK_PARAMETER(text_to_video, std::int64_t, num_frames)
  WEIR_TASK_PARAMETER(text_to_video, std::int64_t, num_inference_steps)
  WEIR_TASK_PARAMETER(text_to_video, double, guidance_scale)
  WEIR_TASK_PARAMETER(text_to_video, std::uint64_t, seed)
};

/// A video that begins with an image.
class image_to_video : public media_task_of<image_to_video> {
public:
  using result_type = media_result;
  explicit image_to_video(std::string model = {}) : media_task_of(task_kind::image_to_video, std::move(model)) {}

  WEIR_TASK_INPUT(image_to_video, std::string, model, set_model)
  using task_request::model;
  WEIR_TASK_INPUT(image_to_video, media, image, add_input)
  WEIR_TASK_INPUT(image_to_video, std::string, prompt, add_text) ///< What to turn it into.
  image_to_video&& target_size(std::uint32_t width, std::uint32_t height) && {
    set_target_size(width, height);
    return std::move(*this);
  }
  image_to_video& target_size(std::uint32_t width, std::uint32_t height) & {
    set_target_size(width, height);
    return *this;
  } ///< In pixels.
  WEIR_TASK_PARAMETER(image_to_video, std::string, negative_prompt)
  WEIR_TASK_PARAMETER(image_to_video, std::int64_t, num_frames)
  WEIR_TASK_PARAMETER(image_to_video, std::int64_t, num_inference_steps)
  WEIR_TASK_PARAMETER(image_to_video, double, guidance_scale)
  WEIR_TASK_PARAMETER(image_to_video, std::uint64_t, seed)
};

/// A video from a text and, if there is one, an image.
class image_text_to_video : public media_task_of<image_text_to_video> {
public:
  using result_type = media_result;
  explicit image_text_to_video(std::string model = {})
      : media_task_of(task_kind::image_text_to_video, std::move(model)) {}

  WEIR_TASK_INPUT(image_text_to_video, std::string, model, set_model)
  using task_request::model;
  WEIR_TASK_INPUT(image_text_to_video, media, image, add_input)
  WEIR_TASK_INPUT(image_text_to_video, std::string, prompt, add_text) ///< What to turn it into.
  image_text_to_video&& target_size(std::uint32_t width, std::uint32_t height) && {
    set_target_size(width, height);
    return std::move(*this);
  }
  image_text_to_video& target_size(std::uint32_t width, std::uint32_t height) & {
    set_target_size(width, height);
    return *this;
  } ///< In pixels.
  WEIR_TASK_PARAMETER(image_text_to_video, std::string, negative_prompt)
  WEIR_TASK_PARAMETER(image_text_to_video, std::int64_t, num_frames)
  WEIR_TASK_PARAMETER(image_text_to_video, std::int64_t, num_inference_steps)
  WEIR_TASK_PARAMETER(image_text_to_video, double, guidance_scale)
  WEIR_TASK_PARAMETER(image_text_to_video, std::uint64_t, seed)
};

/// The class of an image.
class image_classification : public task_of<image_classification> {
public:
  using result_type = classification;
  explicit image_classification(std::string model = {}) : task_of(task_kind::image_classification, std::move(model)) {}

  WEIR_TASK_INPUT(image_classification, std::string, model, set_model)
  using task_request::model;
  WEIR_TASK_INPUT(image_classification, media, image, add_input)
  WEIR_TASK_PARAMETER(image_classification, std::string, function_to_apply) ///< sigmoid, softmax or none.
  WEIR_TASK_PARAMETER(image_classification, std::int64_t, top_k)            ///< How many classes.
};

/// How well classes of your own fit an image.
class zero_shot_image_classification : public task_of<zero_shot_image_classification> {
public:
  using result_type = classification;
  explicit zero_shot_image_classification(std::string model = {})
      : task_of(task_kind::zero_shot_image_classification, std::move(model)) {}

  WEIR_TASK_INPUT(zero_shot_image_classification, std::string, model, set_model)
  using task_request::model;
  WEIR_TASK_INPUT(zero_shot_image_classification, media, image, add_input)
  WEIR_TASK_NAMED(zero_shot_image_classification, std::string, label, append_parameter,
                  "candidate_labels") ///< A class, of at least two; call again.
  WEIR_TASK_PARAMETER(zero_shot_image_classification, std::string, hypothesis_template)
};

/// The parts of an image.
class image_segmentation : public media_task_of<image_segmentation> {
public:
  using result_type = segmentation;
  explicit image_segmentation(std::string model = {})
      : media_task_of(task_kind::image_segmentation, std::move(model)) {}

  WEIR_TASK_INPUT(image_segmentation, std::string, model, set_model)
  using task_request::model;
  WEIR_TASK_INPUT(image_segmentation, media, image, add_input)
  WEIR_TASK_PARAMETER(image_segmentation, double, mask_threshold)
  WEIR_TASK_PARAMETER(image_segmentation, double, overlap_mask_area_threshold)
  WEIR_TASK_PARAMETER(image_segmentation, std::string, subtask) ///< instance, panoptic or semantic.
  WEIR_TASK_PARAMETER(image_segmentation, double, threshold)
};

/// The objects in an image.
class object_detection : public task_of<object_detection> {
public:
  using result_type = detections;
  explicit object_detection(std::string model = {}) : task_of(task_kind::object_detection, std::move(model)) {}

  WEIR_TASK_INPUT(object_detection, std::string, model, set_model)
  using task_request::model;
  WEIR_TASK_INPUT(object_detection, media, image, add_input)
  WEIR_TASK_PARAMETER(object_detection, double, threshold)
};

/// What an image shows, or the text in it.
class image_to_text : public task_of<image_to_text> {
public:
  using result_type = text_result;
  explicit image_to_text(std::string model = {}) : task_of(task_kind::image_to_text, std::move(model)) {}

  WEIR_TASK_INPUT(image_to_text, std::string, model, set_model)
  using task_request::model;
  WEIR_TASK_INPUT(image_to_text, media, image, add_input)
};

/// An answer from an image.
class visual_question_answering : public task_of<visual_question_answering> {
public:
  using result_type = found_answers;
  explicit visual_question_answering(std::string model = {})
      : task_of(task_kind::visual_question_answering, std::move(model)) {}

  WEIR_TASK_INPUT(visual_question_answering, std::string, model, set_model)
  using task_request::model;
  WEIR_TASK_INPUT(visual_question_answering, media, image, add_input)
  WEIR_TASK_NAMED(visual_question_answering, std::string, question, set_field, "question")
  WEIR_TASK_PARAMETER(visual_question_answering, std::int64_t, top_k)
};

/// An answer from an image of a document.
class document_question_answering : public task_of<document_question_answering> {
public:
  using result_type = found_answers;
  explicit document_question_answering(std::string model = {})
      : task_of(task_kind::document_question_answering, std::move(model)) {}

  WEIR_TASK_INPUT(document_question_answering, std::string, model, set_model)
  using task_request::model;
  WEIR_TASK_INPUT(document_question_answering, media, image, add_input)
  WEIR_TASK_NAMED(document_question_answering, std::string, question, set_field, "question")
  WEIR_TASK_PARAMETER(document_question_answering, std::int64_t,
                      doc_stride) ///< Overlap of the pieces of a long context, in tokens.
  WEIR_TASK_PARAMETER(document_question_answering, bool, handle_impossible_answer)
  WEIR_TASK_PARAMETER(document_question_answering, std::int64_t, max_answer_len)
  WEIR_TASK_PARAMETER(document_question_answering, std::int64_t, max_question_len)
  WEIR_TASK_PARAMETER(document_question_answering, std::int64_t, max_seq_len)
  WEIR_TASK_PARAMETER(document_question_answering, std::int64_t, top_k) ///< How many answers.
  WEIR_TASK_PARAMETER(document_question_answering, std::string, lang)   ///< Of the text recognition.
  WEIR_TASK_PARAMETER(document_question_answering, json_text, word_boxes)
};

WEIR_END_NAMESPACE

#include <weir/detail/fluent.hpp>
