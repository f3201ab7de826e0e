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

std::string currency_of(const price_book* prices, const call& c, const explained_request& sent,
                        std::chrono::system_clock::time_point now) {
  usage one;
  one.units.set(usage_unit::input_text, 1);
  one.units.set(usage_unit::requests, 1);
  auto q = query_of(c.to, {}, c.to.model(), now).usage(one);
  auto found = prices->price(q).currency;
  if (found.empty())
    found = prices->price(price_query(q).provider(sent.provider).model(sent.model)).currency;
  return found.empty() ? "USD" : found;
}

std::string budget_words(budgets& all, const call& c, const upper_bound& most,
                         std::chrono::system_clock::time_point now) {
  auto held = all.reserve(spend_subject()
                              .key(c.to.key())
                              .provider(c.to.provider())
                              .model(c.to.model())
                              .tenant(c.op->options().tenant())
                              .tags(c.op->options().tags()),
                          most.cost, most.tokens.total(), now);
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
  auto most = bound_of(c, o.prices().get(), now);
  if (!most.cost)
    most.cost = bound_of(call(op, target(named).provider(sent.provider).model(sent.model), nullptr, time_point()),
                         o.prices().get(), now)
                    .cost;
  const auto cost = most.cost ? "it may cost " + shown_amount(currency_of(o.prices().get(), c, sent, now), *most.cost)
                              : std::string("no price is known for it");
  return fmt::format("{}{}\n", cost, tokens_words(*op, most.tokens)) +
         (o.budgets() ? budget_words(*o.budgets(), c, most, now) : std::string());
}

} // namespace weir::inline v0::cli
