// Coroutine forms of the two waits of this module: for a stream, and for each other.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include <weir/net/stream.hpp>

namespace weir::inline v0::net {

/// Waits until `s` may make progress in that direction.
/// Object lifetimes: `s` must outlive the wait. Errors: system errors; operation_aborted.
/// Cancellation: terminal; the stream stays usable.
boost::asio::awaitable<void> ready(stream& s, direction d);

/// An event that one coroutine waits for and others set.
///
/// A timer that never fires, and not a stored handler: when the context is destroyed it
/// destroys the waiting coroutine, which a handler kept here would hold in a cycle.
class wakeup {
public:
  explicit wakeup(boost::asio::any_io_executor ex) : timer_(ex, boost::asio::steady_timer::time_point::max()) {}

  /// Returns once set() was called since the last wait.
  /// Cancellation: terminal; throws operation_aborted.
  boost::asio::awaitable<void> wait();
  void set();

private:
  boost::asio::steady_timer timer_;
  bool set_ = false;
};

} // namespace weir::inline v0::net
