#include "tool/batch/job_estimate.hpp"

#include <fmt/format.h>

#include <map>
#include <optional>

#include <weir/cost/prices.hpp>

#include "cost/shown_amount.hpp"
#include "tool/output/output.hpp"

namespace weir::inline v0::cli {

namespace {

// The rule of thumb for English.
constexpr std::uint64_t characters_per_token = 4;
// What an answer without a limit is taken for, as rate limits and budgets do.
constexpr std::uint64_t usual_answer = 512;

std::string models_line(const batch_input_check& found, const options& o) {
  std::string text;
  std::size_t left = 5;
  for (const auto& [model, n] : found.models) {
    if (left-- == 0)
      return text + fmt::format(" and {} more", found.models.size() - 5);
    const auto name = model.empty() ? (o.model().empty() ? std::string("(none is named)") : o.model()) : model;
    text += fmt::format("{}{}{}", text.empty() ? "" : ", ", one_line(name),
                        found.models.size() == 1 ? std::string() : fmt::format(" ({})", n));
  }
  return text;
}

} // namespace

std::string job_estimate(const batch_input_check& found, const options& o, std::uint64_t max_tokens,
                         std::chrono::system_clock::time_point now) {
  const auto in = found.characters / characters_per_token;
  const auto answer = max_tokens != 0 ? max_tokens : usual_answer;
  const auto out = found.max_output_tokens + found.unlimited * answer;
  auto text = fmt::format("items        {}\n", found.items);
  if (found.rejected != 0)
    text += fmt::format("cannot be asked  {}, such as {}\n", found.rejected,
                        found.problems.empty() ? std::string("one") : one_line(found.problems.front()));
  text += fmt::format("model        {}\n", models_line(found, o));
  text += fmt::format("tokens       about {} in, {} {} out{}\n", in,
                      found.unlimited != 0 && max_tokens == 0 ? "about" : "at most", out,
                      found.unlimited != 0 && max_tokens == 0 ? " (--max-tokens limits answers)" : "");
  if (found.media != 0)
    text += fmt::format("             and images, sound or files in {} items, which are not counted\n", found.media);
  if (!o.prices())
    return text + "cost         not known: --prices FILE names a price list\n";
  std::map<std::string, money> cost;
  std::uint64_t unpriced = 0;
  for (const auto& [model, n] : found.models) {
    const auto q =
        price_query(o.base_url().empty() ? o.provider() : o.base_url(), model.empty() ? o.model() : model).started(now);
    const auto share = [n = n, &found](std::uint64_t all) { return found.items == 0 ? 0 : all * n / found.items; };
    usage u;
    u.units.set(usage_unit::input_text, share(in));
    u.units.set(usage_unit::output_text, share(out));
    // A tier by the size of a prompt must not see the sum of all.
    const auto p = o.prices()->price(price_query(q).usage(u));
    if (p.computed)
      cost[p.currency] += *p.computed;
    else
      unpriced += n;
  }
  std::string amounts;
  for (const auto& [currency, amount] : cost)
    amounts += (amounts.empty() ? "" : " + ") + shown_amount(currency, amount);
  text += "cost         ";
  text += amounts.empty() ? std::string("no price is known") : "about " + amounts;
  if (unpriced != 0 && !amounts.empty())
    text += fmt::format(", and {} items without a price", unpriced);
  return text + "\n";
}

} // namespace weir::inline v0::cli
