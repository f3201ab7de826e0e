// What a call cost: price lists and the book of them.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <weir/cost/money.hpp>
#include <weir/detail/abi.hpp>
#include <weir/task/usage.hpp>

#include <weir/detail/fluent.hpp>

WEIR_BEGIN_NAMESPACE

class price_table;

/// What is to be priced: one attempt of a call, as it was answered.
class price_query {
public:
  using clock = std::chrono::system_clock;

  price_query() = default;
  price_query(std::string provider, std::string model) : provider_(std::move(provider)), model_(std::move(model)) {}

  /// weir's id of the provider, another price list's name for it, or the URL or host of its server.
  WEIR_FIELD(price_query, std::string, provider)
  /// As it was requested.
  WEIR_FIELD(price_query, std::string, model)
  /// As the response named it, which is looked up first. Default: empty, not told.
  WEIR_FIELD(price_query, std::string, model_answered)
  /// When the request was sent: decides on dates and hours. Default: 1970, before every dated price.
  WEIR_VALUE(price_query, clock::time_point, started)
  WEIR_SETTER(price_query, weir::usage, usage, usage_ = std::move(v))
  const weir::usage& usage() const noexcept { return usage_; }
  /// As the response said, not the request: empty, `default`, `standard`, `auto` and `on_demand` are the standard tier.
  WEIR_FIELD(price_query, std::string, service_tier)
  /// As the response said: empty and `standard` are the standard speed.
  WEIR_FIELD(price_query, std::string, speed)
  /// Whether it was served by a provider's batch API; a service tier `batch` says the same. Default: false.
  WEIR_VALUE(price_query, bool, batch)

private:
  std::string provider_, model_, model_answered_;
  clock::time_point started_{};
  weir::usage usage_;
  std::string service_tier_, speed_;
  bool batch_ = false;
};

/// What an attempt cost.
struct priced {
  priced() = default;

  /// What counts: `reported` if there is one, else `computed`. Empty: not priced, which is not the same as free.
  std::optional<money> cost;
  std::optional<money> computed; ///< By the price list.
  std::optional<money> reported; ///< The provider's own figure, in USD.
  /// reported − computed, if both are there and in the same currency.
  std::optional<money> difference;
  std::string currency; ///< Of `cost` and `computed`: `USD`. Empty if there is neither.
  std::string source;   ///< The name of the price list that `computed` comes from.
  std::string date;     ///< Since when its price holds, as the list says: `2026-03-13`. Empty if it does not.
  /// `computed` is not quite what the list says: it has no price for a unit, a service tier or a speed, and that of the
  /// unit's plain kind was used; or the usage contradicts itself. `remark` tells.
  bool incomplete = false;
  std::string remark; ///< One line; empty unless `incomplete`.
  /// Why `computed` is empty, one line: no such model, no usage, a unit without a price. Empty otherwise.
  std::string why_unpriced;
};

/// Which list is asked first.
enum class price_rank : std::uint8_t {
  own,       ///< The user's own prices.
  live,      ///< What a router or provider has just reported.
  reference, ///< Public lists.
};

/// The prices of one file or one answer of a router; see parse_prices() and read_prices(). Cheap to copy.
class price_source {
public:
  /// Without prices.
  price_source();
  /// \cond
  explicit price_source(std::shared_ptr<const price_table> table, price_rank rank, std::vector<std::string> warnings);
  const std::shared_ptr<const price_table>& table() const noexcept { return table_; }
  /// \endcond

  /// Its file, or what else it was called.
  const std::string& name() const noexcept;
  /// How many pairs of provider and model it has prices for.
  std::size_t size() const noexcept;
  /// weir's own format: `own`; the router's and OpenRouter's: `live`; others: `reference`.
  WEIR_VALUE(price_source, price_rank, rank)
  /// What was left out, a line each: `prices[3].input: a negative price`.
  const std::vector<std::string>& warnings() const noexcept { return *warnings_; }

private:
  std::shared_ptr<const price_table> table_;
  std::shared_ptr<const std::vector<std::string>> warnings_;
  price_rank rank_ = price_rank::reference;
};

/// The price of a model at a provider, to be shown.
struct model_price {
  model_price() = default;

  /// Prices by unit, each per million units: of tokens, milliseconds, images …
  class table {
  public:
    std::optional<money> operator[](usage_unit u) const noexcept { return prices_[static_cast<std::size_t>(u)]; }
    void set(usage_unit u, money per_million) noexcept { prices_[static_cast<std::size_t>(u)] = per_million; }

  private:
    std::array<std::optional<money>, usage_unit_count> prices_;
  };
  struct tier {
    tier() = default;
    std::uint64_t above = 0; ///< For a request whose prompt has more tokens than this, cached ones included.
    table per_million;
  };

  std::string model; ///< As the price list names it, or matches it.
  std::string source;
  std::string date; ///< Since when; empty if the list does not say.
  std::string currency;
  table per_million;
  std::vector<tier> tiers;           ///< By size, smallest first.
  std::vector<std::string> variants; ///< The other service tiers and speeds with prices: `batch`, `priority`, `fast`.
};

/// Price lists, asked in the order of their rank, and within a rank in the order in which they were added.
///
///     weir::price_book book;
///     book.add(weir::read_prices("my-prices.json"));
///     auto cost = book.price(weir::price_query("groq", "llama-3.3-70b-versatile").started(t).usage(u)).cost;
///
/// Tiers apply to a whole request: a prompt above the threshold (cached tokens included) has all of the request's
/// tokens, in and out, at the tier's price. A cost is computed exactly and rounded once, half even, to 10⁻¹².
///
/// Thread safety: safe.
class price_book {
public:
  price_book();
  price_book(const price_book&) = delete;
  price_book& operator=(const price_book&) = delete;
  ~price_book();

  void add(price_source s);
  /// Takes the place of the list with the same name, if there is one; else add().
  void replace(price_source s);
  /// Removes the list of that name; false if there is none.
  bool remove(std::string_view name);

  /// Never throws for what the query says: see priced::why_unpriced.
  priced price(const price_query& q) const;
  /// An upper bound for a call of so many tokens, to reserve: they are charged at the dearer of the prices of text and
  /// of cache writes (those for an hour only if the query's usage has that unit, be it zero; nothing else of it is
  /// looked at), and at the dearer of the prices of text and of reasoning. Empty if there is no price. An attempt can
  /// still cost more: searches, sound, images, a service tier that was not asked for. `currency`, if given, is set to
  /// the estimate's.
  std::optional<money> estimate(const price_query& q, std::uint64_t input_tokens, std::uint64_t output_tokens,
                                std::string* currency = nullptr) const;
  /// What holds for a model at that time, at the standard tier.
  std::optional<model_price> find(std::string_view provider, std::string_view model,
                                  price_query::clock::time_point when) const;

  /// How many pairs of provider and model there are, those of several lists counted once per list.
  std::size_t size() const;
  /// The lists, in the order in which they are asked.
  std::vector<price_source> sources() const;

private:
  class state;
  std::unique_ptr<state> state_;
};

WEIR_END_NAMESPACE

#include <weir/detail/fluent.hpp>
