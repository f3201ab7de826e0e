// A price list as it is kept: entries by provider and model, each with its prices by date, hour, size and service.
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <weir/task/usage.hpp>

#include "cost/prices/pattern.hpp"
#include "cost/prices/rate.hpp"

namespace weir::inline v0 {

/// A rate for each unit, or none.
class unit_rates {
public:
  unit_rates() = default;
  bool has(usage_unit u) const noexcept { return (present_ >> index(u) & 1) != 0; }
  /// Zero if there is none.
  rate operator[](usage_unit u) const noexcept { return rates_[index(u)]; }
  void set(usage_unit u, rate r) noexcept {
    rates_[index(u)] = r;
    present_ |= std::uint32_t{1} << index(u);
  }
  bool empty() const noexcept { return present_ == 0; }
  /// Sets what `above` has.
  void overlay(const unit_rates& above) noexcept;

private:
  static constexpr std::size_t index(usage_unit u) noexcept { return static_cast<std::size_t>(u); }
  std::array<rate, usage_unit_count> rates_{};
  std::uint32_t present_ = 0;
};

/// What a request whose prompt has more than `above` tokens costs, all of it.
struct rate_tier {
  rate_tier() = default;
  explicit rate_tier(std::uint64_t above) : above(above) {}
  std::uint64_t above = 0;
  unit_rates rates;
};

/// Prices by the size of the prompt.
struct rate_card {
  rate_card() = default;
  unit_rates base;
  std::vector<rate_tier> tiers; ///< Smallest first.

  bool empty() const noexcept { return base.empty() && tiers.empty(); }
  /// The tier above that many tokens; made, in its place, if it is not there.
  unit_rates& tier(std::uint64_t above);
  /// Gives each tier what it does not name itself from the one below.
  void complete();
  /// The tier for a prompt of that size; nullptr: the base.
  const rate_tier* tier_for(std::uint64_t prompt) const noexcept;
};

/// Part of each day, in seconds after midnight UTC. One that ends where it begins is the whole day; one that ends
/// before it begins goes on after midnight.
struct daily_hours {
  daily_hours() = default;
  std::uint32_t from = 0, until = 0;
  std::uint8_t weekdays = 0x7f; ///< Bit 0 is Monday; the day of the moment, not of the beginning.
};

/// When a price holds.
struct price_time {
  price_time() = default;
  std::int64_t from = std::numeric_limits<std::int64_t>::min(); ///< Seconds since 1970, UTC.
  std::string date;                                             ///< `from` as it is written; empty: always.
  std::vector<daily_hours> hours;                               ///< Any of them; empty: all day.

  bool holds(std::int64_t at) const noexcept;
};

/// What another service tier or speed costs.
struct price_variant {
  price_variant() = default;
  std::string service_tier, speed; ///< In lower case; empty: any.
  bool batch = false;              ///< Only in batches; else in either.
  price_time when;
  rate_card rates; ///< Only what differs.
  /// What `rates` does not name costs what it costs otherwise; else it is scaled as the plain tokens are.
  bool rest_unchanged = false;
  rate factor; ///< In 10⁻¹⁸, of what everything else than requests and searches costs; zero: none.

  std::string name() const;
};

/// The prices that hold from a date or at an hour.
struct price_period {
  price_period() = default;
  price_time when;
  rate_card rates; ///< Complete.
  std::vector<price_variant> variants;
};

/// One model at one provider.
struct price_entry {
  price_entry() = default;
  std::string provider; ///< See canonical_provider().
  std::string model;    ///< To be shown.
  /// Matches if a name is one of these, in lower case …
  std::vector<std::string> names;
  /// … or fits this.
  name_pattern pattern;
  std::vector<price_period> periods; ///< The last that holds counts.

  const price_period* at(std::int64_t seconds) const noexcept;
};

/// A list. Not changed once it is in a price_source.
class price_table {
public:
  /// The provider of entries that hold at all of them, after those of the provider itself.
  static constexpr std::string_view any_provider = "*";

  price_table() = default;

  std::string name;
  std::string currency = "USD";

  void add(price_entry e);
  /// Where a provider without the model is a reseller of others.
  void resells(std::string provider, std::vector<std::string> others);

  const std::vector<price_entry>& entries() const noexcept { return entries_; }
  /// The entry with exactly that name; nullptr if there is none. Both in lower case.
  const price_entry* named(std::string_view provider, std::string_view model) const;
  /// The entry for a model: by name, by pattern, and then at the providers that it is resold for.
  const price_entry* find(std::string_view provider, std::string_view model) const;

private:
  struct shelf {
    std::unordered_map<std::string, std::size_t> names;
    std::vector<std::size_t> patterns;
    std::vector<std::string> resold;
  };
  const price_entry* find_in(const shelf& s, std::string_view model) const;

  std::vector<price_entry> entries_;
  std::unordered_map<std::string, shelf> shelves_;
};

} // namespace weir::inline v0
