// The names under which a model may have a price, and what is learned of them.
#pragma once

#include <atomic>
#include <cstddef>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

#include <weir/cost/prices.hpp>
#include <weir/task/target.hpp>

namespace weir::inline v0 {

/// A provider and its own name of a model.
class mapped_name {
public:
  mapped_name() = default;
  mapped_name(std::string provider, std::string model) : provider(std::move(provider)), model(std::move(model)) {}
  std::string provider, model;
  friend bool operator==(const mapped_name&, const mapped_name&) = default;
};

/// What targets were called when they were asked: with it a call is priced before it is sent as it will be afterwards.
/// Thread safety: safe.
class mapped_names {
public:
  void learn(const target& asked, const std::string& provider, const std::string& model);
  /// Empty if the target's own names are all that is known.
  std::optional<mapped_name> find(const target& asked) const;

private:
  std::atomic<bool> any_ = false; // almost nobody has one, and everybody asks
  mutable std::mutex mutex_;
  std::unordered_map<std::string, mapped_name> known_;
};

/// The names under which a price is looked for, one after another until there is one: the provider's own name of the
/// model before the one that was asked for; of each, that of a server at a URL, by its host, before the one of the
/// provider that it stands for. Holds references.
class price_names {
public:
  price_names(const target& asked, const std::string& provider, const std::string& model) noexcept
      : asked_(asked), provider_(provider), model_(model) {}

  /// Sets the query's provider and model to the next ones; false if there are none left, of which there is at least
  /// one.
  bool next(price_query& q);

private:
  const target& asked_;
  const std::string& provider_;
  const std::string& model_;
  unsigned step_ = 0;
};

} // namespace weir::inline v0
