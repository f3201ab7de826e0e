// Counts calls, attempts and what they cost, for whatever reads the counts.
#pragma once

#include <weir/core/time.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <vector>

#include <weir/policy/observe/call_record.hpp>
#include <weir/policy/observe/metrics.hpp>

#include "policy/observe/metric_family.hpp"

namespace weir::inline v0 {

/// Counts by error type. The types are the names of errc, so there are few, and the views refer to literals.
template <class T>
class by_error {
public:
  T& operator[](std::string_view error) {
    for (auto& [name, value] : list_)
      if (name == error)
        return value;
    return list_.emplace_back(error, T()).second;
  }
  const std::vector<std::pair<std::string_view, T>>& list() const noexcept { return list_; }

private:
  std::vector<std::pair<std::string_view, T>> list_;
};

/// What is counted of the calls of one operation, provider and model.
class call_series {
public:
  call_series() = default;
  static constexpr auto outcomes = static_cast<std::size_t>(outcome::failed) + 1;
  std::string operation, provider, model;

  by_error<histogram> durations;
  histogram input_tokens, output_tokens, first_token, per_chunk;
  std::array<std::uint64_t, outcomes> calls{};
  bool has_calls = false;

  by_error<std::uint64_t> attempts;
  std::uint64_t retries = 0, fallbacks = 0, hedges = 0, continuations = 0, maybe_billed = 0, connections[2]{};
  histogram queued, connect, longest_gap;
  bool has_attempts = false;
};

/// What metrics counts, and otlp_exporter sends. The sets of labels of calls, of costs and of unpriced requests are
/// capped, each kind on its own: see metrics.
/// Thread safety: safe.
class call_metrics {
public:
  explicit call_metrics(std::size_t max_label_sets) : max_(max_label_sets) {}

  void call_begun() noexcept { in_flight_.fetch_add(1, std::memory_order_relaxed); }
  void attempt_ended(const call_record& call, const attempt& a) noexcept;
  void call_ended(const call_record& call) noexcept;
  void spent(std::string_view provider, std::string_view model, std::string_view key, std::string_view tier,
             std::string_view currency, double amount) noexcept;
  void unpriced(std::string_view provider, std::string_view model) noexcept;
  void gauges(std::function<std::vector<gauge>()> source);
  void forget_gauges() noexcept;

  /// Everything so far, sorted, so that two readings can be compared.
  /// \throws what a source of gauges throws.
  std::vector<metric_family> read() const;

private:
  /// Provider, model, key, tier and currency.
  using cost_labels = std::tuple<std::string, std::string, std::string, std::string, std::string>;

  // Under the mutex.
  call_series& series_of(std::string_view operation, std::string_view provider_id, std::string_view model);

  const std::size_t max_;
  std::atomic<std::int64_t> in_flight_ = 0;
  mutable std::mutex mutex_;
  std::unordered_map<std::string, call_series> all_;
  call_series other_;
  std::string key_;
  std::map<cost_labels, double> costs_;
  std::map<std::pair<std::string, std::string>, std::uint64_t> unpriced_;
  std::vector<std::function<std::vector<gauge>()>> sources_;
};

/// The families of these series, and of gauges.
void add_call_families(const std::vector<call_series>& all, std::vector<metric_family>& to);
void add_attempt_families(const std::vector<call_series>& all, std::vector<metric_family>& to);
void add_gauges(const std::vector<gauge>& all, std::vector<metric_family>& to);

} // namespace weir::inline v0
