// Failures as values.
#pragma once

#include <weir/core/asio.hpp>
#include <weir/detail/abi.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/assert/source_location.hpp>
#include <boost/system/result.hpp>

#include <exception>
#include <type_traits>
#include <utility>

#include <weir/core/error.hpp>

WEIR_BEGIN_NAMESPACE

/// A value or a failure: Boost.System's result.
///
///     if (auto answer = co_await weir::as_result(client.chat(request)))
///       std::cout << answer->text();
///     else
///       std::cerr << answer.error().describe();
///
/// value() of a result without one throws the failure as weir::error.
template <class T>
using result = boost::system::result<T, failure>;

/// What result::value() throws.
[[noreturn]] void throw_exception_from_error(const failure& f, const boost::source_location& where);

namespace detail {

/// The failure that an exception carries: weir::error, boost::system::system_error (operation_aborted becomes
/// errc::cancelled) or std::bad_alloc (errc::out_of_resources). Any other is rethrown.
failure failure_or_rethrow(const std::exception_ptr& why);

} // namespace detail

/// Awaits anything, and returns its failure as a value instead of throwing it: for calls, reply::next(), job::result(),
/// within(…), group::join() and coroutines of your own. Exceptions that are not failures (from a coroutine of your own)
/// pass through.
/// Cancellation: that of the awaited operation, returned as errc::cancelled. An await in a coroutine that was already
/// cancelled throws in Asio itself, before anything runs.
template <class T>
boost::asio::awaitable<result<T>> as_result(boost::asio::awaitable<T> running) {
  std::exception_ptr why;
  try {
    if constexpr (std::is_void_v<T>) {
      co_await std::move(running);
      co_return result<T>();
    } else {
      auto value = co_await std::move(running);
      co_return result<T>(boost::system::in_place_value, std::move(value));
    }
  } catch (...) {
    why = std::current_exception();
  }
  co_return result<T>(boost::system::in_place_error, detail::failure_or_rethrow(why));
}

WEIR_END_NAMESPACE
