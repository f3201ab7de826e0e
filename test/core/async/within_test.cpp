// Deadlines, shields, priorities and the backoff.
#include <weir/core/within.hpp>

#include <boost/asio/detached.hpp>

#include <stdexcept>

#include "core/support.hpp"

namespace asio = boost::asio;
using namespace std::chrono_literals;
using weir::errc;
using weir::test::world;

namespace {

asio::awaitable<int> slow(weir::duration d, int v) {
  co_await weir::sleep_for(d);
  co_return v;
}

asio::awaitable<std::string> text_after(weir::duration d) {
  co_await weir::sleep_for(d);
  co_return "a text that is longer than the small buffer";
}

asio::awaitable<int> fails_with(std::string what) {
  throw std::runtime_error(what);
  co_return 0;
}

asio::awaitable<weir::errc> code_within(weir::duration limit, weir::duration work) {
  try {
    co_await weir::within(limit, slow(work, 1));
  } catch (const weir::error& e) {
    co_return static_cast<weir::errc>(e.code().value());
  }
  co_return weir::errc{};
}

} // namespace

TEST_CASE("a body that is quick enough gives its value") {
  world w;
  const auto begin = w.now();
  w.run([]() -> asio::awaitable<void> {
    CHECK(co_await weir::within(5s, slow(1s, 7)) == 7);
    CHECK(co_await weir::within(5s, text_after(0s)) == "a text that is longer than the small buffer");
  });
  CHECK(w.now() - begin == 1s);
}

TEST_CASE("a body that is too slow is cancelled at the deadline, not later") {
  world w;
  const auto begin = w.now();
  w.run([]() -> asio::awaitable<void> {
    const auto code = co_await code_within(5s, 1h);
    CHECK(code == errc::deadline_exceeded);
  });
  CHECK(w.now() - begin == 5s);
}

TEST_CASE("an inner deadline cannot widen an outer one") {
  world w;
  const auto begin = w.now();
  CHECK(weir::test::code_of([&] {
          w.run([]() -> asio::awaitable<void> { co_await weir::within(2s, weir::within(1h, slow(2h, 1))); });
        }) == errc::deadline_exceeded);
  CHECK(w.now() - begin == 2s);
}

TEST_CASE("a body's own exception passes through, before and after a wait") {
  world w;
  w.run([]() -> asio::awaitable<void> {
    std::string what;
    try {
      co_await weir::within(5s, fails_with("of the body"));
    } catch (const std::runtime_error& e) {
      what = e.what();
    }
    CHECK(what == "of the body");
  });
}

TEST_CASE("cancelling the waiting coroutine cancels the body and waits for it") {
  world w;
  asio::cancellation_signal stop;
  bool ended = false;
  std::exception_ptr error;
  asio::co_spawn(
      w.executor(),
      [&ended]() -> asio::awaitable<void> {
        auto body = [&ended]() -> asio::awaitable<int> {
          try {
            co_await weir::sleep_for(1h);
          } catch (...) {
            ended = true;
            throw;
          }
          co_return 1;
        };
        co_await weir::within(2h, body());
      },
      asio::bind_cancellation_slot(stop.slot(), [&](std::exception_ptr e) { error = e; }));
  w.io.poll();
  CHECK_FALSE(ended);
  stop.emit(asio::cancellation_type::terminal);
  weir::testing::run(w.io);
  CHECK(ended);
  REQUIRE(error);
  CHECK(weir::test::code_of([&] { std::rethrow_exception(error); }) == errc::cancelled);
  CHECK(weir::testing::manual_time::of(w.io).waits() == 0);
}

TEST_CASE("cancelling the scope ends everything below with its reason") {
  world w;
  std::exception_ptr error;
  asio::co_spawn(
      w.executor(), []() -> asio::awaitable<void> { co_await weir::within(2h, slow(1h, 1)); },
      [&](std::exception_ptr e) { error = e; });
  w.io.poll();
  w.root->cancel();
  weir::testing::run(w.io);
  REQUIRE(error);
  CHECK(weir::test::code_of([&] { std::rethrow_exception(error); }) == errc::cancelled);
}

TEST_CASE("within() works from a coroutine on a plain executor") {
  asio::io_context io;
  weir::testing::manual_time::install(io);
  weir::errc code{};
  asio::co_spawn(io, [&]() -> asio::awaitable<void> { code = co_await code_within(5s, 1h); }, asio::detached);
  weir::testing::run(io);
  CHECK(code == errc::deadline_exceeded);
}

