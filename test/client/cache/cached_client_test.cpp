// A client with a response cache, through all of its policies.
#include <doctest/doctest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <string>
#include <thread>
#include <vector>

#include <weir/client/client_group.hpp>
#include <weir/core/executor.hpp>
#include <weir/policy/response_cache.hpp>
#include <weir/task/hub/text_tasks.hpp>
#include <weir/task/results.hpp>
#include <weir/testing.hpp>

namespace asio = boost::asio;
using namespace std::chrono_literals;
using namespace weir;

namespace {

std::shared_ptr<response_cache> any_cache() {
  return std::make_shared<response_cache>(cache_settings().any_temperature(true));
}

template <class F>
void play(F body) {
  asio::io_context io{1};
  testing::manual_time::install(io);
  std::exception_ptr failed;
  bool ended = false;
  asio::co_spawn(io, std::move(body), [&](std::exception_ptr e) {
    failed = e;
    ended = true;
  });
  testing::run(io);
  if (failed)
    std::rethrow_exception(failed);
  CHECK(ended);
}

chat hello() { return chat().user("hello"); }

} // namespace

TEST_CASE("a client's second identical chat sends nothing") {
  testing::fake_provider fake({testing::stream_of({"a", "b"}).gap(1s).usage(7, 2)});
  const auto cache = any_cache();
  client one(fake.options().cache(cache));
  play([&]() -> asio::awaitable<void> {
    auto first = co_await one.stream(hello());
    const auto a = co_await collect(std::move(first));
    CHECK(a.text() == "ab");
    auto second = co_await one.stream(hello());
    const auto b = co_await collect(std::move(second));
    CHECK(b.text() == "ab");
    CHECK(b.attempt->cache_hit);
    CHECK(b.usage == a.usage);
    CHECK(b.info.id == a.info.id);
    CHECK(b.finish_reason() == a.finish_reason());
    const auto c = co_await one.chat(hello());
    CHECK(c.text() == "ab");
    CHECK(c.attempt->cache_hit);
    CHECK(c.usage.prompt_tokens == 7);
    CHECK(c.outcome == outcome::complete);
  });
  CHECK(fake.requests().size() == 1);
  CHECK(cache->stats().hits == 2);
}

TEST_CASE("without a temperature of zero or a seed a chat is cached only on request") {
  testing::fake_provider fake;
  fake.otherwise(testing::answer("a"));
  client one(fake.options().cache(std::make_shared<response_cache>()));
  const auto twice = [&](chat ask) {
    const auto before = fake.requests().size();
    play([&]() -> asio::awaitable<void> {
      co_await one.chat(ask);
      co_await one.chat(ask);
    });
    return fake.requests().size() - before;
  };
  CHECK(twice(hello()) == 2);
  CHECK(twice(hello().temperature(0.7)) == 2);
  CHECK(twice(hello().temperature(0)) == 1);
  CHECK(twice(hello().seed(7)) == 1);
  CHECK(twice(hello().top_p(0.5).options(call_options().cache(cache_use::normal))) == 1);
  CHECK(twice(hello().temperature(0).max_tokens(9).options(call_options().cache(cache_use::bypass))) == 2);
}

TEST_CASE("embeddings and text generation are cached, other tasks pass through") {
  testing::fake_provider fake;
  fake.otherwise(testing::raw_response(200, "application/json", "[[0.5, 1.5]]"));
  client one(fake.options().cache(any_cache()));
  play([&]() -> asio::awaitable<void> {
    const auto a = co_await one.run(feature_extraction("m").text("x"));
    const auto b = co_await one.run(feature_extraction("m").text("x"));
    CHECK(a.values == b.values);
    CHECK(b.shape == a.shape);
    CHECK(fake.requests().size() == 1);
    co_await one.run(feature_extraction("m").text("y"));
    CHECK(fake.requests().size() == 2);
  });
  testing::fake_provider text;
  text.otherwise(testing::stream_of({"a", "b"}));
  client two(text.options().provider("tgi").cache(any_cache()));
  play([&]() -> asio::awaitable<void> {
    const auto a = co_await two.run(text_generation().prompt("x"));
    const auto b = co_await two.run(text_generation().prompt("x"));
    CHECK(a.text() == b.text());
    CHECK(b.attempt->cache_hit);
    auto r = co_await two.stream(text_generation().prompt("x"));
    CHECK_FALSE(r.attempt().cache_hit);
    std::size_t events = 0, again = 0;
    while (co_await r.next())
      ++events;
    auto s = co_await two.stream(text_generation().prompt("x"));
    CHECK(s.attempt().cache_hit);
    while (co_await s.next())
      ++again;
    CHECK(again == events);
  });
  CHECK(text.requests().size() == 2);
}

