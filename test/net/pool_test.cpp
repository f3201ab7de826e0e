#include <doctest/doctest.h>

#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>

#include <random>

#include <weir/core/group.hpp>
#include <weir/core/within.hpp>

#include "net/pool.hpp"
#include "net/run.hpp"

using namespace std::chrono_literals;
using namespace weir::net;
using weir::errc;
using weir::error_code;

namespace {

// What the fake network knows of all its streams.
class network {
public:
  int made = 0, open = 0, at_most = 0;
  bool healthy = true;
  bool refuse = false;
  bool hang = false;
  int turns = 3; // How often connecting goes through the queue.
};

class fake_stream final : public stream {
public:
  explicit fake_stream(network& n) : network_(n), number(++n.made) { n.at_most = std::max(n.at_most, ++n.open); }
  ~fake_stream() override { close(); }
  std::size_t read_some(boost::asio::mutable_buffer, error_code& ec) override {
    ec = boost::asio::error::would_block;
    return 0;
  }
  std::size_t write_some(boost::asio::const_buffer, error_code& ec) override {
    ec = boost::asio::error::would_block;
    return 0;
  }
  void async_wait(direction, wait_handler) override { FAIL("unexpected wait"); }
  void close() noexcept override { network_.open -= std::exchange(open_, 0); }
  bool idle_and_healthy() noexcept override { return network_.healthy; }

private:
  network& network_;
  int open_ = 1;

public:
  const int number;
};

class fake_connector final : public connector {
public:
  explicit fake_connector(network& n) : network_(n) {}
  boost::asio::awaitable<stream_ptr> connect(origin, connect_times& times) override {
    const auto ex = co_await boost::asio::this_coro::executor;
    for (int i = 0; i < network_.turns; ++i)
      co_await boost::asio::post(ex, boost::asio::use_awaitable);
    if (network_.hang) {
      boost::asio::steady_timer forever(ex, boost::asio::steady_timer::time_point::max());
      co_await forever.async_wait(boost::asio::use_awaitable);
    }
    if (network_.refuse)
      throw weir::error(errc::connect_failed, "no connection");
    times.connect = 1ms;
    co_return std::make_unique<fake_stream>(network_);
  }

private:
  network& network_;
};

const origin here("https", "api.weir.test", 443);

int number(const lease& l) { return static_cast<fake_stream&>(l.connection()).number; }

boost::asio::awaitable<void> turns(unsigned n) {
  const auto ex = co_await boost::asio::this_coro::executor;
  for (unsigned i = 0; i < n; ++i)
    co_await boost::asio::post(ex, boost::asio::use_awaitable);
}

// A pool on a clock of the test's own.
class fixture {
public:
  class clock final : public weir::time_source {
  public:
    weir::time_point now() const noexcept override { return at; }
    std::chrono::system_clock::time_point wall() const noexcept override { return {}; }
    void async_wait(boost::asio::any_io_executor, weir::time_point, wait_handler) override {}
    weir::time_point at{};
  };

  explicit fixture(pool_settings s = pool_settings().max_connections(3).max_waiting(5).max_idle(2))
      : subject(std::make_unique<pool>(std::make_shared<fake_connector>(net), time, s)) {}

  void check(std::size_t idle, std::size_t leased, std::size_t connecting = 0, std::size_t waiting = 0) const {
    const auto s = subject->stats();
    CHECK(s.idle == idle);
    CHECK(s.leased == leased);
    CHECK(s.connecting == connecting);
    CHECK(s.waiting == waiting);
  }

  network net;
  clock time;
  std::unique_ptr<pool> subject;
};

boost::asio::awaitable<void> hold(pool& p, unsigned n, std::vector<int>& order, int me) {
  auto l = co_await p.lease(here);
  order.push_back(me);
  co_await turns(n);
  l.give_back();
}

} // namespace

TEST_CASE("a connection that was given back is used again, one that was not is closed") {
  fixture f;
  test::run([&]() -> boost::asio::awaitable<void> {
    auto a = co_await f.subject->lease(here);
    CHECK_FALSE(a.times().reused);
    CHECK(a.times().connect == 1ms);
    CHECK(a.to() == here);
    f.check(0, 1);
    a.give_back();
    CHECK_FALSE(a);
    f.check(1, 0);
    auto b = co_await f.subject->lease(here);
    CHECK(b.times().reused);
    CHECK(number(b) == 1);
    { const auto dropped = std::move(b); }
    f.check(0, 0);
    CHECK(f.net.open == 0);
    auto c = co_await f.subject->lease(here);
    CHECK(number(c) == 2);
    c.close();
    c.close();
    c.give_back();
    f.check(0, 0);
  });
}

