// The windows of several machines, on one axis of time. Pure.
#pragma once

#include <vector>

#include "bench/record/record.hpp"

namespace weir::inline v0::bench_record {

/// Joins windows of one target that begin within half a window of each other; what has no counterpart stays. Counts and
/// columns are added; of the load generators' health the worst counts.
std::vector<window> merge_windows(const std::vector<const std::vector<window>*>& parts);

} // namespace weir::inline v0::bench_record
