// One function over many elements: limits, order, inputs and failures.
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "core/async/map_support.hpp"

using namespace std::chrono_literals;
using namespace map_test;
using weir::errc;
using weir::test::world;

TEST_CASE("map() gives results in order of completion, map_in_order() in that of the input, both with the index") {
  world w;
  calls c;
  w.run([&c]() -> asio::awaitable<void> {
    const std::vector<int> input({3, 1, 2});
    auto by_completion = weir::map(input, 3, seconds(c));
    std::vector<std::size_t> indexes;
    while (auto item = co_await by_completion.next()) {
      CHECK(item->result.value() == input[item->index]);
      indexes.push_back(item->index);
    }
    CHECK(indexes == std::vector<std::size_t>({1, 2, 0}));
    auto in_order = weir::map_in_order(input, 3, seconds(c));
    const auto all = co_await values(std::move(in_order));
    CHECK(all == input);
    CHECK_FALSE(co_await by_completion.next());
  });
}

TEST_CASE("at most so many calls run at a time as the limit says, and no fewer") {
  for (const std::size_t limit : {1u, 2u, 7u, 100u}) {
    world w;
    calls c;
    const auto begin = w.now();
    w.run([&]() -> asio::awaitable<void> {
      auto m = weir::map(upto(28), limit, [&c](int v) { return after(c, 1s, v); });
      const auto all = co_await values(std::move(m));
      CHECK(all == upto(28));
    });
    CHECK(c.most == std::min<int>(28, static_cast<int>(limit)));
    CHECK(w.now() - begin == std::chrono::seconds((28 + limit - 1) / limit));
  }
}

TEST_CASE("a limit of 0 is refused, and an empty input gives nothing") {
  world w;
  calls c;
  CHECK(weir::test::code_of([&] { auto none = weir::map(upto(1), 0, seconds(c)); }) == errc::invalid_argument);
  w.run([&c]() -> asio::awaitable<void> {
    auto m = weir::map(upto(0), 4, seconds(c));
    CHECK_FALSE(co_await m.next());
    CHECK_FALSE(co_await m.next());
  });
  CHECK(c.started == 0);
}

TEST_CASE("nothing starts before the first next(), and elements are taken only when there is room") {
  world w;
  calls c;
  int taken = 0;
  w.run([&]() -> asio::awaitable<void> {
    auto m = weir::map(counting(taken), 5, [&c](int v) { return after(c, 1s, v); });
    co_await weir::sleep_for(1h);
    CHECK(c.started == 0);
    for (int i = 0; i < 100; ++i) {
      const auto item = co_await m.next();
      CHECK(item->result.value() == i);
      CHECK(c.started <= i + 6);
    }
    CHECK(taken <= 106);
    co_await m.stop();
  });
  CHECK(c.running == 0);
}

TEST_CASE("finished results that nobody has taken count towards the limit") {
  for (const bool in_order : {false, true}) {
    world w;
    calls c;
    w.run([&]() -> asio::awaitable<void> {
      auto f = [&c](int v) { return after(c, 1s, v); };
      auto m = in_order ? weir::map_in_order(upto(100), 4, f) : weir::map(upto(100), 4, f);
      auto item = co_await m.next();
      co_await weir::sleep_for(1h);
      CHECK(c.started == 5);
      CHECK(c.running == 0);
      item = co_await m.next();
      CHECK(c.started == 6);
    });
  }
}

TEST_CASE("in order, a slow first call holds back all but the limit's elements behind it") {
  world w;
  calls c;
  w.run([&c]() -> asio::awaitable<void> {
    auto m = weir::map_in_order(upto(50), 8, [&c](int v) { return after(c, v == 0 ? 60s : 1s, v); });
    const auto first = co_await m.next();
    CHECK(first->index == 0);
    CHECK(c.started == 9);
    const auto rest = co_await values(std::move(m));
    CHECK(rest.size() == 49);
    CHECK(std::is_sorted(rest.begin(), rest.end()));
  });
}

TEST_CASE("a failure is its element's result, and the others go on") {
  world w;
  calls c;
  w.run([&c]() -> asio::awaitable<void> {
    auto m = weir::map_in_order(upto(10), 3, [&c](int v) { return v % 3 == 1 ? refused("odd") : after(c, 1s, v); });
    int failed = 0, succeeded = 0;
    while (auto item = co_await m.next()) {
      item->result ? ++succeeded : ++failed;
      CHECK(item->result.has_error() == (item->index % 3 == 1));
      if (!item->result)
        CHECK(item->result.error().message() == "odd");
    }
    CHECK(failed == 3);
    CHECK(succeeded == 7);
  });
}

