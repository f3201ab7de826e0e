#include "cost/prices/book.hpp"

#include <algorithm>
#include <functional>
#include <utility>

#include "cost/prices/pricing.hpp"

namespace weir::inline v0 {

namespace {

// Models that are remembered with their entries; a client that makes up names cannot fill the memory with them.
constexpr std::size_t most_known = 4096;
constexpr std::size_t longest_name = 512;

std::int64_t seconds(price_query::clock::time_point t) noexcept {
  return std::chrono::floor<std::chrono::seconds>(t).time_since_epoch().count();
}

// The first entry that has a price at that time.
struct applicable {
  const found_entry* found = nullptr;
  const price_period* period = nullptr;
};

applicable choose(const std::vector<found_entry>& entries, std::int64_t at) noexcept {
  applicable c;
  for (const auto& e : entries)
    if (const auto* period = e.entry->at(at)) {
      c.found = &e;
      c.period = period;
      break;
    }
  return c;
}

void compute(const price_query& q, const std::vector<found_entry>& entries, priced& result) {
  if (q.usage().units.empty()) {
    result.why_unpriced = "no usage was reported";
    return;
  }
  const auto at = seconds(q.started());
  const auto [found, period] = choose(entries, at);
  if (!found) {
    result.why_unpriced = entries.empty() ? "no price list has this model at this provider"
                                          : "no price list has a price of this model for that date";
    return;
  }
  price_usage(*period, q.usage(), price_service(q.service_tier(), q.speed(), q.batch()), at, result);
  if (!result.computed) {
    result.incomplete = false;
    result.remark.clear();
    return;
  }
  result.source = found->table->name;
  result.currency = found->table->currency;
  result.date = period->when.date;
}

model_price::table shown(const unit_rates& rates) {
  model_price::table t;
  for (std::size_t i = 0; i != usage_unit_count; ++i)
    if (const auto u = static_cast<usage_unit>(i); rates.has(u))
      t.set(u, rates[u].per_million());
  return t;
}

} // namespace

std::size_t price_book::state::hash::operator()(const model_names& n) const noexcept {
  const std::hash<std::string_view> of;
  auto h = of(n.model);
  for (const auto part : {n.provider, n.answered})
    h = h * 1'000'003 ^ (part.empty() ? 0 : of(part));
  return h;
}

void price_book::state::put(price_source s, bool replace) {
  const std::lock_guard lock(mutex_);
  known_.clear();
  const auto old = std::find_if(sources_.begin(), sources_.end(),
                                [&](const price_source& other) { return other.name() == s.name(); });
  if (replace && old != sources_.end()) {
    if (old->rank() == s.rank()) {
      *old = std::move(s);
      return;
    }
    sources_.erase(old);
  }
  const auto behind = std::upper_bound(sources_.begin(), sources_.end(), s.rank(),
                                       [](price_rank r, const price_source& other) { return r < other.rank(); });
  sources_.insert(behind, std::move(s));
}

bool price_book::state::remove(std::string_view name) {
  const std::lock_guard lock(mutex_);
  const auto removed = std::erase_if(sources_, [&](const price_source& s) { return s.name() == name; });
  known_.clear();
  return removed != 0;
}

std::vector<price_source> price_book::state::sources() const {
  const std::lock_guard lock(mutex_);
  return sources_;
}

price_book::state::entries price_book::state::find(const model_names& names) {
  const std::lock_guard lock(mutex_);
  if (const auto known = known_.find(names); known != known_.end())
    return known->second;
  auto found = std::make_shared<const std::vector<found_entry>>(find_entries(sources_, names));
  if (names.provider.size() + names.model.size() + names.answered.size() <= longest_name) {
    if (known_.size() >= most_known)
      known_.clear();
    known_.emplace(key(names), found);
  }
  return found;
}

price_source::price_source()
    : price_source(std::make_shared<const price_table>(), price_rank::reference, std::vector<std::string>()) {}

price_source::price_source(std::shared_ptr<const price_table> table, price_rank rank, std::vector<std::string> warnings)
    : table_(std::move(table)), warnings_(std::make_shared<const std::vector<std::string>>(std::move(warnings))),
      rank_(rank) {}

const std::string& price_source::name() const noexcept { return table_->name; }

std::size_t price_source::size() const noexcept { return table_->entries().size(); }

price_book::price_book() : state_(std::make_unique<state>()) {}

price_book::~price_book() = default;

void price_book::add(price_source s) { state_->put(std::move(s), false); }

void price_book::replace(price_source s) { state_->put(std::move(s), true); }

bool price_book::remove(std::string_view name) { return state_->remove(name); }

priced price_book::price(const price_query& q) const {
  priced result;
  const auto entries = state_->find({q.provider(), q.model(), q.model_answered()});
  compute(q, *entries, result);
  if (const auto said = q.usage().cost; said && *said >= 0)
    result.reported = money::from_double(*said);
  if (result.reported && result.computed && result.currency == "USD")
    result.difference = *result.reported - *result.computed;
  // A provider that is paid with another account's key reports 0 for what costs something.
  const bool counts = result.reported && (*result.reported > money() || !result.computed);
  result.cost = counts ? result.reported : result.computed;
  if (result.reported && !result.computed)
    result.currency = "USD";
  return result;
}

std::optional<money> price_book::estimate(const price_query& q, std::uint64_t input_tokens, std::uint64_t output_tokens,
                                          std::string* currency) const {
  const auto entries = state_->find({q.provider(), q.model(), q.model_answered()});
  const auto at = seconds(q.started());
  const auto [found, period] = choose(*entries, at);
  if (!found)
    return std::nullopt;
  const auto served = rates_for(*period, input_tokens, price_service(q.service_tier(), q.speed(), q.batch()), at);
  const auto& rates = served.rates();
  const auto dearest = [&](std::initializer_list<usage_unit> units) {
    std::optional<rate> most;
    for (const auto u : units)
      if (rates.has(u) && (!most || rates[u] > *most))
        most = rates[u];
    return most;
  };
  using enum usage_unit;
  auto input = dearest({input_text, cache_write_5m, cache_write_other});
  if (q.usage().units.has(cache_write_1h))
    input = dearest({input_text, cache_write_5m, cache_write_other, cache_write_1h});
  const auto output = dearest({output_text, output_reasoning});
  if ((!input && input_tokens != 0) || (!output && output_tokens != 0))
    return std::nullopt;
  cost_sum sum;
  sum.add(input.value_or(rate()), input_tokens);
  sum.add(output.value_or(rate()), output_tokens);
  if (rates.has(requests))
    sum.add(rates[requests], 1);
  if (currency)
    *currency = found->table->currency;
  return sum.total();
}

std::optional<model_price> price_book::find(std::string_view provider, std::string_view model,
                                            price_query::clock::time_point when) const {
  const auto entries = state_->find({provider, model, {}});
  const auto at = seconds(when);
  const auto [found, period] = choose(*entries, at);
  if (!found)
    return std::nullopt;
  model_price p;
  p.model = found->entry->model;
  p.source = found->table->name;
  p.date = period->when.date;
  p.currency = found->table->currency;
  p.per_million = shown(period->rates.base);
  for (const auto& t : period->rates.tiers) {
    auto& tier = p.tiers.emplace_back();
    tier.above = t.above;
    tier.per_million = shown(t.rates);
  }
  for (const auto& v : period->variants)
    if (auto name = v.name();
        v.when.holds(at) && std::find(p.variants.begin(), p.variants.end(), name) == p.variants.end())
      p.variants.push_back(std::move(name));
  return p;
}

std::size_t price_book::size() const {
  std::size_t n = 0;
  for (const auto& s : state_->sources())
    n += s.size();
  return n;
}

std::vector<price_source> price_book::sources() const { return state_->sources(); }

} // namespace weir::inline v0
