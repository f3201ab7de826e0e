#include <weir/policy/observe/prices.hpp>

#include <algorithm>
#include <optional>
#include <tuple>

#include "core/time/in_seconds.hpp"

namespace weir::inline v0 {

namespace {

constexpr double widest = 100;

// The more the better; empty if unknown.
std::optional<double> merit(const model_provider& p, preference by) {
  const auto inverse = [](double n) { return n > 0 ? std::optional(1 / n) : std::nullopt; };
  switch (by) {
  case preference::fastest: return p.throughput && *p.throughput > 0 ? p.throughput : std::nullopt;
  case preference::soonest: return p.first_token ? inverse(in_seconds(*p.first_token)) : std::nullopt;
  case preference::cheapest: return p.price.output ? inverse(*p.price.output) : std::nullopt;
  }
  return std::nullopt;
}

bool free_of_charge(const model_provider& p, preference by) {
  return by == preference::cheapest && (p.is_free.value_or(false) || p.price.output == 0.0);
}

std::vector<const model_provider*> live_ones(const model_info& m) {
  std::vector<const model_provider*> all;
  for (const auto& p : m.providers)
    if (p.live())
      all.push_back(&p);
  return all;
}

target target_of(const model_info& m, const model_provider& p) { return target().provider(p.id).model(m.id); }

} // namespace

std::vector<target> ranked(const model_info& m, preference by) {
  auto all = live_ones(m);
  const auto key = [by](const model_provider* p) {
    const auto measure = merit(*p, by);
    const double tie = by == preference::cheapest ? p->price.input.value_or(0) : 0;
    // Ties keep the source's order: the pointers are into one list.
    return std::tuple(!free_of_charge(*p, by), !measure, -measure.value_or(0), tie, p);
  };
  std::sort(all.begin(), all.end(), [&key](const auto* a, const auto* b) { return key(a) < key(b); });
  std::vector<target> targets;
  for (const auto* p : all)
    targets.push_back(target_of(m, *p));
  return targets;
}

routing spread(const model_info& m, preference by) {
  const auto all = live_ones(m);
  std::optional<double> best, worst;
  for (const auto* p : all)
    if (const auto measure = merit(*p, by)) {
      best = std::max(best.value_or(*measure), *measure);
      worst = std::min(worst.value_or(*measure), *measure);
    }
  routing r;
  for (const auto* p : all) {
    double share = 1;
    if (best) {
      share = merit(*p, by).value_or(free_of_charge(*p, by) ? 2 * *best : *worst) / *best;
      share = std::max(share, 1 / widest);
    }
    r.add(target_of(m, *p), share);
  }
  return r;
}

} // namespace weir::inline v0
