// Bytes to lines. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace weir::inline v0::input {

/// A line, or the number of one that is longer than the limit.
class line {
public:
  line() = default;
  std::string_view text;    ///< Without its end. Points into the buffer, until the next call of it.
  std::uint64_t number = 0; ///< From 1.
  bool too_long = false;
};

/// Takes bytes in pieces and gives lines, whose end is LF or CRLF, or the end of the input. A byte order mark of UTF-8
/// is left out. What is behind the limit of a line is not kept.
class line_buffer {
public:
  explicit line_buffer(std::size_t limit) : limit_(limit) {}

  void feed(std::string_view bytes);
  /// Nothing further comes: the next call of next() may give a line without an end.
  void finish() noexcept { finished_ = true; }
  /// Empty: there is no whole line (any more).
  std::optional<line> next();

private:
  std::string held_;
  std::size_t begin_ = 0;   // of the line in held_
  std::size_t scanned_ = 0; // no end of a line is before
  std::size_t limit_;
  std::uint64_t number_ = 0;
  bool dropping_ = false; // the rest of a line that is too long
  bool finished_ = false;
  bool begun_ = false; // the place for a byte order mark is behind
};

} // namespace weir::inline v0::input
