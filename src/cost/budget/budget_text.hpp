// The lines in which budgets are saved.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "cost/budget/budget_core.hpp"

namespace weir::inline v0 {

/// What one group of a budget spent at one moment.
struct saved_spending {
  saved_spending() = default;
  std::string budget, group; ///< The group's id.
  budget_core::time at{};
  spend_amount amount;
  std::string currency; ///< Empty where there is no cost, or it is not known.
};

/// Appends one line.
void append_saved(std::string& out, const saved_spending& s);
/// Strict: empty for anything that append_saved() does not write, but for members that it does not know.
std::optional<saved_spending> parse_saved(std::string_view line);

} // namespace weir::inline v0
