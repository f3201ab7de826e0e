// The pool over a fake network, on manual time.
#include <doctest/doctest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <random>

#include <weir/core/executor.hpp>
#include <weir/core/group.hpp>
#include <weir/core/within.hpp>
#include <weir/testing.hpp>

#include "net/pool/fixture.hpp"
#include "net/run.hpp"

using namespace pool_fixture;

namespace {

boost::asio::awaitable<void> hold(pool& p, unsigned n, std::vector<int>& order, int me) {
  auto l = co_await p.lease(here);
  order.push_back(me);
  co_await turns(n);
  l.give_back();
}

} // namespace

TEST_CASE("a connection that was given back is reused, one that was not is closed") {
  fixture f;
  f.run([&]() -> boost::asio::awaitable<void> {
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
    {
      const auto dropped = std::move(b);
    }
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
  f.run([&]() -> boost::asio::awaitable<void> {
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
  f.run([&]() -> boost::asio::awaitable<void> {
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
  f.run([&]() -> boost::asio::awaitable<void> {
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
  f.run([&]() -> boost::asio::awaitable<void> {
    weir::group group;
    for (int i = 0; i < 7; ++i)
      group.spawn(hold(*f.subject, 5, order, i));
    const auto one_more = [&]() -> boost::asio::awaitable<void> {
      f.check(0, 0, 2, 7);
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

TEST_CASE("a caller that runs out of time leaves the queue, and its dial continues for the next one") {
  fixture f(pool_settings().max_connections(1));
  f.run([&]() -> boost::asio::awaitable<void> {
    auto held = co_await f.subject->lease(here);
    auto failed = co_await test::failure_of(weir::within(weir::duration(1ms), f.subject->lease(here)));
    CHECK(failed.code() == errc::deadline_exceeded);
    f.check(0, 1);
    held.close();
    f.net.hang = true;
    failed = co_await test::failure_of(weir::within(weir::duration(1ms), f.subject->lease(here)));
    CHECK(failed.code() == errc::deadline_exceeded);
    f.check(0, 0, 1);
    failed = co_await test::failure_of(weir::within(weir::duration(999ms), f.subject->lease(here)));
    CHECK(failed.code() == errc::deadline_exceeded);
    f.check(0, 0, 1);
    CHECK(f.net.dials == 2);
  });
  // An event loop with nothing else to do has ended them.
  CHECK(f.elapsed() == 2001ms);
  f.check(0, 0);
  CHECK(f.net.dialing == 0);
  CHECK(f.net.open == 0);
}

TEST_CASE("a connection whose caller has gone is opened for the pool") {
  fixture f;
  f.net.turns = 50;
  f.run([&]() -> boost::asio::awaitable<void> {
    weir::group group;
    std::vector<int> order;
    group.spawn(hold(*f.subject, 1, order, 1));
    const auto cancel = [&]() -> boost::asio::awaitable<void> {
      co_await turns(10);
      group.cancel();
    };
    group.spawn(cancel());
    const auto failed = co_await test::failure_of(group.join());
    CHECK(failed.code() == errc::cancelled);
    f.check(0, 0, 1);
    co_await turns(50);
    f.check(1, 0);
    auto l = co_await f.subject->lease(here);
    CHECK(l.times().reused); // It was idle, and may be stale.
    l.give_back();
  });
  CHECK(f.net.dials == 1);
  CHECK(f.elapsed() == 0s);
}

TEST_CASE("a caller that waits for a connection takes any that becomes idle: eight are enough for all") {
  fixture f{pool_settings()};
  f.net.serves = 8;
  f.net.limit = 10s;
  int served = 0;
  f.run([&]() -> boost::asio::awaitable<void> {
    weir::group group;
    const auto worker = [&](int calls) -> boost::asio::awaitable<void> {
      for (int i = 0; i < calls; ++i) {
        auto l = co_await f.subject->lease(here);
        co_await turns(20);
        l.give_back();
        ++served;
      }
    };
    for (int i = 0; i < 64; ++i)
      group.spawn(worker(i < 16 ? 7 : 6));
    co_await group.join();
    CHECK(f.elapsed() == 0s);
    f.check(8, 0, f.subject->stats().connecting);
  });
  CHECK(served == 400);
  CHECK(f.net.at_most == 8);
  CHECK(f.elapsed() <= pool_core::linger + 1ms);
  CHECK(f.net.dialing == 0);
  f.check(8, 0);
}

TEST_CASE("a connect timeout is not the caller's while other connections are in use") {
  fixture f{pool_settings()};
  f.net.serves = 2;
  f.net.limit = 10s;
  f.run([&]() -> boost::asio::awaitable<void> {
    auto a = co_await f.subject->lease(here);
    auto b = co_await f.subject->lease(here);
    weir::group group;
    const auto release = [&]() -> boost::asio::awaitable<void> {
      const auto ex = co_await boost::asio::this_coro::executor;
      auto wait = [&](auto handler) { f.time.async_wait(ex, f.time.now() + 65s, std::move(handler)); };
      co_await boost::asio::async_initiate<const boost::asio::use_awaitable_t<>, void(error_code)>(
          wait, boost::asio::use_awaitable);
      a.give_back();
    };
    group.spawn(release());
    const auto one = [&](bool fresh_only) -> boost::asio::awaitable<void> {
      auto l = co_await f.subject->lease(here, fresh_only);
      CHECK(number(l) == 1);
      l.give_back();
    };
    group.spawn(one(false));
    group.spawn(one(true));
    co_await group.join();
    CHECK(f.elapsed() == 65s);
  });
}

TEST_CASE("if no connection works, every caller fails with a connect timeout, after its own time") {
  for (const bool own_limit : {false, true}) {
    fixture f(own_limit ? pool_settings().connect_limit(10s) : pool_settings());
    f.net.hang = true;
    f.net.limit = own_limit ? weir::duration() : 10s;
    int failures = 0;
    f.run([&]() -> boost::asio::awaitable<void> {
      weir::group group;
      const auto one = [&]() -> boost::asio::awaitable<void> {
        const auto failed = co_await test::failure_of(f.subject->lease(here));
        CHECK_MESSAGE(failed.code() == errc::connect_timeout, failed.message());
        ++failures;
      };
      for (int i = 0; i < 100; ++i)
        group.spawn(one());
      co_await group.join();
    });
    CHECK(failures == 100);
    CHECK(f.elapsed() < 13s);
    f.check(0, 0);
  }
}

TEST_CASE("closing ends dials") {
  fixture f;
  f.net.hang = true;
  f.run([&]() -> boost::asio::awaitable<void> {
    auto failed = co_await test::failure_of(weir::within(weir::duration(1ms), f.subject->lease(here)));
    f.check(0, 0, 1);
    f.subject->close();
    co_await turns(10);
    f.check(0, 0);
    CHECK(f.net.dialing == 0);
    failed = co_await test::failure_of(f.subject->lease(here));
    CHECK(failed.code() == errc::cancelled);
  });
  CHECK(f.elapsed() == 1ms);
}

TEST_CASE("a caller may be cancelled at every point, and nothing is left over") {
  for (unsigned point = 0; point < 60; ++point) {
    CAPTURE(point);
    fixture f(pool_settings().max_connections(2));
    f.run([&]() -> boost::asio::awaitable<void> {
      std::vector<int> order;
      weir::group others, victims;
      const auto ex = co_await boost::asio::this_coro::executor;
      for (int i = 0; i < 3; ++i)
        others.spawn(hold(*f.subject, 4, order, i));
      for (int i = 0; i < 3; ++i)
        victims.spawn(hold(*f.subject, 4, order, 10 + i));
      const auto cancel = [&]() -> boost::asio::awaitable<void> {
        co_await turns(point);
        victims.cancel();
      };
      others.spawn(cancel());
      const auto failed_of = [&]() -> boost::asio::awaitable<void> { (void)co_await test::failure_of(victims.join()); };
      others.spawn(failed_of());
      co_await others.join();
      CHECK(std::count_if(order.begin(), order.end(), [](int i) { return i < 10; }) == 3);
      const auto s = f.subject->stats();
      CHECK(s.leased == 0);
      CHECK(s.waiting == 0);
    });
    const auto s = f.subject->stats();
    CHECK(s.connecting == 0);
    CHECK(f.net.dialing == 0);
    CHECK(f.net.open == static_cast<int>(s.idle));
    f.subject.reset();
    CHECK(f.net.open == 0);
  }
}

TEST_CASE("a failed connection frees its place for the next in the queue") {
  fixture f(pool_settings().max_connections(1));
  f.net.refuse = true;
  int failures = 0;
  f.run([&]() -> boost::asio::awaitable<void> {
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
  f.run([&]() -> boost::asio::awaitable<void> {
    auto a = co_await f.subject->lease(here);
    a.give_back();
    f.pass(49s);
    f.subject->prune();
    f.check(1, 0);
    f.pass(1s);
    auto elsewhere = co_await f.subject->lease(origin("https", "other.weir.test", 443));
    f.check(0, 1);
    CHECK(f.net.open == 1);
    elsewhere.give_back();
    f.pass(50s);
    f.subject->prune();
    CHECK(f.net.open == 0);
  });
}

TEST_CASE("closing ends idle connections and fails waiting callers, and leases outlive the pool") {
  fixture f(pool_settings().max_connections(2));
  f.run([&]() -> boost::asio::awaitable<void> {
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
      idle.give_back(); // Goes to the first in the queue, which has not run yet when the pool closes.
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
  f.run([&]() -> boost::asio::awaitable<void> {
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
    for (int i = 0; i < 40; ++i)
      context.poll_one();
    f.check(0, 2, 0, 3);
  }
  CHECK(f.net.open == 0);
  f.check(0, 0);
}

TEST_CASE("a context may be destroyed at every point of a burst of calls") {
  for (int point = 0; point < 80; ++point) {
    CAPTURE(point);
    fixture f(pool_settings().max_connections(4));
    f.net.serves = 3;
    std::vector<int> order;
    {
      boost::asio::io_context context;
      for (int i = 0; i < 6; ++i)
        boost::asio::co_spawn(context, hold(*f.subject, 5, order, i), [](std::exception_ptr) {});
      for (int i = 0; i < point; ++i)
        context.poll_one();
    }
    const auto s = f.subject->stats();
    CHECK(s.leased == 0);
    CHECK(s.connecting == 0);
    CHECK(s.waiting == 0);
    CHECK(f.net.dialing == 0);
    f.subject.reset();
    CHECK(f.net.open == 0);
  }
}

namespace {

// Random callers: some are fresh, some give up, some close, some connections die.
class storm {
public:
  storm(fixture& f, unsigned seed) : f_(f), random_(seed) {}

  boost::asio::awaitable<void> call() {
    co_await turns(random_() % 40);
    f_.pass(weir::duration(random_() % 400'000'000));
    f_.net.healthy = random_() % 6 != 0;
    f_.net.refuse = random_() % 8 == 0;
    f_.net.turns = static_cast<int>(random_() % 4);
    auto ask = f_.subject->lease(here, random_() % 5 == 0);
    if (random_() % 3 == 0)
      ask = weir::within(weir::duration(random_() % 2'000'000'000), std::move(ask));
    try {
      auto l = co_await std::move(ask);
      const auto s = f_.subject->stats();
      CHECK(s.idle + s.leased + s.connecting <= 3);
      CHECK(s.leased + s.waiting <= 8);
      co_await turns(random_() % 8);
      if (random_() % 4)
        l.give_back();
      ++served;
    } catch (const weir::error& e) {
      const bool expected =
          e.code() == errc::connect_failed || e.code() == errc::pool_exhausted || e.code() == errc::deadline_exceeded;
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
    f.run([&]() -> boost::asio::awaitable<void> {
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
