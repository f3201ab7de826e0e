#include "tool/output/estimate_words.hpp"

#include <fmt/format.h>

#include <weir/cost/budget.hpp>
#include <weir/cost/prices.hpp>

#include "cost/shown_amount.hpp"
#include "policy/spend/charge.hpp"
#include "tool/output/output.hpp"

namespace weir::inline v0::cli {

namespace {

std::string tokens_words(const operation& op, const token_estimate& t) {
  if (t.total() == 0)
    return {};
  const auto* chat = op.as_chat();
  if (chat && !chat->max_tokens() && !chat->max_completion_tokens())
    return fmt::format(", for about {} tokens in and an answer of {}: --max-tokens limits it", t.prompt, t.completion);
  return fmt::format(", for about {} tokens in and at most {} out", t.prompt, t.completion);
}

std::string budget_words(budgets& all, const call& c, const upper_bound& most,
                         std::chrono::system_clock::time_point now) {
  auto held = all.reserve(spend_subject()
                              .key(c.to.key())
                              .provider(c.to.provider())
                              .model(c.to.model())
                              .tenant(c.op->options().tenant())
                              .tags(c.op->options().tags()),
                          most.cost, most.tokens, now, most.currency);
  if (const auto* refusal = held.refusal())
    return fmt::format("it would not be sent: {}\n", one_line(refusal->message()));
  held.release();
  return "the budgets have room for it\n";
}

} // namespace

std::string estimate_words(const options& o, std::shared_ptr<const operation> op, const explained_request& sent,
                           std::chrono::system_clock::time_point now) {
  if (!o.prices() && !o.budgets())
    return {};
  // As it was requested: budgets know it by that name, and a gateway's own name is looked up second.
  const auto named = target().provider(o.provider().empty() ? "auto" : o.provider()).base_url(o.base_url());
  const auto* chat = op->as_chat();
  const auto& requested = chat && !chat->model().empty() ? chat->model() : o.model().empty() ? sent.model : o.model();
  const call c(op, target(named).model(requested), nullptr, time_point());
  mapped_names names;
  names.learn(c.to, sent.provider, sent.model);
  auto q = price_query().started(now);
  const auto most = bound_of(c, o.prices().get(), names, q);
  const auto cost = most.cost ? "it may cost " + shown_amount(most.currency.empty() ? "USD" : most.currency, *most.cost)
                              : std::string("no price is known for it");
  return fmt::format("{}{}\n", cost, tokens_words(*op, most.expected)) +
         (o.budgets() ? budget_words(*o.budgets(), c, most, now) : std::string());
}

} // namespace weir::inline v0::cli
