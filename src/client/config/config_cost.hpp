// The sections of a configuration file that are about money: prices, ledger, budgets.
#pragma once

#include <string>

#include "client/config/config_sections.hpp"

namespace weir::inline v0 {

/// Reads the price lists and opens the ledger.
void read_cost(config_object& root, config_context& in);
/// Counts in the budgets of `o` what this ledger says was spent, and shows it to its alerts.
/// \throws weir::error errc::invalid_argument if it cannot be read.
void restore_cost(const options& o, const std::string& ledger);
/// Once all files are read: the same with the ledger that they name; and tells the alerts of budgets and of entries
/// that are lost.
void connect_cost(options& o);

} // namespace weir::inline v0
