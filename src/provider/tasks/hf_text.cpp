// Answers about texts and tables, and classes of anything, as recorded (docs/providers.md, "Tasks").
#include <algorithm>

#include "codec/json/floats.hpp"
#include "provider/tasks/hf_tasks.hpp"
#include "provider/tasks/task_fields.hpp"

namespace weir::inline v0::provider {

namespace json = codec::json;

namespace {

[[noreturn]] void wrong_count(std::size_t got, std::size_t inputs) {
  unexpected(std::to_string(got) + " results for " + std::to_string(inputs) + " inputs");
}

bool is_nested(const json::array& list) noexcept { return !list.empty() && list.front().is_array(); }

// One list per input: as the server nested them or, from a server that joins lists, in equal parts.
template <class Element>
std::vector<std::vector<Element>> lists_of(const json::array& list, std::size_t inputs,
                                           Element read(const json::value&)) {
  std::vector<std::vector<Element>> all;
  if (is_nested(list)) {
    for (const auto& inner : list) {
      auto& one = all.emplace_back();
      for (const auto& v : list_of(inner))
        one.push_back(read(v));
    }
    if (all.size() != inputs)
      wrong_count(all.size(), inputs);
    return all;
  }
  if (inputs == 0 || list.size() % inputs != 0)
    wrong_count(list.size(), inputs);
  const auto each = list.size() / inputs;
  all.resize(inputs);
  for (std::size_t i = 0; i < list.size(); ++i)
    all[i / each].push_back(read(list[i]));
  return all;
}

label_score read_label(const json::value& v) { return label_score(needed_text(v, "label"), needed_number(v, "score")); }

// `{sequence, labels, scores}`.
std::vector<label_score> read_legacy(const json::value& v) {
  const auto* labels = codec::array_at(v, "labels");
  const auto* scores = codec::array_at(v, "scores");
  if (!labels || !scores || labels->size() != scores->size())
    unexpected("labels and scores of different counts");
  std::vector<label_score> all;
  for (std::size_t i = 0; i < labels->size(); ++i) {
    if (!(*labels)[i].is_string() || !(*scores)[i].is_number())
      unexpected("a label that is not a string, or a score that is not a number");
    all.emplace_back(std::string((*labels)[i].get_string()), (*scores)[i].to_number<double>());
  }
  return all;
}

token_span read_span(const json::value& v) {
  token_span s;
  s.label = codec::string_at(v, "entity_group") ? needed_text(v, "entity_group") : needed_text(v, "entity");
  s.word = needed_text(v, "word");
  s.score = needed_number(v, "score");
  s.start = codec::int_at(v, "start");
  s.end = codec::int_at(v, "end");
  s.index = codec::int_at(v, "index");
  return s;
}

filled_mask read_fill(const json::value& v) {
  filled_mask m;
  m.sequence = needed_text(v, "sequence");
  m.token_text = codec::string_at(v, "token_str").value_or("");
  m.token = codec::int_at(v, "token").value_or(0);
  m.score = needed_number(v, "score");
  return m;
}

found_answer read_answer(const json::value& v) {
  found_answer a;
  a.text = needed_text(v, "answer");
  a.score = codec::number_at(v, "score");
  a.start = codec::int_at(v, "start");
  a.end = codec::int_at(v, "end");
  return a;
}

void append_texts(const json::value& v, std::string_view key, std::vector<std::string>& texts) {
  if (const auto* list = v.if_array())
    for (const auto& one : *list)
      append_texts(one, key, texts);
  else
    texts.push_back(needed_text(v, key));
}

text_result read_texts(std::string_view body, std::string_view key, std::size_t inputs) {
  text_result r;
  append_texts(read_json(body), key, r.texts);
  if (r.texts.size() < inputs)
    wrong_count(r.texts.size(), inputs);
  return r;
}

void append_fills(const json::array& list, std::vector<std::vector<filled_mask>>& masks) {
  if (is_nested(list)) {
    for (const auto& inner : list)
      append_fills(list_of(inner), masks);
    return;
  }
  auto& one = masks.emplace_back();
  for (const auto& v : list)
    one.push_back(read_fill(v));
}

std::string cell_text(const json::value& v) { return v.is_string() ? std::string(v.get_string()) : codec::to_text(v); }

// The only element of a list, or the value itself if it is not a list.
const json::value& only(const json::value& v) {
  const auto* list = v.if_array();
  if (list && list->size() != 1)
    wrong_count(list->size(), 1);
  return list ? list->front() : v;
}

} // namespace

text_result hf_summaries(std::string body, std::size_t inputs) { return read_texts(body, "summary_text", inputs); }
text_result hf_translations(std::string body, std::size_t inputs) {
  return read_texts(body, "translation_text", inputs);
}
text_result hf_captions(std::string body, std::size_t inputs) { return read_texts(body, "generated_text", inputs); }

classification hf_labels(std::string body, std::size_t inputs) {
  classification c;
  c.inputs = lists_of(list_of(read_json(body)), inputs, read_label);
  return c;
}

classification hf_zero_shot(std::string body, std::size_t inputs) {
  const auto v = read_json(body);
  classification c;
  const auto* list = v.if_array();
  if (!list) {
    c.inputs.push_back(read_legacy(v));
  } else if (!list->empty() && codec::find(list->front(), "labels")) {
    for (const auto& one : *list)
      c.inputs.push_back(read_legacy(one));
  } else {
    c.inputs = lists_of(*list, inputs, read_label);
  }
  if (c.inputs.size() != inputs)
    wrong_count(c.inputs.size(), inputs);
  return c;
}

token_spans hf_spans(std::string body, std::size_t inputs) {
  const auto v = read_json(body);
  const auto& list = list_of(v);
  // What several texts produced in one list cannot be separated.
  if (inputs > 1 && !is_nested(list) && !list.empty())
    wrong_count(1, inputs);
  token_spans s;
  s.inputs = lists_of(list, inputs, read_span);
  return s;
}

mask_fills hf_fills(std::string body, std::size_t inputs) {
  const auto v = read_json(body);
  const auto& list = list_of(v);
  mask_fills m;
  if (inputs > 1 && !is_nested(list))
    m.masks = lists_of(list, inputs, read_fill);
  else
    append_fills(list, m.masks);
  if (m.masks.size() < inputs)
    wrong_count(m.masks.size(), inputs);
  return m;
}

found_answers hf_answers(std::string body, std::size_t) {
  const auto v = read_json(body);
  found_answers a;
  if (const auto* list = v.if_array())
    for (const auto& one : *list)
      a.all.push_back(read_answer(one));
  else
    a.all.push_back(read_answer(v));
  return a;
}

table_answer hf_table_answer(std::string body, std::size_t) {
  const auto parsed = read_json(body);
  const auto& v = only(parsed);
  table_answer a;
  a.text = needed_text(v, "answer");
  a.aggregator = codec::string_at(v, "aggregator").value_or("");
  if (const auto* cells = codec::array_at(v, "cells"))
    for (const auto& c : *cells)
      a.cells.push_back(cell_text(c));
  if (const auto* places = codec::array_at(v, "coordinates"))
    for (const auto& place : *places) {
      auto& at = a.coordinates.emplace_back();
      for (const auto& n : list_of(place)) {
        if (!n.is_int64())
          unexpected("a coordinate that is not an integer");
        at.push_back(n.get_int64());
      }
    }
  return a;
}

tabular_result hf_tabular(std::string body, std::size_t) {
  const auto v = read_json(body);
  const auto& list = list_of(v);
  tabular_result r;
  for (const auto& one : list)
    r.labels.push_back(cell_text(one));
  if (std::all_of(list.begin(), list.end(), [](const auto& one) { return one.is_number(); }))
    for (const auto& one : list)
      r.numbers.push_back(one.template to_number<double>());
  return r;
}

similarities hf_similarities(std::string body, std::size_t inputs) {
  const auto v = read_json(body);
  similarities s;
  for (const auto& one : list_of(v)) {
    if (!one.is_number())
      unexpected("a similarity that is not a number");
    s.scores.push_back(one.to_number<double>());
  }
  if (s.scores.size() != inputs)
    wrong_count(s.scores.size(), inputs);
  return s;
}

embeddings hf_vectors(std::string body, std::size_t inputs) {
  error_code ec;
  auto block = codec::parse_floats(body, ec);
  if (ec) {
    read_json(body);
    unexpected("not arrays of numbers of equal length");
  }
  const auto elements = block.rows.empty() ? block.shape.front() : block.rows.size();
  if (inputs > 1 && elements != inputs)
    wrong_count(elements, inputs);
  embeddings e;
  e.values = std::move(block.values);
  e.shape = std::move(block.shape);
  e.counts = std::move(block.rows);
  return e;
}

} // namespace weir::inline v0::provider
