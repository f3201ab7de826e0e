// How long to wait before another try.
#pragma once

#include <weir/core/asio.hpp>
#include <weir/detail/abi.hpp>

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <optional>

#include <weir/core/time.hpp>

WEIR_BEGIN_NAMESPACE

/// Exponential backoff with full jitter: the wait before try n (n = 1 for the first
/// retry) is uniform in [0, min(cap, base · 2^(n−1))) (Brooker, "Exponential Backoff
/// And Jitter", 2015). A property of the executor: `asio::require(ex, backoff(…))`.
class backoff {
public:
  template <class T>
  static constexpr bool is_applicable_property_v = true;
  static constexpr bool is_requirable = true;
  static constexpr bool is_preferable = true;
  using polymorphic_query_result_type = backoff;

  constexpr backoff() = default;
  constexpr explicit backoff(duration base, duration cap = std::chrono::seconds(20)) : base_(base), cap_(cap) {}

  constexpr duration base() const noexcept { return base_; }
  constexpr duration cap() const noexcept { return cap_; }

  /// The upper bound of the wait before try `attempt` (≥ 1).
  duration ceiling(unsigned attempt) const noexcept;
  /// The wait itself for a uniform `random` in [0, 1): the jittered backoff, but never less than the server's
  /// retry_after. The retry_after gets up to 10 % (at most 1 s) of jitter on top, so that the callers that received it
  /// do not all come back at the same instant.
  duration delay(unsigned attempt, double random, std::optional<duration> retry_after = std::nullopt) const noexcept;

  friend constexpr bool operator==(const backoff&, const backoff&) = default;

private:
  duration base_ = std::chrono::milliseconds(50);
  duration cap_ = std::chrono::seconds(20);
};

/// Waits for the ambient backoff's delay() before try `attempt`.
///
/// Errors: errc::deadline_exceeded at once, without waiting, if the wait would end
/// after the ambient deadline; the failure's retry_after() is the wait that was needed.
/// Cancellation: terminal; ends at once.
boost::asio::awaitable<void> pause(unsigned attempt, std::optional<duration> retry_after = std::nullopt);

/// Waits for `d` on the context's time source, at most until the ambient deadline
/// (then errc::deadline_exceeded). Cancellation: terminal.
boost::asio::awaitable<void> sleep_for(duration d);

WEIR_END_NAMESPACE
