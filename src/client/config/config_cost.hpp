// The sections of a configuration file that are about money: prices, ledger, budgets.
#pragma once

#include "client/config/config_sections.hpp"

namespace weir::inline v0 {

/// Reads the price lists, opens the ledger, and counts in the budgets what the ledger says was spent.
void read_cost(config_object& root, config_context& in);

} // namespace weir::inline v0
