// Runs a job beside signals and time.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/io_context.hpp>

#include <exception>
#include <functional>

#include <weir/batch/input.hpp>
#include <weir/batch/progress.hpp>

namespace weir::inline v0::cli {

/// How a job ended.
class job_end {
public:
  job_end() = default;
  std::exception_ptr failed; ///< Null if it did not fail.
  batch_report report;       ///< Of one that did not.
};

/// Runs the job to its end on this context. `obey` is called at a signal, `tick` four times a second. `cancel`: ends
/// the job. Thread safety: none.
job_end run_job_loop(boost::asio::io_context& io, boost::asio::awaitable<batch_report> job,
                     boost::asio::cancellation_signal& cancel, const std::function<void()>& obey,
                     const std::function<void()>& tick);

/// Reads an input before anything is sent, with check_batch_input(). \throws as that; errc::cancelled after a signal.
batch_input_check check_input(batch_input in, std::function<bool(const batch_item&)> counts, bool quiet);

} // namespace weir::inline v0::cli
