// The pool and connections that several callers have places on, over a fake network.
#include <doctest/doctest.h>

#include <vector>

#include <weir/core/group.hpp>
#include <weir/core/within.hpp>

#include "net/pool/fixture.hpp"

using namespace pool_fixture;

namespace {

class fake_carrier final : public carrier {
public:
  fake_carrier(shared_stream s, std::size_t c) : stream_(std::move(s)), capacity_(c) {}
  std::size_t capacity() const noexcept override { return capacity_; }
  bool healthy() noexcept override {
    if (!stream_->idle_and_healthy())
      capacity_ = 0;
    return capacity_ > 0;
  }
  void close() noexcept override { stream_.close(); }
  void watch(std::function<void()> changed) noexcept override { changed_ = std::move(changed); }

  void resize(std::size_t capacity) {
    capacity_ = capacity;
    if (const auto call = changed_)
      call();
  }

private:
  shared_stream stream_;
  std::size_t capacity_;
  std::function<void()> changed_;
};

// A pool whose connections are all carriers.
class crowd {
public:
  explicit crowd(pool_settings s = pool_settings()) : f(s, factory()) { f.net.alpn = "h2"; }

  make_carrier factory() {
    return [this](shared_stream s, const origin& to, const boost::asio::any_io_executor& ex) {
      CHECK(to == here);
      CHECK_FALSE(ex.target<weir::executor>());
      auto out = std::make_shared<fake_carrier>(std::move(s), capacity);
      all.push_back(out);
      return out;
    };
  }
  // Leases so many places.
  boost::asio::awaitable<void> lease(std::size_t n) {
    for (std::size_t i = 0; i < n; ++i) {
      auto l = co_await f.subject->lease(here);
      held.push_back(std::move(l));
    }
  }

  std::size_t capacity = 100;
  std::vector<std::weak_ptr<fake_carrier>> all;
  fixture f;
  std::vector<weir::net::lease> held;
};

boost::asio::awaitable<void> hold(crowd& c, std::size_t turns_held) {
  auto l = co_await c.f.subject->lease(here);
  CHECK(l.carried());
  co_await turns(static_cast<unsigned>(turns_held));
  l.give_back();
}

} // namespace

TEST_CASE("leases share a carrier, the first of them as a connection that was made for it") {
  crowd c;
  c.f.run([&]() -> boost::asio::awaitable<void> {
    co_await c.lease(3);
    CHECK(c.f.net.made == 1);
    CHECK_FALSE(c.held[0].times().reused);
    CHECK(c.held[0].times().connect == 1ms);
    CHECK(c.held[1].times().reused);
    CHECK(c.held[1].carried() == c.held[0].carried());
    c.f.check(0, 1);
    c.held.clear(); // Not given back, and yet the others' connection stays.
    c.f.check(1, 0);
    CHECK(c.f.net.open == 1);
    co_await c.lease(1);
    CHECK(c.f.net.made == 1);
  });
}

TEST_CASE("a burst of callers is spread over the carriers that were opened for it") {
  crowd c(pool_settings().max_connections(50));
  c.f.run([&]() -> boost::asio::awaitable<void> {
    weir::group callers(co_await boost::asio::this_coro::executor);
    for (int i = 0; i < 1000; ++i)
      callers.spawn(hold(c, 20));
    co_await callers.join();
    c.f.check(static_cast<std::size_t>(c.f.net.made), 0);
    CHECK(c.f.net.made >= 10);
    CHECK(c.f.net.made <= 1000 / 40 + 16);
  });
}

TEST_CASE("a carrier that drains keeps its leases, takes no others and ends with the last") {
  crowd c;
  c.f.run([&]() -> boost::asio::awaitable<void> {
    co_await c.lease(2);
    c.all[0].lock()->resize(0);
    co_await c.lease(1);
    CHECK(c.f.net.open == 2);
    CHECK(c.held[2].carried() != c.held[0].carried());
    c.held.erase(c.held.begin(), c.held.begin() + 2);
    CHECK(c.f.net.open == 1);
    CHECK(c.all[0].expired());
  });
}

