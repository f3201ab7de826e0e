// Time as a service of the execution context: read and waited for through the
// executor, so that a test can replace it.
#pragma once

#include <weir/core/asio.hpp>
#include <weir/detail/abi.hpp>

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/execution_context.hpp>

#include <chrono>
#include <cstddef>
#include <memory>

#include <weir/core/error.hpp>

WEIR_BEGIN_NAMESPACE

using duration = std::chrono::nanoseconds;
using time_point = std::chrono::time_point<std::chrono::steady_clock, duration>;

/// "No deadline".
inline constexpr time_point never = time_point::max();

/// `now + d`, where a sum beyond the range is `never`.
constexpr time_point after(time_point now, duration d) noexcept { return d >= never - now ? never : now + d; }

/// A clock and the waits on it.
class time_source {
public:
  using wait_handler = boost::asio::any_completion_handler<void(error_code)>;

  virtual ~time_source() = default;
  virtual time_point now() const noexcept = 0;
  /// Wall-clock time in seconds since 1970, for HTTP dates and records.
  virtual std::chrono::system_clock::time_point wall() const noexcept = 0;
  /// Completes once `when` is reached, through `executor`, never inline; with
  /// operation_aborted if cancelled (terminal, partial or total).
  virtual void async_wait(boost::asio::any_io_executor executor, time_point when, wait_handler handler) = 0;
};

/// The time source of a context: the steady clock unless another was set.
/// Thread safety: safe.
time_source& time_of(boost::asio::execution_context& context);
time_source& time_of(const boost::asio::any_io_executor& executor);

/// Replaces a context's time source; for tests. Call before any weir object uses
/// the context: references given out by time_of() do not follow.
void set_time(boost::asio::execution_context& context, std::unique_ptr<time_source> source);

WEIR_END_NAMESPACE
