#include <weir/task/request.hpp>

#include <algorithm>

#include <weir/core/error.hpp>

namespace weir::inline v0 {

namespace {

const parameter_value* find(const parameter_list& list, std::string_view name) noexcept {
  const auto it = std::find_if(list.begin(), list.end(), [name](const auto& p) { return p.first == name; });
  return it == list.end() ? nullptr : &it->second;
}

parameter_value& slot(parameter_list& list, std::string name) {
  const auto it = std::find_if(list.begin(), list.end(), [&name](const auto& p) { return p.first == name; });
  return it != list.end() ? it->second : list.emplace_back(std::move(name), parameter_value(false)).second;
}

void append(parameter_list& list, std::string name, std::string v) {
  auto& at = slot(list, std::move(name)).value;
  if (!std::holds_alternative<std::vector<std::string>>(at))
    at = std::vector<std::string>();
  std::get<std::vector<std::string>>(at).push_back(std::move(v));
}

std::size_t count(const parameter_value* list) noexcept {
  const auto* strings = list ? std::get_if<std::vector<std::string>>(&list->value) : nullptr;
  return strings ? strings->size() : 0;
}

bool is_text(task_kind k) noexcept {
  switch (k) {
  case task_kind::feature_extraction:
  case task_kind::summarization:
  case task_kind::translation:
  case task_kind::fill_mask:
  case task_kind::text_classification:
  case task_kind::token_classification:
  case task_kind::zero_shot_classification:
  case task_kind::text_to_speech: return true;
  default: return false;
  }
}

bool is_prompted(task_kind k) noexcept {
  return k == task_kind::text_to_image || k == task_kind::text_to_video || k == task_kind::text_to_audio;
}

bool takes_image(task_kind k) noexcept {
  switch (k) {
  case task_kind::image_to_image:
  case task_kind::image_to_video:
  case task_kind::image_classification:
  case task_kind::zero_shot_image_classification:
  case task_kind::image_segmentation:
  case task_kind::object_detection:
  case task_kind::image_to_text:
  case task_kind::visual_question_answering:
  case task_kind::document_question_answering: return true;
  default: return false;
  }
}

bool takes_sound(task_kind k) noexcept {
  return k == task_kind::automatic_speech_recognition || k == task_kind::audio_to_audio ||
         k == task_kind::audio_classification;
}

} // namespace

const parameter_value* task_request::parameter(std::string_view name) const noexcept { return find(parameters_, name); }
const parameter_value* task_request::field(std::string_view name) const noexcept { return find(fields_, name); }

void task_request::set_field(std::string name, parameter_value v) { slot(fields_, std::move(name)) = std::move(v); }
void task_request::append_field(std::string name, std::string v) { append(fields_, std::move(name), std::move(v)); }

void task_request::set_parameter(std::string name, parameter_value v) {
  slot(parameters_, std::move(name)) = std::move(v);
}

void task_request::append_parameter(std::string name, std::string v) {
  append(parameters_, std::move(name), std::move(v));
}

void task_request::set_target_size(std::uint32_t width, std::uint32_t height) {
  set_parameter("target_size",
                json_text("{\"width\":" + std::to_string(width) + ",\"height\":" + std::to_string(height) + '}'));
}

void task_request::add_cell(const std::string& column, std::string value) {
  const auto it = std::find_if(table_.begin(), table_.end(), [&column](const auto& c) { return c.first == column; });
  auto& cells = it != table_.end() ? it->second : table_.emplace_back(column, std::vector<std::string>()).second;
  cells.push_back(std::move(value));
}

void task_request::check() const {
  const auto need = [this](bool there, std::string_view what) {
    if (!there)
      throw error(errc::invalid_argument, std::string(name_of(what_)) + " needs " + std::string(what));
  };
  const auto k = what_;
  if (is_text(k))
    need(!texts_.empty(), "a text");
  if (is_prompted(k))
    need(!texts_.empty(), "a prompt");
  if (takes_image(k))
    need(!media_.empty(), "an image");
  if (takes_sound(k))
    need(!media_.empty(), "an audio clip");
  if (k == task_kind::image_text_to_image || k == task_kind::image_text_to_video)
    need(!media_.empty() || !texts_.empty(), "a prompt or an image");
  if (k == task_kind::question_answering)
    need(field("question") && field("context"), "a question and a context");
  if (k == task_kind::visual_question_answering || k == task_kind::document_question_answering)
    need(field("question"), "a question");
  if (k == task_kind::sentence_similarity)
    need(field("source_sentence") && count(field("sentences")), "a source sentence and sentences to compare");
  if (k == task_kind::table_question_answering)
    need(field("query") && !table_.empty(), "a query and a table");
  if (k == task_kind::tabular_classification || k == task_kind::tabular_regression)
    need(!table_.empty(), "a table");
  if (k == task_kind::zero_shot_classification)
    need(count(parameter("candidate_labels")), "labels to choose from (candidate_labels)");
  if (k == task_kind::zero_shot_image_classification)
    need(count(parameter("candidate_labels")) >= 2, "at least two labels to choose from (candidate_labels)");
  if (k == task_kind::translation)
    need(!parameter("src_lang") == !parameter("tgt_lang"), "both src_lang and tgt_lang, or neither");
  for (const auto& m : media_)
    need(!m.bytes.empty() || !m.url.empty(), "an input that is not empty");
  for (const auto& column : table_)
    need(column.second.size() == table_.front().second.size(), "a table whose columns have the same length");
}

} // namespace weir::inline v0
