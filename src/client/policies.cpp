#include "client/policies.hpp"

#include <algorithm>
#include <string>

#include "client/cost/entered.hpp"
#include "http/message/url.hpp"
#include "policy/alternatives/fallback.hpp"
#include "policy/breaker/breaker.hpp"
#include "policy/observe/observe.hpp"
#include "policy/recover/cold_start.hpp"
#include "policy/recover/retry.hpp"
#include "policy/select/tiers.hpp"
#include "policy/settings_error.hpp"
#include "policy/spend/spend.hpp"
#include "provider/vendors.hpp"

namespace weir::inline v0 {

namespace asio = boost::asio;

namespace {

std::vector<std::string> names_of(const std::vector<weir::vendor>& all) {
  std::vector<std::string> names;
  for (const auto& v : all)
    names.push_back(v.name());
  return names;
}

void check_target(const options& o, const target& to, const std::string& path) {
  static constexpr std::string_view dialects[] = {"", "auto", "openai", "tgi"};
  const auto& id = to.provider();
  const auto& own = o.vendors();
  if (std::find(std::begin(dialects), std::end(dialects), id) == std::end(dialects) && !provider::find_vendor(id) &&
      std::none_of(own.begin(), own.end(), [&id](const weir::vendor& v) { return v.name() == id; }))
    throw_invalid_setting(path, "provider", provider::no_such_provider(id, names_of(own)));
  if (!to.key().empty() && !o.credentials().has(to.key()))
    throw_invalid_setting(path, "key", "there is no key named \"" + to.key() + "\" in the credentials");
}

std::string item(const std::string& list, std::size_t i) { return list + '[' + std::to_string(i) + ']'; }

/// Sends a call the way of the first target that fits it.
class by_target_handler final : public handler {
public:
  using ways = std::vector<std::pair<target, handler_ptr>>;
  explicit by_target_handler(ways w) : ways_(std::move(w)) {}

