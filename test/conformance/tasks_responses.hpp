// Recorded responses of the tasks with a single response. Their content is extracted by hand, independently of the
// decoders.
#pragma once

#include <any>
#include <cmath>
#include <optional>
#include <string>
#include <vector>

#include <weir/core/base64.hpp>
#include <weir/task/results.hpp>

#include "lines.hpp"
#include "provider/offers.hpp"

namespace conformance {

namespace provider = weir::provider;
using weir::task_kind;

inline const json::value* first_object(const json::value& v) {
  const auto* list = v.if_array();
  return list ? (list->empty() ? nullptr : first_object(list->front())) : v.is_object() ? &v : nullptr;
}

/// What a response of hf-inference is about, if the recording does not say.
inline std::optional<task_kind> task_of_answer(const json::value& line, const std::string& path,
                                               const json::value& body) {
  if (path.ends_with("/embeddings"))
    return task_kind::feature_extraction;
  if (path.ends_with("/images/generations") && weir::codec::array_at(body, "data"))
    return task_kind::text_to_image;
  const auto named = weir::find_task_kind(text_at(line, "task"));
  const bool model = path.find("/models/") != path.npos && path.find("/api/models/") == path.npos;
  const auto url = text_at(line, "url");
  if ((!model && path.find("/pipeline/") == path.npos) || url.find("huggingface.co") == url.npos ||
      !text_at(line, "method").starts_with("POST"))
    return std::nullopt;
  if (named && *named != task_kind::chat)
    return named;
  if (path.find("/sentence-similarity/") != path.npos)
    return task_kind::sentence_similarity;
  const auto* one = first_object(body);
  if (!one)
    return body.is_array() ? std::optional(task_kind::feature_extraction) : std::nullopt;
  const std::pair<const char*, task_kind> marks[] = {
      {"summary_text", task_kind::summarization},   {"translation_text", task_kind::translation},
      {"token_str", task_kind::fill_mask},          {"entity_group", task_kind::token_classification},
      {"box", task_kind::object_detection},         {"mask", task_kind::image_segmentation},
      {"blob", task_kind::audio_to_audio},          {"cells", task_kind::table_question_answering},
      {"answer", task_kind::question_answering},    {"labels", task_kind::zero_shot_classification},
      {"label", task_kind::text_classification},    {"text", task_kind::automatic_speech_recognition},
      {"generated_text", task_kind::image_to_text}, {"output", task_kind::text_to_image}};
  for (const auto& [key, what] : marks)
    if (one->as_object().contains(key))
      return what;
  return std::nullopt;
}

/// The recorder truncated vectors and left a text in their place.
inline void drop_marks(json::value& v) {
  if (auto* members = v.if_object())
    for (auto& m : *members)
      drop_marks(m.value());
  auto* list = v.if_array();
  if (!list)
    return;
  if (list->size() > 1 && list->back().is_string() && list->front().is_number())
    list->pop_back();
  for (auto& one : *list)
    drop_marks(one);
}

inline double number(const json::value& v) { return v.to_number<double>(); }

// Each returns the result's content in the form of the response.
inline json::value said(const weir::label_score& l) { return json::object{{"label", l.label}, {"score", l.score}}; }

template <class T>
json::value said_optional(const std::optional<T>& v) {
  return v ? json::value(*v) : json::value(nullptr);
}

inline json::value said(const weir::token_span& s) {
  return json::object{{"entity_group", s.label},
                      {"word", s.word},
                      {"score", s.score},
                      {"start", said_optional(s.start)},
                      {"end", said_optional(s.end)}};
}
inline json::value said(const weir::filled_mask& m) {
  return json::object{{"sequence", m.sequence}, {"token_str", m.token_text}, {"token", m.token}, {"score", m.score}};
}
inline json::value said(const weir::found_answer& a) {
  return json::object{{"answer", a.text},
                      {"score", said_optional(a.score)},
                      {"start", said_optional(a.start)},
                      {"end", said_optional(a.end)}};
}
inline json::value said(const weir::detection& d) {
  return json::object{{"label", d.label},
                      {"score", d.score},
                      {"box", json::object{{"xmin", d.xmin}, {"ymin", d.ymin}, {"xmax", d.xmax}, {"ymax", d.ymax}}}};
}
inline json::value said(const weir::image_segment& s) {
  return json::object{
      {"label", s.label}, {"score", said_optional(s.score)}, {"mask", weir::encode_base64(s.mask.bytes)}};
}
inline json::value said(const weir::audio_track& t) {
  return json::object{
      {"label", t.label}, {"blob", weir::encode_base64(t.sound.bytes)}, {"content-type", t.sound.content_type}};
}

template <class List>
json::value said_list(const List& list) {
  json::array all;
  for (const auto& one : list)
    all.push_back(said(one));
  return all;
}

/// Whether `got` matches `wanted`: null members of `got` count as absent, members of `wanted` that are missing from
/// `got` are undocumented ones; numbers are compared by value.
inline bool agrees(const json::value& wanted, const json::value& got) {
  if (wanted.is_number() && got.is_number())
    return number(wanted) == number(got);
  if (const auto* list = wanted.if_array()) {
    const auto* other = got.if_array();
    if (!other || other->size() != list->size())
      return false;
    for (std::size_t i = 0; i < list->size(); ++i)
      if (!agrees((*list)[i], (*other)[i]))
        return false;
    return true;
  }
  if (const auto* members = got.if_object()) {
    for (const auto& m : *members) {
      const auto* w = weir::codec::find(wanted, m.key());
      if (m.value().is_null() ? w != nullptr : !w || !agrees(*w, m.value()))
        return false;
    }
    return true;
  }
  return wanted == got;
}

inline std::string compare_texts(const json::value& body, std::string_view key, const weir::text_result& got) {
  const auto& list = body.as_array();
  if (list.size() != got.texts.size())
    return "texts";
  for (std::size_t i = 0; i < list.size(); ++i)
    if (text_at(list[i], key) != got.texts[i])
      return "text \"" + got.texts[i] + "\"";
  return {};
}

inline std::string compare_labels(const json::value& body, const weir::classification& got) {
  json::array all;
  for (const auto& labels : got.inputs)
    all.push_back(said_list(labels));
  if (const auto* one = first_object(body); one && one->as_object().contains("labels")) {
    const auto list = body.is_array() ? body.as_array() : json::array{body};
    for (std::size_t i = 0; i < list.size(); ++i)
      for (std::size_t k = 0; k < got.inputs.at(i).size(); ++k)
        if (text_at(json::object{{"l", list[i].at("labels").at(k)}}, "l") != got.inputs[i][k].label ||
            number(list[i].at("scores").at(k)) != got.inputs[i][k].score ||
            list[i].at("labels").as_array().size() != got.inputs[i].size())
          return "labels";
    return list.size() == got.inputs.size() ? "" : "lists of labels";
  }
  const bool nested = !body.as_array().empty() && body.as_array().front().is_array();
  return agrees(body, nested ? json::value(all) : all.at(0)) ? "" : "labels";
}

inline void flatten(const json::value& v, std::vector<float>& into) {
  if (const auto* list = v.if_array())
    for (const auto& one : *list)
      flatten(one, into);
  else
    into.push_back(static_cast<float>(number(v)));
}

inline std::string compare_vectors(const json::value& body, const weir::embeddings& got) {
  std::vector<float> wanted;
  const auto* data = weir::codec::array_at(body, "data");
  flatten(data ? data->at(0).at("embedding") : body, wanted);
  if (data && (data->size() != 1 || got.usage.prompt_tokens != weir::codec::uint_at(body.at("usage"), "prompt_tokens")))
    return "data or usage";
  if (wanted.size() != got.values.size())
    return std::to_string(got.values.size()) + " numbers";
  for (std::size_t i = 0; i < wanted.size(); ++i)
    if (std::abs(wanted[i] - got.values[i]) > std::abs(wanted[i]) * 2e-7f)
      return "number " + std::to_string(i);
  return got.rows() * got.dimensions() == wanted.size() ? "" : "shape";
}

inline std::string compare_images(const json::value& body, const weir::media_result& got) {
  const auto& data = body.at("data").as_array();
  if (data.size() != got.items.size())
    return "images";
  for (std::size_t i = 0; i < data.size(); ++i)
    if (weir::encode_base64(got.items[i].bytes) != text_at(data[i], "b64_json") &&
        got.items[i].url != text_at(data[i], "url"))
      return "image";
  return {};
}

inline std::string compare_result(task_kind what, const json::value& body, const std::any& got) {
  using namespace weir;
  const auto verdict = [](bool good, std::string what) { return good ? std::string() : what; };
  switch (what) {
  case task_kind::summarization: return compare_texts(body, "summary_text", std::any_cast<const text_result&>(got));
  case task_kind::translation: return compare_texts(body, "translation_text", std::any_cast<const text_result&>(got));
  case task_kind::image_to_text: return compare_texts(body, "generated_text", std::any_cast<const text_result&>(got));
  case task_kind::text_classification:
  case task_kind::image_classification:
  case task_kind::audio_classification:
  case task_kind::zero_shot_classification:
  case task_kind::zero_shot_image_classification:
    return compare_labels(body, std::any_cast<const classification&>(got));
  case task_kind::token_classification:
    return verdict(agrees(body, said_list(std::any_cast<const token_spans&>(got).inputs.at(0))), "spans");
  case task_kind::fill_mask:
    return verdict(agrees(body, said_list(std::any_cast<const mask_fills&>(got).masks.at(0))), "fills");
  case task_kind::question_answering:
  case task_kind::visual_question_answering:
  case task_kind::document_question_answering: {
    const auto all = said_list(std::any_cast<const found_answers&>(got).all);
    return verdict(agrees(body, body.is_array() ? all : all.at(0)), "answers");
  }
  case task_kind::table_question_answering:
    return verdict(std::any_cast<const table_answer&>(got).text == text_at(body, "answer"), "answer");
  case task_kind::object_detection:
    return verdict(agrees(body, said_list(std::any_cast<const detections&>(got).all)), "boxes");
  case task_kind::image_segmentation:
    return verdict(agrees(body, said_list(std::any_cast<const segmentation&>(got).segments)), "masks");
  case task_kind::audio_to_audio:
    return verdict(agrees(body, said_list(std::any_cast<const audio_tracks&>(got).tracks)), "tracks");
  case task_kind::automatic_speech_recognition:
    return verdict(std::any_cast<const transcription&>(got).text == text_at(body, "text"), "text");
  case task_kind::feature_extraction: return compare_vectors(body, std::any_cast<const embeddings&>(got));
  case task_kind::sentence_similarity: {
    json::array all;
    for (const auto s : std::any_cast<const similarities&>(got).scores)
      all.emplace_back(s);
    return verdict(agrees(body, all), "scores");
  }
  case task_kind::text_to_image: return compare_images(body, std::any_cast<const media_result&>(got));
  default: return "this program does not compare " + std::string(name_of(what));
  }
}

/// Decodes a response as the task's offer does; returns what is wrong, empty if nothing is.
inline std::string check_answer(task_kind what, const json::value& line, const weir::http::response_head& head,
                                json::value body) {
  using namespace weir;
  drop_marks(body);
  task_request ask(what);
  error_code ec;
  const auto sent = codec::parse_json(text_at(line, "request_body"), ec);
  const auto* inputs = codec::array_at(sent, "inputs");
  for (std::size_t i = 0; i < (inputs ? inputs->size() : 1); ++i)
    ask.add_text("x");
  if (what == task_kind::sentence_similarity)
    for (std::size_t i = 0; i < body.as_array().size(); ++i)
      ask.append_field("sentences", "x");
  provider::route route;
  const auto url = text_at(line, "url");
  route.provider = url.find("huggingface.co") != url.npos ? "hf-inference" : "custom";
  const auto job = provider::start_task(ask, route);
  const auto next = job->on_answer(head, codec::to_text(body));
  if (next.what != provider::step::kind::done)
    return "failure: " + next.why.describe();
  return compare_result(what, body, job->take());
}

} // namespace conformance
