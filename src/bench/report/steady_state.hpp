// The part of a closed loop in which it was fully loaded.
#pragma once

#include <cstddef>
#include <string>

#include "bench/record/record.hpp"

namespace weir::inline v0::bench_report {

/// The object `steady_state` of vLLM's result files, to the precision of windows: from the first one in which 95 % of
/// the requests that the plan has at once were in flight to the last one. `null` for an open load, and if it was never
/// loaded so. Times per output token are not kept by windows and are null.
std::string steady_state_json(const bench_result::record& r, std::size_t target);

} // namespace weir::inline v0::bench_report
