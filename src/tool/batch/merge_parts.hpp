// The parts of a job that was run with --split, as one.
#pragma once

#include <string>
#include <vector>

#include "tool/batch/batch_arguments.hpp"

namespace weir::inline v0::cli {

/// `parts`: outputs or journals. \returns the exit code. \throws weir::error for what is no part, or does not fit.
int merge_parts(const std::vector<std::string>& parts, const batch_arguments& args);

} // namespace weir::inline v0::cli
