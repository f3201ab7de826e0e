// A pool over a fake network, on manual time.
#pragma once

#include <doctest/doctest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include <weir/core/executor.hpp>
#include <weir/testing.hpp>

#include "net/pool/pool.hpp"

namespace pool_fixture {

using namespace std::chrono_literals;
using namespace weir::net;
using weir::errc;
using weir::error_code;

// What the fake network knows of all its streams.
class network {
public:
  int made = 0, open = 0, at_most = 0, dialing = 0, dials = 0;
  bool healthy = true;
  bool refuse = false;
  bool hang = false;
  int serves = 1'000'000; // How many connections it accepts before others hang.
  weir::duration limit{}; // How long one may hang, if not for ever.
  int turns = 3;          // How often connecting goes through the queue.
  std::string alpn;
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
  std::string_view alpn() const noexcept override { return network_.alpn; }
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
    const counter counted(network_);
    for (int i = 0; i < network_.turns; ++i)
      co_await boost::asio::post(ex, boost::asio::use_awaitable);
    if (network_.hang || network_.open >= network_.serves) {
      auto& time = weir::time_of(ex);
      const auto until = network_.limit == weir::duration() ? weir::never : time.now() + network_.limit;
      auto wait = [&time, &ex, until](auto handler) { time.async_wait(ex, until, std::move(handler)); };
      co_await boost::asio::async_initiate<const boost::asio::use_awaitable_t<>, void(error_code)>(
          wait, boost::asio::use_awaitable);
      throw weir::error(errc::connect_timeout, "too late");
    }
    if (network_.refuse)
      throw weir::error(errc::connect_failed, "no connection");
    times.connect = 1ms;
    co_return std::make_unique<fake_stream>(network_);
  }

private:
  class counter {
  public:
    explicit counter(network& n) : network_(n) { ++n.dialing, ++n.dials; }
    counter(const counter&) = delete;
    counter& operator=(const counter&) = delete;
    ~counter() { --network_.dialing; }

  private:
    network& network_;
  };

  network& network_;
};

inline const origin here("https", "api.weir.test", 443);

inline int number(const lease& l) { return static_cast<fake_stream&>(l.connection()).number; }

inline boost::asio::awaitable<void> turns(unsigned n) {
  const auto ex = co_await boost::asio::this_coro::executor;
  for (unsigned i = 0; i < n; ++i)
    co_await boost::asio::post(ex, boost::asio::use_awaitable);
}

// A pool on manual time.
class fixture {
public:
  explicit fixture(pool_settings s = pool_settings().max_connections(3).max_waiting(5).max_idle(2),
                   make_carrier carriers = make_carrier())
      : time(weir::testing::manual_time::install(context)),
        subject(std::make_unique<pool>(std::make_shared<fake_connector>(net), time, s, std::move(carriers))) {}

  // Calls `body`, a coroutine function, and runs until nothing is left to do.
  template <class Body>
  void run(Body body) {
    std::exception_ptr failed;
    boost::asio::co_spawn(
        boost::asio::any_io_executor(weir::executor(boost::asio::any_io_executor(context.get_executor()))), body(),
        [&](std::exception_ptr e) { failed = e; });
    CHECK(weir::testing::run(context, 24h));
    if (failed)
      std::rethrow_exception(failed);
  }
  weir::duration elapsed() const { return time.now() - begun; }
  void pass(weir::duration d) { time.advance_to(time.now() + d); }

  void check(std::size_t idle, std::size_t leased, std::size_t connecting = 0, std::size_t waiting = 0) const {
    const auto s = subject->stats();
    CHECK(s.idle == idle);
    CHECK(s.leased == leased);
    CHECK(s.connecting == connecting);
    CHECK(s.waiting == waiting);
  }

  network net;
  boost::asio::io_context context;
  weir::testing::manual_time& time;
  const weir::time_point begun = time.now();
  std::unique_ptr<pool> subject;
};

} // namespace pool_fixture