TEST_CASE("a retried call enters the cache once, and the record has all its attempts") {
  testing::fake_provider fake({testing::refusal(503), testing::answer("a")});
  std::vector<std::size_t> attempts;
  std::vector<bool> hits;
  client one(fake.options().cache(any_cache()).observe(on_call([&](const call_record& r) {
    attempts.push_back(r.attempts.size());
    hits.push_back(r.attempts.back()->cache_hit);
  })));
  play([&]() -> asio::awaitable<void> {
    const auto a = co_await one.chat(hello());
    CHECK(a.attempt->number == 2);
    const auto b = co_await one.chat(hello());
    CHECK(b.attempt->number == 1);
  });
  CHECK(attempts == std::vector<std::size_t>{2, 1});
  CHECK(hits == std::vector<bool>{false, true});
}

TEST_CASE("an answer that a length limit or a filter has cut does not enter") {
  for (const char* reason : {"length", "content_filter", "max_tokens"})
    for (const bool streamed : {true, false}) {
      INFO(reason);
      testing::fake_provider fake({testing::answer("a").finish_reason(reason), testing::answer("b")});
      const auto cache = any_cache();
      client one(fake.options().cache(cache));
      play([&]() -> asio::awaitable<void> {
        if (streamed) {
          auto r = co_await one.stream(hello());
          co_await collect(std::move(r));
        } else {
          co_await one.chat(hello());
        }
        CHECK(cache->stats().entries == 0);
        const auto b = co_await one.chat(hello());
        CHECK(b.text() == "b");
      });
      CHECK(fake.requests().size() == 2);
    }
}

TEST_CASE("clients on several threads share what is in memory") {
  testing::fake_provider fake;
  fake.otherwise(testing::answer("a"));
  const auto cache = any_cache();
  client_group group(fake.options().cache(cache), 4);
  for (int i = 0; i < 400; ++i)
    group.spawn([i](client& c) -> asio::awaitable<void> {
      const auto a = co_await c.chat(chat().user(std::to_string(i % 10)));
      CHECK(a.text() == "a");
    });
  group.join();
  const auto s = cache->stats();
  CHECK(s.entries == 10);
  CHECK(s.hits + s.misses + s.shared == 400);
  // At most one call for each of the ten in each of the four clients.
  CHECK(fake.requests().size() <= 40);
  CHECK(fake.requests().size() == s.misses);
}

TEST_CASE("100 concurrent calls of a client make one request") {
  testing::fake_provider fake({testing::stream_of({"a", "b", "c"}).gap(1s).after(1s)});
  client one(fake.options().cache(any_cache()));
  int complete = 0;
  asio::io_context io{1};
  testing::manual_time::install(io);
  const auto root = scope::root(io.get_executor());
  for (int i = 0; i < 100; ++i)
    asio::co_spawn(
        executor(root),
        [&, i]() -> asio::awaitable<void> {
          completion all;
          if (i % 2 == 0) {
            auto r = co_await one.stream(hello());
            all = co_await collect(std::move(r));
          } else {
            all = co_await one.chat(hello());
          }
          CHECK(all.text() == "abc");
          complete += all.outcome == outcome::complete;
        },
        [](std::exception_ptr e) { CHECK_FALSE(e); });
  testing::run(io);
  CHECK(complete == 100);
  CHECK(fake.requests().size() == 1);
}

TEST_CASE("nothing is left behind by calls of a cached client") {
  const auto before = scope::live();
  {
    testing::fake_provider fake({testing::stream_of({"a", "b", "c"}).gap(1s)});
    auto one = std::make_optional<client>(fake.options().cache(any_cache()));
    play([&]() -> asio::awaitable<void> {
      auto r = co_await one->stream(hello());
      co_await r.next();
      r.cancel();
      CHECK(r.outcome() == outcome::cancelled);
      one.reset();
    });
  }
  CHECK(scope::live() == before);
}
