// Keys that a callback issues: one at a time, renewed in time, and never a hang.
#include <weir/core/key_source.hpp>

#include <boost/asio/detached.hpp>
#include <boost/asio/use_future.hpp>

#include <atomic>
#include <stdexcept>
#include <string>
#include <thread>

#include <weir/core/group.hpp>
#include <weir/core/within.hpp>

#include "core/support.hpp"

namespace asio = boost::asio;
using namespace std::chrono_literals;
using weir::errc;
using weir::issued_key;
using weir::key_source;
using weir::secret;
using weir::test::world;

namespace {

// Issues key-1, key-2 … after a while.
class mint {
public:
  weir::duration takes = 100ms, valid_for = weir::duration::max();
  std::string always;
  std::string fails;
  std::atomic<int> calls = 0;

  key_source source() {
    return key_source([this] { return issue(); });
  }

private:
  asio::awaitable<issued_key> issue() {
    const auto n = ++calls;
    co_await weir::sleep_for(takes);
    if (!fails.empty())
      throw std::runtime_error(fails);
    const auto text = always.empty() ? "key-number-" + std::to_string(n) : always;
    co_return issued_key(secret(text), valid_for);
  }
};

asio::awaitable<std::string> text_of(key_source from, secret refused = {}) {
  try {
    const auto key = co_await from.get(refused);
    co_return std::string(key.reveal());
  } catch (const weir::error& e) {
    co_return std::string(name_of(static_cast<errc>(e.code().value()))) + ": " + e.failure().message();
  }
}

asio::awaitable<void> into(key_source from, std::string& out) { out = co_await text_of(from); }

} // namespace

TEST_CASE("a fixed key is given as it is") {
  world w;
  CHECK(key_source().empty());
  const key_source fixed{secret("key-fixed")};
  CHECK_FALSE(fixed.issues());
  CHECK(fixed.last() == secret("key-fixed"));
  w.run([&]() -> asio::awaitable<void> { CHECK(co_await text_of(fixed) == "key-fixed"); });
}

TEST_CASE("calls that wait for a key share one callback") {
  world w;
  mint m;
  const auto keys = m.source();
  CHECK(keys.issues());
  CHECK(keys.last().empty());
  std::string a, b, c;
  w.run([&]() -> asio::awaitable<void> {
    weir::group all;
    all.spawn(into(keys, a));
    all.spawn(into(keys, b));
    all.spawn(into(keys, c));
    co_await all.join();
    CHECK(co_await text_of(keys) == "key-number-1");
  });
  CHECK(a == "key-number-1");
  CHECK(b == a);
  CHECK(c == a);
  CHECK(m.calls == 1);
  CHECK(keys.last() == secret("key-number-1"));
}

TEST_CASE("a key is renewed before it ends, and one that lasts less than two minutes at its half") {
  world w;
  mint m;
  m.takes = 0s;
  m.valid_for = 10min;
  const auto keys = m.source();
  w.run([&]() -> asio::awaitable<void> {
    CHECK(co_await text_of(keys) == "key-number-1");
    co_await weir::sleep_for(8min);
    CHECK(co_await text_of(keys) == "key-number-1");
    co_await weir::sleep_for(1min);
    CHECK(co_await text_of(keys) == "key-number-2");
    m.valid_for = 20s;
    co_await weir::sleep_for(10min);
    CHECK(co_await text_of(keys) == "key-number-3");
    co_await weir::sleep_for(9s);
    CHECK(co_await text_of(keys) == "key-number-3");
    co_await weir::sleep_for(1s);
    CHECK(co_await text_of(keys) == "key-number-4");
  });
}

TEST_CASE("a refused key is replaced, unless that has happened already") {
  world w;
  mint m;
  const auto keys = m.source();
  w.run([&]() -> asio::awaitable<void> {
    CHECK(co_await text_of(keys) == "key-number-1");
    CHECK(co_await text_of(keys, secret("key-number-1")) == "key-number-2"); // also at once
    CHECK(co_await text_of(keys, secret("key-number-1")) == "key-number-2");
    CHECK(m.calls == 2);
  });
}

TEST_CASE("a callback that issues a refused key again is left alone for a second") {
  world w;
  mint m;
  m.always = "key-wrong";
  const auto keys = m.source();
  w.run([&]() -> asio::awaitable<void> {
    CHECK(co_await text_of(keys) == "key-wrong");
    for (int i = 0; i < 10; ++i)
      CHECK(co_await text_of(keys, secret("key-wrong")) == "key-wrong");
    CHECK(m.calls == 2);
    co_await weir::sleep_for(1s);
    CHECK(co_await text_of(keys, secret("key-wrong")) == "key-wrong");
    CHECK(m.calls == 3);
  });
}

