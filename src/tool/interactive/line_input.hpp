// Reads lines from a terminal.
#pragma once

#include <memory>
#include <string>

namespace weir::inline v0::cli {

/// Reads one line after the other, with editing where weir was built with libedit.
/// Thread safety: none; one at a time.
class line_input {
public:
  enum class outcome {
    line,
    interrupted, ///< By Ctrl-C, or another signal: signals::received() tells which.
    ended,       ///< By Ctrl-D.
    lost,        ///< The terminal is gone.
  };

  virtual ~line_input() = default;
  /// Reads a line into `line`, without its end, for as long as it takes.
  virtual outcome read(const std::string& prompt, std::string& line) = 0;
  /// Remembers what was entered, for the next conversations too.
  virtual void remember(const std::string& entry) = 0;
};

/// \param history the file with what was typed before; empty for none.
std::unique_ptr<line_input> make_line_input(std::string history);

} // namespace weir::inline v0::cli
