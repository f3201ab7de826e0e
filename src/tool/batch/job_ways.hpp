// The ways of a job, one after the other: by the provider's batches, and live.
#pragma once

#include <chrono>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include <weir/batch.hpp>
#include <weir/client/options.hpp>

#include "tool/batch/batch_arguments.hpp"

namespace weir::inline v0::cli {

/// What a job runs with.
class job_setting {
public:
  explicit job_setting(weir::options o) : settings(std::move(o)) {}

  weir::options settings;
  batch_input input;
  batch_input_check found;
  concurrency_choice calls;
  std::optional<std::chrono::system_clock::time_point> deadline;
  std::string journal;          ///< Its path.
  std::string journal_settings; ///< What it is the journal of.
};

/// What it came to.
class job_outcome {
public:
  job_outcome() = default;
  std::shared_ptr<weir::journal> kept; ///< As it is open now.
  batch_report report;
  std::exception_ptr failed; ///< Null if it did not fail.
  bool late = false;         ///< The deadline is why it ended early.
  failure last_failure;      ///< Of the live call that failed last; no failure if none did.
};

/// Refuses a job that has no journal yet and cannot go its way. \throws weir::error: there is no such batch API, or it
/// is no job for one.
void check_new_job(const batch_arguments& args, const job_setting& job);

/// Refuses, before anything is sent, a job that cannot go this way.
/// \throws weir::error errc::invalid_argument, saying which way it can.
void check_way(const batch_arguments& args, const job_setting& job, const journal& kept);

/// Runs it. After the batches the journal is opened anew for what is asked live. \throws weir::error for options that
/// cannot be used, and if the journal cannot be opened again.
job_outcome run_ways(const batch_arguments& args, const job_setting& job, std::shared_ptr<journal> kept);

/// The report of a job that went on live after its batches.
batch_report joined(const batch_report& batches, const batch_report& live);

} // namespace weir::inline v0::cli
