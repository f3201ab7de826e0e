// Mappings in a storm of delays, failures, cancellations and early ends.
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/detached.hpp>

#include <algorithm>
#include <random>
#include <vector>

#include "core/async/map_support.hpp"

using namespace std::chrono_literals;
using namespace map_test;
using weir::errc;
using weir::test::world;

TEST_CASE("in a storm of delays, failures and early ends no result is lost, doubled or out of bounds") {
  const auto scopes = weir::scope::live();
  for (unsigned seed = 0; seed < 400; ++seed) {
    CAPTURE(seed);
    std::mt19937 random(seed);
    const auto pick = [&random](int n) { return std::uniform_int_distribution<int>(0, n - 1)(random); };
    const auto limit = static_cast<std::size_t>(1 + pick(9));
    const bool in_order = pick(2) == 0;
    const int size = pick(60);
    const int ends_at = pick(3) == 0 ? pick(size + 1) : size; // dropped or stopped there
    const int how = pick(3);
    world w;
    calls c;
    asio::cancellation_signal stop;
    std::vector<int> seen(static_cast<std::size_t>(size));
    std::size_t last = 0;
    int n = 0;
    const auto call = [&](int v) -> asio::awaitable<int> {
      const running here(c);
      if (pick(4) != 0)
        co_await weir::sleep_for(std::chrono::milliseconds(pick(50)));
      if (pick(5) == 0)
        throw weir::error(errc::overloaded, "busy");
      co_return v;
    };
    const auto input = [&]() -> weir::generator<int> {
      for (int i = 0; i < size; ++i) {
        if (pick(3) == 0)
          co_await weir::sleep_for(std::chrono::milliseconds(pick(20)));
        co_yield i;
      }
    };
    const auto consume = [&]() -> asio::awaitable<void> {
      const bool waits = pick(2) == 0;
      auto m = pick(2) == 0
                   ? (in_order ? weir::map_in_order(input(), limit, call) : weir::map(input(), limit, call))
                   : (in_order ? weir::map_in_order(upto(size), limit, call) : weir::map(upto(size), limit, call));
      while (auto item = co_await m.next()) {
        ++seen.at(item->index);
        if (in_order)
          CHECK(item->index == static_cast<std::size_t>(n));
        if (item->result)
          CHECK(*item->result == static_cast<int>(item->index));
        else
          CHECK(item->result.error().code() == errc::overloaded);
        last = std::max(last, item->index);
        if (++n == ends_at && n != size) {
          if (how == 0)
            co_await m.stop();
          if (how < 2)
            break;
          stop.emit(asio::cancellation_type::terminal);
        }
        if (waits)
          co_await weir::sleep_for(std::chrono::milliseconds(pick(30)));
      }
    };
    asio::co_spawn(w.executor(), consume(), asio::bind_cancellation_slot(stop.slot(), asio::detached));
    weir::testing::run(w.io);
    CHECK(c.running == 0);
    CHECK(c.most <= static_cast<int>(limit));
    CHECK(std::all_of(seen.begin(), seen.end(), [](int times) { return times <= 1; }));
    if (ends_at == size)
      CHECK(n == size);
    CHECK(c.started <= n + static_cast<int>(limit));
    CHECK(weir::testing::manual_time::of(w.io).waits() == 0);
  }
  CHECK(weir::scope::live() == scopes);
}

TEST_CASE("a consumer cancelled at any moment gets errc::cancelled, with every call ended") {
  const auto scopes = weir::scope::live();
  for (int moment = 0; moment < 120; ++moment) {
    CAPTURE(moment);
    world w;
    calls c;
    int taken = 0;
    asio::cancellation_signal stop;
    std::exception_ptr why;
    int running_at_end = -1;
    asio::co_spawn(
        w.executor(),
        [&]() -> asio::awaitable<void> {
          auto m = weir::map(counting(taken, 3ms), 4,
                             [&c](int v) { return after(c, std::chrono::milliseconds(5 + v % 7), v); });
          try {
            for (;;)
              co_await m.next();
          } catch (...) {
            why = std::current_exception();
          }
          running_at_end = c.running;
          co_await asio::this_coro::throw_if_cancelled(false);
          int left = 0;
          while (auto item = co_await m.next())
            ++left;
          CHECK(left <= 4);
        },
        asio::bind_cancellation_slot(stop.slot(), asio::detached));
    auto& time = weir::testing::manual_time::of(w.io);
    w.io.poll();
    for (int step = 0; step < moment; ++step) {
      // Every handler is a moment.
      if (w.io.poll_one() == 0)
        time.advance_to(w.now() + 1ms);
    }
    stop.emit(asio::cancellation_type::terminal);
    weir::testing::run(w.io);
    REQUIRE(why);
    CHECK(weir::failure_of(why).code() == errc::cancelled);
    CHECK(running_at_end == 0);
    CHECK(time.waits() == 0);
  }
  CHECK(weir::scope::live() == scopes);
}
