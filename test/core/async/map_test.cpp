// One function over many elements: limits, order, failures, cancellation and early ends.
#include <weir/core/map.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>

#include <algorithm>
#include <memory>
#include <random>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include <weir/core/generator.hpp>
#include <weir/core/group.hpp>

#include "core/support.hpp"

namespace asio = boost::asio;
using namespace std::chrono_literals;
using weir::errc;
using weir::test::world;

namespace {

// What the calls of one test did.
struct calls {
  int started = 0;
  int running = 0;
  int most = 0;
  int cancelled = 0;
};

class running {
public:
  explicit running(calls& c) : calls_(c) {
    ++c.started;
    c.most = std::max(c.most, ++c.running);
  }
  running(const running&) = delete;
  ~running() { --calls_.running; }

private:
  calls& calls_;
};

asio::awaitable<int> after(calls& c, weir::duration d, int v) {
  const running here(c);
  try {
    co_await weir::sleep_for(d);
  } catch (const boost::system::system_error&) {
    ++c.cancelled;
    throw;
  }
  co_return v;
}

// The element's number of seconds, and then the element.
auto seconds(calls& c) {
  return [&c](int v) { return after(c, std::chrono::seconds(v), v); };
}

asio::awaitable<int> refused(std::string why) {
  co_await weir::sleep_for(1ms);
  throw weir::error(errc::bad_request, why);
}

weir::generator<int> counting(int& taken, weir::duration each = 0s) {
  for (;; ++taken) {
    if (each != 0s)
      co_await weir::sleep_for(each);
    co_yield taken;
  }
}

weir::generator<int> breaks_after(int n, weir::duration each) {
  for (int i = 0; i < n; ++i) {
    co_await weir::sleep_for(each);
    co_yield i;
  }
  throw std::runtime_error("the input broke");
}

template <class T>
asio::awaitable<std::vector<T>> values(weir::mapped<T> m) {
  std::vector<T> all;
  while (auto item = co_await m.next())
    all.push_back(std::move(item->result.value()));
  co_return all;
}

template <class T>
asio::awaitable<errc> end_of(weir::mapped<T>& m) {
  try {
    while (auto item = co_await m.next()) {
    }
  } catch (const weir::error& e) {
    co_return static_cast<errc>(e.code().value());
  }
  co_return errc{};
}

std::vector<int> upto(int n) {
  std::vector<int> all;
  for (int i = 0; i < n; ++i)
    all.push_back(i);
  return all;
}

} // namespace

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

TEST_CASE("a mapping that is dropped cancels its calls, and leaves no scope, timer or frame") {
  const auto scopes = weir::scope::live();
  const auto held = std::make_shared<int>(0);
  {
    world w;
    calls c;
    int taken = 0;
    w.run([&]() -> asio::awaitable<void> {
      {
        auto f = [&c, held](int v) { return after(c, std::chrono::seconds(v + 1), v); };
        auto m = weir::map(counting(taken, 10ms), 5, f);
        const auto first = co_await m.next();
        CHECK(first->index == 0);
      }
      co_await weir::sleep_for(0s);
      CHECK(c.running == 0);
      CHECK(c.cancelled == 4);
    });
    CHECK(held.use_count() == 1);
    CHECK(weir::testing::manual_time::of(w.io).waits() == 0);
  }
  CHECK(weir::scope::live() == scopes);
}

TEST_CASE("stop() waits for the calls that it cancels, and what was left can still be read") {
  world w;
  calls c;
  w.run([&c]() -> asio::awaitable<void> {
    auto m = weir::map(upto(10), 4, [&c](int v) { return after(c, v < 2 ? 1s : 1h, v); });
    const auto first = co_await m.next();
    CHECK(first->index == 0);
    co_await m.stop();
    CHECK(c.running == 0);
    int succeeded = 0, cancelled = 0;
    while (auto item = co_await m.next()) {
      if (item->result)
        ++succeeded;
      else
        cancelled += item->result.error().code() == errc::cancelled;
    }
    CHECK(succeeded == 1);
    CHECK(cancelled == 3);
    CHECK(c.started == 5);
    co_await m.stop();
  });
}

TEST_CASE("a deadline around next() cancels the calls, waits for them, and loses no result") {
  world w;
  calls c;
  w.run([&c]() -> asio::awaitable<void> {
    auto m = weir::map(upto(10), 3, [&c](int v) { return after(c, v == 0 ? 1s : 1h, v); });
    const auto first = co_await m.next();
    CHECK(first->index == 0);
    const auto late = co_await weir::as_result(weir::within(5s, m.next()));
    CHECK(late.error().code() == errc::deadline_exceeded);
    CHECK(c.running == 0);
    int left = 0;
    while (auto item = co_await m.next()) {
      CHECK(item->result.error().code() == errc::cancelled);
      ++left;
    }
    CHECK(left == 3);
  });
}

