// The clock of simulated time.
#include <doctest/doctest.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <memory>
#include <random>
#include <vector>

#include <weir/testing.hpp>

namespace asio = boost::asio;
using namespace std::chrono_literals;
using weir::testing::manual_time;

namespace {

asio::awaitable<void> wait_until(weir::time_point when) {
  const auto ex = co_await asio::this_coro::executor;
  auto start = [ex, when](auto handler) { weir::time_of(ex).async_wait(ex, when, std::move(handler)); };
  co_await asio::async_initiate<const asio::use_awaitable_t<>, void(weir::error_code)>(start, asio::use_awaitable);
}

} // namespace

TEST_CASE("an hour of waiting passes at once, and the clock shows it") {
  asio::io_context context;
  auto& time = manual_time::install(context);
  const auto start = time.now();
  const auto wall = time.wall();
  bool done = false;
  auto body = [&]() -> asio::awaitable<void> {
    for (int i = 0; i < 60; ++i)
      co_await wait_until(time.now() + 1min);
    done = true;
  };
  asio::co_spawn(context, body, asio::detached);
  CHECK(weir::testing::run(context));
  CHECK(done);
  CHECK(time.now() - start == 1h);
  CHECK(time.wall() - wall == 1h);
}

TEST_CASE("the clock stands still while handlers run") {
  asio::io_context context;
  auto& time = manual_time::install(context);
  const auto start = time.now();
  asio::post(context, [&] { CHECK(time.now() == start); });
  CHECK(weir::testing::run(context));
  CHECK(time.now() == start);
}

TEST_CASE("waits end in the order of their instants, and of their starts where those are equal") {
  for (unsigned seed = 1; seed <= 20; ++seed) {
    CAPTURE(seed);
    std::mt19937 random(seed);
    asio::io_context context;
    auto& time = manual_time::install(context);
    const auto start = time.now();
    std::vector<std::pair<weir::time_point, int>> ended, wanted;
    for (int i = 0; i < 50; ++i) {
      const auto when = start + std::chrono::seconds(random() % 10);
      wanted.emplace_back(when, i);
      time.async_wait(context.get_executor(), when, [&ended, &time, when, i](weir::error_code ec) {
        CHECK(!ec);
        CHECK(time.now() == when);
        ended.emplace_back(when, i);
      });
    }
    CHECK(ended.empty());
    CHECK(weir::testing::run(context));
    std::sort(wanted.begin(), wanted.end());
    CHECK(ended == wanted);
  }
}

TEST_CASE("a limit stops the clock at the limit exactly and leaves later waits alone") {
  asio::io_context context;
  auto& time = manual_time::install(context);
  const auto start = time.now();
  int ended = 0;
  for (auto d : {1s, 10s, 11s})
    time.async_wait(context.get_executor(), start + d, [&](weir::error_code) { ++ended; });
  CHECK(!weir::testing::run(context, 10s));
  CHECK(ended == 2);
  CHECK(time.now() == start + 10s);
  CHECK(weir::testing::run(context));
  CHECK(ended == 3);
}

TEST_CASE("a cancelled wait ends with operation_aborted, through the executor, and the clock does not move") {
  asio::io_context context;
  auto& time = manual_time::install(context);
  const auto start = time.now();
  for (auto type :
       {asio::cancellation_type::terminal, asio::cancellation_type::partial, asio::cancellation_type::total}) {
    asio::cancellation_signal signal;
    std::vector<weir::error_code> ended;
    auto handler = [&](weir::error_code ec) { ended.push_back(ec); };
    time.async_wait(context.get_executor(), start + 1h, asio::bind_cancellation_slot(signal.slot(), handler));
    signal.emit(type);
    CHECK(ended.empty());
    CHECK(time.waits() == 0);
    CHECK(weir::testing::run(context));
    REQUIRE(ended.size() == 1);
    CHECK(ended[0] == asio::error::operation_aborted);
    signal.emit(type);
  }
  CHECK(time.now() == start);
}

TEST_CASE("a wait keeps the context running, and one for the past never completes inline") {
  asio::io_context context;
  auto& time = manual_time::install(context);
  bool ended = false;
  time.async_wait(context.get_executor(), time.now() + 1s, [](weir::error_code) {});
  time.async_wait(context.get_executor(), time.now() - 1s, [&](weir::error_code ec) { ended = !ec; });
  CHECK(!ended);
  context.poll();
  CHECK(ended);
  CHECK(!context.stopped());
}

TEST_CASE("waits that are left are destroyed with the context") {
  const auto alive = std::make_shared<int>(0);
  {
    asio::io_context context;
    auto& time = manual_time::install(context);
    auto body = [](weir::time_point when, std::shared_ptr<int>) -> asio::awaitable<void> { co_await wait_until(when); };
    asio::co_spawn(context, body(time.now() + 1s, alive), asio::detached);
    context.poll();
    CHECK(alive.use_count() == 2);
  }
  CHECK(alive.use_count() == 1);
}

TEST_CASE("a context without manual time cannot be stepped") {
  asio::io_context context;
  CHECK_THROWS_AS(weir::testing::run(context), std::logic_error);
}
