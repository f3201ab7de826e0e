#include "batch/output/item_writer.hpp"

#include <algorithm>
#include <chrono>
#include <string_view>
#include <utility>

#include "batch/output/answer_view.hpp"
#include "batch/output/columns.hpp"
#include "batch/output/error_text.hpp"
#include "batch/output/line.hpp"
#include "batch/output/object_writer.hpp"
#include "batch/output/table.hpp"

namespace weir::inline v0 {

namespace {

// Without fields: the text, else the files, a line each, or the whole body of what has neither, such as an embedding.
std::string answer_of(const answer_view& answer, const std::string& body) {
  if (const auto text = answer.text(); text && !text->empty())
    return std::string(*text);
  std::string files;
  for (const auto& place : answer.places())
    files += (files.empty() ? "" : "\n") + place;
  if (!files.empty() || answer.text())
    return files;
  return answer.root().is_null() ? std::string() : body;
}

class jsonl_writer final : public item_writer {
public:
  explicit jsonl_writer(const std::vector<output_field>& fields) : fields_(fields) {}

  void append(std::string& out, const batch_result& r) const override {
    if (fields_.empty()) {
      out += result_line(r);
    } else {
      const answer_view answer(r.body);
      object_writer o(out);
      o.text("id", r.id);
      if (const auto columns = columns_object(r.columns); !columns.empty())
        o.raw("columns", columns);
      for (const auto& f : fields_) {
        const auto name = f.name == "id" || f.name == "columns" || f.name == "error" ? "weir_" + f.name : f.name;
        if (const auto value = f.path.in(answer))
          o.text(name, *value);
        else
          o.null(name);
      }
      if (r.succeeded())
        o.null("error");
      else
        o.text("error", error_code_of(r) + ": " + error_message_of(r));
      o.close();
    }
    out += '\n';
  }

private:
  const std::vector<output_field>& fields_;
};

class text_writer final : public item_writer {
public:
  explicit text_writer(const std::vector<output_field>& fields) : fields_(fields) {}

  void append(std::string& out, const batch_result& r) const override {
    std::string text;
    if (r.succeeded()) {
      const answer_view answer(r.body);
      text = fields_.empty() ? answer_of(answer, r.body) : fields_.front().path.in(answer).value_or("");
    }
    append_text_line(out, text);
  }

private:
  const std::vector<output_field>& fields_;
};

std::string number_text(std::optional<std::uint64_t> n) { return n ? std::to_string(*n) : std::string(); }

class table_writer final : public item_writer {
public:
  table_writer(char separator, const batch_output_options& o, std::vector<std::string> columns, bool with_id)
      : separator_(separator), o_(o), columns_(std::move(columns)), with_id_(with_id || o.details()) {}

  void append_head(std::string& out) const override {
    auto cells = columns_;
    if (with_id_)
      cells.push_back(o_.details() ? "weir_id" : free_name("id"));
    if (o_.fields().empty())
      cells.push_back(free_name("answer"));
    for (const auto& f : o_.fields())
      cells.push_back(free_name(f.name));
    cells.emplace_back("weir_error");
    if (o_.details())
      for (const auto* name :
           {"weir_outcome", "weir_model", "weir_cost", "weir_input_tokens", "weir_output_tokens", "weir_latency_ms"})
        cells.emplace_back(name);
    append_row(out, cells, separator_);
  }

  void append(std::string& out, const batch_result& r) const override {
    std::vector<std::string> cells(columns_.size());
    for (auto& c : columns_of(r.columns))
      if (const auto it = std::find(columns_.begin(), columns_.end(), c.name); it != columns_.end())
        cells[static_cast<std::size_t>(it - columns_.begin())] = std::move(c.text);
    if (with_id_)
      cells.push_back(r.id);
    const answer_view answer(r.body);
    if (o_.fields().empty())
      cells.push_back(answer_of(answer, r.body));
    for (const auto& f : o_.fields())
      cells.push_back(f.path.in(answer).value_or(""));
    cells.push_back(r.succeeded() ? std::string() : error_code_of(r) + ": " + error_message_of(r));
    if (o_.details())
      append_details(cells, r);
    append_row(out, cells, separator_);
  }

private:
  std::string free_name(const std::string& name) const {
    return std::find(columns_.begin(), columns_.end(), name) == columns_.end() ? name : "weir_" + name;
  }

  static void append_details(std::vector<std::string>& cells, const batch_result& r) {
    cells.emplace_back(name_of(r.outcome));
    cells.push_back(r.model);
    cells.push_back(r.cost ? r.cost->text() : std::string());
    cells.push_back(number_text(r.usage.prompt_tokens ? r.usage.prompt_tokens : r.usage.units.input_tokens()));
    cells.push_back(number_text(r.usage.completion_tokens ? r.usage.completion_tokens : r.usage.units.output_tokens()));
    cells.push_back(std::to_string(std::chrono::round<std::chrono::milliseconds>(r.took).count()));
  }

  char separator_;
  const batch_output_options& o_;
  std::vector<std::string> columns_;
  bool with_id_;
};

} // namespace

batch_output_format format_of(const std::string& path) noexcept {
  const std::string_view name(path);
  return name.ends_with(".csv")   ? batch_output_format::csv
         : name.ends_with(".tsv") ? batch_output_format::tsv
         : name.ends_with(".txt") ? batch_output_format::text
                                  : batch_output_format::jsonl;
}

std::unique_ptr<item_writer> make_item_writer(batch_output_format format, const batch_output_options& o,
                                              std::vector<std::string> columns, bool with_id) {
  switch (format) {
  case batch_output_format::csv: return std::make_unique<table_writer>(',', o, std::move(columns), with_id);
  case batch_output_format::tsv: return std::make_unique<table_writer>('\t', o, std::move(columns), with_id);
  case batch_output_format::text: return std::make_unique<text_writer>(o.fields());
  default: return std::make_unique<jsonl_writer>(o.fields());
  }
}

} // namespace weir::inline v0
