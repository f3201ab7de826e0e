// Whether a failure means that an endpoint is starting, and when to call it again. Pure.
#pragma once

#include <cstdint>

#include <weir/core/error.hpp>
#include <weir/core/time.hpp>
#include <weir/policy/cold_start.hpp>

namespace weir::inline v0 {

/// What a response says about an endpoint that may be scaled to zero.
enum class cold_start_sign : std::uint8_t {
  none,
  perhaps, ///< 500 or 502 without an error of the server's own: a replica is starting, or is broken.
  certain, ///< 503 without one, or a message that the model is loading.
};

cold_start_sign cold_start_sign_of(const failure& f) noexcept;

/// One call at one endpoint, from its first try to the answer. Thread safety: none.
class cold_start_core {
public:
  enum class verdict : std::uint8_t {
    not_starting, ///< The failure is a different one, not for this policy.
    refused,      ///< The endpoint is starting, and calls are not to wait.
    again,        ///< Try again after `wait`.
    late,         ///< Still starting, and `wait` would end after the call's deadline.
    limit,        ///< Still starting, and the settings' limit is reached.
  };
  class decision {
  public:
    decision(verdict what, duration wait) noexcept : what(what), wait(wait) {}
    verdict what;
    duration wait;
  };

  explicit cold_start_core(const cold_start& settings) noexcept : settings_(settings) {}

  /// A try ended with this failure. `took`: how long it ran, because a server that holds requests sets the pace itself.
  /// `random` is uniform in [0, 1).
  decision after(const failure& f, time_point now, duration took, duration left, double random) noexcept;

  /// Since when the endpoint is known to be starting; `never` if it is not.
  time_point since() const noexcept { return since_; }
  /// How long the server may hold the next try, within what is left of the call; zero: not at all. It ends before the
  /// call does, so that a response still arrives.
  static duration hold(duration left) noexcept;

private:
  cold_start settings_;
  time_point since_ = never;
  bool certain_ = false;
  unsigned tries_ = 0;
};

} // namespace weir::inline v0
