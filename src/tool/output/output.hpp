// The command's stdin, stdout and stderr.
#pragma once

#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <stdexcept>
#include <string>
#include <string_view>

namespace weir::inline v0::cli {

/// stdout cannot be written to, so there is no point in going on.
class output_error final : public std::runtime_error {
public:
  /// \param number an errno value.
  explicit output_error(int number);
  /// The reader closed the pipe, as `head` does when it has enough.
  bool reader_left() const noexcept;

private:
  int number_;
};

/// Writes all of the text to `out`, bypassing its buffer. Waits for a reader as long as it takes, or until a signal
/// arrives; after that, writing waits for less than a second in all.
/// \throws output_error; weir::error errc::cancelled if a signal ended the wait.
void put(std::FILE* out, std::string_view text);

/// The same for messages on stderr. Nothing depends on them: what cannot be written is dropped.
void tell(std::FILE* err, std::string_view text) noexcept;
/// The same between two sequences that control the terminal, such as those for dim letters.
void tell_between(std::FILE* err, std::string_view before, std::string_view text, std::string_view after) noexcept;
/// A message on lines of its own, for what comes at any moment: on a terminal they begin anew where an answer, or a
/// line that says what is waited for, has not ended. Thread safety: safe.
void tell_apart(std::FILE* err, std::string_view text) noexcept;
/// Whether `out` is a terminal on which the next text begins a line.
bool is_at_line_start(std::FILE* out) noexcept;
/// Replaces the current line of a terminal. Never waits: nothing is written if the terminal takes nothing now.
void draw_line(std::FILE* err, std::string_view text) noexcept;
/// Clears the current line of a terminal.
void wipe_line(std::FILE* err) noexcept;

template <class... Args>
void print(std::FILE* out, fmt::format_string<Args...> format, Args&&... args) {
  put(out, fmt::format(format, std::forward<Args>(args)...));
}
template <class... Args>
void say(std::FILE* err, fmt::format_string<Args...> format, Args&&... args) {
  tell(err, fmt::format(format, std::forward<Args>(args)...));
}

/// How many bytes of an input are read.
inline constexpr std::size_t most_input = std::size_t{64} << 20;

/// Waits until something can be read, or the end has been reached. False if neither came in time.
/// \throws weir::error errc::cancelled if a signal arrived first.
bool readable_within(int from, std::chrono::milliseconds limit);

/// Reads to the end, `limit` bytes at most. `name` is for error messages.
/// \throws weir::error errc::invalid_argument; errc::cancelled if a signal arrived first.
std::string read_all(int from, const std::string& name, std::size_t limit = most_input);

/// A text with its control characters replaced, so that it cannot control a terminal: all but line feed and tab
/// become U+FFFD. put() does so if `out` is a terminal, tell() always.
std::string harmless(std::string_view text);

/// The same on one line, for names in lines and tables: tabs become blanks, and what turns the direction of text
/// U+FFFD.
std::string one_line(std::string_view text);

/// Opens /dev/null for any of stdin, stdout and stderr that the parent has closed: otherwise the next file opened
/// would take the number, and receive their output.
void open_standard_files() noexcept;

} // namespace weir::inline v0::cli
