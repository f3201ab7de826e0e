// The options that are about money: prices, the ledger, tags.
#pragma once

#include <CLI/CLI.hpp>

#include <string>
#include <utility>
#include <vector>

#include <weir/client/options.hpp>
#include <weir/task/call_options.hpp>

namespace weir::inline v0::cli {

class cost_options {
public:
  cost_options() = default;

  void add_to(CLI::App& command);
  /// Adds price lists to those of the configuration, and opens the ledger: one that is named takes the place of the
  /// configuration's. Budgets without a ledger of their own are kept by one in the user's state folder.
  /// \throws weir::error for files that cannot be used.
  void apply(options& o) const;
  /// The tags, for each request. \throws weir::error errc::invalid_argument for what is no NAME=VALUE.
  call_options call() const;

private:
  std::vector<std::string> prices_, tags_;
  std::string ledger_;
};

} // namespace weir::inline v0::cli