TEST_CASE("the deadline of the first next() holds for the calls, also when that has returned") {
  world w;
  calls c;
  const auto begin = w.now();
  w.run([&]() -> asio::awaitable<void> {
    auto m = weir::map(upto(10), 3, [&c](int v) { return after(c, v == 0 ? 1s : 1h, v); });
    const auto first = co_await weir::within(5s, m.next());
    CHECK(first->index == 0);
    int left = 0;
    std::optional<errc> end;
    try {
      while (auto item = co_await m.next()) {
        CHECK(item->result.error().code() == errc::deadline_exceeded);
        ++left;
      }
    } catch (const weir::error& e) {
      end = static_cast<errc>(e.code().value());
    }
    CHECK(left == 3);
    CHECK(end == errc::deadline_exceeded);
    CHECK_FALSE(co_await m.next());
  });
  CHECK(w.now() - begin == 5s);
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

TEST_CASE("a second reader is refused, and the first continues") {
  world w;
  calls c;
  w.run([&c]() -> asio::awaitable<void> {
    auto m = weir::map(upto(2), 2, [&c](int v) { return after(c, 1s, v); });
    std::vector<errc> seen;
    auto read = [&]() -> asio::awaitable<void> {
      const auto end = co_await end_of(m);
      seen.push_back(end);
    };
    weir::group both;
    both.spawn(read());
    both.spawn(read());
    co_await both.join();
    CHECK(seen == std::vector<errc>({errc::invalid_argument, errc{}}));
  });
}

TEST_CASE("another strand, and an executor with several threads, are refused") {
  calls c;
  asio::io_context io;
  weir::testing::manual_time::install(io);
  auto m = weir::map(upto(2), 1, [&c](int v) { return after(c, 1s, v); });
  std::vector<errc> seen;
  const auto one = asio::make_strand(io);
  const auto other = asio::make_strand(io);
  const auto read = [&](auto ex) {
    asio::co_spawn(
        ex,
        [&]() -> asio::awaitable<void> {
          const auto item = co_await weir::as_result(m.next());
          seen.push_back(item ? errc{} : static_cast<errc>(item.error().code().value()));
        },
        asio::detached);
    weir::testing::run(io);
    io.restart();
  };
  read(one);
  read(other);
  read(one);
  CHECK(seen == std::vector<errc>({errc{}, errc::wrong_executor, errc{}}));

  asio::thread_pool pool(2);
  errc code{};
  asio::co_spawn(
      pool,
      [&]() -> asio::awaitable<void> {
        auto unsafe = weir::map(upto(2), 1, [&c](int v) { return after(c, 1s, v); });
        code = co_await end_of(unsafe);
      },
      asio::detached);
  pool.join();
  CHECK(code == errc::wrong_executor);
}

TEST_CASE("a context destroyed under a mapping frees every frame and scope") {
  const auto scopes = weir::scope::live();
  const auto held = std::make_shared<int>(0);
  for (const auto wait : {0s, 90s}) {
    {
      world w;
      calls c;
      int taken = 0;
      asio::co_spawn(
          w.executor(),
          [&]() -> asio::awaitable<void> {
            auto m = weir::map(counting(taken, 50s), 3, [&c, held](int v) { return after(c, 1h, v); });
            co_await weir::within(10h, m.next());
          },
          asio::detached);
      w.io.poll();
      weir::testing::manual_time::of(w.io).advance_to(w.now() + wait);
      w.io.poll();
      CHECK(weir::scope::live() > scopes);
    }
    CHECK(held.use_count() == 1);
    CHECK(weir::scope::live() == scopes);
  }
  // One that outlives it.
  std::optional<weir::mapped<int>> m;
  {
    world w;
    calls c;
    asio::co_spawn(
        w.executor(),
        [&]() -> asio::awaitable<void> {
          m.emplace(weir::map(upto(3), 2, [&c, held](int v) { return after(c, v == 0 ? 0s : 1h, v); }));
          co_await m->next();
        },
        asio::detached);
    w.io.poll();
  }
  m.reset();
  CHECK(held.use_count() == 1);
  CHECK(weir::scope::live() == scopes);
}

TEST_CASE("in a storm of delays, failures and early ends no result is lost, doubled or out of bounds") {
  const auto scopes = weir::scope::live();
  for (unsigned seed = 0; seed < 400; ++seed) {
    CAPTURE(seed);
    std::mt19937 random(seed);
    const auto pick = [&random](int n) { return std::uniform_int_distribution<int>(0, n - 1)(random); };
    const auto limit = static_cast<std::size_t>(1 + pick(9));
    const bool in_order = pick(2) == 0;
    const int size = pick(60);
    const int ends_at = pick(3) == 0 ? pick(size + 1) : size; // dropped or stopped there
    const int how = pick(3);
    world w;
    calls c;
    asio::cancellation_signal stop;
    std::vector<int> seen(static_cast<std::size_t>(size));
    std::size_t last = 0;
    int n = 0;
    const auto call = [&](int v) -> asio::awaitable<int> {
      const running here(c);
      if (pick(4) != 0)
        co_await weir::sleep_for(std::chrono::milliseconds(pick(50)));
      if (pick(5) == 0)
        throw weir::error(errc::overloaded, "busy");
      co_return v;
    };
    const auto input = [&]() -> weir::generator<int> {
      for (int i = 0; i < size; ++i) {
        if (pick(3) == 0)
          co_await weir::sleep_for(std::chrono::milliseconds(pick(20)));
        co_yield i;
      }
    };
    const auto consume = [&]() -> asio::awaitable<void> {
      const bool waits = pick(2) == 0;
      auto m = pick(2) == 0
                   ? (in_order ? weir::map_in_order(input(), limit, call) : weir::map(input(), limit, call))
                   : (in_order ? weir::map_in_order(upto(size), limit, call) : weir::map(upto(size), limit, call));
      while (auto item = co_await m.next()) {
        ++seen.at(item->index);
        if (in_order)
          CHECK(item->index == static_cast<std::size_t>(n));
        if (item->result)
          CHECK(*item->result == static_cast<int>(item->index));
        else
          CHECK(item->result.error().code() == errc::overloaded);
        last = std::max(last, item->index);
        if (++n == ends_at && n != size) {
          if (how == 0)
            co_await m.stop();
          if (how < 2)
            break;
          stop.emit(asio::cancellation_type::terminal);
        }
        if (waits)
          co_await weir::sleep_for(std::chrono::milliseconds(pick(30)));
      }
    };
    asio::co_spawn(w.executor(), consume(), asio::bind_cancellation_slot(stop.slot(), asio::detached));
    weir::testing::run(w.io);
    CHECK(c.running == 0);
    CHECK(c.most <= static_cast<int>(limit));
    CHECK(std::all_of(seen.begin(), seen.end(), [](int times) { return times <= 1; }));
    if (ends_at == size)
      CHECK(n == size);
    CHECK(c.started <= n + static_cast<int>(limit));
    CHECK(weir::testing::manual_time::of(w.io).waits() == 0);
  }
  CHECK(weir::scope::live() == scopes);
}

TEST_CASE("a consumer cancelled at any moment gets errc::cancelled, with every call ended") {
  const auto scopes = weir::scope::live();
  for (int moment = 0; moment < 120; ++moment) {
    CAPTURE(moment);
    world w;
    calls c;
    int taken = 0;
    asio::cancellation_signal stop;
    std::exception_ptr why;
    int running_at_end = -1;
    asio::co_spawn(
        w.executor(),
        [&]() -> asio::awaitable<void> {
          auto m = weir::map(counting(taken, 3ms), 4,
                             [&c](int v) { return after(c, std::chrono::milliseconds(5 + v % 7), v); });
          try {
            for (;;)
              co_await m.next();
          } catch (...) {
            why = std::current_exception();
          }
          running_at_end = c.running;
          co_await asio::this_coro::throw_if_cancelled(false);
          int left = 0;
          while (auto item = co_await m.next())
            ++left;
          CHECK(left <= 4);
        },
        asio::bind_cancellation_slot(stop.slot(), asio::detached));
    auto& time = weir::testing::manual_time::of(w.io);
    w.io.poll();
    for (int step = 0; step < moment; ++step) {
      // Every handler is a moment.
      if (w.io.poll_one() == 0)
        time.advance_to(w.now() + 1ms);
    }
    stop.emit(asio::cancellation_type::terminal);
    weir::testing::run(w.io);
    REQUIRE(why);
    CHECK(weir::failure_of(why).code() == errc::cancelled);
    CHECK(running_at_end == 0);
    CHECK(time.waits() == 0);
  }
  CHECK(weir::scope::live() == scopes);
}
