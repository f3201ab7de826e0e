// The cache of look-ups, and the callers that share one.
#include <doctest/doctest.h>

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>

#include <weir/core/group.hpp>
#include <weir/core/within.hpp>

#include "net/dial/resolver.hpp"
#include "net/run.hpp"

using namespace std::chrono_literals;
using namespace weir::net;
using weir::errc;
using weir::error_code;

namespace {

// A clock that is moved by hand; nothing here waits on it.
class hand_clock final : public weir::time_source {
public:
  explicit hand_clock(weir::time_point& now) : now_(now) {}
  weir::time_point now() const noexcept override { return now_; }
  std::chrono::system_clock::time_point wall() const noexcept override { return {}; }
  void async_wait(boost::asio::any_io_executor, weir::time_point, wait_handler) override { FAIL("unexpected wait"); }

private:
  weir::time_point& now_;
};

using done_handler = boost::asio::any_completion_handler<void(error_code, addresses)>;

// Look-ups that complete when the test says so.
class pending_lookups {
public:
  lookup asker() {
    return [this](boost::asio::any_io_executor, std::string host, done_handler done) {
      hosts.push_back(std::move(host));
      waiting_.push_back(std::make_unique<done_handler>(std::move(done)));
    };
  }
  void answer(error_code ec = {}, addresses found = addresses(1, boost::asio::ip::make_address("192.0.2.1"))) {
    for (auto& w : std::exchange(waiting_, {}))
      std::move (*w)(ec, found);
  }
  void drop() { waiting_.clear(); }
  std::vector<std::string> hosts;

private:
  std::vector<std::unique_ptr<done_handler>> waiting_;
};

boost::asio::awaitable<void> answer_later(pending_lookups& lookups, error_code ec = {}) {
  const auto ex = co_await boost::asio::this_coro::executor;
  for (int i = 0; i < 5; ++i)
    co_await boost::asio::post(ex, boost::asio::use_awaitable);
  lookups.answer(ec);
}

boost::asio::awaitable<void> ask(std::shared_ptr<resolver> r, std::string host, int& answers) {
  const auto found = co_await r->resolve(host);
  CHECK(found.size() == 1);
  ++answers;
}

} // namespace

TEST_CASE("callers of one name share one look-up, and later ones its result") {
  pending_lookups lookups;
  int answers = 0;
  test::run([&]() -> boost::asio::awaitable<void> {
    const auto r = make_resolver(resolver_limits(), lookups.asker());
    weir::group group;
    for (int i = 0; i < 100; ++i)
      group.spawn(ask(r, "api.weir.test", answers));
    group.spawn(answer_later(lookups));
    co_await group.join();
    co_await ask(r, "api.weir.test", answers);
  });
  CHECK(lookups.hosts.size() == 1);
  CHECK(answers == 101);
}

TEST_CASE("a look-up that cannot be started, or is dropped, does not poison its name") {
  enum class fate { thrown, no_thread, dropped, answered };
  fate next = fate::thrown;
  const auto asker = [&next](boost::asio::any_io_executor ex, std::string, done_handler done) {
    if (next == fate::thrown)
      throw std::runtime_error("not today");
    if (next == fate::no_thread)
      throw boost::system::system_error(boost::asio::error::try_again, "thread");
    auto kept = std::make_shared<done_handler>(std::move(done));
    boost::asio::post(ex, [kept, how = next] {
      if (how == fate::answered)
        std::move (*kept)(error_code(), addresses(1, boost::asio::ip::make_address("192.0.2.1")));
    });
  };
  test::run([&]() -> boost::asio::awaitable<void> {
    const auto r = make_resolver(resolver_limits(), asker);
    std::string thrown;
    try {
      co_await r->resolve("a.test");
    } catch (const std::runtime_error& e) {
      thrown = e.what();
    }
    CHECK(thrown == "not today");
    next = fate::no_thread;
    const auto own = co_await test::failure_of(r->resolve("a.test"));
    CHECK(own.code() == errc::out_of_resources);
    next = fate::dropped;
    for (int i = 0; i < 2; ++i) {
      const auto f = co_await test::failure_of(r->resolve("a.test"));
      CHECK(f.code() == errc::resolve_failed);
    }
    next = fate::answered;
    int answers = 0;
    co_await ask(r, "a.test", answers);
    CHECK(answers == 1);
  });
}

TEST_CASE("a look-up lost with its context is started anew on the next one") {
  pending_lookups lookups;
  const auto r = make_resolver(resolver_limits(), lookups.asker());
  int answers = 0;
  {
    boost::asio::io_context gone;
    boost::asio::co_spawn(gone, ask(r, "a.test", answers), [](std::exception_ptr) {});
    gone.poll();
  }
  lookups.drop();
  test::run([&]() -> boost::asio::awaitable<void> {
    weir::group group;
    group.spawn(ask(r, "a.test", answers));
    group.spawn(answer_later(lookups));
    co_await group.join();
  });
  CHECK(lookups.hosts.size() == 2);
  CHECK(answers == 1);
}

