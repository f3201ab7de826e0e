// Endpoints that are scaled to zero: what to do while one starts.
#pragma once

#include <chrono>
#include <string_view>
#include <utility>

#include <weir/core/time.hpp>
#include <weir/detail/abi.hpp>

#include <weir/detail/fluent.hpp>

WEIR_BEGIN_NAMESPACE

/// What calls do while a dedicated endpoint that was scaled to zero starts, which takes minutes.
///
/// A Hugging Face endpoint (a host below endpoints.huggingface.cloud) answers 503, and possibly 502 or 500 while a
/// replica starts, until the replica is ready. By default a call waits for it as long as its deadline allows: it sends
/// the request again every few seconds, and asks the endpoint's proxy to hold it meanwhile (`X-Scale-Up-Timeout`). All
/// of that is one attempt: it costs no retries, is not a failure to the circuit breaker, and takes no further permits
/// or quota. A 500 or 502 alone counts as starting for one minute; with a 503 before it, for as long as the call may
/// wait. A response that carries an error of the server's own is no sign of a cold start, and a paused endpoint
/// (errc::paused) fails at once.
///
///     weir::from_environment().base_url(url).cold_start(weir::cold_start::never())
class cold_start {
public:
  cold_start() = default;
  /// Calls fail at once with errc::starting; a fallback may then serve them. They start the endpoint all the same.
  static cold_start never() { return cold_start().wait(false); }

  /// Default: true.
  WEIR_FIELD(cold_start, bool, wait)
  /// The longest wait; zero: until the call's deadline. Default: zero.
  WEIR_FIELD(cold_start, duration, limit)
  /// Whether servers at any other base URL may be scaled to zero too. Default: false.
  WEIR_FIELD(cold_start, bool, any_host)

  /// \throws weir::error errc::invalid_configuration naming the field below `path`.
  void check(std::string_view path) const;

private:
  bool wait_ = true;
  duration limit_{};
  bool any_host_ = false;
};

WEIR_END_NAMESPACE

#include <weir/detail/fluent.hpp>
