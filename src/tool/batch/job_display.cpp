#include "tool/batch/job_display.hpp"

#include <weir/core/error.hpp>

#include <utility>

#include "tool/output/output.hpp"
#include "tool/output/terminal.hpp"
#include "tool/private_files.hpp"

namespace weir::inline v0::cli {

namespace {

using steady = std::chrono::steady_clock;

constexpr auto line_every = std::chrono::seconds(10);
constexpr auto status_every = std::chrono::seconds(1);

} // namespace

bool write_status(const std::string& path, const std::string& json) {
  try {
    write_private(path, json + '\n');
    return true;
  } catch (const error& e) {
    // The job is worth more than what is told of it.
    tell_apart(stderr, "weir: " + one_line(e.what()) + '\n');
    return false;
  }
}

job_display::job_display(bool quiet, std::string status, job_words words)
    : quiet_(quiet), status_(std::move(status)), words_(std::move(words)), line_(!quiet) {}

void job_display::begin() {
  line_.begin();
  next_line_ = steady::now() + line_every;
}

void job_display::tick() {
  const auto now = steady::now();
  if (line_.live())
    line_.show(words_.line(width_of(stderr) - 1));
  else if (now >= next_line_) {
    next_line_ = now + line_every;
    if (!quiet_)
      tell();
  }
  if (!status_.empty() && !status_failed_ && now >= next_status_) {
    next_status_ = now + status_every;
    status_failed_ = !write_status(status_, words_.json());
  }
}

void job_display::tell() { tell_apart(stderr, words_.sentence() + '\n'); }

void job_display::say(const std::string& text) {
  line_.clear();
  tell_apart(stderr, text + '\n');
}

} // namespace weir::inline v0::cli
