// The results of a batch as each provider writes them.
#pragma once

#include <string>

#include "sim/batches/batch.hpp"

namespace weir::inline v0::sim {

/// The JSON text of a result.
/// \param o null for a line that was not answered before the batch ended as `end`.
/// \return empty if the provider writes nothing for such a line.
std::string result_line(const batch& b, const batch_line& l, const line_outcome* o, batch_phase end);

/// `[…]` of JSONL.
std::string array_of(std::string_view jsonl);

/// An object's text with one more member, which is JSON text already.
std::string with_member(const codec::json::object& o, std::string_view key, std::string_view json);

} // namespace weir::inline v0::sim
