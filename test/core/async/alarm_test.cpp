// A wait that is moved and cancelled.
#include "core/async/alarm.hpp"

#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <weir/core/executor.hpp>

#include "core/support.hpp"

using namespace std::chrono_literals;
using weir::test::world;

TEST_CASE("an alarm fires once, at the instant it was last set to") {
  world w;
  int fired = 0;
  const auto begin = w.now();
  weir::alarm a;
  a.set(weir::time_of(w.io), w.executor(), begin + 1min, [&] { fired += 100; });
  a.set(weir::time_of(w.io), w.executor(), begin + 1s, [&] { ++fired; });
  CHECK(a.when() == begin + 1s);
  weir::testing::run(w.io);
  CHECK(fired == 1);
  CHECK(w.now() - begin == 1s);
  CHECK(a.when() == weir::never);
}

TEST_CASE("an alarm that was set again can still be cancelled") {
  world w;
  const auto begin = w.now();
  {
    weir::alarm a;
    a.set(weir::time_of(w.io), w.executor(), begin + 1min, [] { FAIL("cancelled"); });
    w.io.poll();
    a.set(weir::time_of(w.io), w.executor(), begin + 1s, [] { FAIL("cancelled"); });
    w.io.restart();
    w.io.poll();
    SUBCASE("by cancel()") { a.cancel(); }
    SUBCASE("by its end") {}
  }
  weir::testing::run(w.io);
  CHECK(w.now() == begin);
}

TEST_CASE("on the real clock a cancelled alarm holds up nothing") {
  boost::asio::io_context io;
  const boost::asio::any_io_executor ex = weir::executor(boost::asio::any_io_executor(io.get_executor()));
  weir::alarm a;
  a.set(weir::time_of(ex), ex, weir::time_of(ex).now() + 1h, [] {});
  a.set(weir::time_of(ex), ex, weir::time_of(ex).now() + 30min, [] {});
  io.poll();
  a.cancel();
  io.restart();
  // Would wait for half an hour.
  io.run();
  CHECK(a.when() == weir::never);
}

TEST_CASE("on the real clock a context may be destroyed under an alarm that one of its coroutines owns") {
  const auto before = weir::scope::live();
  {
    boost::asio::io_context io;
    auto body = []() -> boost::asio::awaitable<void> {
      const auto ex = co_await boost::asio::this_coro::executor;
      auto& time = weir::time_of(ex);
      weir::alarm a;
      a.set(time, ex, time.now() + 1h, [] {});
      auto start = [&](auto handler) { time.async_wait(ex, time.now() + 2h, std::move(handler)); };
      co_await boost::asio::async_initiate<const boost::asio::use_awaitable_t<>, void(weir::error_code)>(
          start, boost::asio::use_awaitable);
    };
    boost::asio::co_spawn(weir::executor(boost::asio::any_io_executor(io.get_executor())), body,
                          [](std::exception_ptr) {});
    io.poll();
  }
  CHECK(weir::scope::live() == before);
}
