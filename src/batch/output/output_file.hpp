// The output of a batch, made from its journal.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include <weir/batch/result.hpp>
#include <weir/store/journal.hpp>

#include "batch/output/select.hpp"

#include <weir/detail/fluent.hpp>

namespace weir::inline v0 {

enum class batch_output_format : unsigned char {
  automatic, ///< By the file's name: .csv, .tsv, .txt; JSONL for any other.
  jsonl,     ///< Lines of result_line(); with fields, `{"id",["columns",]<fields>…,"error"}`.
  csv,       ///< A row for each item: its columns, the fields, `weir_error`; see RFC 4180. UTF-8, line feeds.
  tsv,       ///< The same with tabs.
  text,      ///< The first field of each item in a line, line breaks escaped as `\n`; an empty one
             ///< for an item without a complete answer.
};

/// What an output looks like.
class batch_output_options {
public:
  batch_output_options() = default;

  WEIR_VALUE(batch_output_options, batch_output_format, format)
  /// What is taken from each answer. Default: in tables, `answer`, which is .text, else the paths of files, or the
  /// body of an answer with neither. A name that is also a column's gets `weir_` in front.
  WEIR_FIELD(batch_output_options, std::vector<output_field>, fields)
  /// Whether items without a complete answer are in the output too. Default: true, so that it has every item.
  WEIR_VALUE(batch_output_options, bool, with_failures)
  /// Adds to tables the columns `weir_id`, `weir_outcome`, `weir_model`, `weir_cost`, `weir_input_tokens`,
  /// `weir_output_tokens`, `weir_latency_ms`. Default: false. Without it there is a column `id` unless each id is also
  /// a cell of its row, or is only the row's place and there are other columns.
  WEIR_VALUE(batch_output_options, bool, details)
  /// Another file, of failure_line()s, for the items without a complete answer. Default: none.
  WEIR_FIELD(batch_output_options, std::string, failures)
  /// An item as it was read, for that file: a JSON object in text form, or empty where that is not known. Default: the
  /// item's columns.
  WEIR_FIELD(batch_output_options, std::function<std::string(const batch_result&)>, row)
  /// Called between items, and every 100 ms while a pipe takes nothing; what it throws ends the writing.
  WEIR_FIELD(batch_output_options, std::function<void()>, check)

private:
  batch_output_format format_ = batch_output_format::automatic;
  std::vector<output_field> fields_;
  bool with_failures_ = true;
  bool details_ = false;
  std::string failures_;
  std::function<std::string(const batch_result&)> row_;
  std::function<void()> check_;
};

/// What was written.
class batch_output_counts {
public:
  batch_output_counts() = default;
  std::uint64_t items = 0;    ///< In the output.
  std::uint64_t failures = 0; ///< Without a complete answer, whether they are in it or not.
};

/// Writes the results in a journal to `path`, in the order of the input, each id once. A file is replaced in one step
/// once all of it is on disk, so that it is never half; a FIFO, a device and `-` get it as it comes. Blocks; 16 bytes
/// of memory an item, and one item at a time.
/// \throws weir::error errc::not_saved: "cannot write PATH: WHY", and that the journal has everything;
/// errc::invalid_argument where `failures` is the output itself; errc::invalid_configuration for a record that cannot
/// be read; what `check` throws.
batch_output_counts write_batch_output(const journal& from, const std::string& path, const batch_output_options& o);

} // namespace weir::inline v0

#include <weir/detail/fluent.hpp>
