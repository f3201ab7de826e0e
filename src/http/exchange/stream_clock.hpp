// The clocks of a streamed response, without a timer.
#pragma once

#include <weir/core/error.hpp>
#include <weir/core/time.hpp>

namespace weir::inline v0::http {

/// How long a stream may take; duration::max() switches a clock off.
class stream_limits {
public:
  static constexpr duration off = duration::max();

  stream_limits() = default;
  duration first_token = off; ///< From the start to the first token.
  duration gap = off;         ///< Waiting for each token after the first.
  duration idle = off;        ///< Waiting for any byte, comments and pings included.
  duration total = off;       ///< From the start to the end.
};

/// Tells which clock of a stream has run out.
///
/// The token and byte notifications carry no time: the gap and idle clocks run from when
/// the reader begins to wait, so that neither a timer nor the clock is touched while bytes are
/// there, and a slow consumer is not taken for a stalled provider. One timer is armed at the
/// start for next(); when it fires, check() gives the verdict or errc{}, and it is armed for next() again.
/// Notifications only ever move next() later, except waits(), after which it must be read again.
class stream_clock {
public:
  stream_clock(stream_limits limits, time_point started) : limits_(limits), started_(started) {}

  /// The reader begins to wait for bytes, because none are there.
  void waits(time_point now) noexcept;
  /// Bytes have arrived; the reader no longer waits.
  void bytes() noexcept;
  /// A token has arrived.
  void token() noexcept;

  /// The next instant at which check() may have a verdict; `never` if none.
  time_point next() const noexcept;
  /// errc::deadline_exceeded (total), first_token_timeout, stalled (gap or idle), or errc{}. If several have run out,
  /// the one that did so first; on a tie the total.
  errc check(time_point now) const noexcept;

private:
  class alarm {
  public:
    alarm(time_point w, errc v) : when(w), verdict(v) {}
    time_point when;
    errc verdict;
  };
  alarm earliest() const noexcept;

  stream_limits limits_;
  time_point started_;
  time_point token_wait_ = never; // since when the reader has waited for a token
  time_point byte_wait_ = never;  // and for any byte
  bool waiting_ = false;
  bool first_seen_ = false;
};

} // namespace weir::inline v0::http
