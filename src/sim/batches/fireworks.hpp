// What Fireworks' datasets and batch jobs share.
#pragma once

#include <string>
#include <string_view>

#include "sim/batches/batch_ask.hpp"

namespace weir::inline v0::sim {

/// The names of a dataset's files.
inline constexpr std::string_view fireworks_output_name = "BIJOutputSet.jsonl",
                                  fireworks_error_name = "error-data.jsonl";

/// An error in the form of Fireworks' gateway.
plan fireworks_error(int status, std::string_view message);
/// A dataset's content: its files, one after the other; null if it is not there or not ready.
shared_text dataset_content(const batch_ask& ask, std::string_view name);
/// Puts what ended jobs have written into their output datasets.
void deliver_fireworks_outputs(const batch_ask& ask);
/// A full name of what may be only an id.
std::string fireworks_name(std::string_view account, std::string_view kind, std::string_view id);

} // namespace weir::inline v0::sim
