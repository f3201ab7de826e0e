// When to stop asking what only fails.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include <weir/core/time.hpp>

namespace weir {

/// A circuit breaker per origin, key and model: once calls only fail, further ones fail at
/// once with errc::circuit_open, until one call that is let through as a probe gets an answer.
///
/// Two triggers, as in Linkerd's unified breaker (2026): failures in a row, or too low a share
/// of successes within a window of time. What is the caller's own doing (a refused request or
/// key, used-up credit, a cancellation, the caller's deadline) is no verdict about the target.
class breaker {
public:
  breaker() = default;

#define WEIR_FIELD(type, name)                                                                   \
  breaker&& name(type v) && { name##_ = std::move(v); return std::move(*this); }                 \
  breaker& name(type v) & { name##_ = std::move(v); return *this; }                              \
  const type& name() const noexcept { return name##_; }
  /// Default: true.
  WEIR_FIELD(bool, enabled)
  /// Failures in a row that open the circuit, and failures to connect in a row, which are counted
  /// apart; 0: this never does. A request to slow down is not one of them. Default: 7.
  WEIR_FIELD(unsigned, consecutive_failures)
  /// The circuit opens when the share of successes within `window` is below this, 0 to 1;
  /// 0: this never does. Requests to slow down count as failures here. Default: 0.6.
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
  /// A first token that took longer counts as a failure, from when the target was asked; 0: none
  /// does. How long a whole answer takes never matters. Default: 0.
  WEIR_FIELD(duration, slow_first_token)
#undef WEIR_FIELD

  /// \throws weir::error errc::invalid_configuration, naming the wrong field under `path`.
  void check(std::string_view path) const;

private:
  bool enabled_ = true;
  unsigned consecutive_failures_ = 7;
  double min_success_ = 0.6;
  unsigned min_requests_ = 100;
  duration window_ = std::chrono::seconds(30);
  duration open_for_ = std::chrono::seconds(1);
  duration open_for_at_most_ = std::chrono::seconds(60);
  duration slow_first_token_{};
};

/// How one circuit stands.
class breaker_state {
public:
  enum class phase : std::uint8_t {
    closed,    ///< Calls go through.
    open,      ///< Calls fail at once.
    half_open, ///< One call goes through, to see.
  };

  breaker_state() = default;
  std::string id; ///< Of the origin, the key's name and the model; never the key.
  phase state = phase::closed;
  duration since{};      ///< How long it has been open or half open.
  duration next_probe{}; ///< Until a call is let through again; zero unless open.
  unsigned failures_in_a_row = 0;
  unsigned failed_connects_in_a_row = 0;
  std::uint64_t succeeded = 0; ///< Within the window.
  std::uint64_t failed = 0;    ///< Within the window, with requests to slow down.
  std::uint64_t opened = 0;    ///< Times, since the start; a failed probe counts.
  std::uint64_t refused = 0;   ///< Calls not let through, since the start.
  std::uint64_t running = 0;   ///< Calls whose result is still to come.
};

/// `closed`, `open`, `half_open`.
std::string_view name(breaker_state::phase) noexcept;

} // namespace weir
