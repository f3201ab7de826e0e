// Everybody who is told what attempts cost.
#pragma once

#include <memory>

#include <weir/client/options.hpp>
#include <weir/cost/ledger.hpp>

namespace weir::inline v0 {

/// The ledger of these options, their alerts, and the observers that count money, as one ledger; nullptr if there is
/// none of them. Observers alone are no reason to price calls: without prices and a ledger nobody asked for it.
std::shared_ptr<ledger> everyone_told(const options& o);

} // namespace weir::inline v0