TEST_CASE("an idle carrier that has ended is neither kept nor leased") {
  crowd c;
  c.f.run([&]() -> boost::asio::awaitable<void> {
    co_await c.lease(1);
    c.held.clear();
    SUBCASE("as it says") {
      c.all[0].lock()->resize(0);
      CHECK(c.f.net.open == 0);
    }
    SUBCASE("as a look tells") {
      c.f.net.healthy = false;
      co_await c.lease(1); // A new one serves whoever it was dialed for.
      CHECK(c.f.net.made == 2);
      CHECK(c.f.net.open == 1);
    }
  });
}

TEST_CASE("a carrier in use that a look finds ended goes with its leases") {
  crowd c;
  c.f.run([&]() -> boost::asio::awaitable<void> {
    co_await c.lease(1);
    c.f.net.healthy = false;
    co_await c.lease(1);
    CHECK(c.f.net.made == 2);
    c.f.check(0, 2);
    c.held.erase(c.held.begin());
    c.f.check(0, 1);
    CHECK(c.f.net.open == 1);
  });
}

TEST_CASE("callers that wait get the places that a carrier gains or gets back") {
  crowd c(pool_settings().max_connections(1));
  c.capacity = 1;
  c.f.run([&]() -> boost::asio::awaitable<void> {
    co_await c.lease(1);
    weir::group callers(co_await boost::asio::this_coro::executor);
    for (int i = 0; i < 4; ++i)
      callers.spawn(c.lease(1));
    co_await turns(3);
    c.f.check(0, 1, 0, 4);
    c.all[0].lock()->resize(3);
    co_await turns(3);
    c.f.check(0, 1, 0, 2);
    c.held.erase(c.held.begin());
    co_await turns(3);
    c.f.check(0, 1, 0, 1);
    c.held.erase(c.held.begin());
    co_await callers.join();
    c.f.check(0, 1);
  });
}

TEST_CASE("a refused dial fails nobody for whom a carrier has a place") {
  crowd c;
  c.f.run([&]() -> boost::asio::awaitable<void> {
    co_await c.lease(40);
    c.f.net.refuse = true;
    co_await c.lease(60);
    CHECK(c.f.net.made == 1);
    CHECK(c.f.net.dials == 2);
    std::exception_ptr failed;
    try {
      co_await c.lease(1); // The carrier is full.
    } catch (const weir::error& e) {
      CHECK(e.code() == errc::connect_failed);
      failed = std::current_exception();
    }
    CHECK(failed);
  });
}

TEST_CASE("a caller that leaves when it was granted a place gives it to the next") {
  for (unsigned when = 0; when < 20; ++when) {
    crowd c(pool_settings().max_connections(1));
    c.capacity = 1;
    c.f.run([&]() -> boost::asio::awaitable<void> {
      weir::group callers(co_await boost::asio::this_coro::executor);
      weir::group leaver(co_await boost::asio::this_coro::executor);
      leaver.spawn(hold(c, 5));
      callers.spawn(hold(c, 5));
      co_await turns(when);
      leaver.cancel();
      co_await callers.join();
      try {
        co_await leaver.join();
      } catch (const weir::error& e) {
        CHECK(e.code() == errc::cancelled);
      }
      c.f.check(1, 0);
      CHECK(c.f.net.open == 1);
    });
  }
}

TEST_CASE("closing the pool drops idle carriers at once, and others with their leases") {
  crowd c;
  c.f.run([&]() -> boost::asio::awaitable<void> {
    co_await c.lease(2);
    SUBCASE("idle") {
      c.held.clear();
      c.f.subject->close();
      CHECK(c.f.net.open == 0);
    }
    SUBCASE("in use") {
      c.f.subject->close();
      c.all[0].lock()->resize(7);
      c.held.pop_back();
      CHECK(c.f.net.open == 1);
    }
    SUBCASE("in use, and the pool is gone") {
      c.f.subject.reset();
      c.all[0].lock()->resize(0);
      c.held.pop_back();
      CHECK(c.f.net.open == 1);
    }
    c.held.clear();
    CHECK(c.f.net.open == 0);
  });
}
