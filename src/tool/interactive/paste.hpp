// Text that is pasted into a line, told apart from what is typed.
#pragma once

#include <string>
#include <string_view>

namespace weir::inline v0::cli {

/// What asks a terminal to mark what is pasted ("bracketed paste" of xterm, control sequences), and what ends that.
inline constexpr std::string_view begin_marking = "\x1b[?2004h";
inline constexpr std::string_view end_marking = "\x1b[?2004l";

/// Takes the marks out of what a terminal sends, and quotes control characters in between: a line break that is pasted
/// is text, and sends nothing.
/// Thread safety: none.
class paste_filter {
public:
  paste_filter() = default;

  /// Adds a byte from the terminal. What is to be read of it, and of what was held back, is in `out` (appended).
  void add(char byte, std::string& out);
  /// Whether bytes are held back that may begin a mark: if no more come at once, they are keys.
  bool holds() const noexcept { return !held_.empty(); }
  /// Gives what is held back.
  void release(std::string& out);

private:
  void pass(std::string_view bytes, std::string& out) const;

  std::string held_;
  bool inside_ = false;
};

} // namespace weir::inline v0::cli
