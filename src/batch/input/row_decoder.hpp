// Bytes to rows, one decoder per format. Pure.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <weir/batch/input.hpp>

#include "batch/input/row.hpp"

namespace weir::inline v0::input {

/// Takes the bytes of one input in pieces, and gives its rows.
class row_decoder {
public:
  virtual ~row_decoder() = default;
  virtual void feed(std::string_view bytes) = 0;
  /// Nothing further comes.
  virtual void finish() = 0;
  /// Empty: it takes more bytes, or after finish() there is none.
  /// \throws weir::error errc::invalid_argument for what makes the whole input unreadable: a bad header.
  virtual std::optional<row> next() = 0;
  /// A row with the columns of a table, and nothing in them.
  virtual std::optional<row> head() const { return std::nullopt; }
};

/// What a decoder is told.
class decoder_options {
public:
  decoder_options() = default;
  std::string name; ///< Of the input, for messages.
  std::size_t max_line = std::size_t{64} << 20;
};

std::unique_ptr<row_decoder> jsonl_rows(const decoder_options& o);
std::unique_ptr<row_decoder> text_rows(const decoder_options& o);
/// A list of values over any lines; each is looked at alone, so that a broken one is one broken row.
std::unique_ptr<row_decoder> list_rows(const decoder_options& o);
/// `delimiter`: 0 finds it in the header.
std::unique_ptr<row_decoder> table_rows(const decoder_options& o, char delimiter);
/// \pre `format` is neither automatic nor files.
std::unique_ptr<row_decoder> rows_of(batch_format format, std::string_view beginning, const decoder_options& o);

/// The row of a JSON text, at a line. What is no object, nor a string, is a problem.
row json_row(std::string_view text, std::uint64_t line);
/// What keeps bytes from being text; empty if they are.
std::string problem_of_text(std::string_view bytes);

/// The format of an input by its name, and if that does not tell by its beginning, which has its first line unless that
/// is longer than the beginning. `columns`: names that a table is expected to have.
batch_format format_of(std::string_view name, std::string_view beginning, const std::vector<std::string>& columns);
/// Why an input is nothing that could be read, such as a spreadsheet or UTF-16; empty if nothing tells so.
std::string problem_of_input(std::string_view beginning);

} // namespace weir::inline v0::input
