// The layer that knows what attempts cost: room in the budgets before, an entry in the ledger after.
#pragma once

#include <functional>
#include <memory>

#include <weir/cost/budget.hpp>
#include <weir/cost/ledger.hpp>
#include <weir/policy/handler.hpp>

namespace weir::inline v0 {

/// What the layer works with; each may be null.
class spend_parts {
public:
  spend_parts() = default;
  std::shared_ptr<price_book> prices;
  std::shared_ptr<weir::ledger> ledger;
  std::shared_ptr<weir::budgets> budgets;
};

/// Reserves an upper bound of each attempt's cost and tokens, and fails with errc::over_budget if a budget has no room:
/// nothing is sent, and failure::retry_after() tells when there is room again. When the attempt ends, however it ends,
/// what it used is settled and entered: of an attempt that broke off, or was abandoned, an estimate, because the
/// provider may charge for it. One that the provider refused, or that was never sent, costs nothing.
/// \param parts without a ledger and budgets the layer does nothing.
layer make_spend(spend_parts parts);

} // namespace weir::inline v0
