// Metrics of calls, for Prometheus.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <weir/detail/abi.hpp>
#include <weir/policy/observe/observe.hpp>
#include <weir/policy/observe/spending.hpp>

#include <weir/detail/fluent.hpp>

WEIR_BEGIN_NAMESPACE

/// A value that is sampled when the metrics are read: the size of a pool, the state of a breaker.
class gauge {
public:
  gauge() = default;
  gauge(std::string name, double value) : name_(std::move(name)), value_(value) {}

  WEIR_SETTER(gauge, std::string, help, help_ = std::move(v))
  gauge&& label(std::string name, std::string value) && {
    label(std::move(name), std::move(value));
    return std::move(*this);
  }
  gauge& label(std::string name, std::string value) & {
    labels_.emplace_back(std::move(name), std::move(value));
    return *this;
  }

  const std::string& name() const noexcept { return name_; }
  const std::string& help() const noexcept { return help_; }
  double value() const noexcept { return value_; }
  const std::vector<std::pair<std::string, std::string>>& labels() const noexcept { return labels_; }

private:
  std::string name_;
  std::string help_;
  double value_ = 0;
  std::vector<std::pair<std::string, std::string>> labels_;
};

/// Counts calls and attempts, and writes Prometheus' text format.
///
///     auto numbers = std::make_shared<weir::metrics>();
///     weir::client client(weir::from_environment().observe(numbers));
///     http_answer(numbers->prometheus());   // Content-Type: text/plain; version=0.0.4
///
/// Histograms are those of OpenTelemetry's conventions for generative AI, with their buckets, under
/// their Prometheus names: gen_ai_client_operation_duration_seconds, gen_ai_client_token_usage,
/// gen_ai_client_operation_time_to_first_chunk_seconds, and gen_ai_client_operation_time_per_output_chunk_seconds of
/// streams, in which all chunks of a stream but the slowest one count as equally fast. In addition: weir_calls_total,
/// weir_in_flight_calls, weir_attempts_total, weir_retries_total (the same provider and model again),
/// weir_fallbacks_total (another one), weir_hedges_total, weir_continuations_total, weir_maybe_billed_attempts_total,
/// weir_connections_total, weir_attempt_queue_seconds, weir_attempt_connect_seconds, weir_attempt_longest_gap_seconds;
/// and of what attempts cost: weir_cost_total by currency, provider, model, key (its name) and tier, and
/// weir_cost_unpriced_requests_total by provider and model. What is left of budgets comes as gauges, by convention
/// weir_budget_remaining.
///
/// Labels: gen_ai_operation_name, gen_ai_provider_name, gen_ai_request_model as requested (of
/// attempts: as sent), and error_type where something failed. Once there are `max_label_sets` sets
/// of the first three, further ones are counted together as `other`; so is a value that is not
/// UTF-8 or longer than 256 bytes. The sets of labels of costs, and of unpriced requests, are capped in the same way,
/// but amounts of different currencies are never added.
///
/// Thread safety: safe; one object may observe all clients of a program.
class metrics final : public observer, public spending_observer {
public:
  explicit metrics(std::size_t max_label_sets = 500);
  ~metrics() override;

  void call_begun(const call_record& call) noexcept override;
  void attempt_ended(const call_record& call, const attempt& a) noexcept override;
  void call_ended(const call_record& call) noexcept override;

  /// Adds to weir_cost_total; an amount that is negative or not finite is ignored.
  void spent(std::string_view provider, std::string_view model, std::string_view key, std::string_view tier,
             std::string_view currency, double amount) noexcept override;
  void unpriced(std::string_view provider, std::string_view model) noexcept override;

  /// Adds a source of gauges, called at each prometheus(), on its thread. Gauges of the same name and
  /// labels, such as those of the clients of a group, are added up. Characters that the format
  /// does not allow in a name become `_`.
  void gauges(std::function<std::vector<gauge>()> source);

  /// Everything counted so far, in Prometheus' text exposition format 0.0.4.
  /// \throws what a source of gauges throws.
  std::string prometheus() const;

private:
  class state;
  std::unique_ptr<state> state_;
};

WEIR_END_NAMESPACE

#include <weir/detail/fluent.hpp>
