// Endpoints that are scaled to zero: what to do while one starts.
#pragma once

#include <chrono>
#include <string_view>
#include <utility>

#include <weir/core/time.hpp>

namespace weir {

/// What calls do while a dedicated endpoint that was scaled to zero starts, which takes minutes.
///
/// A Hugging Face endpoint (a host below endpoints.huggingface.cloud) answers 503, and while a replica
/// starts perhaps 502 or 500, until it is there. By default a call waits for it, as long as its
/// deadline allows: it asks again every few seconds, and asks the endpoint's proxy to hold the
/// request meanwhile (`X-Scale-Up-Timeout`). All that is one attempt: it costs no retries, is
/// no failure to the circuit breaker, and takes no further permits and quota.
/// A 500 or 502 alone counts as starting for one minute; with a 503 before it, for as long as the call may wait.
/// Answers that carry an error of the server's own are no sign of sleep, and a paused endpoint
/// (errc::paused) fails at once.
///
///     weir::from_environment().base_url(url).cold_start(weir::cold_start::never())
class cold_start {
public:
  cold_start() = default;
  /// Calls fail at once with errc::starting; a fallback may then take them. They start the endpoint all the same.
  static cold_start never() { return cold_start().wait(false); }

#define WEIR_FIELD(type, name)                                                                                         \
  cold_start&& name(type v)&& {                                                                                        \
    name##_ = v;                                                                                                       \
    return std::move(*this);                                                                                           \
  }                                                                                                                    \
  cold_start& name(type v)& {                                                                                          \
    name##_ = v;                                                                                                       \
    return *this;                                                                                                      \
  }                                                                                                                    \
  const type& name() const noexcept { return name##_; }
  /// Default: true.
  WEIR_FIELD(bool, wait)
  /// The longest wait; zero: until the call's deadline. Default: zero.
  WEIR_FIELD(duration, limit)
  /// Servers at any other base URL sleep too. Default: false.
  WEIR_FIELD(bool, any_host)
#undef WEIR_FIELD

  /// \throws weir::error errc::invalid_configuration naming the field below `path`.
  void check(std::string_view path) const;

private:
  bool wait_ = true;
  duration limit_{};
  bool any_host_ = false;
};

} // namespace weir
