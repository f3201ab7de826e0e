// A part of the program that uses Asio and does not know weir.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <stdexcept>

std::size_t asio_alone() {
  boost::asio::io_context io;
  std::size_t done = 0;
  const auto twice = [&done]() -> boost::asio::awaitable<void> {
    boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor, std::chrono::milliseconds(1));
    co_await timer.async_wait(boost::asio::use_awaitable);
    ++done;
    throw std::runtime_error("thrown to the event loop");
  };
  for (int i = 0; i < 50; ++i)
    boost::asio::co_spawn(io, twice, [](std::exception_ptr e) {
      if (e)
        std::rethrow_exception(e);
    });
  for (;;)
    try {
      io.run();
      return done;
    } catch (const std::runtime_error&) {
    }
}
