// What a job would be, before anything is sent.
#pragma once

#include <chrono>
#include <string>

#include <weir/batch/input.hpp>
#include <weir/client/options.hpp>

namespace weir::inline v0::cli {

/// Items, tokens and cost of what an input holds, in lines. `max_tokens`: of answers to items that have no limit of
/// their own; 0: not known.
std::string job_estimate(const batch_input_check& found, const options& o, std::uint64_t max_tokens,
                         std::chrono::system_clock::time_point now);

} // namespace weir::inline v0::cli
