// How the faults change a plan.
#pragma once

#include <chrono>
#include <optional>
#include <vector>

#include "sim/faults/fault.hpp"
#include "sim/plan.hpp"

namespace weir::inline v0::sim {

/// The response that a fault gives instead of the model's, if it is such a fault. \param tgi whether errors are in
/// TGI's form.
std::optional<plan> refusal(const fault&, bool tgi, std::chrono::system_clock::time_point wall);

/// Modifies a good response: its events, framing, pace and end.
void spoil(plan&, const std::vector<fault>&);

/// `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110, section 5.6.7).
std::string http_date(std::chrono::system_clock::time_point);

} // namespace weir::inline v0::sim
