#include "sim/tasks/tasks.hpp"

#include <algorithm>

#include <weir/core/base64.hpp>
#include <weir/task/media.hpp>

#include "sim/protocol.hpp"
#include "sim/tasks/media.hpp"

namespace weir::inline v0::sim {

namespace json = codec::json;

namespace {

constexpr std::string_view models = "/models/";
constexpr std::string_view pipeline = "/pipeline/";

/// The task of `…/models/ORG/TASK` or `…/models/MODEL/pipeline/TASK`.
std::optional<task_kind> task_of(std::string_view path) {
  const auto at = path.find(models);
  if (at == path.npos)
    return std::nullopt;
  auto model = path.substr(at + models.size());
  if (const auto named = model.find(pipeline); named != model.npos)
    return find_task_kind(model.substr(named + pipeline.size()));
  const auto what = find_task_kind(model.substr(model.rfind('/') + 1));
  return what == task_kind::chat || what == task_kind::text_generation ? std::nullopt : what;
}

bool has_form(const request& r) { return r.header("content-type").starts_with("multipart/form-data"); }

task_ask read_ask(const request& r) {
  task_ask a;
  const auto type = r.header("content-type");
  error_code ec;
  if (type.empty() || type.find("json") != type.npos)
    a.body = codec::parse_json(r.body, ec);
  if (ec || a.body.is_null()) {
    a.body = nullptr;
    a.bytes = r.body;
    return a;
  }
  const auto* inputs = codec::find(a.body, "inputs");
  if (!inputs)
    return a;
  a.batch = inputs->is_array();
  if (inputs->is_string())
    a.texts.emplace_back(inputs->get_string());
  if (a.batch)
    for (const auto& one : inputs->get_array())
      if (one.is_string())
        a.texts.emplace_back(one.get_string());
  const auto image = codec::string_at(*inputs, "image");
  const std::string_view text = image                 ? *image
                                : a.texts.size() == 1 ? std::string_view(a.texts.front())
                                                      : std::string_view();
  if (auto bytes = decode_base64(text))
    a.bytes = std::move(*bytes);
  return a;
}

/// The only task that a request for another model can be for.
std::optional<task_kind> task_by_inputs(const task_ask& a) {
  const auto* parameters = codec::find(a.body, "parameters");
  if (parameters && codec::find(*parameters, "candidate_labels"))
    return a.bytes.empty() ? task_kind::zero_shot_classification : task_kind::zero_shot_image_classification;
  const auto* inputs = codec::find(a.body, "inputs");
  if (!inputs)
    return std::nullopt;
  if (codec::find(*inputs, "context"))
    return task_kind::question_answering;
  if (codec::find(*inputs, "query"))
    return task_kind::table_question_answering;
  return std::nullopt;
}

enum class topic { text, vision, audio };

topic topic_of(task_kind k) {
  switch (k) {
  case task_kind::text_to_speech:
  case task_kind::text_to_audio:
  case task_kind::automatic_speech_recognition:
  case task_kind::audio_to_audio:
  case task_kind::audio_classification: return topic::audio;
  case task_kind::document_question_answering:
  case task_kind::visual_question_answering: return topic::vision;
  default: return k >= task_kind::text_to_image && k <= task_kind::image_to_text ? topic::vision : topic::text;
  }
}

plan answer_hf(task_kind what, const task_ask& a) {
  if (what == task_kind::feature_extraction)
    return answer_vectors(a);
  switch (topic_of(what)) {
  case topic::text: return answer_text_task(what, a);
  case topic::vision: return answer_vision_task(what, a);
  default: return answer_audio_task(what, a);
  }
}

} // namespace

const json::value* task_ask::input(std::string_view key) const noexcept {
  const auto* inputs = codec::find(body, "inputs");
  return inputs ? codec::find(*inputs, key) : nullptr;
}

const json::value* task_ask::parameter(std::string_view key) const noexcept {
  const auto* parameters = codec::find(body, "parameters");
  return parameters ? codec::find(*parameters, key) : nullptr;
}

std::uint64_t task_ask::count(std::string_view key, std::uint64_t otherwise) const noexcept {
  const auto* parameters = codec::find(body, "parameters");
  return parameters ? codec::uint_at(*parameters, key).value_or(otherwise) : otherwise;
}

plan hf_error(std::string_view message) {
  return json_plan(400, json::object{{"error", json::array{json::value(message)}}});
}

plan media_plan(std::string content_type, std::string bytes) {
  plan out;
  out.headers.emplace_back("content-type", std::move(content_type));
  out.body = std::move(bytes);
  return out;
}

json::array scored(const std::vector<std::string>& labels, std::uint64_t seed, std::size_t most) {
  std::vector<std::string> order = labels;
  if (!order.empty())
    std::rotate(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(seed % order.size()), order.end());
  json::array all;
  double left = 1;
  for (std::size_t i = 0; i < order.size(); ++i) {
    const double score = i + 1 == order.size() ? left : left * 0.75;
    left -= score;
    if (i < most)
      all.push_back(json::object{{"label", order[i]}, {"score", score}});
  }
  return all;
}

std::optional<plan> answer_task(const request& r, bool tls) {
  if (r.method != "POST")
    return std::nullopt;
  const std::string_view path = r.path;
  if (path.ends_with("/audio/transcriptions") && has_form(r))
    return answer_transcription(r);
  const bool openai = path.ends_with("/embeddings") || path.ends_with("/images/generations") ||
                      path.ends_with("/audio/speech") || path.ends_with("/audio/transcriptions");
  if (openai) {
    error_code ec;
    const auto body = codec::parse_json(r.body, ec);
    if (ec || !body.is_object())
      return openai_error(400, "The body is not a JSON object, or not a form.", "invalid_request_error",
                          "invalid_json");
    if (!codec::string_at(body, "model"))
      return openai_error(400, "model is required.", "invalid_request_error", "missing_model");
    if (path.ends_with("/embeddings"))
      return answer_embeddings(body);
    if (path.ends_with("/images/generations"))
      return answer_images(r, body, tls);
    if (path.ends_with("/audio/speech"))
      return answer_speech(body);
    return openai_error(400, "A transcription must be requested with a form.", "invalid_request_error", "invalid_form");
  }
  if (path.find(models) == path.npos || path.find("/v1/") != path.npos)
    return std::nullopt;
  auto what = task_of(path);
  const auto a = read_ask(r);
  if (!what)
    what = task_by_inputs(a);
  if (!what)
    return std::nullopt;
  return answer_hf(*what, a);
}

} // namespace weir::inline v0::sim
