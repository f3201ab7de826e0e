// The state of a price_book: its lists, and which entry each model was found in.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <vector>

#include <weir/cost/prices.hpp>

#include "cost/prices/table.hpp"

namespace weir::inline v0 {

/// The names of a model: of its provider, as it was requested, and as the response named it.
struct model_names {
  model_names() = default;
  model_names(std::string_view provider, std::string_view model, std::string_view answered)
      : provider(provider), model(model), answered(answered) {}
  std::string_view provider, model, answered;
};

/// An entry in its list, which it keeps alive.
struct found_entry {
  found_entry() = default;
  found_entry(std::shared_ptr<const price_table> in, const price_entry* entry) : table(std::move(in)), entry(entry) {}
  std::shared_ptr<const price_table> table;
  const price_entry* entry = nullptr;
};

/// The entries for a model in one list's order after the other's; pure.
std::vector<found_entry> find_entries(const std::vector<price_source>& sources, const model_names& names);

/// Thread safety: safe.
class price_book::state {
public:
  using entries = std::shared_ptr<const std::vector<found_entry>>;

  void put(price_source s, bool replace);
  bool remove(std::string_view name);
  std::vector<price_source> sources() const;

  entries find(const model_names& names);

private:
  // Keys that are strings, looked up by views of them.
  struct key {
    explicit key(const model_names& n) : provider(n.provider), model(n.model), answered(n.answered) {}
    operator model_names() const noexcept { return {provider, model, answered}; }
    std::string provider, model, answered;
  };
  struct hash {
    using is_transparent = void;
    std::size_t operator()(const model_names& n) const noexcept;
  };
  struct equal {
    using is_transparent = void;
    bool operator()(const model_names& a, const model_names& b) const noexcept {
      return std::tie(a.model, a.provider, a.answered) == std::tie(b.model, b.provider, b.answered);
    }
  };

  mutable std::mutex mutex_;
  std::vector<price_source> sources_;
  std::unordered_map<key, entries, hash, equal> known_;
};

} // namespace weir::inline v0