  asio::awaitable<reply> operator()(call& c) override {
    const auto fits = [&c](const auto& way) {
      const auto& [t, _] = way;
      return (t.provider().empty() || t.provider() == c.to.provider()) &&
             (t.base_url().empty() || t.base_url() == c.to.base_url()) &&
             (t.model().empty() || t.model() == c.to.model());
    };
    return (*std::find_if(ways_.begin(), ways_.end(), fits)->second)(c);
  }

private:
  ways ways_; // the last one fits all
};

template <class Set, class Make>
layer choosing(const std::vector<std::pair<target, std::shared_ptr<Set>>>& sets, Make make) {
  return [sets, make](handler_ptr inner) -> handler_ptr {
    if (sets.size() == 1)
      return make(sets.front().second)(std::move(inner));
    by_target_handler::ways ways;
    for (const auto& [t, set] : sets)
      ways.emplace_back(t, make(set)(inner));
    return std::make_shared<by_target_handler>(std::move(ways));
  };
}

// The most particular first, and what fits all last.
template <class Set, class Settings>
std::vector<std::pair<target, std::shared_ptr<Set>>> sets_of(const std::vector<std::pair<target, Settings>>& particular,
                                                             const Settings& general) {
  std::vector<std::pair<target, std::shared_ptr<Set>>> sets;
  for (const bool with_model : {true, false})
    for (const auto& [t, settings] : particular)
      if (t.model().empty() != with_model)
        sets.emplace_back(t, std::make_shared<Set>(settings));
  sets.emplace_back(target(), std::make_shared<Set>(general));
  return sets;
}

rate_limit without_gate(const rate_limit& r) { return rate_limit(r).gate(false); }

rate_limit gate_alone(const rate_limit& r) {
  return rate_limit()
      .gate(r.gate())
      .longest_gate(r.longest_gate())
      .max_waiting(r.max_waiting())
      .batch_share(r.batch_share())
      .models_together(r.models_together());
}

std::vector<std::pair<target, rate_limit>> each(rate_limit (*change)(const rate_limit&),
                                                const std::vector<std::pair<target, rate_limit>>& list) {
  std::vector<std::pair<target, rate_limit>> changed;
  for (const auto& [t, r] : list)
    changed.emplace_back(t, change(r));
  return changed;
}

// Limits and gates are counted apart, and are one thing to who looks at them.
void merge(std::vector<rate_limit_state>& limits, std::vector<rate_limit_state> gates) {
  for (auto& g : gates) {
    const auto same =
        std::find_if(limits.begin(), limits.end(), [&g](const rate_limit_state& l) { return l.id == g.id; });
    if (same == limits.end()) {
      limits.push_back(std::move(g));
      continue;
    }
    same->suspended = g.suspended;
    same->throttled = g.throttled;
    same->refused += g.refused;
    same->waiting_interactive += g.waiting_interactive;
    same->waiting_batch += g.waiting_batch;
  }
}

// Whether what answers at a target may be an endpoint that sleeps.
// Remembers what the last URL was: most calls of a client go to one.
std::function<bool(const target&)> scalers_to_zero(const cold_start& settings) {
  return [any = settings.any_host(), last = std::string(), dedicated = false](const target& to) mutable {
    const bool url_as_model = http::is_url(to.model());
    if (to.base_url().empty() && !url_as_model)
      return false;
    if (any)
      return true;
    const auto& url = to.base_url().empty() ? to.model() : to.base_url();
    if (url == last)
      return dedicated;
    try {
      dedicated = provider::is_dedicated_endpoint(http::parse_url(url).origin.host());
    } catch (const error&) {
      dedicated = false; // The wire says what is wrong with it.
    }
    last = url;
    return dedicated;
  };
}

spend_parts spend_of(const options& o) {
  spend_parts parts;
  parts.prices = o.prices();
  parts.ledger = everyone_told(o);
  parts.budgets = o.budgets();
  return parts;
}

template <class T>
void append(std::vector<T>& all, std::vector<T> more) {
  std::move(more.begin(), more.end(), std::back_inserter(all));
}

} // namespace

void check(const options& o) {
  for (const auto& [path, d] :
       {std::pair("deadline", o.deadline()), std::pair("first_token_timeout", o.first_token_timeout()),
        std::pair("inter_token_timeout", o.inter_token_timeout()), std::pair("connect_timeout", o.connect_timeout()),
        std::pair("idle_connection_timeout", o.idle_connection_timeout())})
    if (d < duration())
      throw_invalid_setting("", path, "must not be negative");
  if (o.max_connections() == 0)
    throw_invalid_setting("", "max_connections", "must be at least 1");
  o.retry().check("retry");
  o.breaker().check("breaker");
  o.hedge().check("hedge");
  o.fallback().check("fallback");
  o.routing().check("routing");
  o.tiers().check("tiers");
  o.keys().check("keys");
  o.cold_start().check("cold_start");
  o.rate_limit().check("rate_limit");
  o.concurrency().check("concurrency");
  for (std::size_t i = 0; i != o.rate_limits().size(); ++i) {
    check_target(o, o.rate_limits()[i].first, item("rate_limits", i));
    o.rate_limits()[i].second.check(item("rate_limits", i));
  }
  for (std::size_t i = 0; i != o.concurrencies().size(); ++i) {
    check_target(o, o.concurrencies()[i].first, item("concurrencies", i));
    o.concurrencies()[i].second.check(item("concurrencies", i));
  }
  for (std::size_t i = 0; i != o.fallback().targets().size(); ++i)
    check_target(o, o.fallback().targets()[i], item("fallback.targets", i));
  for (std::size_t i = 0; i != o.routing().targets().size(); ++i)
    check_target(o, o.routing().targets()[i].to, item("routing.targets", i));
  for (std::size_t i = 0; i != o.tiers().list().size(); ++i)
    check_target(o, o.tiers().list()[i].to, item("tiers.list", i));
  for (const auto& [id, names] : o.keys().keys())
    for (std::size_t i = 0; i != names.size(); ++i)
      if (!o.credentials().has(names[i]))
        throw_invalid_setting("keys", item(id, i), "there is no key named \"" + names[i] + "\" in the credentials");
}

shared_policies::shared_policies(const options& o) {
  check(o);
  hedges_ = std::make_shared<hedge_set>(o.hedge());
  keys_ = std::make_shared<key_pool_set>(o.keys());
  routes_ = std::make_shared<routing_set>(o.routing());
  rate_limits_ = sets_of<rate_limit_set>(each(without_gate, o.rate_limits()), without_gate(o.rate_limit()));
  gates_ = sets_of<rate_limit_set>(each(gate_alone, o.rate_limits()), gate_alone(o.rate_limit()));
  concurrency_ = sets_of<concurrency_set>(o.concurrencies(), o.concurrency());
}

std::vector<layer> shared_policies::layers(const options& o, const layer& cache) const {
  std::vector<layer> all{make_observe(o.observers())};
  all.insert(all.end(), o.layers().begin(), o.layers().end());
  // Above what counts, limits and pays: a cached answer costs nothing.
  if (cache)
    all.push_back(cache);
  all.push_back(make_tiers(o.tiers()));
  all.push_back(make_routing(o.routing(), routes_));
  all.push_back(make_fallback(o.fallback()));
  all.push_back(make_hedge(o.hedge(), hedges_));
  all.push_back(make_retry(o.retry(), quotas_));
  all.push_back(make_key_pool(o.keys(), keys_));
  all.push_back(make_spend(spend_of(o)));
  all.push_back(make_breaker(o.breaker(), breakers_));
  all.push_back(choosing(rate_limits_, make_rate_limit));
  all.push_back(choosing(concurrency_, make_concurrency));
  // Below the others: who has waited for a permit meanwhile must not run into a 429 that is known by now.
  all.push_back(choosing(gates_, make_rate_limit));
  all.push_back(make_cold_start(o.cold_start(), scalers_to_zero(o.cold_start()), o.observers()));
  return all;
}

std::vector<layer> shared_policies::lookup_layers(const options& o) const {
  return {make_observe(o.observers()), make_retry(o.retry(), quotas_),
          make_cold_start(o.cold_start(), scalers_to_zero(o.cold_start()), o.observers())};
}

inspection shared_policies::inspect(time_point now) const {
  inspection all;
  all.quotas = quotas_->inspect();
  all.breakers = breakers_->inspect(now);
  all.hedges = hedges_->inspect(now);
  all.keys = keys_->inspect(now);
  all.routes = routes_->inspect(now);
  for (const auto& [_, set] : rate_limits_)
    append(all.rate_limits, set->inspect(now));
  for (const auto& [_, set] : gates_)
    merge(all.rate_limits, set->inspect(now));
  for (const auto& [_, set] : concurrency_)
    append(all.concurrency, set->inspect(now));
  return all;
}

inspection inspect(const shared_policies& shared, time_point now) { return shared.inspect(now); }

std::shared_ptr<shared_policies> make_shared_policies(const options& o) { return std::make_shared<shared_policies>(o); }

} // namespace weir::inline v0
