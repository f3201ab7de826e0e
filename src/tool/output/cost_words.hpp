// What a call has cost, in the line that sums it up.
#pragma once

#include <string>

#include <weir/cost/spending.hpp>
#include <weir/task/usage.hpp>

namespace weir::inline v0::cli {

/// `$0.002067`, `about EUR 0.0021` where it is an estimate, `$0.0021+?` where something has no known price,
/// `no known price` where nothing has one. Empty if nothing was spent, or if nothing could be priced and there are no
/// `lists` that should have.
std::string cost_words(const spending& spent, bool lists);

/// What the provider itself says the call cost.
std::string cost_words(const usage& u);

} // namespace weir::inline v0::cli
