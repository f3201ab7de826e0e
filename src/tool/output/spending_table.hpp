// What a ledger's sums look like.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <weir/cost/spending.hpp>

#include "tool/output/time_axis.hpp"

namespace weir::inline v0::cli {

/// Rows of names with their sums, and a total. `title` heads the first column. How many requests are unpriced, and how
/// many amounts are estimates, has a column of its own where there are any.
std::string spending_table(std::string_view title, const spending_by& rows, bool dearest_first);
/// A bar for each date of the axis, in `columns` columns: its cost in the currency that most is spent in, or its tokens
/// where nothing has a price. Empty if there is nothing to draw. `by`: what the dates are, as time_axis() has it.
std::string spending_plot(std::string_view title, std::string_view by, const spending_by& rows,
                          const std::vector<axis_mark>& axis, std::size_t columns);

/// `{"by":"model","name":…,"calls":…,"cost":{"USD":"1.23"}, …}`.
std::string spending_json(std::string_view by, std::string_view name, const spending& s);
std::string spending_csv_head(std::string_view by);
/// A line for each currency, or one without; a name is quoted (RFC 4180).
std::string spending_csv(std::string_view name, const spending& s);

} // namespace weir::inline v0::cli
