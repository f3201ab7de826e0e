// Sums over a ledger.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <weir/cost/ledger.hpp>
#include <weir/detail/abi.hpp>

WEIR_BEGIN_NAMESPACE

/// What a number of attempts used and cost.
struct spending {
  spending() = default;

  std::uint64_t calls = 0; ///< Counted where their first attempt was sent.
  std::uint64_t attempts = 0;
  std::uint64_t failed = 0;       ///< Attempts without an answer that is complete or ended at its length limit.
  std::uint64_t unpriced = 0;     ///< Attempts whose cost is not known: it is in no sum, and not nothing.
  std::uint64_t estimated = 0;    ///< Attempts whose usage is an estimate.
  std::uint64_t incomplete = 0;   ///< Attempts whose price had to stand in for a missing one.
  std::uint64_t input_tokens = 0; ///< Cached ones included.
  std::uint64_t cached_tokens = 0;
  std::uint64_t output_tokens = 0;
  std::map<std::string, money> cost;        ///< By currency; exact.
  std::map<std::string, money> cache_saved; ///< By the providers' prompt caches.

  void add(const ledger_entry& e);
  void add(const spending& other);
};

/// Sums by name, such as that of a model or a day.
///
///     weir::spending_by models;
///     weir::read_ledger("l.jsonl", [&](const weir::ledger_entry& e) { models.add(e.model, e); });
class spending_by {
public:
  /// Beyond `max_names` names the rest is counted together, as `other`.
  explicit spending_by(std::size_t max_names = 100'000) : max_names_(max_names) {}

  void add(const std::string& name, const ledger_entry& e);
  const std::map<std::string, spending>& rows() const noexcept { return rows_; }
  const spending& total() const noexcept { return total_; }
  /// Dearest first: by what is spent in the currency that most is spent in, then by tokens, then by name.
  std::vector<std::string> dearest_first() const;

private:
  std::size_t max_names_;
  std::map<std::string, spending> rows_;
  spending total_;
};

WEIR_END_NAMESPACE
