// Models as a table for people and as JSON lines.
#pragma once

#include <string>
#include <vector>

#include <weir/task/catalog/model_info.hpp>

namespace weir::inline v0::cli {

/// One row per model and provider, the cheapest provider first; at most 100 columns wide. A name too long for its
/// column gets its own line above its rows.
std::string models_table(std::vector<model_info> all);

/// One object; unknown values are null.
std::string to_json(const model_info& m);

} // namespace weir::inline v0::cli
