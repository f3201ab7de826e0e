// What the faults do to a plan.
#pragma once

#include <chrono>
#include <optional>
#include <vector>

#include "sim/faults/fault.hpp"
#include "sim/plan.hpp"

namespace weir::sim {

/// The answer that a fault gives in place of the model's, if it is one of those.
/// \param tgi whether errors are written as TGI writes them.
std::optional<plan> refusal(const fault&, bool tgi, std::chrono::system_clock::time_point wall);

/// Bends a good answer: its events, framing, pace and end.
void spoil(plan&, const std::vector<fault>&);

/// `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110, section 5.6.7).
std::string http_date(std::chrono::system_clock::time_point);

} // namespace weir::sim
