// A ledger's lost entries as alerts.
#pragma once

#include <memory>

#include <weir/cost/alerts.hpp>
#include <weir/store/ledger_file.hpp>

namespace weir::inline v0 {

/// From now on an entry that this file loses is told.
void tell_losses(ledger_file& of, std::shared_ptr<alerts> to);

} // namespace weir::inline v0
