// What is piped into a command that also has a prompt: `git diff | weir chat "Review this"`.
#pragma once

#include <chrono>
#include <string>

namespace weir::inline v0::cli {

/// How the standard input came to this process.
enum class input_origin {
  none,       ///< A terminal, or a file that cannot be read: nothing is sent.
  redirected, ///< A file, a named pipe or a pipe that another process of this session writes to: read to its end.
  inherited,  ///< A pipe or socket that nobody here writes to, as from ssh, a daemon or a CI runner: it may stay open
              ///< and idle for as long as this process runs.
};

/// Looks at the file, and for a pipe at the other processes of this session (/proc).
input_origin origin_of(int file);

/// The text on standard input, without line ends at its end; empty if there is none.
/// Reads to the end, however long that takes, if `wait` or if the input was redirected; an inherited one only if it
/// brings something, or ends, within two seconds, and says on stderr if it did not.
/// \throws weir::error errc::invalid_argument if it cannot be read, is no text or is larger than 64 MiB;
/// errc::cancelled if a signal arrived first.
std::string piped_text(bool wait);

} // namespace weir::inline v0::cli
