// Runs a job for the command: its client, its signals, its progress, and its end.
#pragma once

#include <boost/asio/io_context.hpp>

#include <chrono>
#include <exception>
#include <memory>
#include <optional>
#include <string>

#include <weir/batch.hpp>
#include <weir/client/client.hpp>
#include <weir/cost/spending.hpp>

#include "batch/report/words.hpp"
#include "tool/batch/job_display.hpp"

namespace weir::inline v0::cli {

/// What a session shows and obeys besides its job.
class batch_session_options {
public:
  batch_session_options() = default;
  bool quiet = false;
  std::string status; ///< A file that is kept up to date; empty: none.
  std::size_t in_flight = 0;
  std::optional<std::chrono::system_clock::time_point> deadline;
};

/// One job on an event loop of its own. The first SIGINT or SIGTERM lets it finish what is in flight, the second one
/// ends that too; SIGUSR1 prints how far it is.
/// Thread safety: none.
class batch_session {
public:
  /// \throws weir::error for options that cannot be used.
  batch_session(weir::options settings, batch_session_options o);
  ~batch_session();

  /// Runs the job to its end. \returns why it failed; null if it did not.
  std::exception_ptr run(batch_options o, batch_source& from);
  /// Of the job, once it has run; also of one that failed.
  const batch_report& report() const noexcept { return report_; }
  /// The deadline is why the job ended early.
  bool was_late() const noexcept { return late_; }
  /// Of the call that failed last; no failure if none did.
  const failure& last_failure() const noexcept;

private:
  class watch;

  void obey();
  void tick();
  job_words words();
  batch_progress progress() const;
  hold reason() const;

  boost::asio::io_context io_{1};
  const batch_session_options options_;
  std::shared_ptr<watch> watch_;
  std::optional<client> client_;
  std::optional<batch> job_;
  batch_report report_;
  job_display display_;
  bool told_end_ = false, told_stop_ = false, late_ = false;
};

} // namespace weir::inline v0::cli
