// Mappings that end early: dropped, stopped, past a deadline, on another strand, with their context.
#include <boost/asio/detached.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>

#include <memory>
#include <optional>
#include <vector>

#include <weir/core/group.hpp>

#include "core/async/map_support.hpp"

using namespace std::chrono_literals;
using namespace map_test;
using weir::errc;
using weir::test::world;

TEST_CASE("a mapping that is dropped cancels its calls, and leaves no scope, timer or frame") {
  const auto scopes = weir::scope::live();
  const auto held = std::make_shared<int>(0);
  {
    world w;
    calls c;
    int taken = 0;
    w.run([&]() -> asio::awaitable<void> {
      {
        auto f = [&c, held](int v) { return after(c, std::chrono::seconds(v + 1), v); };
        auto m = weir::map(counting(taken, 10ms), 5, f);
        const auto first = co_await m.next();
        CHECK(first->index == 0);
      }
      co_await weir::sleep_for(0s);
      CHECK(c.running == 0);
      CHECK(c.cancelled == 4);
    });
    CHECK(held.use_count() == 1);
    CHECK(weir::testing::manual_time::of(w.io).waits() == 0);
  }
  CHECK(weir::scope::live() == scopes);
}

TEST_CASE("stop() waits for the calls that it cancels, and what was left can still be read") {
  world w;
  calls c;
  w.run([&c]() -> asio::awaitable<void> {
    auto m = weir::map(upto(10), 4, [&c](int v) { return after(c, v < 2 ? 1s : 1h, v); });
    const auto first = co_await m.next();
    CHECK(first->index == 0);
    co_await m.stop();
    CHECK(c.running == 0);
    int succeeded = 0, cancelled = 0;
    while (auto item = co_await m.next()) {
      if (item->result)
        ++succeeded;
      else
        cancelled += item->result.error().code() == errc::cancelled;
    }
    CHECK(succeeded == 1);
    CHECK(cancelled == 3);
    CHECK(c.started == 5);
    co_await m.stop();
  });
}

TEST_CASE("a deadline around next() cancels the calls, waits for them, and loses no result") {
  world w;
  calls c;
  w.run([&c]() -> asio::awaitable<void> {
    auto m = weir::map(upto(10), 3, [&c](int v) { return after(c, v == 0 ? 1s : 1h, v); });
    const auto first = co_await m.next();
    CHECK(first->index == 0);
    const auto late = co_await weir::as_result(weir::within(5s, m.next()));
    CHECK(late.error().code() == errc::deadline_exceeded);
    CHECK(c.running == 0);
    int left = 0;
    while (auto item = co_await m.next()) {
      CHECK(item->result.error().code() == errc::cancelled);
      ++left;
    }
    CHECK(left == 3);
  });
}

TEST_CASE("the deadline of the first next() holds for the calls, also when that has returned") {
  world w;
  calls c;
  const auto begin = w.now();
  w.run([&]() -> asio::awaitable<void> {
    auto m = weir::map(upto(10), 3, [&c](int v) { return after(c, v == 0 ? 1s : 1h, v); });
    const auto first = co_await weir::within(5s, m.next());
    CHECK(first->index == 0);
    int left = 0;
    std::optional<errc> end;
    try {
      while (auto item = co_await m.next()) {
        CHECK(item->result.error().code() == errc::deadline_exceeded);
        ++left;
      }
    } catch (const weir::error& e) {
      end = static_cast<errc>(e.code().value());
    }
    CHECK(left == 3);
    CHECK(end == errc::deadline_exceeded);
    CHECK_FALSE(co_await m.next());
  });
  CHECK(w.now() - begin == 5s);
}

TEST_CASE("a second reader is refused, and the first continues") {
  world w;
  calls c;
  w.run([&c]() -> asio::awaitable<void> {
    auto m = weir::map(upto(2), 2, [&c](int v) { return after(c, 1s, v); });
    std::vector<errc> seen;
    auto read = [&]() -> asio::awaitable<void> {
      const auto end = co_await end_of(m);
      seen.push_back(end);
    };
    weir::group both;
    both.spawn(read());
    both.spawn(read());
    co_await both.join();
    CHECK(seen == std::vector<errc>({errc::invalid_argument, errc{}}));
  });
}

TEST_CASE("another strand, and an executor with several threads, are refused") {
  calls c;
  asio::io_context io;
  weir::testing::manual_time::install(io);
  auto m = weir::map(upto(2), 1, [&c](int v) { return after(c, 1s, v); });
  std::vector<errc> seen;
  const auto one = asio::make_strand(io);
  const auto other = asio::make_strand(io);
  const auto read = [&](auto ex) {
    asio::co_spawn(
        ex,
        [&]() -> asio::awaitable<void> {
          const auto item = co_await weir::as_result(m.next());
          seen.push_back(item ? errc{} : static_cast<errc>(item.error().code().value()));
        },
        asio::detached);
    weir::testing::run(io);
    io.restart();
  };
  read(one);
  read(other);
  read(one);
  CHECK(seen == std::vector<errc>({errc{}, errc::wrong_executor, errc{}}));

  asio::thread_pool pool(2);
  errc code{};
  asio::co_spawn(
      pool,
      [&]() -> asio::awaitable<void> {
        auto unsafe = weir::map(upto(2), 1, [&c](int v) { return after(c, 1s, v); });
        code = co_await end_of(unsafe);
      },
      asio::detached);
  pool.join();
  CHECK(code == errc::wrong_executor);
}

TEST_CASE("a context destroyed under a mapping frees every frame and scope") {
  const auto scopes = weir::scope::live();
  const auto held = std::make_shared<int>(0);
  for (const auto wait : {0s, 90s}) {
    {
      world w;
      calls c;
      int taken = 0;
      asio::co_spawn(
          w.executor(),
          [&]() -> asio::awaitable<void> {
            auto m = weir::map(counting(taken, 50s), 3, [&c, held](int v) { return after(c, 1h, v); });
            co_await weir::within(10h, m.next());
          },
          asio::detached);
      w.io.poll();
      weir::testing::manual_time::of(w.io).advance_to(w.now() + wait);
      w.io.poll();
      CHECK(weir::scope::live() > scopes);
    }
    CHECK(held.use_count() == 1);
    CHECK(weir::scope::live() == scopes);
  }
  // One that outlives it.
  std::optional<weir::mapped<int>> m;
  {
    world w;
    calls c;
    asio::co_spawn(
        w.executor(),
        [&]() -> asio::awaitable<void> {
          m.emplace(weir::map(upto(3), 2, [&c, held](int v) { return after(c, v == 0 ? 0s : 1h, v); }));
          co_await m->next();
        },
        asio::detached);
    w.io.poll();
  }
  m.reset();
  CHECK(held.use_count() == 1);
  CHECK(weir::scope::live() == scopes);
}
