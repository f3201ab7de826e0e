// One coroutine waits for another on the same strand.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <utility>

#include <weir/core/error.hpp>

namespace weir::inline v0::batch_engine {

/// A flag that is waited for. A timer that never fires, and not a stored handler: when the context is destroyed it
/// destroys the waiting coroutine, which a handler kept here would hold in a cycle.
/// Thread safety: none; one strand, one waiter.
class event {
public:
  explicit event(const boost::asio::any_io_executor& ex) : timer_(ex, boost::asio::steady_timer::time_point::max()) {}

  void set() noexcept {
    if (!std::exchange(set_, true))
      timer_.cancel();
  }
  /// Until set() was called since the last wait. Cancellation: ends the wait, without an error.
  boost::asio::awaitable<void> wait() {
    if (!set_) {
      error_code ec;
      co_await timer_.async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, ec));
    }
    set_ = false;
  }

private:
  boost::asio::steady_timer timer_;
  bool set_ = false;
};

} // namespace weir::inline v0::batch_engine
