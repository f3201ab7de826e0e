#include "client/cost/entered.hpp"

#include <utility>
#include <vector>

#include <weir/cost/alerts.hpp>
#include <weir/policy/observe/spending.hpp>

#include "cost/charged.hpp"

namespace weir::inline v0 {

namespace {

std::shared_ptr<ledger> telling(std::shared_ptr<alerts> to) {
  return on_entry([to = std::move(to)](const ledger_entry& e) {
    if (!is_charged(e))
      return;
    to->note(subject_of(e), e.price.cost, tokens_of(e.usage.units),
             e.started + std::chrono::duration_cast<std::chrono::system_clock::duration>(e.took));
  });
}

std::shared_ptr<ledger> telling(std::vector<std::shared_ptr<spending_observer>> all) {
  return on_entry([all = std::move(all)](const ledger_entry& e) {
    if (!is_charged(e))
      return;
    for (const auto& one : all)
      if (e.price.cost)
        one->spent(e.provider, e.model, e.key, e.service_tier, e.price.currency, e.price.cost->to_double());
      else
        one->unpriced(e.provider, e.model);
  });
}

} // namespace

std::shared_ptr<ledger> everyone_told(const options& o) {
  std::vector<std::shared_ptr<ledger>> all;
  if (o.ledger())
    all.push_back(o.ledger());
  if (o.alerts())
    all.push_back(telling(o.alerts()));
  if (all.empty() && !o.prices())
    return nullptr;
  std::vector<std::shared_ptr<spending_observer>> counting;
  for (const auto& one : o.observers())
    if (auto counts = std::dynamic_pointer_cast<spending_observer>(one))
      counting.push_back(std::move(counts));
  if (!counting.empty())
    all.push_back(telling(std::move(counting)));
  if (all.size() == 1)
    return all.front();
  return all.empty() ? nullptr : ledgers(std::move(all));
}

} // namespace weir::inline v0