TEST_CASE("a callback that fails, hangs or issues nothing is an error of its own, and is called again later") {
  world w;
  mint m;
  m.fails = "the vault is sealed";
  auto keys = m.source().timeout(3s);
  w.run([&]() -> asio::awaitable<void> {
    CHECK(co_await text_of(keys) == "key_unavailable: the key callback failed: the vault is sealed");
    m.fails.clear();
    m.takes = 1h;
    const auto begin = w.now();
    CHECK(co_await text_of(keys) == "key_unavailable: the key callback did not issue a key within 3.00 s");
    CHECK(w.now() - begin == 3s);
    m.takes = 1s;
    m.valid_for = 0s;
    CHECK(co_await text_of(keys) == "key_unavailable: the key callback issued a key that is not valid any more");
    m.valid_for = 1h;
    CHECK(co_await text_of(keys) == "key-number-4");
  });
  key_source nothing([]() -> asio::awaitable<issued_key> { co_return issued_key(); });
  w.run([&]() -> asio::awaitable<void> {
    CHECK(co_await text_of(nothing) == "key_unavailable: the key callback issued an empty key");
  });
  key_source throws([]() -> asio::awaitable<issued_key> { throw std::runtime_error("at once"); });
  w.run([&]() -> asio::awaitable<void> {
    CHECK(co_await text_of(throws) == "key_unavailable: the key callback failed: at once");
  });
  key_source unset([]() -> asio::awaitable<issued_key> {
    throw weir::error(weir::errc::missing_key, "weir.json: keys.groq: A is not set");
  });
  w.run([&]() -> asio::awaitable<void> {
    CHECK(co_await text_of(unset) == "missing_key: weir.json: keys.groq: A is not set");
  });
}

TEST_CASE("a key that is still valid is used if its renewal fails") {
  world w;
  mint m;
  m.valid_for = 10min;
  const auto keys = m.source();
  w.run([&]() -> asio::awaitable<void> {
    CHECK(co_await text_of(keys) == "key-number-1");
    m.fails = "the vault is sealed";
    co_await weir::sleep_for(9min + 30s);
    CHECK(co_await text_of(keys) == "key-number-1");
    CHECK(m.calls == 2);
    co_await weir::sleep_for(1min);
    CHECK(co_await text_of(keys) == "key_unavailable: the key callback failed: the vault is sealed");
  });
}

TEST_CASE("the call that started the callback may leave: the others get the key") {
  world w;
  mint m;
  m.takes = 2s;
  const auto keys = m.source();
  std::string other;
  w.run([&]() -> asio::awaitable<void> {
    weir::group all;
    auto first = [&]() -> asio::awaitable<void> {
      try {
        co_await weir::within(1s, keys.get());
      } catch (const weir::error& e) {
        CHECK(e.code() == errc::deadline_exceeded);
      }
    };
    all.spawn(first());
    all.spawn(into(keys, other));
    co_await all.join();
  });
  CHECK(other == "key-number-1");
  CHECK(m.calls == 1);
}

TEST_CASE("a callback whose context ends is replaced by one of a call that waits elsewhere") {
  const auto scopes = weir::scope::live();
  mint m;
  m.takes = 1h;
  const auto keys = m.source();
  std::string got;
  {
    world other;
    {
      world first;
      asio::co_spawn(first.executor(), into(keys, got), asio::detached);
      first.io.poll();
      CHECK(m.calls == 1);
      asio::co_spawn(other.executor(), into(keys, got), asio::detached);
      other.io.poll();
      CHECK(m.calls == 1);
      m.takes = 0s;
    }
    weir::testing::run(other.io);
  }
  CHECK(m.calls == 2);
  CHECK(got == "key-number-2");
  CHECK(weir::scope::live() == scopes);
}

TEST_CASE("a callback on a context that is kept but stopped is given up after its timeout") {
  mint m;
  m.takes = 1h;
  const auto keys = m.source().timeout(5s);
  std::string lost, first, second;
  world stopped;
  asio::co_spawn(stopped.executor(), into(keys, lost), asio::detached);
  stopped.io.poll();
  CHECK(m.calls == 1);
  m.takes = 0s;
  world w;
  w.run([&]() -> asio::awaitable<void> {
    first = co_await text_of(keys);
    co_await weir::sleep_for(2s);
    second = co_await text_of(keys);
  });
  CHECK(first.starts_with("key_unavailable: "));
  CHECK(second == "key-number-2");
  CHECK(m.calls == 2);
}

TEST_CASE("a callback that was given up and ends after all does not bring back an older key") {
  mint m;
  m.takes = 1s;
  const auto keys = m.source().timeout(5s);
  std::string lost, second;
  world stopped;
  asio::co_spawn(stopped.executor(), into(keys, lost), asio::detached);
  stopped.io.poll();
  world w;
  w.run([&]() -> asio::awaitable<void> {
    co_await text_of(keys);
    co_await weir::sleep_for(2s);
    second = co_await text_of(keys);
  });
  CHECK(second == "key-number-2");
  stopped.run([]() -> asio::awaitable<void> { co_await weir::sleep_for(2s); });
  CHECK(lost == "key-number-2");
  CHECK(keys.last() == secret("key-number-2"));
}

TEST_CASE("of a callback's exception a page is kept") {
  mint m;
  m.fails = std::string(100'000, 'x');
  const auto keys = m.source();
  world w;
  w.run([&]() -> asio::awaitable<void> { CHECK((co_await text_of(keys)).size() < 1200); });
}

TEST_CASE("threads share one key") {
  mint m;
  m.takes = 5ms;
  const auto keys = m.source();
  std::atomic<int> right = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&] {
      asio::io_context io(1);
      for (int i = 0; i < 50; ++i)
        asio::co_spawn(
            weir::executor(weir::scope::root(io.get_executor())),
            [&]() -> asio::awaitable<void> { right += (co_await text_of(keys)) == "key-number-1"; }, asio::detached);
      io.run();
    });
  for (auto& t : threads)
    t.join();
  CHECK(right == 200);
  CHECK(m.calls == 1);
}
