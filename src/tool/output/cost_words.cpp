#include "tool/output/cost_words.hpp"

#include "cost/shown_amount.hpp"
#include "tool/output/output.hpp"

namespace weir::inline v0::cli {

namespace {

// Six decimals, unless they would show little of what is not nothing.
std::string exact_enough(const std::string& currency, const money& m) {
  constexpr int decimals = 6;
  if (m < money() || (m > money() && m < money::from_pico(10'000'000)))
    return shown_amount(currency, m);
  return (currency == "USD" ? "$" : one_line(currency) + " ") + m.text(decimals);
}

} // namespace

std::string cost_words(const spending& spent, bool lists) {
  std::string text;
  for (const auto& [currency, amount] : spent.cost) {
    // Attempts that cost nothing are entered in one currency, whatever that of the price lists.
    if (amount == money() && (spent.cost.size() > 1 || spent.unpriced != 0))
      continue;
    text += (text.empty() ? "" : " + ") + exact_enough(currency, amount);
  }
  if (text.empty())
    return spent.unpriced != 0 && lists ? "no known price" : "";
  return (spent.estimated != 0 ? "about " : "") + text + (spent.unpriced != 0 ? "+?" : "");
}

std::string cost_words(const usage& u) {
  const auto exact = u.cost ? money::from_double(*u.cost) : std::nullopt;
  return exact ? exact_enough("USD", *exact) : std::string();
}

} // namespace weir::inline v0::cli
