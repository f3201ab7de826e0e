// Runs a job by a provider's batches for the command: its signals, its progress, and its end.
#pragma once

#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/io_context.hpp>

#include <chrono>
#include <exception>
#include <memory>
#include <optional>
#include <string>

#include <weir/batch/provider_batch.hpp>
#include <weir/client/options.hpp>

#include "tool/batch/job_display.hpp"

namespace weir::inline v0::cli {

/// What a session shows and obeys besides its job.
class provider_session_options {
public:
  provider_session_options() = default;
  bool quiet = false;
  std::string status; ///< A file that is kept up to date; empty: none.
  /// When it leaves the batches to go on, for another run.
  std::optional<std::chrono::system_clock::time_point> leave_at;
  /// Ends the batches of earlier runs, and submits nothing.
  bool ends_batches = false;
};

/// One job on an event loop of its own. The first SIGINT or SIGTERM leaves the batches at the provider and ends it
/// once the requests in flight are answered, the second one ends those too; SIGUSR1 prints how far it is.
/// Thread safety: none.
class provider_session {
public:
  explicit provider_session(provider_session_options o);

  /// Runs the job to its end. \returns why it failed; null if it did not.
  /// \throws weir::error as provider_batch's constructor.
  std::exception_ptr run(const weir::options& settings, const provider_batch_options& o, std::shared_ptr<journal> kept,
                         batch_source& from);
  /// Of the job, once it has run; also of one that failed.
  const batch_report& report() const noexcept { return report_; }
  /// It left at leave_at.
  bool was_late() const noexcept { return late_; }

private:
  void obey();
  void tick();
  job_words words();

  boost::asio::io_context io_{1};
  const provider_session_options options_;
  boost::asio::cancellation_signal cancel_;
  std::optional<provider_batch> job_;
  batch_report report_;
  job_display display_;
  bool told_end_ = false, told_stop_ = false, late_ = false;
};

} // namespace weir::inline v0::cli