TEST_CASE("calls may return nothing, and elements and results that can only be moved") {
  world w;
  w.run([]() -> asio::awaitable<void> {
    int sum = 0;
    auto nothing = weir::map(upto(5), 2, [&sum](int v) -> asio::awaitable<void> {
      co_await weir::sleep_for(1ms);
      sum += v;
    });
    int n = 0;
    while (auto item = co_await nothing.next()) {
      CHECK(item->result.has_value());
      ++n;
    }
    CHECK(n == 5);
    CHECK(sum == 10);

    std::vector<std::unique_ptr<std::string>> input;
    for (int i = 0; i < 4; ++i)
      input.push_back(std::make_unique<std::string>("a text that is longer than the small buffer"));
    auto moved = weir::map(std::move(input), 2,
                           [](std::unique_ptr<std::string> s) -> asio::awaitable<std::unique_ptr<std::string>> {
                             co_await weir::sleep_for(1ms);
                             co_return std::move(s);
                           });
    while (auto item = co_await moved.next())
      CHECK(**item->result == "a text that is longer than the small buffer");
  });
}

TEST_CASE("an lvalue is copied, and what is seen through a view is not moved from") {
  world w;
  w.run([]() -> asio::awaitable<void> {
    const auto length = [](std::string s) -> asio::awaitable<std::size_t> { co_return s.size(); };
    std::vector<std::string> texts(3, "a text that is longer than the small buffer");
    const auto before = texts;
    auto copied = weir::map(texts, 2, length);
    co_await values(std::move(copied));
    auto viewed = weir::map(std::span(texts), 2, length);
    co_await values(std::move(viewed));
    auto composed = weir::map(std::views::all(texts) | std::views::take(2), 2, length);
    const auto some = co_await values(std::move(composed));
    CHECK(some.size() == 2);
    CHECK(texts == before);
  });
}

TEST_CASE("a mapping can be the input of another") {
  world w;
  calls c;
  int taken = 0;
  w.run([&]() -> asio::awaitable<void> {
    auto first = weir::map_in_order(counting(taken, 1s), 3, [&c](int v) { return after(c, 2s, v); });
    auto second = weir::map(std::move(first), 2, [&c](weir::map_item<int> item) {
      return after(c, 1s, static_cast<int>(item.index) + item.result.value());
    });
    for (int i = 0; i < 10; ++i) {
      const auto item = co_await second.next();
      CHECK(item->result.value() == 2 * i);
    }
    co_await second.stop();
  });
  CHECK(c.running == 0);
}

TEST_CASE("what the input throws is told after the results of the calls that ran") {
  world w;
  calls c;
  w.run([&c]() -> asio::awaitable<void> {
    auto m = weir::map(breaks_after(3, 1s), 4, [&c](int v) { return after(c, 10s, v); });
    std::string what;
    int n = 0;
    try {
      while (auto item = co_await m.next()) {
        CHECK(item->result.has_value());
        ++n;
      }
    } catch (const std::runtime_error& e) {
      what = e.what();
    }
    CHECK(n == 3);
    CHECK(what == "the input broke");
    CHECK_FALSE(co_await m.next());
  });
}

TEST_CASE("an exception that is no failure ends the mapping, after the results of the others") {
  for (const bool in_order : {false, true}) {
    world w;
    calls c;
    w.run([&]() -> asio::awaitable<void> {
      auto f = [&c](int v) {
        if (v == 2)
          throw std::logic_error("a mistake");
        return after(c, 1s, v);
      };
      auto m = in_order ? weir::map_in_order(upto(100), 4, f) : weir::map(upto(100), 4, f);
      int n = 0;
      std::string what;
      try {
        while (auto item = co_await m.next())
          ++n;
      } catch (const std::logic_error& e) {
        what = e.what();
      }
      CHECK(what == "a mistake");
      CHECK(n == 3);
      CHECK_FALSE(co_await m.next());
    });
  }
}

TEST_CASE("the ambient scope holds in the function") {
  world w;
  w.run([]() -> asio::awaitable<void> {
    auto priority = [](int) -> asio::awaitable<weir::priority> {
      const auto s = weir::scope_of(co_await asio::this_coro::executor);
      CHECK(s->deadline() != weir::never);
      co_return s->priority();
    };
    auto body = [&priority]() -> asio::awaitable<void> {
      auto m = weir::map(upto(3), 2, priority);
      const auto all = co_await values(std::move(m));
      CHECK(all == std::vector<weir::priority>(3, weir::priority::batch));
    };
    co_await weir::within(1h, weir::at_priority(weir::priority::batch, body()));
  });
}

TEST_CASE("a consumer that never has to wait lets timers run") {
  world w;
  int n = 0;
  w.run([&]() -> asio::awaitable<void> {
    auto body = [&]() -> asio::awaitable<void> {
      int taken = 0;
      auto m = weir::map(counting(taken), 2, [](int v) -> asio::awaitable<int> { co_return v; });
      while (auto item = co_await m.next())
        if (++n == 1000)
          weir::testing::manual_time::of(w.io).advance_to(w.now() + 10s);
    };
    const auto end = co_await weir::as_result(weir::within(10s, body()));
    CHECK(end.error().code() == errc::deadline_exceeded);
  });
  CHECK(n < 1100);
}
