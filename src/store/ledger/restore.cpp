// What a ledger says was spent, for budgets and alerts.
#include <weir/store/alert_restore.hpp>
#include <weir/store/budget_restore.hpp>

#include <algorithm>

#include "cost/charged.hpp"

namespace weir::inline v0 {

namespace {

using wall = std::chrono::system_clock;

// What budgets look back on, and what a baseline consists of: regular jobs are known after two days.
constexpr auto counted = std::chrono::days(31), usual = std::chrono::days(4);

wall::time_point end_of(const ledger_entry& e) {
  return e.started + std::chrono::duration_cast<wall::duration>(e.took);
}

std::vector<budget_event> count(budgets& all, const ledger_entry& e, wall::time_point now) {
  const auto cost = e.held_cost && e.price.cost < e.held_cost ? e.held_cost : e.price.cost;
  return all.record(subject_of(e), cost, std::max(tokens_of(e.usage.units), e.held_tokens), end_of(e), now,
                    e.price.currency);
}

// What a clock that was wrong has dated later says nothing of what is usual.
void show(alerts& all, const ledger_entry& e, wall::time_point now) {
  if (const auto when = end_of(e); is_charged(e) && when > now - usual && when <= now)
    all.record(subject_of(e), e.price.cost, when);
}

} // namespace

ledger_contents restore(budgets& all, const std::string& path, wall::time_point now) {
  return read_ledger(path, [&](const ledger_entry& e) { count(all, e, now); }, now - counted);
}

ledger_contents restore(alerts& all, const std::string& path, wall::time_point now) {
  return read_ledger(path, [&](const ledger_entry& e) { show(all, e, now); }, now - usual);
}

ledger_contents restore(budgets& all, alerts& watching, const std::string& path, wall::time_point now) {
  const auto both = [&](const ledger_entry& e) {
    for (const auto& event : count(all, e, now))
      watching.record(event);
    show(watching, e, now);
  };
  return read_ledger(path, both, now - counted);
}

} // namespace weir::inline v0
