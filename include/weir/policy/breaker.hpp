// The circuit breaker: when to stop calling a target whose calls keep failing.
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

/// A circuit breaker per origin, key and model: once calls keep failing, further ones are held back until one call that
/// is let through as a probe is answered. They wait for that in the retry layer if it fits their deadline, and fail at
/// once with errc::circuit_open if it does not, if a fallback target is left, if retries are off, or if `wait` is
/// false.
///
/// Two triggers, as in Linkerd's unified breaker (2026): consecutive failures, or too low a share of successes within a
/// window of time. What the caller causes (a refused request or key, used-up credit, a cancellation, the caller's
/// deadline) says nothing about the target, and neither does throttling.
///
/// A target that delivers tokens is alive, whatever else fails. A success counts from its first token, or from the head
/// of a response that is not streamed; consecutive failures count only attempts that began after the last sign of life,
/// because failures end sooner than successes begin; and while streams deliver tokens, nothing opens the circuit.
class breaker {
public:
  breaker() = default;

  /// Default: true.
  WEIR_FIELD(breaker, bool, enabled)
  /// How many consecutive failures open the circuit, or consecutive failures to connect, which are counted separately;
  /// 0: none do. Throttling does not count. Default: 7.
  WEIR_FIELD(breaker, unsigned, consecutive_failures)
  /// The minimum time from the first of the consecutive failures until they open the circuit. Default: 500 ms.
  WEIR_FIELD(breaker, duration, consecutive_span)
  /// The minimum share of the consecutive failures in their own number plus the attempts that still wait for a first
  /// token, 0 to 1. Default: 0.5.
  WEIR_FIELD(breaker, double, consecutive_share)
  /// The circuit opens when the share of successes within `window` is below this, 0 to 1; 0: it never is. Throttling
  /// does not count. Default: 0.6.
  WEIR_FIELD(breaker, double, min_success)
  /// Results needed within `window` before `min_success` applies. Default: 100.
  WEIR_FIELD(breaker, unsigned, min_requests)
  /// How far back `min_success` looks, to the nearest tenth. Default: 30 s.
  WEIR_FIELD(breaker, duration, window)
  /// How long the circuit is open at first; doubles with every failed probe, and up to half of it is added at random.
  /// Default: 1 s.
  WEIR_FIELD(breaker, duration, open_for)
  /// The maximum that it doubles to. Default: 60 s.
  WEIR_FIELD(breaker, duration, open_for_at_most)
  /// A first token that takes longer than this from when the target was called counts as a failure; 0: no limit. How
  /// long a complete answer takes never matters. Default: 0.
  WEIR_FIELD(breaker, duration, slow_first_token)
  /// Whether a call waits for the next probe, and for a target that may be down, as far as its deadline allows;
  /// false: it fails at once with errc::circuit_open. Default: true.
  WEIR_FIELD(breaker, bool, wait)

  /// \throws weir::error errc::invalid_configuration, naming the wrong field under `path`.
  void check(std::string_view path) const;

private:
  bool enabled_ = true;
  unsigned consecutive_failures_ = 7;
  duration consecutive_span_ = std::chrono::milliseconds(500);
  double consecutive_share_ = 0.5;
  double min_success_ = 0.6;
  unsigned min_requests_ = 100;
  duration window_ = std::chrono::seconds(30);
  duration open_for_ = std::chrono::seconds(1);
  duration open_for_at_most_ = std::chrono::seconds(60);
  duration slow_first_token_{};
  bool wait_ = true;
};

/// The state of one circuit.
struct breaker_state {
  enum class phase : std::uint8_t {
    closed,    ///< Calls go through.
    open,      ///< Calls are held back.
    half_open, ///< One call, the probe, goes through.
  };

  breaker_state() = default;
  std::string id; ///< Of the origin, the key's name and the model; never the key.
  phase state = phase::closed;
  duration since{};      ///< How long it has been open or half open.
  duration next_probe{}; ///< Until a call is let through again; zero unless open.
  unsigned failures_in_a_row = 0;
  unsigned failed_connects_in_a_row = 0;
  std::uint64_t succeeded = 0; ///< Within the window: answers that have begun.
  std::uint64_t failed = 0;    ///< Within the window.
  std::uint64_t opened = 0;    ///< How often, since the start; failed probes count.
  std::uint64_t refused = 0;   ///< Calls not let through, since the start.
  std::uint64_t running = 0;   ///< Calls without a result yet.
};

/// `closed`, `open`, `half_open`.
std::string_view name_of(breaker_state::phase) noexcept;

WEIR_END_NAMESPACE

#include <weir/detail/fluent.hpp>
