// Groups of tasks: limits, errors and cancellation.
#include <weir/core/group.hpp>

#include <boost/asio/detached.hpp>

#include <stdexcept>
#include <vector>

#include <weir/core/within.hpp>

#include "core/support.hpp"

namespace asio = boost::asio;
using namespace std::chrono_literals;
using weir::errc;
using weir::test::world;

namespace {

asio::awaitable<void> note(std::vector<int>& seen, int v, weir::duration d) {
  co_await weir::sleep_for(d);
  seen.push_back(v);
}

asio::awaitable<void> fail_after(weir::duration d) {
  co_await weir::sleep_for(d);
  throw std::runtime_error("first");
}

asio::awaitable<void> count_cancel(int& cancelled) {
  try {
    co_await weir::sleep_for(1h);
  } catch (const boost::system::system_error&) {
    ++cancelled;
    throw;
  }
}

} // namespace

TEST_CASE("join() waits for all tasks, which run side by side") {
  world w;
  std::vector<int> seen;
  const auto begin = w.now();
  w.run([&seen]() -> asio::awaitable<void> {
    weir::group group;
    for (int i = 0; i < 5; ++i)
      group.spawn(note(seen, i, std::chrono::seconds(5 - i)));
    co_await group.join();
    CHECK(group.size() == 0);
  });
  CHECK(seen == std::vector<int>({4, 3, 2, 1, 0}));
  CHECK(w.now() - begin == 5s);
}

TEST_CASE("a limit lets so many tasks run at a time, in order") {
  world w;
  std::vector<int> seen;
  const auto begin = w.now();
  w.run([&seen]() -> asio::awaitable<void> {
    weir::group group(2);
    for (int i = 0; i < 6; ++i)
      group.spawn(note(seen, i, 1s));
    co_await group.join();
  });
  CHECK(seen == std::vector<int>({0, 1, 2, 3, 4, 5}));
  CHECK(w.now() - begin == 3s);
}

TEST_CASE("the first error cancels the others, is rethrown, and nothing outlives join()") {
  world w;
  const auto scopes = weir::scope::live();
  int cancelled = 0;
  std::string what;
  const auto begin = w.now();
  w.run([&]() -> asio::awaitable<void> {
    weir::group group;
    for (int i = 0; i < 3; ++i)
      group.spawn(count_cancel(cancelled));
    group.spawn(fail_after(2s));
    try {
      co_await group.join();
    } catch (const std::runtime_error& e) {
      what = e.what();
    }
    CHECK(cancelled == 3);
  });
  CHECK(what == "first");
  CHECK(w.now() - begin == 2s);
  CHECK(weir::scope::live() == scopes);
}

TEST_CASE("a group with an executor starts its tasks at once") {
  world w;
  std::vector<int> seen;
  weir::group group(w.executor());
  group.spawn(note(seen, 1, 0s));
  weir::testing::run(w.io);
  w.io.restart();
  CHECK(seen.size() == 1);
  w.run([&]() -> asio::awaitable<void> { co_await group.join(); });
}

TEST_CASE("an empty group joins at once, and a group can be used again") {
  world w;
  std::vector<int> seen;
  w.run([&seen]() -> asio::awaitable<void> {
    weir::group group;
    co_await group.join();
    group.spawn(note(seen, 1, 1s));
    co_await group.join();
    group.spawn(note(seen, 2, 1s));
    co_await group.join();
  });
  CHECK(seen == std::vector<int>({1, 2}));
}

TEST_CASE("a deadline around join() cancels the tasks and waits for them") {
  world w;
  int cancelled = 0;
  w.run([&]() -> asio::awaitable<void> {
    auto body = [&cancelled]() -> asio::awaitable<void> {
      weir::group group;
      group.spawn(count_cancel(cancelled));
      group.spawn(count_cancel(cancelled));
      co_await group.join();
    };
    errc code{};
    try {
      co_await weir::within(3s, body());
    } catch (const weir::error& e) {
      code = static_cast<errc>(e.code().value());
    }
    CHECK(code == errc::deadline_exceeded);
    CHECK(cancelled == 2);
  });
}

TEST_CASE("a group destroyed without join() cancels its tasks") {
  const auto scopes = weir::scope::live();
  int cancelled = 0;
  {
    world w;
    {
      weir::group group(w.executor());
      group.spawn(count_cancel(cancelled));
      w.io.poll();
    }
    weir::testing::run(w.io);
  }
  CHECK(cancelled == 1);
  CHECK(weir::scope::live() == scopes);
}
