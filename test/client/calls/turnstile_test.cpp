// How a burst of calls is let in.
#include <doctest/doctest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <functional>
#include <optional>
#include <vector>

#include <weir/core/executor.hpp>
#include <weir/core/group.hpp>

#include "client/transport/turnstile.hpp"

using namespace std::chrono_literals;
using namespace weir;
namespace asio = boost::asio;

namespace {

// Callers that begin at one point in time.
class crowd {
public:
  crowd() : all(asio::any_io_executor(executor(asio::any_io_executor(io->get_executor())))) {}

  static asio::awaitable<void> caller(crowd& c, int number, time_point now) {
    if (c.turns->is_crowded(now))
      co_await turnstile::wait(c.turns);
    c.order.push_back(number);
    c.turn_of.push_back(c.turn);
  }
  static asio::awaitable<void> join(crowd& c) {
    try {
      co_await c.all.join();
    } catch (const error& e) {
      CHECK(e.code() == errc::cancelled);
    }
    c.over = true;
  }
  void begin(int n) {
    for (int i = 0; i < n; ++i)
      all.spawn(caller(*this, i, now));
  }
  // Each turn of the loop, as what waits for sockets sees it.
  void tick() {
    ++turn;
    if (!over)
      asio::post(*io, [this] { tick(); });
  }
  void run() {
    asio::post(*io, [this] { tick(); });
    asio::co_spawn(asio::any_io_executor(executor(asio::any_io_executor(io->get_executor()))), join(*this),
                   [](std::exception_ptr e) { CHECK_FALSE(e); });
    io->run();
  }

  std::optional<asio::io_context> io{std::in_place};
  std::shared_ptr<turnstile> turns = std::make_shared<turnstile>();
  group all;
  time_point now{1s};
  int turn = 0;
  bool over = false;
  std::vector<int> order, turn_of;
};

} // namespace

TEST_CASE("a burst of calls is let in by and by, in order, and other work runs in between") {
  crowd c;
  c.begin(1000);
  c.run();
  REQUIRE(c.order.size() == 1000);
  for (int i = 0; i < 1000; ++i)
    CHECK(c.order[static_cast<std::size_t>(i)] == i);
  for (std::size_t i = turnstile::per_turn; i < 1000; ++i)
    CHECK(c.turn_of[i] > c.turn_of[i - turnstile::per_turn]);
}

TEST_CASE("calls that begin one after the other do not wait") {
  crowd c;
  for (int i = 0; i < 1000; ++i, c.now += turnstile::span / turnstile::per_turn)
    c.all.spawn(crowd::caller(c, i, c.now));
  c.run();
  CHECK(c.order.size() == 1000);
  CHECK(c.turn_of.back() == c.turn_of.front());
}

TEST_CASE("who comes while others wait does not overtake them, whenever that is") {
  crowd c;
  c.begin(40);
  c.all.spawn(crowd::caller(c, 40, c.now + 1s));
  c.run();
  CHECK(c.order.back() == 40);
  CHECK(c.order.size() == 41);
}

TEST_CASE("a caller that is cancelled while it waits holds nobody up") {
  for (int when = 0; when < 12; ++when) {
    crowd c;
    group leaving(asio::any_io_executor(executor(asio::any_io_executor(c.io->get_executor()))));
    c.begin(32);
    for (int i = 0; i < 50; ++i) {
      c.all.spawn(crowd::caller(c, 100 + i, c.now));
      leaving.spawn(crowd::caller(c, 200 + i, c.now));
    }
    std::function<void(int)> cancel = [&](int n) {
      n == 0 ? leaving.cancel() : asio::post(*c.io, [&cancel, n] { cancel(n - 1); });
    };
    cancel(when);
    c.run();
    CHECK(std::count_if(c.order.begin(), c.order.end(), [](int n) { return n < 200; }) == 82);
  }
}

TEST_CASE("the context may go while callers wait") {
  crowd c;
  c.begin(100);
  c.io->poll_one();
  c.io.reset();
  CHECK(c.order.size() < 100);
}