TEST_CASE("origins share no connection") {
  fixture f;
  test::run([&]() -> boost::asio::awaitable<void> {
    auto a = co_await f.subject->lease(here);
    a.give_back();
    const origin others[] = {origin("http", "api.weir.test", 443), origin("https", "api.weir.test", 8443),
                             origin("https", "other.weir.test", 443)};
    for (const auto& to : others) {
      auto l = co_await f.subject->lease(to);
      CHECK_FALSE(l.times().reused);
    }
    CHECK(f.net.made == 4);
    CHECK(f.subject->stats(here).idle == 1);
  });
}

TEST_CASE("a connection that died while idle is not leased") {
  fixture f;
  test::run([&]() -> boost::asio::awaitable<void> {
    auto a = co_await f.subject->lease(here);
    auto b = co_await f.subject->lease(here);
    a.give_back();
    b.give_back();
    f.net.healthy = false;
    auto c = co_await f.subject->lease(here);
    CHECK_FALSE(c.times().reused);
    CHECK(number(c) == 3);
    CHECK(f.net.open == 1);
    f.check(0, 1);
  });
}

TEST_CASE("a fresh lease never gets an idle connection, and takes an idle one's place at the cap") {
  fixture f(pool_settings().max_connections(2).max_idle(2));
  test::run([&]() -> boost::asio::awaitable<void> {
    auto a = co_await f.subject->lease(here);
    auto b = co_await f.subject->lease(here);
    a.give_back();
    b.give_back();
    auto c = co_await f.subject->lease(here, true);
    CHECK(number(c) == 3);
    CHECK(f.net.open == 2);
    f.check(1, 1);
  });
}

TEST_CASE("callers beyond the cap wait in order, and callers beyond the queue fail at once") {
  fixture f(pool_settings().max_connections(2).max_waiting(5));
  std::vector<int> order;
  int refused = 0;
  test::run([&]() -> boost::asio::awaitable<void> {
    weir::group group;
    for (int i = 0; i < 7; ++i)
      group.spawn(hold(*f.subject, 5, order, i));
    const auto one_more = [&]() -> boost::asio::awaitable<void> {
      f.check(0, 0, 2, 5);
      const auto failed = co_await test::failure_of(f.subject->lease(here));
      CHECK(failed.code() == errc::pool_exhausted);
      CHECK(failed.message().find("https://api.weir.test") != std::string::npos);
      ++refused;
    };
    group.spawn(one_more());
    co_await group.join();
  });
  CHECK(order == std::vector<int>{0, 1, 2, 3, 4, 5, 6});
  CHECK(refused == 1);
  CHECK(f.net.made == 2);
  f.check(2, 0);
}

TEST_CASE("a caller that runs out of time leaves the queue or its connection") {
  fixture f(pool_settings().max_connections(1));
  test::run([&]() -> boost::asio::awaitable<void> {
    auto held = co_await f.subject->lease(here);
    auto failed = co_await test::failure_of(weir::within(weir::duration(1ms), f.subject->lease(here)));
    CHECK(failed.code() == errc::deadline_exceeded);
    f.check(0, 1);
    held.close();
    f.net.hang = true;
    failed = co_await test::failure_of(weir::within(weir::duration(1ms), f.subject->lease(here)));
    CHECK(failed.code() == errc::deadline_exceeded);
    f.check(0, 0);
  });
  CHECK(f.net.open == 0);
}

TEST_CASE("a failed connection frees its place for the next in the queue") {
  fixture f(pool_settings().max_connections(1));
  f.net.refuse = true;
  int failures = 0;
  test::run([&]() -> boost::asio::awaitable<void> {
    weir::group group;
    const auto one = [&]() -> boost::asio::awaitable<void> {
      const auto failed = co_await test::failure_of(f.subject->lease(here));
      failures += failed.code() == errc::connect_failed;
    };
    for (int i = 0; i < 5; ++i)
      group.spawn(one());
    co_await group.join();
  });
  CHECK(failures == 5);
  f.check(0, 0);
}

TEST_CASE("idle connections are pruned on use and on request") {
  fixture f;
  test::run([&]() -> boost::asio::awaitable<void> {
    auto a = co_await f.subject->lease(here);
    a.give_back();
    f.time.at += 49s;
    f.subject->prune();
    f.check(1, 0);
    f.time.at += 1s;
    auto elsewhere = co_await f.subject->lease(origin("https", "other.weir.test", 443));
    f.check(0, 1);
    CHECK(f.net.open == 1);
    elsewhere.give_back();
    f.time.at += 50s;
    f.subject->prune();
    CHECK(f.net.open == 0);
  });
}

