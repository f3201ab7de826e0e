// When to stop asking what only fails.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include <weir/core/time.hpp>

namespace weir {

/// A circuit breaker per origin, key and model: once calls only fail, further ones are held back until one
/// call that is let through as a probe gets an answer. They wait for that in the retry layer where it fits
/// their deadline, and fail at once with errc::circuit_open where it does not, where a fallback is left
/// to ask, where retries are off, or where `wait` is false.
///
/// Two triggers, as in Linkerd's unified breaker (2026): failures in a row, or too low a share
/// of successes within a window of time. What is the caller's own doing (a refused request or
/// key, used-up credit, a cancellation, the caller's deadline) is no verdict about the target, and neither
/// is a request to slow down.
///
/// A target that delivers tokens is alive, whatever else fails. A success counts from its first token, or from
/// the head of an answer that is not streamed; a row only counts failures of attempts that began
/// after the last sign of life, as failures end sooner than successes begin; and while streams
/// deliver, nothing opens the circuit.
class breaker {
public:
  breaker() = default;

#define WEIR_FIELD(type, name)                                                                                         \
  breaker&& name(type v)&& {                                                                                           \
    name##_ = std::move(v);                                                                                            \
    return std::move(*this);                                                                                           \
  }                                                                                                                    \
  breaker& name(type v)& {                                                                                             \
    name##_ = std::move(v);                                                                                            \
    return *this;                                                                                                      \
  }                                                                                                                    \
  const type& name() const noexcept { return name##_; }
  /// Default: true.
  WEIR_FIELD(bool, enabled)
  /// Failures in a row that open the circuit, and failures to connect in a row, which are counted
  /// apart; 0: this never does. A request to slow down is not one of them. Default: 7.
  WEIR_FIELD(unsigned, consecutive_failures)
  /// The least time from the first failure of a row until it opens the circuit. Default: 500 ms.
  WEIR_FIELD(duration, consecutive_span)
  /// The least share that a row must be of its own length and the attempts that still wait for a first token,
  /// 0 to 1. Default: 0.5.
  WEIR_FIELD(double, consecutive_share)
  /// The circuit opens when the share of successes within `window` is below this, 0 to 1;
  /// 0: this never does. Requests to slow down do not count. Default: 0.6.
  WEIR_FIELD(double, min_success)
  /// Results within `window` before `min_success` means anything. Default: 100.
  WEIR_FIELD(unsigned, min_requests)
  /// How far back `min_success` looks, to a tenth. Default: 30 s.
  WEIR_FIELD(duration, window)
  /// How long the circuit is open at first; it doubles with every probe that fails, and up to
  /// half of it is added at random. Default: 1 s.
  WEIR_FIELD(duration, open_for)
  /// The most that it doubles to. Default: 60 s.
  WEIR_FIELD(duration, open_for_at_most)
  /// A first token that took longer counts as a failure, from when the target was called; 0: none
  /// does. How long a whole answer takes never matters. Default: 0.
  WEIR_FIELD(duration, slow_first_token)
  /// Whether a call waits for the next probe, and for a target that may be down, as far as its deadline allows;
  /// false: it fails at once with errc::circuit_open. Default: true.
  WEIR_FIELD(bool, wait)
#undef WEIR_FIELD

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

/// How one circuit stands.
class breaker_state {
public:
  enum class phase : std::uint8_t {
    closed,    ///< Calls go through.
    open,      ///< Calls are held back.
    half_open, ///< One call goes through, to see.
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
  std::uint64_t opened = 0;    ///< Times, since the start; a failed probe counts.
  std::uint64_t refused = 0;   ///< Calls not let through, since the start.
  std::uint64_t running = 0;   ///< Calls whose result is still to come.
};

/// `closed`, `open`, `half_open`.
std::string_view name_of(breaker_state::phase) noexcept;

} // namespace weir
