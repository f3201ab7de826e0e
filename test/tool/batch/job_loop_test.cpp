// A job beside signals and time.
#include "tool/batch/job_loop.hpp"

#include <doctest/doctest.h>

#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <chrono>
#include <thread>

#include "tool/signals.hpp"

using namespace weir;
namespace asio = boost::asio;
using namespace std::chrono_literals;

TEST_CASE("a tick that is due when the job ends does not come after it") {
  cli::signals::watch();
  asio::io_context io(1);
  asio::cancellation_signal cancel;
  int ticks = 0;
  // Ends after the context has found the timer, and before its handler runs.
  const auto job = [&io]() -> asio::awaitable<batch_report> {
    co_await asio::post(io, asio::use_awaitable);
    std::this_thread::sleep_for(300ms);
    co_await asio::post(io, asio::use_awaitable);
    co_return batch_report();
  };
  const auto end = cli::run_job_loop(io, job(), cancel, [] {}, [&ticks] { ++ticks; });
  CHECK_FALSE(end.failed);
  const int told = ticks;
  io.restart();
  const auto left = io.poll();
  CHECK(ticks == told);
  CHECK(told + static_cast<int>(left) > 0); // it was due
}