TEST_CASE("an IP literal is not looked up") {
  pending_lookups lookups;
  test::run([&]() -> boost::asio::awaitable<void> {
    const auto r = make_resolver(resolver_limits(), lookups.asker());
    const auto v4 = co_await r->resolve("192.0.2.7");
    const auto v6 = co_await r->resolve("2001:db8::1");
    CHECK(v4.at(0).to_string() == "192.0.2.7");
    CHECK(v6.at(0).to_string() == "2001:db8::1");
  });
  CHECK(lookups.hosts.empty());
}

TEST_CASE("a result is kept for its lifetime, a failure for a second") {
  pending_lookups lookups;
  weir::time_point now{};
  int answers = 0;
  boost::asio::io_context context;
  weir::set_time(context, std::make_unique<hand_clock>(now));
  auto body = [&]() -> boost::asio::awaitable<void> {
    resolver_limits limits;
    limits.lifetime = 30s;
    const auto r = make_resolver(limits, lookups.asker());
    const auto once = [&](error_code ec = {}) -> boost::asio::awaitable<weir::failure> {
      weir::group group;
      group.spawn(answer_later(lookups, ec));
      weir::failure out;
      const auto look = [&]() -> boost::asio::awaitable<void> {
        out = co_await test::failure_of(r->resolve("a.test"));
      };
      group.spawn(look());
      co_await group.join();
      co_return out;
    };
    co_await once();
    CHECK(lookups.hosts.size() == 1);
    now += 29s;
    co_await once();
    CHECK(lookups.hosts.size() == 1);
    now += 1s;
    const auto failed = co_await once(boost::asio::error::host_not_found);
    CHECK(failed.code() == errc::resolve_failed);
    CHECK(failed.message().find("a.test") != std::string::npos);
    CHECK(lookups.hosts.size() == 2);
    now += 999ms;
    const auto remembered = co_await once();
    CHECK(remembered.code() == errc::resolve_failed);
    CHECK(lookups.hosts.size() == 2);
    now += 1ms;
    const auto again = co_await once();
    CHECK_FALSE(again);
    CHECK(lookups.hosts.size() == 3);
    ++answers;
  };
  std::exception_ptr failed;
  boost::asio::co_spawn(context, body(), [&](std::exception_ptr e) { failed = e; });
  context.run();
  CHECK_FALSE(failed);
  CHECK(answers == 1);
}

TEST_CASE("a caller that runs out of time leaves at once, and the look-up serves the next one") {
  pending_lookups lookups;
  test::run([&]() -> boost::asio::awaitable<void> {
    const auto r = make_resolver(resolver_limits(), lookups.asker());
    for (int i = 0; i < 3; ++i) {
      auto body = r->resolve("slow.test");
      auto limited = weir::within(weir::duration(1ms), std::move(body));
      const auto f = co_await test::failure_of(std::move(limited));
      CHECK(f.code() == errc::deadline_exceeded);
    }
    CHECK(lookups.hosts.size() == 1);
    lookups.answer();
    const auto found = co_await r->resolve("slow.test");
    CHECK(found.size() == 1);
  });
  CHECK(lookups.hosts.size() == 1);
}

TEST_CASE("a look-up that ends after its resolver is gone is harmless") {
  pending_lookups lookups;
  test::run([&]() -> boost::asio::awaitable<void> {
    auto r = make_resolver(resolver_limits(), lookups.asker());
    auto limited = weir::within(weir::duration(1ms), r->resolve("slow.test"));
    const auto f = co_await test::failure_of(std::move(limited));
    CHECK(f.failed());
    r.reset();
    lookups.answer();
  });
}

TEST_CASE("a context may be destroyed while a caller waits for a name") {
  pending_lookups lookups;
  const auto r = make_resolver(resolver_limits(), lookups.asker());
  int answers = 0;
  {
    boost::asio::io_context context;
    boost::asio::co_spawn(context, ask(r, "never.test", answers), [](std::exception_ptr) {});
    context.poll();
    CHECK(lookups.hosts.size() == 1);
  }
  CHECK(answers == 0);
}

TEST_CASE("the cache keeps no more names than its limit") {
  int count = 0;
  lookup immediate = [&](boost::asio::any_io_executor ex, std::string, done_handler done) {
    ++count;
    auto answer = std::make_shared<done_handler>(std::move(done));
    boost::asio::post(
        ex, [answer] { std::move (*answer)(error_code(), addresses(1, boost::asio::ip::make_address("192.0.2.1"))); });
  };
  test::run([&]() -> boost::asio::awaitable<void> {
    resolver_limits limits;
    limits.names = 8;
    const auto r = make_resolver(limits, immediate);
    for (int i = 0; i < 100; ++i)
      co_await r->resolve("host" + std::to_string(i) + ".test");
    CHECK(count == 100);
    for (int i = 92; i < 100; ++i)
      co_await r->resolve("host" + std::to_string(i) + ".test");
    CHECK(count == 100);
    co_await r->resolve("host0.test");
    CHECK(count == 101);
  });
}

TEST_CASE("the system resolves localhost and not a name that cannot exist") {
  test::run([]() -> boost::asio::awaitable<void> {
    const auto r = make_resolver();
    const auto found = co_await r->resolve("localhost");
    for (const auto& a : found)
      CHECK(a.is_loopback());
    const auto f = co_await test::failure_of(r->resolve("no..such..name"));
    CHECK(f.code() == errc::resolve_failed);
  });
}
