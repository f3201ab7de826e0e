// Several coroutines wait for something on the same strand.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <weir/core/error.hpp>

namespace weir::inline v0::batch_engine {

/// Wakes everybody who waits; who waits looks then whether it is what they wait for. See event for why it is a timer.
/// Thread safety: none; one strand.
class bell {
public:
  explicit bell(const boost::asio::any_io_executor& ex) : timer_(ex, boost::asio::steady_timer::time_point::max()) {}

  void ring() noexcept { timer_.cancel(); }
  /// Until it rings. Cancellation: ends the wait without an error; the next await throws.
  boost::asio::awaitable<void> wait() {
    error_code ec;
    co_await timer_.async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, ec));
  }

private:
  boost::asio::steady_timer timer_;
};

} // namespace weir::inline v0::batch_engine
