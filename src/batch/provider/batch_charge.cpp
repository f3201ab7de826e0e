#include "batch/provider/batch_charge.hpp"

#include <any>

#include <weir/cost/budget.hpp>
#include <weir/cost/prices.hpp>
#include <weir/task/completion.hpp>

#include "client/cost/entered.hpp"
#include "core/failure/code_name.hpp"
#include "policy/spend/charge.hpp"

namespace weir::inline v0::vendor_batch {

batch_charge::batch_charge(const options& o, const provider::route& to)
    : prices_(o.prices()), ledger_(everyone_told(o)), budgets_(o.budgets()) {
  to_.provider(to.provider).model(to.requested_model.empty() ? to.model : to.requested_model);
  // A server at a URL may have prices of its own, by its host.
  to_.base_url(to.to.text() + to.target);
}

void batch_charge::enter(batch_result& r, wall_point now) const {
  const auto* answer = std::any_cast<completion>(&r.value);
  if (r.usage.empty() && (!answer || r.failure))
    return;
  ledger_entry e;
  e.started = now;
  e.operation = "chat";
  e.provider = r.provider;
  e.model = to_.model();
  e.outcome = r.outcome;
  if (r.failure)
    e.error = code_name(r.failure.code());
  e.request_id = r.failure.request_id();
  e.service_tier = "batch";
  e.usage = r.usage;
  auto q = price_query().started(now).usage(r.usage).batch(true);
  if (answer) {
    e.model_answered = answer->info.model;
    e.speed = answer->info.speed;
    q.model_answered(answer->info.model).service_tier("batch").speed(answer->info.speed);
  }
  e.price = price_of(prices_.get(), q, to_, r.provider, e.model);
  r.cost = e.price.cost;
  r.currency = e.price.currency;
  r.cost_estimated = r.usage.estimated;
  if (ledger_)
    ledger_->add(e);
  if (budgets_)
    (void)budgets_->record(subject_of(e), e.price.cost, tokens_of(e.usage.units), now, now, e.price.currency);
}

} // namespace weir::inline v0::vendor_batch
