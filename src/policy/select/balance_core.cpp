#include "policy/select/balance_core.hpp"

#include <algorithm>
#include <cmath>

#include "core/stable_hash.hpp"
#include "core/time/in_seconds.hpp"
#include "policy/settings_error.hpp"

namespace weir::inline v0 {

namespace {

constexpr unsigned max_failures = 16;

std::uint64_t identity_of(const target& t) { return stable_hash(t.model_id()); }

} // namespace

target merged(const target& over, const target& base) {
  target t = over;
  // A URL in place of a model is a server too: its key is not that of another one.
  const auto names_server = [](const target& to) { return to.model().find("://") != std::string::npos; };
  const bool other_model = !over.model().empty() && over.model() != base.model();
  const bool elsewhere = (!over.provider().empty() && over.provider() != base.provider()) ||
                         (!over.base_url().empty() && over.base_url() != base.base_url()) ||
                         (other_model && (names_server(over) || names_server(base)));
  if (t.provider().empty())
    t.provider(base.provider());
  if (t.model().empty())
    t.model(base.model());
  if (!elsewhere) {
    if (t.base_url().empty())
      t.base_url(base.base_url());
    if (t.key().empty())
      t.key(base.key());
  }
  return t;
}

void routing::check(std::string_view path) const {
  for (std::size_t i = 0; i < targets_.size(); ++i) {
    const auto field = "targets[" + std::to_string(i) + "]";
    if (!(targets_[i].weight > 0 && targets_[i].weight <= 1e6))
      throw_invalid_setting(path, field + ".weight", "must be more than 0 and at most 1000000");
    if (targets_[i].to == target())
      throw_invalid_setting(path, field, "names no provider, model, base_url or key");
    for (std::size_t j = 0; j < i; ++j)
      if (targets_[j].to == targets_[i].to)
        throw_invalid_setting(path, field,
                              "is the same target as targets[" + std::to_string(j) + "]: name each target once");
  }
  if (decay_ <= duration::zero())
    throw_invalid_setting(path, "decay", "must be more than zero");
  if (ramp_ < duration::zero())
    throw_invalid_setting(path, "ramp", "must not be negative");
}

balance_core::balance_core(const routing& s) : by_(s.by()), decay_(s.decay()), ramp_(s.ramp()) {
  for (const auto& t : s.targets())
    all_.emplace_back(t.weight, identity_of(t.to));
}

double balance_core::share(std::size_t target, time_point now) const {
  const auto& t = all_[target];
  double part = 1;
  if (t.failures != 0)
    part = std::exp2(-double(t.failures) * std::exp(-in_seconds(now - t.failed) / in_seconds(decay_)));
  if (t.ramping && now - t.back < ramp_)
    part *= std::max(least_share, in_seconds(now - t.back) / in_seconds(ramp_));
  return part;
}

double balance_core::peak(std::size_t target, time_point now) const {
  const auto& t = all_[target];
  return t.peak * std::exp(-in_seconds(now - t.measured) / in_seconds(decay_));
}

double balance_core::cost(std::size_t target, time_point now) const {
  const auto& t = all_[target];
  const double part = t.weight * share(target, now);
  if (by_ == routing::strategy::least_in_flight)
    return double(t.in_flight + 1) / part;
  // A target that was never measured is called once; until that call is answered it ranks behind all others, as it may
  // be dead.
  if (!t.known && t.failures == 0)
    return t.in_flight == 0 ? 0 : 1e9 * double(t.in_flight) / part;
  // Not zero, however long ago: calls in flight and shares must still tell targets apart.
  double time = std::max(peak(target, now), 1e-6);
  // A failing target yields no times, so it counts as the slowest of all: otherwise its fast failures and the decay of
  // its old times would attract calls.
  if (t.failures != 0)
    time = std::max(time, slowest(now));
  return time * double(t.in_flight + 1) / part;
}

double balance_core::slowest(time_point now) const {
  double time = 0;
  bool any = false;
  for (std::size_t i = 0; i < all_.size(); ++i) {
    any = any || all_[i].known;
    time = std::max(time, all_[i].known ? peak(i, now) : 0);
  }
  return any ? time : 1;
}

std::size_t balance_core::by_weight(time_point now, double random) const {
  double sum = 0;
  for (std::size_t i = 0; i < all_.size(); ++i)
    sum += all_[i].weight * share(i, now);
  double left = random * sum;
  for (std::size_t i = 0; i + 1 < all_.size(); ++i) {
    left -= all_[i].weight * share(i, now);
    if (left < 0)
      return i;
  }
  return all_.size() - 1;
}

std::size_t balance_core::least(time_point now, double random) const {
  std::vector<double> costs(all_.size());
  for (std::size_t i = 0; i < all_.size(); ++i)
    costs[i] = cost(i, now);
  const double best = *std::min_element(costs.begin(), costs.end());
  const auto equal = static_cast<std::size_t>(std::count(costs.begin(), costs.end(), best));
  auto nth = std::min(static_cast<std::size_t>(random * double(equal)), equal - 1);
  for (std::size_t i = 0;; ++i)
    if (costs[i] == best && nth-- == 0)
      return i;
}

std::size_t balance_core::better_of_two(time_point now, double first, double second) const {
  const auto n = all_.size();
  if (n == 1)
    return 0;
  const auto a = std::min(static_cast<std::size_t>(first * double(n)), n - 1);
  auto b = std::min(static_cast<std::size_t>(second * double(n - 1)), n - 2);
  b += b >= a ? 1 : 0;
  return cost(b, now) < cost(a, now) ? b : a;
}

// How strongly a target attracts the calls of a key: the highest wins, which is each target in proportion to its weight
// (Schindelhauer and Schomaker, "Weighted Distributed Hash Tables", 2005).
double balance_core::pull(std::size_t target, std::uint64_t key, time_point now) const {
  const auto& t = all_[target];
  const bool well = t.failures < down && !t.ramping;
  const double uniform = (double(mixed(key ^ t.identity) >> 11) + 0.5) * 0x1p-53;
  return -t.weight * (well ? 1 : share(target, now)) / std::log(uniform);
}

std::size_t balance_core::counted(std::size_t target) {
  ++all_[target].in_flight;
  ++all_[target].picked;
  return target;
}

std::size_t balance_core::pick(time_point now, double first, double second) {
  std::size_t chosen = 0;
  switch (by_) {
  case routing::strategy::weighted: chosen = by_weight(now, first); break;
  case routing::strategy::least_in_flight: chosen = least(now, first); break;
  case routing::strategy::p2c_peak_ewma: chosen = better_of_two(now, first, second); break;
  }
  return counted(chosen);
}

std::size_t balance_core::pick_kept(time_point now, std::uint64_t key, const std::vector<std::size_t>& tried) {
  auto chosen = all_.size();
  double most = 0;
  for (std::size_t i = 0; i < all_.size(); ++i) {
    if (std::find(tried.begin(), tried.end(), i) != tried.end())
      continue;
    const double p = pull(i, key, now);
    if (chosen == all_.size() || p > most) {
      chosen = i;
      most = p;
    }
  }
  return counted(chosen);
}

std::size_t balance_core::pick_other(time_point now, const std::vector<std::size_t>& tried) {
  auto chosen = all_.size();
  double least = 0;
  for (std::size_t i = 0; i < all_.size(); ++i) {
    if (std::find(tried.begin(), tried.end(), i) != tried.end())
      continue;
    const double c = by_ == routing::strategy::weighted ? -all_[i].weight * share(i, now) : cost(i, now);
    if (chosen == all_.size() || c < least) {
      chosen = i;
      least = c;
    }
  }
  return counted(chosen);
}

void balance_core::first_token(std::size_t target, duration took, time_point now) {
  auto& t = all_[target];
  const double sample = std::max(in_seconds(took), 0.0);
  if (!t.known || sample > t.peak) {
    t.peak = sample;
  } else {
    const double keep = std::exp(-in_seconds(now - t.measured) / in_seconds(decay_));
    t.peak = t.peak * keep + sample * (1 - keep);
  }
  t.known = true;
  t.measured = now;
}

void balance_core::ended(std::size_t target, verdict v, time_point now) {
  auto& t = all_[target];
  if (t.in_flight != 0)
    --t.in_flight;
  if (v == verdict::bad) {
    t.failures = std::min(t.failures + 1, max_failures);
    t.failed = now;
    t.ramping = false;
  } else if (v == verdict::good) {
    if (t.failures >= down) {
      t.ramping = ramp_ > duration::zero();
      t.back = now;
    }
    t.failures = 0;
  }
}

routing_state balance_core::state(std::size_t target, time_point now) const {
  const auto& t = all_[target];
  routing_state s;
  s.weight = t.weight;
  s.share = share(target, now);
  s.in_flight = t.in_flight;
  s.first_token = std::chrono::duration_cast<duration>(std::chrono::duration<double>(peak(target, now)));
  s.failures = t.failures;
  s.picked = t.picked;
  return s;
}

} // namespace weir::inline v0
