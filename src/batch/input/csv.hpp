// Records of tables: RFC 4180, and what programs write beside it. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace weir::inline v0::input {

/// A record as it stands in a table, without the end of its line.
class csv_record {
public:
  csv_record() = default;
  std::string_view text;  ///< Points into the splitter, until its next call.
  std::uint64_t line = 0; ///< On which it begins, from 1.
  bool too_long = false;
  bool open = false; ///< A quote is not closed before the end of the input.
};

/// Takes bytes in pieces and gives records: a line, or several where cells in quotes have line ends in them. A quote
/// opens a cell only at its beginning. A byte order mark is left out.
class csv_splitter {
public:
  csv_splitter(std::size_t limit, char delimiter) : limit_(limit), delimiter_(delimiter) {}
  void feed(std::string_view bytes);
  void finish() noexcept { finished_ = true; }
  /// Empty: there is no whole record (any more).
  std::optional<csv_record> next();
  /// Before the first record only: its whole line if that is there, to look for a delimiter in. Empty: not yet.
  std::optional<std::string_view> first_line();
  void set_delimiter(char c) noexcept { delimiter_ = c; }

private:
  enum class place { begin, plain, quoted, quote };
  void skip_mark();
  csv_record record(std::size_t stop);

  std::string held_;
  std::size_t begin_ = 0, at_ = 0, limit_;
  std::uint64_t line_ = 1, began_ = 1;
  char delimiter_;
  place place_ = place::begin;
  bool finished_ = false, dropping_ = false, begun_ = false;
};

/// The cells of a record, quotes taken off. Empty, and `problem` says why, if something follows a closing quote.
std::optional<std::vector<std::string>> csv_cells(std::string_view record, char delimiter, std::string& problem);
/// The delimiter of a header: the one of comma, tab, semicolon and bar that stands most often outside quotes in it.
char find_delimiter(std::string_view header) noexcept;

} // namespace weir::inline v0::input
