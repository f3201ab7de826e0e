// What the value of an option or argument may be, for completion.
#pragma once

#include <CLI/CLI.hpp>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <weir/task/kind.hpp>

#include "tool/reference/providers_table.hpp"

namespace weir::inline v0::cli {

/// The values to choose from, each with a description or none; or the names of files.
class value_choice {
public:
  value_choice() = default;
  std::vector<std::pair<std::string, std::string>> words;
  bool files = false; ///< A file's name.
  bool texts = false; ///< A text, or `@FILE`.
};

/// The choice for an option, or for an argument. `task`: the one that is named before it, whose parameters `--param`
/// takes, and which the providers that are offered have.
value_choice values_of(const CLI::Option& option, std::optional<task_kind> task,
                       const std::vector<provider_row>& providers);

} // namespace weir::inline v0::cli
