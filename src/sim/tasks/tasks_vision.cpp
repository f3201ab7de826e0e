// Image input and output.
#include <charconv>

#include <weir/core/base64.hpp>
#include <weir/task/media.hpp>

#include "sim/answer/text.hpp"
#include "sim/protocol.hpp"
#include "sim/tasks/media.hpp"
#include "sim/tasks/tasks.hpp"

namespace weir::inline v0::sim {

namespace json = codec::json;

namespace {

constexpr std::uint32_t usual_side = 64;

std::uint32_t side(std::uint64_t v) { return static_cast<std::uint32_t>(v > 2048 ? 2048 : v); }

plan drawn(const task_ask& a) {
  if (a.texts.empty())
    return hf_error("Error in `inputs`: field required");
  return media_plan("image/png", make_png(seed_of(a.texts.front()), side(a.count("width", usual_side)),
                                          side(a.count("height", usual_side))));
}

plan redrawn(const task_ask& a) {
  const auto* size = a.parameter("target_size");
  const auto width = size ? codec::uint_at(*size, "width").value_or(usual_side) : usual_side;
  const auto height = size ? codec::uint_at(*size, "height").value_or(usual_side) : usual_side;
  return media_plan("image/png", make_png(seed_of(a.bytes), side(width), side(height)));
}

plan segments() {
  json::array all;
  for (const auto* label : {"river", "wall"})
    all.push_back(
        json::object{{"label", label}, {"score", 0.9}, {"mask", encode_base64(make_png(seed_of(label), 16, 16))}});
  return json_plan(200, all);
}

plan things() {
  json::array all;
  for (const int x : {10, 40})
    all.push_back(json::object{{"score", 0.9},
                               {"label", x == 10 ? "duck" : "gate"},
                               {"box", json::object{{"xmin", x}, {"ymin", 5}, {"xmax", x + 20}, {"ymax", 25}}}});
  return json_plan(200, all);
}

plan seen_answers(const task_ask& a, bool document) {
  const auto* question = document ? a.input("question") : codec::find(a.body, "question");
  if (!question && !document)
    question = a.input("question");
  if (!question)
    return hf_error("Error in `inputs.question`: field required");
  json::array all;
  const auto most = a.count("top_k", document ? 1 : 3);
  for (std::uint64_t i = 0; i < most && i < 5; ++i) {
    json::object one{{"score", 0.8 / static_cast<double>(i + 1)}, {"answer", std::to_string(i + 2)}};
    if (document) {
      one["start"] = i;
      one["end"] = i;
    }
    all.push_back(std::move(one));
  }
  return json_plan(200, all);
}

std::vector<std::string> candidates(const task_ask& a) {
  std::vector<std::string> all;
  if (const auto* list = a.parameter("candidate_labels"); list && list->is_array())
    for (const auto& l : list->get_array())
      if (l.is_string())
        all.emplace_back(l.get_string());
  return all;
}

} // namespace

plan answer_vision_task(task_kind what, const task_ask& a) {
  if (what == task_kind::text_to_image)
    return drawn(a);
  if (!content_type_of(a.bytes).starts_with("image/"))
    return hf_error("Error in `inputs`: cannot identify image file");
  switch (what) {
  case task_kind::image_to_image: return redrawn(a);
  case task_kind::image_segmentation: return segments();
  case task_kind::object_detection: return things();
  case task_kind::image_to_text:
    return json_plan(200, json::array{json::object{{"generated_text", "a weir across a river"}}});
  case task_kind::visual_question_answering: return seen_answers(a, false);
  case task_kind::document_question_answering: return seen_answers(a, true);
  case task_kind::zero_shot_image_classification:
    if (candidates(a).size() < 2)
      return hf_error("Error in `parameters.candidate_labels`: two labels or more are required");
    return json_plan(200, scored(candidates(a), seed_of(a.bytes), 1000));
  case task_kind::image_classification:
    return json_plan(200, scored({"weir", "dam", "mill", "bridge", "river"}, seed_of(a.bytes), a.count("top_k", 5)));
  default: return hf_error("The simulation does not support " + std::string(name_of(what)));
  }
}

plan answer_images(const request& r, const json::value& body, bool tls) {
  const auto prompt = codec::string_at(body, "prompt");
  if (!prompt)
    return openai_error(400, "prompt is required.", "invalid_request_error", "missing_prompt");
  auto width = side(codec::uint_at(body, "width").value_or(usual_side));
  auto height = side(codec::uint_at(body, "height").value_or(usual_side));
  if (const auto size = codec::string_at(body, "size")) {
    const auto* end = size->data() + size->size();
    const auto first = std::from_chars(size->data(), end, width);
    if (first.ec != std::errc{} || first.ptr == end || *first.ptr != 'x' ||
        std::from_chars(first.ptr + 1, end, height).ptr != end)
      return openai_error(400, "size must be WIDTHxHEIGHT.", "invalid_request_error", "invalid_size");
  }
  const auto format = codec::string_at(body, "response_format").value_or("url");
  json::array data;
  for (std::uint64_t i = 0; i < codec::uint_at(body, "n").value_or(1) && i < 10; ++i) {
    const auto seed = seed_of(*prompt) + i;
    json::object one;
    if (format == "url")
      one["url"] = media_url(r, tls, png_name(seed, side(width), side(height)));
    else
      one["b64_json"] = encode_base64(make_png(seed, side(width), side(height)));
    data.push_back(std::move(one));
  }
  return json_plan(200, json::object{{"created", 0}, {"data", std::move(data)}});
}

} // namespace weir::inline v0::sim
