// How often a failed call is retried, and what that may cost.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include <weir/core/time.hpp>
#include <weir/detail/abi.hpp>

#include <weir/detail/fluent.hpp>

WEIR_BEGIN_NAMESPACE

/// Retries a failed call until its first event has been delivered, and never after.
///
/// The waits are the ambient backoff's (full jitter), and never shorter than what the provider asks for. A wait that
/// would end after the deadline is not begun. Retries are paid from a quota that successful calls refill, so that they
/// do not make an outage worse: the numbers are those of the AWS SDKs' standard mode 2.1 (2026).
///
///     weir::retry().attempts(5).retry_billed(false)
class retry {
public:
  retry() = default;

  /// Tries in all, the first one included. Default: 3. With 1 there are no retries: a stream is open as soon as the
  /// provider begins to answer, and a failure before its first event is thrown by next().
  WEIR_FIELD(retry, unsigned, attempts)
  /// What the retries of one key at one origin may cost beyond what successful calls give back. Default: 500.
  WEIR_FIELD(retry, unsigned, quota_capacity)
  /// The cost of one retry. Default: 14.
  WEIR_FIELD(retry, unsigned, cost)
  /// The cost of one retry after throttling. Default: 5.
  WEIR_FIELD(retry, unsigned, throttling_cost)
  /// Whether to retry if the whole request was sent and no verdict came back: the provider may charge for both.
  /// Default: true.
  WEIR_FIELD(retry, bool, retry_billed)
  /// The backoff's base after throttling, if the ambient one is less. Default: 1 s.
  WEIR_FIELD(retry, duration, throttling_base)
  /// The longest retry-after that a call without a deadline waits for. Default: 5 min.
  WEIR_FIELD(retry, duration, max_retry_after)

  /// \throws weir::error errc::invalid_configuration, naming the wrong field under `path`.
  void check(std::string_view path) const;

private:
  unsigned attempts_ = 3;
  unsigned quota_capacity_ = 500;
  unsigned cost_ = 14;
  unsigned throttling_cost_ = 5;
  bool retry_billed_ = true;
  duration throttling_base_ = std::chrono::seconds(1);
  duration max_retry_after_ = std::chrono::minutes(5);
};

/// What is left of one key's quota for retries.
struct quota_state {
  quota_state() = default;
  std::string id;              ///< Of the origin and the key's name; never the key.
  std::uint64_t available = 0; ///< At most `capacity`.
  std::uint64_t capacity = 0;
  std::uint64_t granted = 0; ///< Retries allowed, since the start.
  std::uint64_t refused = 0; ///< Retries that the quota did not allow, since the start.
};

WEIR_END_NAMESPACE

#include <weir/detail/fluent.hpp>
