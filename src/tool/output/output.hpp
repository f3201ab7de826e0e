// What the command writes and reads: stdout, stderr, stdin.
#pragma once

#include <fmt/format.h>

#include <cstdio>
#include <stdexcept>
#include <string>
#include <string_view>

namespace weir::cli {

/// stdout does not take what the command gives: there is nothing left to do it for.
class output_error final : public std::runtime_error {
public:
  /// \param number of errno.
  explicit output_error(int number);
  /// As `head` does when it has enough.
  bool reader_left() const noexcept;

private:
  int number_;
};

/// Writes all of the text to `out`, past its buffer. Waits for a reader as long as it takes, or until a signal comes;
/// all that is written after one waits for less than a second.
/// \throws output_error; weir::error errc::cancelled where a signal ended the wait.
void put(std::FILE* out, std::string_view text);

/// The same for words on stderr. Nothing depends on them: what cannot be written is dropped.
void tell(std::FILE* err, std::string_view text) noexcept;
/// Begins the last line of a terminal anew.
void wipe_line(std::FILE* err) noexcept;

template <class... Args>
void print(std::FILE* out, fmt::format_string<Args...> format, Args&&... args) {
  put(out, fmt::format(format, std::forward<Args>(args)...));
}
template <class... Args>
void say(std::FILE* err, fmt::format_string<Args...> format, Args&&... args) {
  tell(err, fmt::format(format, std::forward<Args>(args)...));
}

/// All there is to read, 64 MiB at most. `name` is for words about it.
/// \throws weir::error errc::invalid_argument; errc::cancelled where a signal came first.
std::string read_all(int from, const std::string& name);

/// A text with control characters made visible, so that it cannot steer a terminal: all but line feed and tab
/// become U+FFFD. put() does so where `out` is a terminal, tell() always.
std::string harmless(std::string_view text);

/// The same on one line.
std::string one_line(std::string_view text);

/// Opens what the parent had closed of stdin, stdout and stderr on /dev/null: else the next file that is opened
/// takes the number, and gets what was meant for them.
void open_standard_files() noexcept;

} // namespace weir::cli
