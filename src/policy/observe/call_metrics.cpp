#include "policy/observe/call_metrics.hpp"

#include <algorithm>
#include <cmath>
#include <new>

#include "core/time/in_seconds.hpp"
#include "policy/observe/metrics_text.hpp"

namespace weir::inline v0 {

namespace {

constexpr std::size_t max_label_size = 256;
// ISO 4217 has three letters; a price file may say `credits`.
constexpr std::size_t max_currency_size = 8;
constexpr std::string_view other = "other";

bool jobs_before(const call_record& call, const attempt& a) {
  return std::any_of(call.attempts.begin(), call.attempts.end(), [&](const auto& earlier) {
    return earlier->number < a.number && earlier->provider == a.provider && earlier->model == a.model;
  });
}

bool is_label(std::string_view v) { return v.size() <= max_label_size && is_utf8(v); }

const usage nothing;

// The usage of such a call is that of the original, which was counted then. So is that of one that shared another's.
bool answered_by_cache(const call_record& call) {
  return !call.attempts.empty() && (call.attempts.back()->cache_hit || call.attempts.back()->shared);
}

// Each chunk's own time is not kept: one took the longest gap, and the others shared the rest evenly. So the count and
// the sum are exact.
void add_chunks(histogram& to, const attempt& a) {
  if (a.events < 2 || a.first_token <= duration() || a.ended <= a.first_token)
    return;
  const auto all = a.ended - a.first_token;
  const auto longest = std::min(a.longest_gap, all);
  const auto others = a.events - 2;
  to.add(duration_bounds, in_seconds(others ? longest : all));
  if (others)
    to.add(duration_bounds, in_seconds(all - longest) / static_cast<double>(others), others);
}

} // namespace

call_series& call_metrics::series_of(std::string_view operation, std::string_view provider_id, std::string_view model) {
  const auto provider = otel_provider_name(provider_id);
  key_.assign(operation).append(1, '\0').append(provider).append(1, '\0').append(model);
  if (const auto it = all_.find(key_); it != all_.end())
    return it->second;
  if (all_.size() >= max_ || !is_label(operation) || !is_label(provider) || !is_label(model)) {
    other_.operation = other_.provider = other_.model = other;
    return other_;
  }
  auto& s = all_[key_];
  s.operation = operation;
  s.provider = provider;
  s.model = model;
  return s;
}

void call_metrics::attempt_ended(const call_record& call, const attempt& a) noexcept {
  try {
    const std::lock_guard lock(mutex_);
    auto& s = series_of(call.operation, a.provider, a.model);
    s.has_attempts = true;
    ++s.attempts[otel_error_type(a.failure)];
    if (a.number > 1 && !a.hedge && !a.continuation)
      ++(jobs_before(call, a) ? s.retries : s.fallbacks);
    s.hedges += a.hedge;
    s.continuations += a.continuation;
    s.maybe_billed += a.maybe_billed;
    if (a.queued > duration())
      s.queued.add(duration_bounds, in_seconds(a.queued));
    const auto& c = a.connection;
    if (const auto opening = c.resolve + c.connect + c.proxy + c.handshake; opening > duration() && !c.reused) {
      ++s.connections[0];
      s.connect.add(duration_bounds, in_seconds(opening));
    }
    s.connections[1] += c.reused;
    if (a.longest_gap > duration())
      s.longest_gap.add(duration_bounds, in_seconds(a.longest_gap));
  } catch (const std::bad_alloc&) {
    // A count is lost, not the call.
  }
}

void call_metrics::call_ended(const call_record& call) noexcept {
  in_flight_.fetch_sub(1, std::memory_order_relaxed);
  try {
    const std::lock_guard lock(mutex_);
    auto& s = series_of(call.operation, call.provider, call.model);
    s.has_calls = true;
    s.durations[otel_error_type(call)].add(duration_bounds, in_seconds(call.ended));
    ++s.calls[static_cast<std::size_t>(call.outcome)];
    const auto& used = answered_by_cache(call) ? nothing : call.usage;
    if (const auto n = used.prompt_tokens ? used.prompt_tokens : used.units.input_tokens())
      s.input_tokens.add(token_bounds, static_cast<double>(*n));
    if (const auto n = used.completion_tokens ? used.completion_tokens : used.units.output_tokens())
      s.output_tokens.add(token_bounds, static_cast<double>(*n));
    if (!call.streamed)
      return;
    if (call.first_token > duration())
      s.first_token.add(duration_bounds, in_seconds(call.first_token));
    for (const auto& a : call.attempts)
      add_chunks(s.per_chunk, *a);
  } catch (const std::bad_alloc&) {
    // As above.
  }
}

void call_metrics::spent(std::string_view provider, std::string_view model, std::string_view key, std::string_view tier,
                         std::string_view currency, double amount) noexcept {
  if (!std::isfinite(amount) || amount < 0)
    return; // A counter cannot fall.
  try {
    const auto unit = currency.size() <= max_currency_size && is_utf8(currency) ? currency : other;
    cost_labels labels(provider, model, key, tier, unit);
    const bool sound = is_label(provider) && is_label(model) && is_label(key) && is_label(tier);
    const std::lock_guard lock(mutex_);
    auto found = costs_.find(labels);
    if (found == costs_.end()) {
      // Amounts of several currencies cannot be added, so each has an `other` of its own.
      if (!sound || costs_.size() >= max_)
        labels = cost_labels(other, other, other, other, costs_.size() >= 2 * max_ ? other : unit);
      found = costs_.try_emplace(std::move(labels), 0.0).first;
    }
    found->second += amount;
  } catch (const std::bad_alloc&) {
    // As above.
  }
}

void call_metrics::unpriced(std::string_view provider, std::string_view model) noexcept {
  try {
    auto labels = std::pair(std::string(provider), std::string(model));
    const std::lock_guard lock(mutex_);
    if (!unpriced_.contains(labels) && (!is_label(provider) || !is_label(model) || unpriced_.size() >= max_))
      labels = std::pair(std::string(other), std::string(other));
    ++unpriced_[std::move(labels)];
  } catch (const std::bad_alloc&) {
    // As above.
  }
}

void call_metrics::gauges(std::function<std::vector<gauge>()> source) {
  const std::lock_guard lock(mutex_);
  sources_.push_back(std::move(source));
}

void call_metrics::forget_gauges() noexcept {
  std::vector<std::function<std::vector<gauge>()>> gone; // destroyed without the lock
  const std::lock_guard lock(mutex_);
  gone.swap(sources_);
}

std::vector<metric_family> call_metrics::read() const {
  using kind = metric_family::kind;
  std::vector<call_series> all;
  metric_family costs(kind::amount, "weir.cost", {}, "What attempts cost, in the currency.");
  metric_family unpriced(kind::counter, "weir.cost.unpriced_requests", {}, "Attempts for which no price was known.");
  std::vector<std::function<std::vector<gauge>()>> sources;
  {
    const std::lock_guard lock(mutex_);
    all.reserve(all_.size() + 1);
    for (const auto& [key, s] : all_)
      all.push_back(s);
    if (other_.has_calls || other_.has_attempts)
      all.push_back(other_);
    for (const auto& [labels, amount] : costs_) {
      const auto& [provider, model, key, tier, currency] = labels;
      metric_labels l;
      for (const auto& [name, value] : {std::pair("currency", &currency), std::pair("provider", &provider),
                                        std::pair("model", &model), std::pair("key", &key), std::pair("tier", &tier)})
        if (!value->empty())
          l.emplace_back(name, *value);
      costs.points.emplace_back(std::move(l), amount);
    }
    for (const auto& [labels, n] : unpriced_) {
      metric_labels l;
      l.emplace_back("provider", labels.first);
      l.emplace_back("model", labels.second);
      unpriced.points.emplace_back(std::move(l), static_cast<double>(n));
    }
    sources = sources_;
  }
  std::sort(all.begin(), all.end(), [](const call_series& a, const call_series& b) {
    return std::tie(a.operation, a.provider, a.model) < std::tie(b.operation, b.provider, b.model);
  });
  std::vector<metric_family> families;
  add_call_families(all, families);
  metric_family in_flight(kind::gauge, "weir.in_flight_calls", {}, "Calls that have begun and not ended.");
  in_flight.points.emplace_back(metric_labels(), static_cast<double>(in_flight_.load(std::memory_order_relaxed)));
  families.push_back(std::move(in_flight));
  add_attempt_families(all, families);
  families.push_back(std::move(costs));
  families.push_back(std::move(unpriced));
  // A source may take long or use these metrics, so it is called without the lock.
  std::vector<gauge> values;
  for (const auto& source : sources)
    for (auto& g : source())
      values.push_back(std::move(g));
  add_gauges(values, families);
  return families;
}

} // namespace weir::inline v0
