#include "tool/batch/job_estimate.hpp"

#include <fmt/format.h>

#include <utility>

#include <weir/cost/prices.hpp>

#include "batch/report/numbers.hpp"
#include "codec/json/json.hpp"
#include "cost/shown_amount.hpp"
#include "tool/output/output.hpp"

namespace weir::inline v0::cli {

namespace json = codec::json;

namespace {

// The rule of thumb for English.
constexpr std::uint64_t characters_per_token = 4;
// What an answer without a limit is taken for, as rate limits and budgets do.
constexpr std::uint64_t usual_answer = 512;
constexpr std::size_t shown_models = 5;

std::string models_text(const std::map<std::string, std::uint64_t>& models) {
  std::string text;
  std::size_t left = shown_models;
  for (const auto& [model, n] : models) {
    if (left-- == 0)
      return text + fmt::format(" and {} more", models.size() - shown_models);
    text += fmt::format("{}{}{}", text.empty() ? "" : ", ", model.empty() ? "(none is named)" : one_line(model),
                        models.size() == 1 ? std::string() : fmt::format(" ({})", grouped(n)));
  }
  return text;
}

void price(job_estimate& e, const options& o, std::chrono::system_clock::time_point now) {
  for (const auto& [model, n] : e.models) {
    const auto query =
        price_query(o.base_url().empty() ? o.provider() : o.base_url(), model).started(now).batch(e.batch);
    const auto share = [n = n, &e](std::uint64_t all) { return e.found.items == 0 ? 0 : all * n / e.found.items; };
    usage u;
    u.units.set(usage_unit::input_text, share(e.input_tokens));
    u.units.set(usage_unit::output_text, share(e.output_tokens));
    const auto p = o.prices()->price(price_query(query).usage(u));
    if (p.computed)
      e.cost[p.currency] += *p.computed;
    else
      e.unpriced += n;
  }
}

} // namespace

job_estimate estimate_of(batch_input_check found, const options& o, std::chrono::system_clock::time_point now,
                         bool batch) {
  job_estimate e;
  e.batch = batch;
  for (const auto& [model, n] : found.models)
    e.models[model.empty() ? o.model() : model] += n;
  e.input_tokens = found.characters / characters_per_token;
  e.output_tokens = found.max_output_tokens + found.unlimited * usual_answer;
  e.limited = found.unlimited == 0;
  e.has_prices = o.prices() != nullptr;
  e.found = std::move(found);
  if (e.has_prices)
    price(e, o, now);
  return e;
}

std::string job_estimate::text() const {
  auto text = fmt::format("items        {}\n", grouped(found.items + kept));
  if (!journal.empty())
    text += fmt::format("answered     {} in {}\nleft to ask  {}\n", grouped(kept), one_line(journal),
                        found.items == 0 ? "none" : grouped(found.items));
  if (changed != 0)
    text += fmt::format("changed      {} since {} answered: without --force the job refuses {}\n", grouped(changed),
                        changed == 1 ? "it was" : "they were", changed == 1 ? "it" : "them");
  if (submitted != 0)
    text += fmt::format("submitted    {} in batches at the provider, which are paid for already\n",
                        counted(submitted, "item is", "items are"));
  if (found.rejected != 0)
    text += fmt::format("cannot be asked  {}, such as {}\n", grouped(found.rejected),
                        found.problems.empty() ? std::string("one") : one_line(found.problems.front()));
  for (const auto& name : found.unread)
    text += fmt::format("not read     {}, which can be read only once\n", one_line(name));
  if (found.items == 0)
    return text;
  text += fmt::format("model        {}\n", models_text(models));
  text += fmt::format("tokens       about {} in", grouped(input_tokens));
  if (found.others < found.items)
    text += fmt::format(", {} {} out{}", limited ? "at most" : "about", grouped(output_tokens),
                        limited ? "" : " (--max-tokens limits answers)");
  text += '\n';
  if (found.others != 0)
    text += fmt::format("             and the results of {} items of another task than chats, which are not counted\n",
                        grouped(found.others));
  if (found.media != 0)
    text += fmt::format("             and images, sound or files in {} items, which are not counted\n",
                        grouped(found.media));
  if (!has_prices)
    return text + "cost         not known: --prices FILE names a price list\n";
  std::string amounts;
  for (const auto& [currency, amount] : cost)
    amounts += (amounts.empty() ? "" : " + ") + shown_amount(currency, amount);
  text += "cost         ";
  text += amounts.empty() ? std::string("no price is known")
                          : "about " + amounts + (found.others == 0 ? "" : " for text alone");
  if (batch && !amounts.empty())
    text += " as batches of the provider";
  if (unpriced != 0 && !amounts.empty())
    text += fmt::format(", and {} items without a price", grouped(unpriced));
  return text + "\n";
}

std::string job_estimate::json() const {
  json::object by_model, amounts;
  for (const auto& [model, n] : models)
    by_model[model] = n;
  for (const auto& [currency, amount] : cost)
    amounts[currency] = amount.text();
  json::array problems, unread;
  for (const auto& p : found.problems)
    problems.emplace_back(p);
  for (const auto& name : found.unread)
    unread.emplace_back(name);
  json::object all;
  all["items"] = found.items + kept;
  all["answered"] = kept;
  all["changed"] = changed;
  all["submitted"] = submitted;
  all["left_to_ask"] = found.items;
  all["rejected"] = found.rejected;
  all["problems"] = std::move(problems);
  all["not_read"] = std::move(unread);
  all["models"] = std::move(by_model);
  all["input_tokens"] = input_tokens;
  all["output_tokens"] = output_tokens;
  all["output_limited"] = limited;
  all["items_with_media"] = found.media;
  all["items_without_output_tokens"] = found.others;
  all["cost"] = has_prices ? json::value(std::move(amounts)) : json::value(nullptr);
  all["items_without_price"] = has_prices ? json::value(unpriced) : json::value(nullptr);
  return codec::to_text(all) + "\n";
}

} // namespace weir::inline v0::cli
