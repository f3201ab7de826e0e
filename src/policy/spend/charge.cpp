#include "policy/spend/charge.hpp"

#include <algorithm>

namespace weir::inline v0 {

namespace {

// The rule of thumb for English; what remains is an estimate, and marked as one.
constexpr std::size_t bytes_per_token = 4;

bool answered(outcome o) noexcept { return o == outcome::complete || o == outcome::length || o == outcome::filtered; }

// The tokens that arrived: a stream's events are tokens or a little more.
std::uint64_t arrived(const attempt& a, std::string_view text) noexcept {
  return text.empty() ? a.events : text.size() / bytes_per_token + 1;
}

} // namespace

billing billing_of(const attempt& a, const attempt_end& end) noexcept {
  if (!end.usage.empty() || answered(end.outcome))
    return billing::known;
  if (a.sent == duration())
    return billing::nothing;
  const bool verdict = a.status / 100 > 2 && !a.maybe_billed;
  return verdict ? billing::nothing : billing::maybe;
}

usage used_by(const attempt& a, const attempt_end& end, const token_estimate& expected, billing how) {
  if (how == billing::nothing)
    return {};
  auto u = end.usage;
  if (u.units.empty() && !u.cost) {
    u.estimated = true;
    u.units.set(usage_unit::input_text, u.prompt_tokens.value_or(expected.prompt));
    if (const auto n = u.completion_tokens.value_or(arrived(a, end.answered)); n != 0 || expected.completion != 0)
      u.units.set(usage_unit::output_text, n);
  } else if (how == billing::known && !answered(end.outcome)) {
    // Counts that a stream carries along may be older than its last events.
    const auto counted = u.units.output_tokens().value_or(0);
    if (const auto n = arrived(a, {}); n > counted + counted / 2 + 1) {
      u.estimated = true;
      u.units.add(usage_unit::output_text, n - counted);
    }
  }
  return u;
}

priced price_of(const price_book* prices, const price_query& q) {
  if (prices)
    return prices->price(q);
  priced p;
  if (q.usage().cost)
    p.reported = p.cost = money::from_double(*q.usage().cost);
  if (p.cost)
    p.currency = "USD";
  else
    p.why_unpriced = "there are no price lists";
  return p;
}

std::optional<money> saved_by_cache(const price_book* prices, const price_query& q, const priced& p) {
  const auto read = q.usage().units[usage_unit::cache_read].value_or(0);
  if (!prices || read == 0 || !p.computed)
    return std::nullopt;
  auto plain = q.usage();
  plain.units.clear(usage_unit::cache_read);
  plain.units.add(usage_unit::input_text, read);
  plain.cost.reset();
  const auto without = prices->price(price_query(q).usage(std::move(plain)));
  return without.computed ? std::optional(*without.computed - *p.computed) : std::nullopt;
}

} // namespace weir::inline v0
