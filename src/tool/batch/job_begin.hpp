// What comes before a job: its input is read, and it is refused or estimated.
#pragma once

#include <chrono>

#include "tool/batch/batch_arguments.hpp"
#include "tool/batch/job_journal.hpp"
#include "tool/batch/job_ways.hpp"

namespace weir::inline v0::cli {

/// Prints what a job would be, without what its journal has answered, where that can be read. Sends nothing.
/// \returns the exit code.
int tell_estimate(const batch_arguments& args, const job_setting& job, bool by_batches,
                  std::chrono::system_clock::time_point now);

/// Reads the input, and opens the journal: that of a new job once nothing is known to stand against it. Fills in
/// `found`, and how many items the input has. \throws weir::error: why there can be no such job.
job_journal begin_job(const batch_arguments& args, job_setting& job);

} // namespace weir::inline v0::cli
