#include "policy/spend/charge.hpp"

#include <algorithm>

#include "policy/outcome.hpp"

namespace weir::inline v0 {

namespace {

// The rule of thumb for English; what remains is an estimate, and marked as one.
constexpr std::size_t bytes_per_token = 4;
// What is sent to Anthropic, which requires a limit, for a request that has none.
constexpr std::uint64_t anthropic_default = 4096;

bool has_tokens(const operation& op) noexcept {
  const auto name = op.name();
  return name == "chat" || name == "text_completion" || name == "embeddings";
}

bool makes_images(const operation& op) noexcept { return op.name().ends_with("to-image"); }

// The tokens that arrived: a stream's events are tokens or a little more.
std::uint64_t arrived(const attempt& a, std::string_view text) noexcept {
  return text.empty() ? a.events : text.size() / bytes_per_token + 1;
}

} // namespace

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
  return u;
}

price_query query_of(const target& to, const std::string& provider, const std::string& model,
                     std::chrono::system_clock::time_point now) {
  return price_query(to.base_url().empty() ? (provider.empty() ? to.provider() : provider) : to.base_url(), model)
      .started(now);
}

upper_bound bound_of(const call& c, const price_book* prices, std::chrono::system_clock::time_point now) {
  upper_bound b;
  b.tokens = c.op->tokens();
  const auto* chat = c.op->as_chat();
  if (chat && !chat->max_tokens() && !chat->max_completion_tokens() && c.to.provider() == "anthropic")
    b.tokens.completion = std::max(b.tokens.completion, anthropic_default);
  if (!prices)
    return b;
  const auto price_at = [&](const price_query& q) {
    auto most = prices->estimate(q, b.tokens.prompt, b.tokens.completion);
    if (has_tokens(*c.op))
      return most;
    usage once;
    once.units.set(usage_unit::requests, 1);
    if (makes_images(*c.op))
      once.units.set(usage_unit::images, 1);
    if (const auto p = prices->price(price_query(q).usage(std::move(once))); p.computed)
      most = std::max(most.value_or(money()), *p.computed);
    return most;
  };
  auto q = query_of(c.to, {}, c.to.model(), now);
  if (chat && chat->cache_lifetime().value_or(duration()) > std::chrono::minutes(5)) {
    usage kept; // the bound then is at the price of such a write
    kept.units.set(usage_unit::cache_write_1h, 0);
    q.usage(std::move(kept));
  }
  b.cost = price_at(q);
  if (!b.cost && q.provider() != c.to.provider())
    b.cost = price_at(price_query(q).provider(c.to.provider()));
  return b;
}

priced price_of(const price_book* prices, const price_query& q, const std::string& provider) {
  if (prices) {
    auto p = prices->price(q);
    if (p.computed || provider.empty() || provider == q.provider())
      return p;
    auto other = prices->price(price_query(q).provider(provider));
    return other.computed ? other : p;
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