TEST_CASE("a shielded body ends although the coroutine was cancelled") {
  world w;
  asio::cancellation_signal stop;
  bool cleaned = false;
  asio::co_spawn(
      w.executor(),
      [&cleaned]() -> asio::awaitable<void> {
        auto clean = [&cleaned]() -> asio::awaitable<void> {
          co_await weir::sleep_for(10ms);
          cleaned = true;
        };
        std::exception_ptr why;
        try {
          co_await weir::sleep_for(1h);
        } catch (...) {
          why = std::current_exception();
        }
        co_await asio::this_coro::throw_if_cancelled(false);
        co_await weir::shield(1s, clean());
        std::rethrow_exception(why);
      },
      asio::bind_cancellation_slot(stop.slot(), asio::detached));
  w.io.poll();
  stop.emit(asio::cancellation_type::terminal);
  weir::testing::run(w.io);
  CHECK(cleaned);
}

TEST_CASE("a shield has a limit of its own") {
  world w;
  const auto begin = w.now();
  CHECK(weir::test::code_of([&] {
          w.run([]() -> asio::awaitable<void> { co_await weir::shield(1s, slow(1h, 1)); });
        }) == errc::deadline_exceeded);
  CHECK(w.now() - begin == 1s);
}

TEST_CASE("pause() fails at once rather than sleep past the deadline, and says how long it was told to wait") {
  world w;
  const auto begin = w.now();
  std::optional<std::chrono::nanoseconds> retry_after;
  w.run([&retry_after]() -> asio::awaitable<void> {
    try {
      co_await weir::within(5s, weir::pause(1, 30s));
    } catch (const weir::error& e) {
      CHECK(e.code() == errc::deadline_exceeded);
      retry_after = e.failure().retry_after();
    }
  });
  CHECK(w.now() == begin);
  REQUIRE(retry_after);
  CHECK(*retry_after >= 30s);
}

TEST_CASE("pause() never ends before the server's retry-after") {
  world w;
  for (int i = 0; i < 100; ++i) {
    const auto begin = w.now();
    w.run([]() -> asio::awaitable<void> { co_await weir::pause(1, 2s); });
    CHECK(w.now() - begin >= 2s);
    CHECK(w.now() - begin <= 2200ms);
  }
}

TEST_CASE("the backoff doubles up to its cap and is jittered over its whole range") {
  const weir::backoff b(100ms, 1s);
  CHECK(b.ceiling(1) == 100ms);
  CHECK(b.ceiling(2) == 200ms);
  CHECK(b.ceiling(4) == 800ms);
  CHECK(b.ceiling(5) == 1s);
  CHECK(b.ceiling(4'000'000'000u) == 1s);
  CHECK(b.delay(3, 0.0) == 0ms);
  CHECK(b.delay(3, 0.5) == 200ms);
  CHECK(weir::backoff(1h, weir::duration::max()).ceiling(100) > 0s);
}

TEST_CASE("a context destroyed between a body's end and its timer's frees every frame and scope") {
  const auto before = weir::scope::live();
  {
    world w;
    asio::co_spawn(
        w.executor(), []() -> asio::awaitable<void> { co_await weir::within(2h, slow(1h, 1)); }, asio::detached);
    w.io.poll();
    weir::testing::manual_time::of(w.io).advance_to(w.now() + 1h);
    // The body's last handler cancels the timer, whose own is then queued.
    w.io.poll_one();
    CHECK(weir::scope::live() > before + 1);
  }
  CHECK(weir::scope::live() == before);
}

TEST_CASE("a context destroyed under a running body frees every frame and scope") {
  const auto before = weir::scope::live();
  {
    world w;
    asio::co_spawn(
        w.executor(), []() -> asio::awaitable<void> { co_await weir::within(2h, slow(1h, 1)); }, asio::detached);
    w.io.poll();
    CHECK(weir::scope::live() > before + 1);
  }
  CHECK(weir::scope::live() == before);
}

TEST_CASE("at() gives everything below it a priority and a backoff, and leaves its siblings alone") {
  world w;
  w.run([]() -> asio::awaitable<void> {
    auto seen = []() -> asio::awaitable<weir::priority> {
      co_return weir::scope_of(co_await asio::this_coro::executor)->priority();
    };
    auto base = []() -> asio::awaitable<weir::duration> {
      co_return weir::scope_of(co_await asio::this_coro::executor)->retry_backoff().base();
    };
    CHECK(co_await weir::at_priority(weir::priority::batch, weir::within(1s, seen())) == weir::priority::batch);
    CHECK(co_await seen() == weir::priority::interactive);
    const weir::backoff slow(3s);
    CHECK(co_await weir::with_backoff(slow, base()) == 3s);
    CHECK(co_await base() == weir::backoff().base());
  });
}

TEST_CASE("a body under at() is cancelled with the coroutine that waits for it") {
  world w;
  CHECK(weir::test::code_of([&] {
          w.run([]() -> asio::awaitable<void> {
            co_await weir::within(2s, weir::at_priority(weir::priority::batch, slow(1h, 1)));
          });
        }) == errc::deadline_exceeded);
}
