// How far a job is: on the terminal, in a log, in a file.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <string_view>

#include "tool/output/status_line.hpp"

namespace weir::inline v0::cli {

/// What a display shows, as it stands when it is asked for.
class job_words {
public:
  job_words() = default;
  std::function<std::string(std::size_t columns)> line;
  std::function<std::string()> sentence, json;
};

/// Replaces the file of `--status`. Where that fails it is said, and the job goes on. \returns whether it was.
bool write_status(const std::string& path, const std::string& json);

/// A line that is rewritten on a terminal, a sentence every ten seconds elsewhere, and a file that is kept up to date.
/// Thread safety: none.
class job_display {
public:
  /// `status`: the file; empty: none. \p quiet: only what is asked for.
  job_display(bool quiet, std::string status, job_words words);

  void begin();
  /// Time has passed.
  void tick();
  /// The sentence, now.
  void tell();
  /// A line of the caller's own, whatever is shown.
  void say(const std::string& text);
  void end() noexcept { line_.end(); }

private:
  const bool quiet_;
  const std::string status_;
  const job_words words_;
  status_line line_;
  std::chrono::steady_clock::time_point next_line_{}, next_status_{};
  bool status_failed_ = false;
};

} // namespace weir::inline v0::cli
