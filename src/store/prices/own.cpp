// weir's own price lists: see docs/cost.md.
#include <algorithm>
#include <map>

#include "cost/prices/providers.hpp"
#include "store/prices/formats.hpp"

namespace weir::inline v0::price_lists {

namespace {

constexpr std::uint64_t default_per = 1'000'000;
constexpr auto one = rate::from_atto(1'000'000'000'000'000'000);
constexpr auto most_factor = rate::from_atto(static_cast<decimal::int128>(1'000'000'000'000'000'000) * 100);

std::optional<usage_unit> unit_named(std::string_view key) {
  if (key == "input")
    return usage_unit::input_text;
  if (key == "output")
    return usage_unit::output_text;
  if (key == "reasoning")
    return usage_unit::output_reasoning;
  if (key == "input_seconds")
    return usage_unit::input_milliseconds;
  if (key == "output_seconds")
    return usage_unit::output_milliseconds;
  const auto u = usage_unit_of(key);
  return u == usage_unit::input_milliseconds || u == usage_unit::output_milliseconds ? std::nullopt : u;
}

// How many of the unit a price is for: tokens and characters as the entry says, seconds and the rest one.
std::uint64_t amount(usage_unit u, std::uint64_t per) noexcept {
  if (u == usage_unit::input_milliseconds || u == usage_unit::output_milliseconds)
    return 1000;
  return is_input_tokens(u) || is_output_tokens(u) || u == usage_unit::input_characters ? per : 1;
}

// False if the key is not one of a price.
bool read_unit(const field& price, std::uint64_t per, unit_rates& rates) {
  if (price.key() == "cache_write") {
    set_cache_write(rates, read_rate(price, usage_unit::cache_write_other, per));
    return true;
  }
  const auto u = unit_named(price.key());
  if (u)
    rates.set(*u, read_rate(price, *u, amount(*u, per)));
  return u.has_value();
}

void read_tiers(const field& tiers, std::uint64_t per, rate_card& card) {
  if (!tiers.is_array())
    tiers.fail("must be a list of objects with \"above\" and prices");
  each(tiers, [&](const field& tier) {
    const auto above = member(tier, "above");
    if (!above)
      tier.fail("no \"above\"");
    auto& rates = card.tier(read_count(*above));
    if (!rates.empty())
      above->fail("a second tier above as many tokens");
    each(tier, [&](const field& price) {
      if (price.key() != "above" && !read_unit(price, per, rates))
        price.fail("an unknown unit");
    });
  });
}

rate read_factor(const field& f) {
  const auto factor = rate::parse(number_text(f), 1);
  if (!factor || *factor <= rate() || *factor > most_factor)
    f.fail("must be a factor above 0, at most 100");
  return *factor;
}

// A factor, or prices.
price_variant read_variant(const field& f, std::uint64_t per) {
  price_variant v;
  if (!f.is_object()) {
    v.factor = read_factor(f);
    return v;
  }
  each(f, [&](const field& price) {
    if (price.key() == "tiers")
      read_tiers(price, per, v.rates);
    else if (!read_unit(price, per, v.rates.base))
      price.fail("an unknown unit");
  });
  if (v.rates.empty())
    f.fail("no prices");
  return v;
}

void scale(unit_rates& rates, rate factor, const field& f) {
  for (std::size_t i = 0; i != usage_unit_count; ++i) {
    const auto u = static_cast<usage_unit>(i);
    if (!rates.has(u) || u == usage_unit::requests || u == usage_unit::searches)
      continue;
    const auto scaled = rates[u].times(factor, one);
    if (!scaled)
      f.fail("a price out of range");
    rates.set(u, *scaled);
  }
}

void scale(rate_card& card, rate factor, const field& f) {
  scale(card.base, factor, f);
  for (auto& t : card.tiers)
    scale(t.rates, factor, f);
}

// The period of some hours of each day, from the one for all day.
price_period read_off_peak(const field& f, const price_period& all_day, std::uint64_t per) {
  auto p = all_day;
  auto& hours = p.when.hours.emplace_back();
  const auto from = member(f, "from"), until = member(f, "until");
  if (!from || !until)
    f.fail("no \"from\" and \"until\"");
  hours.from = read_time_of_day(*from, from->string());
  hours.until = read_time_of_day(*until, until->string());
  const auto factor = member(f, "factor");
  if (factor) {
    const auto by = read_factor(*factor);
    scale(p.rates, by, f);
    for (auto& v : p.variants)
      scale(v.rates, by, f);
  } else {
    // Prices of other services do not hold at these hours.
    std::erase_if(p.variants, [](const price_variant& v) { return !v.rates.empty(); });
    p.rates = rate_card();
  }
  each(f, [&](const field& m) {
    const auto key = m.key();
    if (key == "from" || key == "until" || key == "factor")
      return;
    if (factor)
      m.fail("a price beside a factor");
    if (key == "tiers")
      read_tiers(m, per, p.rates);
    else if (!read_unit(m, per, p.rates.base))
      m.fail("an unknown unit");
  });
  if (p.rates.empty())
    f.fail("neither a factor nor prices");
  p.rates.complete();
  return p;
}

// What of an entry is no unit.
bool is_member(std::string_view key) noexcept {
  return key == "provider" || key == "model" || key == "from" || key == "per" || key == "comment";
}

// The periods of one entry: all day, then at some hours.
std::vector<price_period> read_periods(const field& f) {
  price_period p;
  std::uint64_t per = default_per;
  if (const auto m = member(f, "per"))
    if (per = read_count(*m); per == 0)
      m->fail("must be above 0");
  if (const auto from = member(f, "from"))
    read_date(*from, p.when);
  each(f, [&](const field& m) {
    const auto key = m.key();
    if (key == "tiers") {
      read_tiers(m, per, p.rates);
    } else if (key == "batch" || key == "flex" || key == "priority" || key == "fast") {
      auto v = read_variant(m, per);
      v.batch = key == "batch";
      if (key == "fast")
        v.speed = key;
      else if (!v.batch)
        v.service_tier = key;
      p.variants.push_back(std::move(v));
    } else if (key == "service_tiers") {
      each(m, [&](const field& tier) {
        p.variants.push_back(read_variant(tier, per));
        p.variants.back().service_tier = name_pattern::lower(tier.key());
      });
    } else if (key != "off_peak" && !is_member(key) && !read_unit(m, per, p.rates.base)) {
      m.fail("an unknown unit");
    }
  });
  if (p.rates.empty())
    f.fail("no prices");
  p.rates.complete();
  std::vector<price_period> all{p};
  if (const auto off = member(f, "off_peak")) {
    if (off->is_array())
      each(*off, [&](const field& hours) { all.push_back(read_off_peak(hours, p, per)); });
    else
      all.push_back(read_off_peak(*off, p, per));
  }
  return all;
}

using model_key = std::pair<std::string, std::string>;

} // namespace

void read_own_prices(const field& root, price_reader& to) {
  if (const auto currency = member(root, "currency")) {
    const auto code = currency->string();
    const auto capital = [](char c) { return c >= 'A' && c <= 'Z'; };
    to.attempt([&] {
      if (code.size() != 3 || !std::all_of(code.begin(), code.end(), capital))
        currency->fail("must be a currency's three letters, such as \"USD\"");
      to.table.currency = code;
    });
  }
  each(root, [&](const field& f) {
    if (f.key() != "currency" && f.key() != "prices" && f.key() != "comment" && f.key() != "$schema")
      to.attempt([&] { f.fail("no such member: \"currency\", \"prices\" and \"comment\" are"); });
  });
  std::vector<price_entry> entries;
  std::map<model_key, std::size_t> known;
  const auto prices = member(root, "prices");
  each(*prices, [&](const field& f) {
    to.attempt([&] {
      if (!f.is_object())
        f.fail("must be an object");
      const auto given = member(f, "provider");
      const auto provider =
          given ? canonical_provider(required_string(f, "provider")) : std::string(price_table::any_provider);
      const auto model = name_pattern::lower(required_string(f, "model"));
      auto periods = read_periods(f);
      const auto [at, is_new] = known.try_emplace({provider, model}, entries.size());
      if (is_new) {
        auto& e = entries.emplace_back();
        e.provider = provider;
        e.model = required_string(f, "model");
        if (model.find('*') == std::string::npos)
          e.names = {model};
        else
          e.pattern = *name_pattern::make(name_pattern::kind::glob, model);
      }
      auto& e = entries[at->second];
      const auto& when = periods.front().when;
      if (std::any_of(e.periods.begin(), e.periods.end(),
                      [&](const price_period& p) { return p.when.from == when.from; }))
        f.fail("a second price of " + provider + "/" + model +
               (when.date.empty() ? std::string(" without a date") : " from " + when.date));
      // Behind those of earlier dates; the hours stay behind their day.
      const auto behind = std::upper_bound(e.periods.begin(), e.periods.end(), when.from,
                                           [](std::int64_t from, const price_period& p) { return from < p.when.from; });
      e.periods.insert(behind, periods.begin(), periods.end());
    });
  });
  for (auto& e : entries)
    to.add(std::move(e));
}

} // namespace weir::inline v0::price_lists
