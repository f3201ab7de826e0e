// Together: OpenAI's routes, names of its own (docs/providers.md, "Tasks"). Videos are jobs: see together_video.cpp.
#include <algorithm>

#include "core/ascii.hpp"
#include "provider/chat/common_encode.hpp"
#include "provider/jobs/together_video.hpp"
#include "provider/offers.hpp"
#include "provider/tasks/openai_tasks.hpp"
#include "provider/tasks/task_fields.hpp"

namespace weir::inline v0::provider {

namespace json = codec::json;

namespace {

json::object image_body(const task_request& ask, const route& to) {
  auto body = openai_body(ask, to, "prompt");
  rename(body, "num_inference_steps", "steps");
  if (!body.contains("response_format"))
    body["response_format"] = "base64";
  if (to.lora)
    body["image_loras"] =
        json::array{json::object{{"path", "https://huggingface.co/" + to.lora->hub_model}, {"scale", 1}}};
  return body;
}

http::request encode_image(const task_request& ask, const route& to) {
  return openai_request(ask, to, image_body(ask, to));
}

http::request encode_edit(const task_request& ask, const route& to) {
  auto body = image_body(ask, to);
  const auto image = url_of(one_input(ask));
  const auto model = to_lower(to.model);
  if (model.find("kontext") != model.npos && model.find("flux.1") != model.npos)
    body["image_url"] = image;
  else
    body["reference_images"] = json::array{json::value(image)};
  return openai_request(ask, to, std::move(body));
}

http::request encode_speech(const task_request& ask, const route& to) {
  auto body = openai_body(ask, to, "input");
  // The API requires a voice, and this is one that these models have.
  if (!body.contains("voice") && to_lower(to.model).find("kokoro") != std::string::npos)
    body["voice"] = "af_alloy";
  return openai_request(ask, to, std::move(body));
}

constexpr auto media_answer = whole_with_media<read_media>;
constexpr offer list[] = {
    offer(task::feature_extraction, "/v1/embeddings", openai_embeddings, per_text<openai_vectors>),
    offer(task::text_to_image, "/v1/images/generations", encode_image, media_answer),
    offer(task::image_to_image, "/v1/images/generations", encode_edit, media_answer).fetches_urls(),
    offer(task::text_to_speech, "/v1/audio/speech", encode_speech, media_answer),
    offer(task::automatic_speech_recognition, "/v1/audio/transcriptions", openai_transcription,
          whole<read_transcription>)
        .fetches_urls(),
    together_text_to_video,
    together_image_to_video,
};

} // namespace

std::span<const offer> together_offers() noexcept { return list; }

} // namespace weir::inline v0::provider
