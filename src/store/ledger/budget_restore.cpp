#include <weir/store/budget_restore.hpp>

#include <algorithm>

namespace weir::inline v0 {

ledger_contents restore(budgets& all, const std::string& path, std::chrono::system_clock::time_point now) {
  return read_ledger(
      path,
      [&](const ledger_entry& e) {
        const auto cost = e.held_cost && e.price.cost < e.held_cost ? e.held_cost : e.price.cost;
        all.record(subject_of(e), cost, std::max(tokens_of(e.usage.units), e.held_tokens),
                   e.started + std::chrono::duration_cast<std::chrono::system_clock::duration>(e.took), now);
      },
      now - std::chrono::days(31));
}

} // namespace weir::inline v0
