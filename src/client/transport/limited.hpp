// A limit of weir's own, told apart from the caller's deadline.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/this_coro.hpp>

#include <string>
#include <utility>

#include <weir/core/within.hpp>

namespace weir::inline v0 {

/// Runs `body` for at most `limit` (zero: without one). When that is reached first, and not the
/// ambient deadline, the error is `code`.
/// Cancellation: terminal; the body is cancelled and waited for.
template <class T>
boost::asio::awaitable<T> limited(duration limit, boost::asio::awaitable<T> body, errc code, std::string words) {
  if (limit <= duration())
    co_return co_await std::move(body);
  const auto ex = co_await boost::asio::this_coro::executor;
  const auto& clock = time_of(ex);
  const auto until = after(clock.now(), limit);
  const bool own = until < scope_of(ex)->deadline();
  try {
    co_return co_await within(until, std::move(body));
  } catch (const error& e) {
    if (!own || e.code() != errc::deadline_exceeded || clock.now() < until)
      throw;
  }
  throw error(code, std::move(words));
}

} // namespace weir::inline v0
