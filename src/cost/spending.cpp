#include <weir/cost/spending.hpp>

#include <algorithm>
#include <limits>

namespace weir::inline v0 {

namespace {

bool answered(outcome o) noexcept { return o == outcome::complete || o == outcome::length; }

// Stays at the largest number.
void grow(std::uint64_t& sum, std::uint64_t n) noexcept {
  sum = n > std::numeric_limits<std::uint64_t>::max() - sum ? std::numeric_limits<std::uint64_t>::max() : sum + n;
}

void add_all(std::map<std::string, money>& to, const std::map<std::string, money>& from) {
  for (const auto& [currency, amount] : from)
    to[currency] += amount;
}

money in(const spending& s, const std::string& currency) {
  const auto found = s.cost.find(currency);
  return found == s.cost.end() ? money() : found->second;
}

} // namespace

void spending::add(const ledger_entry& e) {
  calls += e.first;
  ++attempts;
  failed += !answered(e.outcome);
  unpriced += !e.price.cost;
  estimated += e.usage.estimated;
  incomplete += e.price.incomplete;
  const auto& units = e.usage.units;
  grow(input_tokens, units.input_tokens().value_or(0));
  grow(cached_tokens, units[usage_unit::cache_read].value_or(0));
  grow(output_tokens, units.output_tokens().value_or(0));
  if (e.price.cost)
    cost[e.price.currency] += *e.price.cost;
  if (e.cache_saved)
    cache_saved[e.price.currency] += *e.cache_saved;
}

void spending::add(const spending& other) {
  calls += other.calls;
  attempts += other.attempts;
  failed += other.failed;
  unpriced += other.unpriced;
  estimated += other.estimated;
  incomplete += other.incomplete;
  grow(input_tokens, other.input_tokens);
  grow(cached_tokens, other.cached_tokens);
  grow(output_tokens, other.output_tokens);
  add_all(cost, other.cost);
  add_all(cache_saved, other.cache_saved);
}

void spending_by::add(const std::string& name, const ledger_entry& e) {
  total_.add(e);
  const auto found = rows_.find(name);
  if (found != rows_.end())
    found->second.add(e);
  else
    rows_[rows_.size() < max_names_ ? name : std::string("other")].add(e);
}

std::vector<std::string> spending_by::dearest_first() const {
  std::string currency;
  for (const auto& [name, amount] : total_.cost)
    if (currency.empty() || amount > in(total_, currency))
      currency = name;
  std::vector<std::string> names;
  for (const auto& [name, _] : rows_)
    names.push_back(name);
  std::sort(names.begin(), names.end(), [&](const auto& a, const auto& b) {
    const auto& one = rows_.at(a);
    const auto& other = rows_.at(b);
    const auto cost = in(one, currency) <=> in(other, currency);
    const auto tokens = one.input_tokens + one.output_tokens, others = other.input_tokens + other.output_tokens;
    return cost != 0 ? cost > 0 : tokens != others ? tokens > others : a < b;
  });
  return names;
}

} // namespace weir::inline v0
