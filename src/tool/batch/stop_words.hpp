// Why a job ended early, in the command's words.
#pragma once

#include <string>

#include <weir/batch/progress.hpp>

namespace weir::inline v0::cli {

/// Puts the words of the library's settings into those of options, and a signal or the deadline in the place of what
/// they led to.
void tell_why_stopped(batch_report& r, bool interrupted, bool late);

/// While an output is written: \throws weir::error errc::cancelled after a signal.
void throw_if_output_is_stopped();

/// Whether an output could not be written because the reader of `-`, stdout, has closed it.
bool was_left_by_reader(const failure& why, const std::string& output);

} // namespace weir::inline v0::cli
