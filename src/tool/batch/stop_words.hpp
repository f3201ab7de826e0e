// Why a job ended early, in the command's words.
#pragma once

#include <weir/batch/progress.hpp>

namespace weir::inline v0::cli {

/// Puts the words of the library's settings into those of options, and a signal or the deadline in the place of what
/// they led to.
void tell_why_stopped(batch_report& r, bool interrupted, bool late);

} // namespace weir::inline v0::cli
