// Which entries of a ledger are spending.
#pragma once

#include <weir/cost/ledger.hpp>

namespace weir::inline v0 {

/// Whether the attempt was charged for, or may have been: refused ones cost nothing, and are no news.
inline bool is_charged(const ledger_entry& e) noexcept { return !e.usage.empty() || e.price.cost != money(); }

} // namespace weir::inline v0
