#include "policy/spend/charge.hpp"

#include <utility>

#include "policy/outcome.hpp"

namespace weir::inline v0 {

namespace {

// The rule of thumb for English; what remains is an estimate, and marked as one.
constexpr std::size_t bytes_per_token = 4;
// The tokens that arrived: a stream's events are tokens or a little more.
std::uint64_t arrived(const attempt& a, std::string_view text) noexcept {
  return text.empty() ? a.events : text.size() / bytes_per_token + 1;
}

const usage& no_usage() noexcept {
  static const usage none;
  return none;
}

const answer_info& no_info() noexcept {
  static const answer_info none;
  return none;
}

} // namespace

bool has_tokens(const operation& op) noexcept {
  const auto name = op.name();
  return name == "chat" || name == "text_completion" || name == "embeddings";
}

attempt_end::attempt_end(weir::outcome o, const weir::failure& f) noexcept
    : outcome(o), failure(f), usage(no_usage()), info(no_info()) {}

billing billing_of(const attempt& a, const attempt_end& end) noexcept {
  if (!end.usage.empty() || succeeded(end.outcome))
    return billing::known;
  if (a.sent == duration())
    return billing::nothing;
  // A gateway that did not get an answer in time says nothing of the server behind it.
  const bool timed_out = a.status == 504 || a.status == 524;
  const bool verdict = a.status / 100 > 2 && !a.maybe_billed && !timed_out;
  return verdict ? billing::nothing : billing::maybe;
}

namespace {

// A complete answer has used both: a count that is missing, or that could not be read, is not nothing.
void estimate_missing(usage& u, const attempt& a, const attempt_end& end, const token_estimate& expected) {
  if (!u.units.input_tokens()) {
    u.estimated = true;
    u.units.set(usage_unit::input_text, expected.prompt);
  }
  if (!u.units.output_tokens() && expected.completion != 0) {
    u.estimated = true;
    u.units.set(usage_unit::output_text, arrived(a, end.answered));
  }
}

} // namespace

usage used_by(const attempt& a, const attempt_end& end, const operation& op, const token_estimate& expected,
              billing how) {
  if (how == billing::nothing)
    return {};
  auto u = end.usage;
  if (u.units.empty() && !u.cost) {
    u.estimated = true;
    if (has_tokens(op)) {
      u.units.set(usage_unit::input_text, u.prompt_tokens.value_or(expected.prompt));
      if (const auto n = u.completion_tokens.value_or(arrived(a, end.answered)); n != 0 || expected.completion != 0)
        u.units.set(usage_unit::output_text, n);
    } else {
      // What else it used is not known: a list without a price for requests does not price it.
      u.units.set(usage_unit::requests, 1);
    }
  } else if (how == billing::known && !succeeded(end.outcome)) {
    // Counts that a stream carries along may be older than its last events.
    const auto counted = u.units.output_tokens().value_or(0);
    if (const auto n = arrived(a, {}); n > counted + counted / 2 + 1) {
      u.estimated = true;
      u.units.add(usage_unit::output_text, n - counted);
    }
  }
  if (how == billing::known && has_tokens(op) && !u.cost)
    estimate_missing(u, a, end, expected);
  return u;
}

priced price_of(const price_book* prices, price_query& q, const target& to, const std::string& provider,
                const std::string& model) {
  if (prices) {
    price_names names(to, provider, model);
    names.next(q);
    auto first = prices->price(q);
    while (!first.computed && names.next(q))
      if (auto other = prices->price(q); other.computed)
        return other;
    return first;
  }
  priced p;
  if (q.usage().cost && *q.usage().cost >= 0)
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
