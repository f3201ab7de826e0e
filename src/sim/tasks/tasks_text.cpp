// Texts and tables, with results derived from the texts themselves.
#include <algorithm>
#include <set>

#include "sim/answer/text.hpp"
#include "sim/protocol.hpp"
#include "sim/tasks/media.hpp"
#include "sim/tasks/tasks.hpp"

namespace weir::inline v0::sim {

namespace json = codec::json;

namespace {

constexpr std::string_view mask = "[MASK]";

class word {
public:
  std::string_view text;
  std::size_t at;
};

std::vector<word> words_of(std::string_view text) {
  std::vector<word> all;
  for (std::size_t i = 0; i < text.size();) {
    while (i < text.size() && text[i] == ' ')
      ++i;
    const auto end = std::min(text.find(' ', i), text.size());
    if (end > i)
      all.push_back({text.substr(i, end - i), i});
    i = end;
  }
  return all;
}

json::value texts(const task_ask& a, std::string_view key) {
  const auto* language = a.parameter("tgt_lang");
  const std::string prefix = language && language->is_string() ? "[" + std::string(language->get_string()) + "] " : "";
  json::array all;
  for (const auto& t : a.texts)
    all.push_back(json::object{{key, prefix + beginning(t)}});
  return all;
}

std::vector<std::string> labels_of(const task_ask& a) {
  std::vector<std::string> labels;
  if (const auto* list = a.parameter("candidate_labels"); list && list->is_array())
    for (const auto& l : list->get_array())
      if (l.is_string())
        labels.emplace_back(l.get_string());
  return labels;
}

/// Per text: a list alone for one text, nested for several.
json::value per_text(const task_ask& a, json::array (*answer)(const task_ask&, const std::string&)) {
  if (!a.batch)
    return answer(a, a.texts.front());
  json::array all;
  for (const auto& t : a.texts)
    all.push_back(answer(a, t));
  return all;
}

json::array sentiments(const task_ask& a, const std::string& text) {
  return scored({"POSITIVE", "NEGATIVE"}, seed_of(text), a.count("top_k", 2));
}

json::array fits(const task_ask& a, const std::string& text) { return scored(labels_of(a), seed_of(text), 1000); }

json::array names_in(const task_ask& a, const std::string& text) {
  const auto* how = a.parameter("aggregation_strategy");
  const bool plain = how && *how == "none";
  json::array all;
  std::size_t index = 0;
  for (const auto& w : words_of(text)) {
    ++index;
    if (w.text.front() < 'A' || w.text.front() > 'Z')
      continue;
    json::object one{{plain ? "entity" : "entity_group", plain ? "B-PER" : "PER"},
                     {"score", 0.99},
                     {"word", w.text},
                     {"start", w.at},
                     {"end", w.at + w.text.size()}};
    if (plain)
      one["index"] = index;
    all.push_back(std::move(one));
  }
  return all;
}

json::array fills(const task_ask& a, const std::string& text) {
  std::vector<std::string> fillers{"river", "water", "stream", "wall", "gate"};
  if (const auto* targets = a.parameter("targets"); targets && targets->is_array()) {
    fillers.clear();
    for (const auto& t : targets->get_array())
      if (t.is_string())
        fillers.emplace_back(t.get_string());
  }
  json::array per_mask;
  for (auto at = text.find(mask); at != text.npos; at = text.find(mask, at + 1)) {
    json::array all;
    for (const auto& one : scored(fillers, seed_of(text), a.count("top_k", 5))) {
      const auto filler = std::string(one.at("label").as_string());
      auto whole = text;
      whole.replace(at, mask.size(), filler);
      all.push_back(json::object{
          {"score", one.at("score")}, {"token", seed_of(filler) % 30'000}, {"token_str", filler}, {"sequence", whole}});
    }
    per_mask.push_back(std::move(all));
  }
  return per_mask.size() == 1 ? per_mask.front().as_array() : per_mask;
}

plan answer_question(const task_ask& a) {
  const auto* context = a.input("context");
  if (!a.input("question") || !context || !context->is_string())
    return hf_error("Error in `inputs." + std::string(a.input("question") ? "context" : "question") +
                    "`: field required");
  const auto words = words_of(std::string_view(context->get_string()));
  const auto most = std::min<std::size_t>(a.count("top_k", 1), words.size());
  json::array all;
  for (std::size_t i = 0; i < most; ++i)
    all.push_back(json::object{{"score", 0.9 / static_cast<double>(i + 1)},
                               {"start", words[i].at},
                               {"end", words[i].at + words[i].text.size()},
                               {"answer", words[i].text}});
  return json_plan(200, all.size() == 1 ? all.front() : json::value(all));
}

plan compare_sentences(const task_ask& a) {
  const auto* source = a.input("source_sentence");
  const auto* sentences = a.input("sentences");
  if (!source || !source->is_string() || !sentences || !sentences->is_array())
    return hf_error("Error in `inputs`: source_sentence and sentences are required");
  const auto set_of = [](std::string_view text) {
    std::set<std::string_view> set;
    for (const auto& w : words_of(text))
      set.insert(w.text);
    return set;
  };
  const auto first = set_of(std::string_view(source->get_string()));
  json::array all;
  for (const auto& s : sentences->get_array()) {
    if (!s.is_string())
      return hf_error("Error in `inputs.sentences`: not a list of texts");
    auto both = set_of(std::string_view(s.get_string()));
    const auto own = both.size();
    both.insert(first.begin(), first.end());
    const auto common = own + first.size() - both.size();
    all.push_back(both.empty() ? 1.0 : static_cast<double>(common) / static_cast<double>(both.size()));
  }
  return json_plan(200, all);
}

const json::array* first_column(const json::value* table) {
  if (!table || !table->is_object() || table->get_object().empty())
    return nullptr;
  const auto* cells = table->get_object().begin()->value().if_array();
  return cells && !cells->empty() ? cells : nullptr;
}

plan answer_table(const task_ask& a) {
  const auto* cells = first_column(a.input("table"));
  if (!a.input("query") || !cells)
    return hf_error("Error in `inputs`: query and table are required");
  // Not in braces: compilers differ on whether an array in an array's braces is copied or nested.
  json::array coordinates;
  coordinates.push_back(json::array{0, 0});
  return json_plan(200, json::object{{"answer", cells->front()},
                                     {"coordinates", std::move(coordinates)},
                                     {"cells", json::array{cells->front()}},
                                     {"aggregator", "NONE"}});
}

plan answer_rows(const task_ask& a, bool numbers) {
  const auto* inputs = codec::find(a.body, "inputs");
  const auto* cells = first_column(numbers && inputs ? codec::find(*inputs, "data") : codec::find(a.body, "table"));
  if (!cells)
    return hf_error(numbers ? "Error in `inputs.data`: field required" : "Error in `table`: field required");
  json::array all;
  for (const auto& c : *cells) {
    const auto seed = seed_of(codec::to_text(c));
    all.push_back(numbers ? json::value(static_cast<double>(seed % 1000) / 8) : json::value(seed % 2 ? "yes" : "no"));
  }
  return json_plan(200, all);
}

} // namespace

plan answer_text_task(task_kind what, const task_ask& a) {
  switch (what) {
  case task_kind::question_answering: return answer_question(a);
  case task_kind::sentence_similarity: return compare_sentences(a);
  case task_kind::table_question_answering: return answer_table(a);
  case task_kind::tabular_classification: return answer_rows(a, false);
  case task_kind::tabular_regression: return answer_rows(a, true);
  default: break;
  }
  if (a.texts.empty())
    return hf_error("Error in `inputs`: field required");
  switch (what) {
  case task_kind::summarization: return json_plan(200, texts(a, "summary_text"));
  case task_kind::translation: return json_plan(200, texts(a, "translation_text"));
  case task_kind::token_classification: return json_plan(200, per_text(a, names_in));
  case task_kind::zero_shot_classification:
    if (labels_of(a).empty())
      return hf_error("Error in `parameters.candidate_labels`: field required");
    return json_plan(200, per_text(a, fits));
  case task_kind::fill_mask:
    for (const auto& t : a.texts)
      if (t.find(mask) == t.npos)
        return hf_error("No mask_token ([MASK]) found on the input");
    return json_plan(200, per_text(a, fills));
  default: break;
  }
  // One text's classes are nested too, as in the recordings.
  json::value classes = per_text(a, sentiments);
  if (a.batch)
    return json_plan(200, classes);
  json::array nested;
  nested.push_back(std::move(classes));
  return json_plan(200, nested);
}

} // namespace weir::inline v0::sim
