// What several answers consumed together.
#pragma once

#include <weir/task/usage.hpp>

namespace weir::inline v0 {

/// The sum of what two answers, or two parts of one, used. A count that only one reported is that one's, a lower bound
/// of what was used; one that neither reported stays absent.
usage sum(const usage& a, const usage& b) noexcept;

} // namespace weir::inline v0
