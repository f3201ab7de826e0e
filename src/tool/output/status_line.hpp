// The line on a terminal that says what a command is waiting for.
#pragma once

#include <cstdio>
#include <string>
#include <string_view>

namespace weir::inline v0::cli {

/// One line of a terminal, replaced by each text and gone before anything else is printed. Not on a file that is no
/// terminal, or one that cannot rewrite a line.
///
/// It never blocks, and what the terminal does not take is dropped.
/// Object lifetimes: `err` outlives it. Thread safety: none.
class status_line {
public:
  explicit status_line(bool wanted = true, std::FILE* err = stderr);
  status_line(const status_line&) = delete;
  status_line& operator=(const status_line&) = delete;
  ~status_line() { clear(); }

  /// Whether there is a line to show something on.
  bool live() const noexcept { return live_; }
  /// A wait begins: from now on texts are shown.
  void begin() noexcept;
  /// Shows the text unless show() has shown something better since begin().
  void suggest(std::string_view text);
  void show(std::string_view text);
  /// Removes the line, until the next text.
  void clear() noexcept;
  /// The wait is over: removes the line, and shows no more until begin().
  void end() noexcept;

private:
  void draw(std::string_view text);

  std::FILE* err_;
  bool live_;
  bool waiting_ = false;
  bool taken_ = false; // by show()
  bool drawn_ = false;
  std::string text_; // what is drawn
};

} // namespace weir::inline v0::cli
