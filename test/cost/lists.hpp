// Price lists and usages for tests, in few words.
#pragma once

#include <chrono>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <weir/cost/prices.hpp>

#include "cost/prices/table.hpp"

namespace cost_test {

using weir::usage_unit;

/// Prices per million.
using rates = std::initializer_list<std::pair<usage_unit, std::string_view>>;

inline weir::unit_rates unit_rates(rates all) {
  weir::unit_rates r;
  for (const auto& [unit, price] : all)
    r.set(unit, *weir::rate::parse(price, 1'000'000));
  return r;
}

inline weir::price_entry entry(std::string provider, std::string model, rates all) {
  weir::price_entry e;
  e.provider = std::move(provider);
  e.model = model;
  e.names = {std::move(model)};
  e.periods.emplace_back().rates.base = unit_rates(all);
  return e;
}

inline weir::rate_card& card(weir::price_entry& e) { return e.periods.front().rates; }

/// Call last.
inline weir::price_source list(std::vector<weir::price_entry> entries, std::string name = "test",
                               weir::price_rank rank = weir::price_rank::own) {
  auto table = std::make_shared<weir::price_table>();
  table->name = std::move(name);
  for (auto& e : entries) {
    for (auto& p : e.periods)
      p.rates.complete();
    table->add(std::move(e));
  }
  return weir::price_source(std::move(table), rank, {});
}

inline weir::usage used(std::initializer_list<std::pair<usage_unit, std::uint64_t>> counts) {
  weir::usage u;
  for (const auto& [unit, n] : counts)
    u.units.set(unit, n);
  return u;
}

inline std::chrono::system_clock::time_point at(int year, unsigned month, unsigned day, int hour = 0, int minute = 0) {
  return std::chrono::sys_days(std::chrono::year(year) / static_cast<int>(month) / static_cast<int>(day)) +
         std::chrono::hours(hour) + std::chrono::minutes(minute);
}

inline std::string text(const std::optional<weir::money>& m) { return m ? m->text() : "none"; }

} // namespace cost_test
