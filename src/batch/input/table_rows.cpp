// Tables with a header, row by row.
#include <algorithm>

#include <weir/core/error.hpp>

#include "batch/input/csv.hpp"
#include "batch/input/row_decoder.hpp"

namespace weir::inline v0::input {

namespace {

class table_decoder : public row_decoder {
public:
  table_decoder(const decoder_options& o, char delimiter)
      : name_(o.name), limit_(o.max_line), delimiter_(delimiter), records_(o.max_line, delimiter) {}

  void feed(std::string_view bytes) override { records_.feed(bytes); }
  void finish() override {
    records_.finish();
    finished_ = true;
  }

  std::optional<row> next() override {
    if (delimiter_ == 0) {
      const auto first = records_.first_line();
      if (!first)
        return std::nullopt;
      delimiter_ = find_delimiter(*first);
      records_.set_delimiter(delimiter_);
    }
    for (;;) {
      const auto r = records_.next();
      if (!r) {
        if (finished_ && header_.empty())
          throw error(errc::invalid_argument, name_ + " has no header: the first line of a table names its columns");
        return std::nullopt;
      }
      if (r->text.empty() && !r->too_long)
        continue;
      if (!header_.empty())
        return read(*r);
      read_header(*r);
    }
  }

  std::optional<row> head() const override {
    if (header_.empty())
      return std::nullopt;
    row r;
    r.table = true;
    for (const auto& name : header_)
      r.members[name] = "";
    return r;
  }

private:
  [[noreturn]] void bad_header(const std::string& why) const {
    throw error(errc::invalid_argument, name_ + ": the header " + why);
  }

  void read_header(const csv_record& r) {
    if (r.too_long)
      bad_header("is longer than " + std::to_string(limit_) + " bytes");
    if (const auto why = problem_of_text(r.text); !why.empty())
      bad_header("is no text: " + why);
    std::string problem;
    auto names = csv_cells(r.text, delimiter_, problem);
    if (!names)
      bad_header("cannot be read: " + problem);
    header_ = *std::move(names);
    auto sorted = header_;
    std::sort(sorted.begin(), sorted.end());
    if (const auto twice = std::adjacent_find(sorted.begin(), sorted.end()); twice != sorted.end())
      bad_header("has the column '" + *twice + "' twice");
  }

  row read(const csv_record& record) const {
    row r;
    r.line = record.line;
    r.table = true;
    if (record.too_long) {
      r.problem = "the row is longer than " + std::to_string(limit_) + " bytes";
    } else if (record.open) {
      r.problem = "a quote that opens in this row is never closed: what follows was not read";
    } else if (r.problem = problem_of_text(record.text); r.problem.empty()) {
      auto cells = csv_cells(record.text, delimiter_, r.problem);
      if (cells && cells->size() != header_.size())
        r.problem = "the row has " + std::to_string(cells->size()) + (cells->size() == 1 ? " cell" : " cells") +
                    ", the header " + std::to_string(header_.size());
      else if (cells)
        for (std::size_t i = 0; i < header_.size(); ++i)
          r.members[header_[i]] = std::move((*cells)[i]);
    }
    return r;
  }

  std::string name_;
  std::size_t limit_;
  char delimiter_;
  csv_splitter records_;
  std::vector<std::string> header_;
  bool finished_ = false;
};

} // namespace

std::unique_ptr<row_decoder> table_rows(const decoder_options& o, char delimiter) {
  return std::make_unique<table_decoder>(o, delimiter);
}

} // namespace weir::inline v0::input
