// What the answers of batches cost, and who is told.
#pragma once

#include <memory>

#include <weir/batch/result.hpp>
#include <weir/client/options.hpp>
#include <weir/cost/ledger.hpp>

#include "batch/provider/wall_clock.hpp"
#include "provider/dialect.hpp"

namespace weir::inline v0::vendor_batch {

/// Prices results at the rates for batches, and enters each where the options say: ledger, alerts, budgets, observers.
/// Thread safety: none.
class batch_charge {
public:
  batch_charge(const options& o, const provider::route& to);

  /// Fills in the cost of a result that the provider gave. One without usage cost nothing, unless it is an answer.
  void enter(batch_result& r, wall_point now) const;

private:
  std::shared_ptr<price_book> prices_;
  std::shared_ptr<ledger> ledger_;
  std::shared_ptr<budgets> budgets_;
  target to_;
};

} // namespace weir::inline v0::vendor_batch
