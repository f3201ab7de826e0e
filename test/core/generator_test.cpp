// Generators: values, waits, errors and early ends.
#include <weir/core/generator.hpp>

#include <boost/asio/deferred.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/steady_timer.hpp>

#include <stdexcept>

namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

weir::generator<std::string> counted(int n) {
  for (int i = 0; i < n; ++i)
    co_yield "value number " + std::to_string(i);
}

asio::awaitable<int> later(int v) {
  asio::steady_timer timer(co_await asio::this_coro::executor, 1ms);
  co_await timer.async_wait(asio::use_awaitable);
  co_return v;
}

asio::awaitable<int> at_once(int v) { co_return v; }

struct tally {
  int* live;
  explicit tally(int& n) : live(&n) { ++*live; }
  ~tally() { --*live; }
};

weir::generator<int> waiting(int n, std::shared_ptr<int> live) {
  tally here(*live);
  for (int i = 0; i < n; ++i) {
    auto step = i % 2 ? later(i) : at_once(i);
    int v = co_await std::move(step);
    co_yield v;
  }
}

weir::generator<int> deferred_waits(int& waits) {
  asio::steady_timer timer(co_await asio::this_coro::executor, 1ms);
  co_await timer.async_wait(asio::deferred);
  ++waits;
  co_yield 1;
}

weir::generator<int> throwing() {
  co_yield 1;
  throw std::runtime_error("body");
}

weir::generator<int> endless_wait(std::shared_ptr<int> live) {
  tally here(*live);
  asio::steady_timer timer(co_await asio::this_coro::executor, 1h);
  co_await timer.async_wait(asio::use_awaitable);
  co_yield 1;
}

template <class F>
void run(F body) {
  asio::io_context io;
  std::exception_ptr error;
  asio::co_spawn(io, std::move(body), [&](std::exception_ptr e) { error = e; });
  io.run();
  if (error)
    std::rethrow_exception(error);
}

} // namespace

TEST_CASE("a generator gives its values in order and then nothing") {
  run([]() -> asio::awaitable<void> {
    auto g = counted(3);
    for (int i = 0; i < 3; ++i) {
      auto v = co_await g.next();
      REQUIRE(v);
      CHECK(*v == "value number " + std::to_string(i));
    }
    CHECK_FALSE(co_await g.next());
    CHECK_FALSE(co_await g.next());
  });
}

TEST_CASE("a body may wait for awaitables, whether they suspend or not") {
  auto live = std::make_shared<int>(0);
  run([live]() -> asio::awaitable<void> {
    auto g = waiting(6, live);
    int sum = 0, n = 0;
    while (auto v = co_await g.next()) {
      sum += *v;
      ++n;
    }
    CHECK(n == 6);
    CHECK(sum == 15);
  });
  CHECK(*live == 0);
}

TEST_CASE("a body may wait for deferred operations") {
  int waits = 0;
  run([&waits]() -> asio::awaitable<void> {
    auto g = deferred_waits(waits);
    auto v = co_await g.next();
    CHECK(v == 1);
    CHECK_FALSE(co_await g.next());
  });
  CHECK(waits == 1);
}

TEST_CASE("an exception of the body comes out of next() once") {
  run([]() -> asio::awaitable<void> {
    auto g = throwing();
    CHECK(co_await g.next() == 1);
    bool thrown = false;
    try {
      co_await g.next();
    } catch (const std::runtime_error&) {
      thrown = true;
    }
    CHECK(thrown);
    CHECK_FALSE(co_await g.next());
  });
}

TEST_CASE("a million values without waiting do not grow the stack") {
  run([]() -> asio::awaitable<void> {
    auto g = [](int n) -> weir::generator<int> {
      for (int i = 0; i < n; ++i)
        co_yield i;
    }(1'000'000);
    long n = 0;
    while (co_await g.next())
      ++n;
    CHECK(n == 1'000'000);
  });
}

TEST_CASE("dropping a generator whose body waits ends the wait and frees the frame") {
  auto live = std::make_shared<int>(0);
  asio::io_context io;
  auto g = std::make_shared<std::optional<weir::generator<int>>>(endless_wait(live));
  bool threw = false;
  asio::co_spawn(
      io,
      [g, &threw]() -> asio::awaitable<void> {
        try {
          co_await (*g)->next();
        } catch (const std::exception&) {
          threw = true;
        }
      },
      asio::detached);
  io.poll();
  CHECK(*live == 1);
  SUBCASE("by cancelling next()") {
    asio::cancellation_signal stop;
    g->reset();
    g->emplace(endless_wait(live));
    io.restart();
    io.run();
    auto own = std::make_shared<weir::generator<int>>(std::move(**g));
    asio::co_spawn(
        io, [own]() -> asio::awaitable<void> { co_await own->next(); },
        asio::bind_cancellation_slot(stop.slot(), [&threw](std::exception_ptr e) { threw = e != nullptr; }));
    io.restart();
    io.poll();
    CHECK(*live == 1);
    stop.emit(asio::cancellation_type::terminal);
    io.run();
    CHECK(threw);
  }
  SUBCASE("by destroying it") {
    g->reset();
    io.run();
  }
  CHECK(*live == 0);
}

TEST_CASE("a context destroyed under a waiting body frees the frame") {
  auto live = std::make_shared<int>(0);
  {
    asio::io_context io;
    asio::co_spawn(
        io,
        [live]() -> asio::awaitable<void> {
          auto g = endless_wait(live);
          co_await g.next();
        },
        asio::detached);
    io.poll();
    CHECK(*live == 1);
  }
  CHECK(*live == 0);
}