TEST_CASE("closing ends idle connections and fails those who wait, and leases outlive the pool") {
  fixture f(pool_settings().max_connections(2));
  test::run([&]() -> boost::asio::awaitable<void> {
    auto held = co_await f.subject->lease(here);
    auto idle = co_await f.subject->lease(here);
    weir::group group;
    int cancelled = 0;
    const auto wait = [&]() -> boost::asio::awaitable<void> {
      const auto failed = co_await test::failure_of(f.subject->lease(here));
      cancelled += failed.code() == errc::cancelled;
    };
    group.spawn(wait());
    group.spawn(wait());
    const auto close = [&]() -> boost::asio::awaitable<void> {
      co_await turns(3);
      f.check(0, 2, 0, 2);
      idle.give_back(); // Goes to the first in the queue, who has not run yet when the pool closes.
      f.subject->close();
      co_await turns(3);
      f.subject.reset();
    };
    group.spawn(close());
    co_await group.join();
    CHECK(cancelled == 2);
    CHECK(f.net.open == 1);
    CHECK(number(held) == 1);
    held.give_back();
    CHECK(f.net.open == 0);
  });
}

TEST_CASE("a pool may be destroyed while a connection is being made") {
  fixture f;
  test::run([&]() -> boost::asio::awaitable<void> {
    weir::group group;
    const auto one = [&]() -> boost::asio::awaitable<void> {
      const auto failed = co_await test::failure_of(f.subject->lease(here));
      CHECK(failed.code() == errc::cancelled);
    };
    const auto destroy = [&]() -> boost::asio::awaitable<void> {
      f.subject.reset();
      co_return;
    };
    group.spawn(one());
    group.spawn(destroy());
    co_await group.join();
  });
  CHECK(f.net.open == 0);
}

TEST_CASE("a context may be destroyed while callers wait, connect and hold leases") {
  fixture f(pool_settings().max_connections(2));
  std::vector<int> order;
  {
    boost::asio::io_context context;
    for (int i = 0; i < 5; ++i)
      boost::asio::co_spawn(context, hold(*f.subject, 1'000'000, order, i), [](std::exception_ptr) {});
    for (int i = 0; i < 30; ++i)
      context.poll_one();
    f.check(0, 2, 0, 3);
  }
  CHECK(f.net.open == 0);
}

namespace {

// Random callers: some are fresh, some give up, some close, some connections die.
class storm {
public:
  storm(fixture& f, unsigned seed) : f_(f), random_(seed) {}

  boost::asio::awaitable<void> call() {
    co_await turns(random_() % 40);
    f_.time.at += weir::duration(random_() % 2'000'000'000);
    f_.net.healthy = random_() % 6 != 0;
    f_.net.refuse = random_() % 8 == 0;
    f_.net.turns = static_cast<int>(random_() % 4);
    auto ask = f_.subject->lease(here, random_() % 5 == 0);
    if (random_() % 3 == 0)
      ask = weir::within(weir::duration(random_() % 30'000), std::move(ask));
    try {
      auto l = co_await std::move(ask);
      const auto s = f_.subject->stats();
      CHECK(s.idle + s.leased + s.connecting <= 3);
      CHECK(s.waiting <= 5);
      co_await turns(random_() % 8);
      if (random_() % 4)
        l.give_back();
      ++served;
    } catch (const weir::error& e) {
      const bool expected = e.code() == errc::connect_failed || e.code() == errc::pool_exhausted ||
                            e.code() == errc::deadline_exceeded;
      CHECK_MESSAGE(expected, e.what());
    }
  }
  int served = 0;

private:
  fixture& f_;
  std::mt19937 random_;
};

} // namespace

TEST_CASE("whatever callers do, the cap holds and nothing is left over") {
  int served = 0;
  for (unsigned seed = 0; seed < 200; ++seed) {
    CAPTURE(seed);
    fixture f;
    storm s(f, seed);
    test::run([&]() -> boost::asio::awaitable<void> {
      weir::group group;
      for (int i = 0; i < 60; ++i)
        group.spawn(s.call());
      co_await group.join();
    });
    const auto left = f.subject->stats();
    CHECK(left.leased == 0);
    CHECK(left.connecting == 0);
    CHECK(left.waiting == 0);
    CHECK(f.net.open == static_cast<int>(left.idle));
    CHECK(f.net.at_most <= 3);
    served += s.served;
    f.subject.reset();
    CHECK(f.net.open == 0);
  }
  CHECK(served > 1000);
}
