#include <weir/store/budget_restore.hpp>

namespace weir::inline v0 {

ledger_contents restore(budgets& all, const std::string& path, std::chrono::system_clock::time_point now) {
  return read_ledger(
      path,
      [&](const ledger_entry& e) {
        const auto tokens = e.usage.units.input_tokens().value_or(0) + e.usage.units.output_tokens().value_or(0);
        all.record(spend_subject().key(e.key).provider(e.provider).model(e.model).tenant(e.tenant).tags(e.tags),
                   e.price.cost, tokens,
                   e.started + std::chrono::duration_cast<std::chrono::system_clock::duration>(e.took), now);
      },
      now - std::chrono::days(31));
}

} // namespace weir::inline v0
