#include "cost/prices/table.hpp"

#include <algorithm>
#include <utility>

namespace weir::inline v0 {

void unit_rates::overlay(const unit_rates& above) noexcept {
  for (std::size_t i = 0; i != usage_unit_count; ++i)
    if (const auto u = static_cast<usage_unit>(i); above.has(u))
      set(u, above[u]);
}

unit_rates& rate_card::tier(std::uint64_t above) {
  const auto at = std::lower_bound(tiers.begin(), tiers.end(), above,
                                   [](const rate_tier& t, std::uint64_t wanted) { return t.above < wanted; });
  if (at != tiers.end() && at->above == above)
    return at->rates;
  return tiers.insert(at, rate_tier(above))->rates;
}

void rate_card::complete() {
  auto below = base;
  for (auto& t : tiers) {
    below.overlay(t.rates);
    t.rates = below;
  }
}

const rate_tier* rate_card::tier_for(std::uint64_t prompt) const noexcept {
  const rate_tier* found = nullptr;
  for (const auto& t : tiers)
    if (prompt > t.above)
      found = &t;
  return found;
}

bool price_time::holds(std::int64_t at) const noexcept {
  if (at < from)
    return false;
  if (hours.empty())
    return true;
  constexpr std::int64_t day_length = 86'400;
  auto day = at / day_length;
  auto second = at % day_length;
  if (second < 0) {
    second += day_length;
    --day;
  }
  // 1970 began on a Thursday.
  const auto weekday = ((day + 3) % 7 + 7) % 7;
  return std::any_of(hours.begin(), hours.end(), [&](const daily_hours& h) {
    if ((h.weekdays >> weekday & 1) == 0)
      return false;
    if (h.from < h.until)
      return second >= h.from && second < h.until;
    return h.from == h.until || second >= h.from || second < h.until;
  });
}

std::string price_variant::name() const {
  std::string words = batch ? "batch" : "";
  for (const auto* part : {&service_tier, &speed})
    if (!part->empty())
      words.append(words.empty() ? "" : " ").append(*part);
  return words;
}

const price_period* price_entry::at(std::int64_t seconds) const noexcept {
  const auto found =
      std::find_if(periods.rbegin(), periods.rend(), [&](const price_period& p) { return p.when.holds(seconds); });
  return found == periods.rend() ? nullptr : &*found;
}

void price_table::add(price_entry e) {
  auto& shelf = shelves_[e.provider];
  const auto at = entries_.size();
  for (const auto& name : e.names)
    shelf.names.emplace(name, at);
  if (!e.pattern.empty())
    shelf.patterns.push_back(at);
  entries_.push_back(std::move(e));
}

void price_table::resells(std::string provider, std::vector<std::string> others) {
  shelves_[std::move(provider)].resold = std::move(others);
}

const price_entry* price_table::named(std::string_view provider, std::string_view model) const {
  const auto shelf = shelves_.find(std::string(provider));
  if (shelf == shelves_.end())
    return nullptr;
  const auto found = shelf->second.names.find(std::string(model));
  return found == shelf->second.names.end() ? nullptr : &entries_[found->second];
}

const price_entry* price_table::find_in(const shelf& s, std::string_view model) const {
  if (const auto found = s.names.find(std::string(model)); found != s.names.end())
    return &entries_[found->second];
  const auto fits = [&](std::size_t i) { return entries_[i].pattern.fits(model); };
  const auto found = std::find_if(s.patterns.begin(), s.patterns.end(), fits);
  return found == s.patterns.end() ? nullptr : &entries_[*found];
}

const price_entry* price_table::find(std::string_view provider, std::string_view model) const {
  if (const auto shelf = shelves_.find(std::string(provider)); shelf != shelves_.end()) {
    if (const auto* e = find_in(shelf->second, model))
      return e;
    for (const auto& other : shelf->second.resold)
      if (const auto resold = shelves_.find(other); resold != shelves_.end())
        if (const auto* e = find_in(resold->second, model))
          return e;
  }
  const auto any = shelves_.find(std::string(any_provider));
  return any == shelves_.end() ? nullptr : find_in(any->second, model);
}

} // namespace weir::inline v0
