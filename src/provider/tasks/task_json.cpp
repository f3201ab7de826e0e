#include "provider/tasks/task_json.hpp"

#include <algorithm>

#include "codec/json/object_members.hpp"

namespace weir::inline v0::provider {

namespace json = codec::json;

namespace {

[[noreturn]] void wrong(task_kind what, std::string_view wanted) {
  throw error(errc::invalid_argument, std::string(name_of(what)) + " takes " + std::string(wanted));
}

std::string cell_text(const json::value& v) { return v.is_string() ? std::string(v.get_string()) : codec::to_text(v); }

void read_table(task_request& ask, const json::value& table) {
  const auto* columns = table.if_object();
  if (!columns)
    wrong(ask.what(), "a table: an object with a list of cells per column");
  for (const auto& column : *columns) {
    const auto* cells = column.value().if_array();
    if (!cells)
      wrong(ask.what(), "a table whose columns are lists of cells");
    for (const auto& c : *cells)
      ask.add_cell(std::string(column.key()), cell_text(c));
  }
}

bool all_strings(const json::array& list) {
  return !list.empty() && std::all_of(list.begin(), list.end(), [](const auto& v) { return v.is_string(); });
}

std::vector<std::string> strings(const json::array& list) {
  std::vector<std::string> all;
  for (const auto& v : list)
    all.emplace_back(v.get_string());
  return all;
}

parameter_value read_value(const json::value& v) {
  switch (v.kind()) {
  case json::kind::bool_: return v.get_bool();
  case json::kind::int64: return v.get_int64();
  case json::kind::uint64: return v.get_uint64();
  case json::kind::double_: return v.get_double();
  case json::kind::string: return std::string(v.get_string());
  case json::kind::array:
    if (all_strings(v.get_array()))
      return strings(v.get_array());
    break;
  default: break;
  }
  return json_text(codec::to_text(v));
}

// `sentences` and the like may be a single string.
std::vector<std::string> list_of(task_kind what, std::string_view key, const json::value& v) {
  if (v.is_string())
    return {std::string(v.get_string())};
  if (!v.is_array() || !all_strings(v.get_array()))
    wrong(what, std::string(key) + " as a list of strings");
  return strings(v.get_array());
}

void read_fields(task_request& ask, const json::object& fields) {
  for (const auto& member : fields) {
    const std::string key(member.key());
    const auto& v = member.value();
    if (v.is_null())
      continue;
    if (key == "table")
      read_table(ask, v);
    else if (key == "image" && v.is_string())
      ask.add_input(media::at(std::string(v.get_string())));
    else if (key == "sentences")
      ask.set_field(key, list_of(ask.what(), key, v));
    else if (key == "candidate_labels")
      ask.set_parameter(key, list_of(ask.what(), key, v));
    else
      ask.set_field(key == "sentence" ? "source_sentence" : key, read_value(v));
  }
}

void read_texts(task_request& ask, const json::value& input) {
  if (input.is_string()) {
    ask.add_text(std::string(input.get_string()));
  } else if (const auto* list = input.if_array(); list && all_strings(*list)) {
    for (auto& text : strings(*list))
      ask.add_text(std::move(text));
  } else if (!input.is_null()) {
    wrong(ask.what(), "a string, or a list of strings");
  }
}

void read_media(task_request& ask, const json::value& input) {
  if (input.is_null())
    return;
  if (!input.is_string() || !ask.inputs().empty())
    wrong(ask.what(), "a file or a URL as its input");
  ask.add_input(media::at(std::string(input.get_string())));
}

void read_input(task_request& ask, const json::value& input) {
  switch (ask.what()) {
  case task_kind::question_answering:
  case task_kind::sentence_similarity:
  case task_kind::table_question_answering:
    if (!input.is_object())
      wrong(ask.what(), ask.what() == task_kind::question_answering ? R"({"question": "…", "context": "…"})"
                        : ask.what() == task_kind::sentence_similarity
                            ? R"({"source_sentence": "…", "sentences": ["…"]})"
                            : R"({"query": "…", "table": {"column": ["cell"]}})");
    return read_fields(ask, input.get_object());
  case task_kind::tabular_classification:
  case task_kind::tabular_regression: {
    const auto* inner = codec::find(input, "table");
    return read_table(ask, inner ? *inner : input);
  }
  default: break;
  }
  if (asks_about_image(ask.what())) {
    if (const auto* fields = input.if_object())
      read_fields(ask, *fields);
    else if (input.is_string())
      ask.set_field("question", std::string(input.get_string()));
    else if (!input.is_null())
      wrong(ask.what(), R"(a question, or {"question": "…"})");
  } else if (takes_media(ask.what())) {
    read_media(ask, input);
  } else if (const auto* fields = input.if_object()) {
    // {"text": …} with labels beside it, as users write zero-shot classification.
    if (const auto* text = codec::find(*fields, "text"))
      read_texts(ask, *text);
    json::object rest = *fields;
    rest.erase("text");
    read_fields(ask, rest);
  } else {
    read_texts(ask, input);
  }
}

void read_parameter(task_request& ask, const std::string& key, const json::value& v) {
  if (v.is_null())
    return;
  if (key == "prompt" && ask.texts().empty() && v.is_string())
    ask.add_text(std::string(v.get_string()));
  else if (key == "candidate_labels" || key == "targets" || key == "ignore_labels")
    ask.set_parameter(key, list_of(ask.what(), key, v));
  else if (key == "question" && asks_about_image(ask.what()))
    ask.set_field(key, read_value(v));
  else
    ask.set_parameter(key, read_value(v));
}

} // namespace

bool takes_media(task_kind k) noexcept {
  const auto n = name_of(k);
  return n.find("image-") == 0 || n.find("audio-") == 0 || k == task_kind::automatic_speech_recognition ||
         k == task_kind::object_detection || k == task_kind::zero_shot_image_classification;
}

bool asks_about_image(task_kind k) noexcept {
  return k == task_kind::visual_question_answering || k == task_kind::document_question_answering;
}

task_request read_task(task_kind what, std::string model, const json::value& input, std::vector<media> attached,
                       const json::object& parameters) {
  task_request ask(what, std::move(model));
  for (auto& m : attached)
    ask.add_input(std::move(m));
  read_input(ask, input);
  for (const auto& member : parameters)
    read_parameter(ask, std::string(member.key()), member.value());
  return ask;
}

} // namespace weir::inline v0::provider
