// Amounts of money for people.
#pragma once

#include <string>
#include <string_view>

#include <weir/cost/money.hpp>

namespace weir::inline v0 {

/// An amount as people read it: `$12.34`, `$0.0042`, `EUR 1.20`; never `$0.00` for something that is not nothing.
std::string shown_amount(std::string_view currency, const money& m);

} // namespace weir::inline v0
