#include "cost/shown_amount.hpp"

#include <algorithm>

#include "cost/plain_text.hpp"

namespace weir::inline v0 {

std::string shown_amount(std::string_view currency, const money& m) {
  constexpr std::size_t longest_currency = 16;
  const auto size = m < money() ? -m : m;
  int decimals = 2;
  // Two digits of what is less than a cent.
  for (auto least = money::from_pico(10'000'000'000); decimals < 12 && size > money() && size < least;
       least = money::from_pico(least.pico() / 10))
    ++decimals;
  if (decimals > 2)
    decimals = std::min(12, decimals + 1);
  std::string text;
  if (currency != "USD") {
    append_plain(text, currency, longest_currency);
    text += ' ';
  }
  return text.append(m < money() ? "-" : "").append(currency == "USD" ? "$" : "").append(size.text(decimals));
}

} // namespace weir::inline v0
