// Runs coroutines to their end on a context of their own.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <exception>
#include <string>
#include <utility>

#include <weir/core/error.hpp>
#include <weir/core/executor.hpp>
#include <weir/net/stream.hpp>

namespace test {

namespace asio = boost::asio;

/// Calls `body`, a coroutine function, and runs its context until nothing is left in it.
template <class Body>
void run(Body body) {
  asio::io_context context;
  std::exception_ptr failed;
  asio::co_spawn(asio::any_io_executor(weir::executor(asio::any_io_executor(context.get_executor()))), body(),
                 [&](std::exception_ptr e) { failed = e; });
  context.run();
  if (failed)
    std::rethrow_exception(failed);
}

/// What `task` fails with; an empty failure if it does not.
template <class T>
asio::awaitable<weir::failure> failure_of(asio::awaitable<T> task) {
  try {
    (void)co_await std::move(task);
  } catch (const weir::error& e) {
    co_return e.failure();
  } catch (const boost::system::system_error& e) {
    co_return weir::failure(e.code(), e.what());
  }
  co_return weir::failure();
}

asio::awaitable<void> write(weir::net::stream& s, std::string text);
/// Reads exactly `size` bytes, or less if an error, left in `ec`, comes first.
asio::awaitable<std::string> read(weir::net::stream& s, std::size_t size, weir::error_code& ec);

} // namespace test
