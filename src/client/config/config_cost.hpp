// The sections of a configuration file that are about money: prices, ledger, budgets.
#pragma once

#include "client/config/config_sections.hpp"

namespace weir::inline v0 {

/// Reads the price lists and opens the ledger.
void read_cost(config_object& root, config_context& in);
/// Once all files are read: counts in the budgets what the ledger says was spent, and tells the alerts of budgets and
/// of entries that are lost.
void connect_cost(options& o);

} // namespace weir::inline v0
