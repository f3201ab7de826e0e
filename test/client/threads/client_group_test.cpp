// Clients on threads, against a simulated provider on real sockets.
#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <stdexcept>
#include <thread>

#include <weir/client/client_group.hpp>
#include <weir/core/error.hpp>
#include <weir/core/scope.hpp>

#include "client/worker_group.hpp"
#include "sim/server/server.hpp"

using namespace weir;
using namespace std::chrono_literals;

namespace asio = boost::asio;

namespace {

sim::settings plain() {
  sim::settings how;
  how.tls = false;
  how.tokens = 5;
  return how;
}

template <class Condition>
bool eventually(Condition condition) {
  const auto limit = std::chrono::steady_clock::now() + 10s;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > limit)
      return false;
    std::this_thread::sleep_for(1ms);
  }
  return true;
}

} // namespace

TEST_CASE("tasks of a group run on all of its threads, each with a client of its own") {
  const sim::server_thread server(plain());
  const auto scopes = scope::live();
  {
    client_group group(options().base_url(server.url()), 3);
    CHECK(group.size() == 3);
    std::atomic<int> complete = 0;
    for (int i = 0; i < 24; ++i)
      group.spawn([&complete](client& c) -> asio::awaitable<void> {
        auto all = co_await collect(co_await c.stream(chat("m").user("hi")));
        if (all.outcome == outcome::complete && !all.text().empty())
          ++complete;
      });
    group.join();
    CHECK(complete == 24);
    group.join();
    group.spawn([&complete](client& c) -> asio::awaitable<void> {
      const auto all = co_await c.chat(chat("m").user("again"));
      complete = all.outcome == outcome::complete ? 100 : 0;
    });
    group.join();
    CHECK(complete == 100);
  }
  CHECK(scope::live() == scopes);
  CHECK(eventually([&] { return server.seen().connections_open == 0; }));
}

TEST_CASE("join() rethrows the first exception once, after every task has ended") {
  client_group group(options().base_url("http://127.0.0.1:1"), 2);
  std::atomic<int> ended = 0;
  for (int i = 0; i < 6; ++i)
    group.spawn([&ended, i](client&) -> asio::awaitable<void> {
      ++ended;
      if (i % 2)
        throw std::runtime_error("task");
      co_return;
    });
  CHECK_THROWS_WITH_AS(group.join(), "task", std::runtime_error);
  CHECK(ended == 6);
  CHECK_NOTHROW(group.join());

  group.spawn([](client& c) -> asio::awaitable<void> { co_await c.chat(chat("m").user("hi")); });
  try {
    group.join();
    FAIL("nothing listens there");
  } catch (const error& e) {
    CHECK(e.code() == errc::connect_failed);
  }
}

TEST_CASE("a task that throws before it is a coroutine is rethrown by join()") {
  client_group group(options().base_url("http://127.0.0.1:1"), 1);
  group.spawn([](client&) -> asio::awaitable<void> { throw std::logic_error("no coroutine"); });
  CHECK_THROWS_AS(group.join(), std::logic_error);
  group.spawn(client_group::task());
  CHECK_THROWS_AS(group.join(), std::bad_function_call);
}

TEST_CASE("tasks may spawn tasks") {
  client_group group(options().base_url("http://127.0.0.1:1"), 2);
  std::atomic<int> ended = 0;
  group.spawn([&](client&) -> asio::awaitable<void> {
    for (int i = 0; i < 4; ++i)
      group.spawn([&](client&) -> asio::awaitable<void> {
        ++ended;
        co_return;
      });
    co_return;
  });
  group.join();
  CHECK(ended == 4);
}

TEST_CASE("a group that is destroyed cancels its tasks and waits for them") {
  auto how = plain();
  how.tokens = 100'000;
  how.gap = 20ms;
  const sim::server_thread server(how);
  const auto scopes = scope::live();
  const auto begin = std::chrono::steady_clock::now();
  std::atomic<int> cancelled = 0, started = 0;
  {
    client_group group(options().base_url(server.url()), 2);
    for (int i = 0; i < 8; ++i)
      group.spawn([&](client& c) -> asio::awaitable<void> {
        try {
          auto r = co_await c.stream(chat("m").user("hi"));
          while (auto e = co_await r.next())
            if (e->is_token())
              ++started;
        } catch (const error& e) {
          if (e.code() == errc::cancelled)
            ++cancelled;
        }
      });
    CHECK(eventually([&] { return started >= 8; }));
  }
  CHECK(cancelled == 8);
  CHECK(scope::live() == scopes);
  CHECK(std::chrono::steady_clock::now() - begin < 10s);
  CHECK(eventually([&] { return server.seen().connections_open == 0; }));
}

TEST_CASE("a group may be destroyed at any time while it works") {
  const sim::server_thread server(plain());
  for (int round = 0; round < 20; ++round) {
    client_group group(options().base_url(server.url()), 2);
    for (int i = 0; i < 8; ++i)
      group.spawn([](client& c) -> asio::awaitable<void> {
        for (;;)
          co_await collect(co_await c.stream(chat("m").user("hi")));
      });
    std::this_thread::sleep_for(std::chrono::microseconds(round * 300));
  }
  CHECK(eventually([&] { return server.seen().connections_open == 0; }));
}

TEST_CASE("a group whose third thread cannot be started says so when the first two have ended") {
  std::atomic<int> ended = 0;
  int started = 0;
  const thread_starter start = [&](std::function<void()> body) {
    if (++started == 3)
      throw std::system_error(std::make_error_code(std::errc::resource_unavailable_try_again));
    return std::thread([&ended, body = std::move(body)] {
      body();
      ++ended;
    });
  };
  try {
    worker_group group(options().base_url("http://127.0.0.1:1"), 4, start);
    FAIL("it has four threads");
  } catch (const error& e) {
    CHECK(ended == 2);
    CHECK(e.code() == errc::out_of_resources);
    CHECK(e.failure().message().find("4 threads") != std::string::npos);
    CHECK(e.failure().message().find("ulimit -u") != std::string::npos);
  }
}
