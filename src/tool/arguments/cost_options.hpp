// The options that are about money: prices, the ledger, tags; and where telemetry goes.
#pragma once

#include <CLI/CLI.hpp>

#include <string>
#include <utility>
#include <vector>

#include <weir/client/options.hpp>
#include <weir/cost/alerts.hpp>
#include <weir/task/call_options.hpp>

namespace weir::inline v0::cli {

/// A line about an alert on stderr, apart from an answer that is being printed.
void tell_alert(const alert& a);

class cost_options {
public:
  cost_options() = default;

  void add_to(CLI::App& command);
  /// Adds price lists to those of the configuration, and opens the ledger: one that is named takes the place of the
  /// configuration's. Budgets without a ledger of their own are kept by one in the user's state folder. Adds an
  /// exporter of telemetry, if one is asked for.
  /// \throws weir::error for files that cannot be used.
  void apply(options& o) const;
  /// For a request that is only shown: the price lists, and budgets that have counted the same ledgers, of which none
  /// is made or written to. \throws as apply().
  void look(options& o) const;
  /// The tags, for each request. \throws weir::error errc::invalid_argument for what is no NAME=VALUE.
  call_options call() const;

private:
  void read_lists(options& o) const;

  std::vector<std::string> prices_, tags_;
  std::string ledger_, otlp_;
};

} // namespace weir::inline v0::cli
