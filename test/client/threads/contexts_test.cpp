// One client on several threads, strands and contexts; and clients and replies that outlive their context.
#include <boost/asio/detached.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_future.hpp>

#include <future>
#include <thread>

#include <weir/weir.hpp>

#include "client/support.hpp"
#include "sim/server/server.hpp"

using namespace weir;
using namespace std::chrono_literals;

namespace asio = boost::asio;

namespace {

using strand = asio::strand<asio::io_context::executor_type>;

sim::settings plain_server(std::size_t tokens = 5, duration gap = {}) {
  sim::settings how;
  how.tls = false;
  how.tokens = tokens;
  how.gap = gap;
  return how;
}

options to(const sim::server_thread& server) { return options().base_url(server.url()).deadline(20s); }

asio::awaitable<void> complete(client& c) {
  const auto all = co_await collect(co_await c.stream(chat("m").user("hi")));
  CHECK(all.outcome == outcome::complete);
}

// What a call fails with on an executor, whose context this thread runs until then.
template <class Context, class Executor>
failure failure_on(Context& context, Executor ex, asio::awaitable<void> body) {
  auto done = asio::co_spawn(ex, std::move(body), asio::use_future);
  if constexpr (std::is_same_v<Context, asio::io_context>) {
    context.restart();
    while (done.wait_for(0s) != std::future_status::ready)
      context.run_one();
  }
  try {
    done.get();
  } catch (const error& e) {
    return e.failure();
  }
  return failure();
}

failure failure_on(asio::io_context& io, asio::awaitable<void> body) {
  return failure_on(io, io.get_executor(), std::move(body));
}

void check_refused(const failure& f, std::string_view words) {
  CHECK(f.code() == errc::wrong_executor);
  CHECK(f.code() == condition::configuration);
  CHECK_MESSAGE(f.message().find(words) != std::string::npos, f.message());
  CHECK(f.message().find("one client per strand") != std::string::npos);
}

} // namespace

TEST_CASE("a thread pool without a strand is refused, with a message that says what to do") {
  const sim::server_thread server(plain_server());
  client c(to(server));
  {
    asio::thread_pool pool(4);
    check_refused(failure_on(pool, pool.get_executor(), complete(c)), "asio::make_strand(pool)");
    check_refused(
        failure_on(pool, asio::require(pool.get_executor(), asio::execution::outstanding_work.tracked), complete(c)),
        "asio::make_strand(pool)");
    CHECK_FALSE(failure_on(pool, asio::make_strand(pool), complete(c)));
    pool.join();
  }
  asio::thread_pool alone(1);
  CHECK_FALSE(failure_on(alone, alone.get_executor(), complete(c)));
}

TEST_CASE("a strand per call is refused from the second call on, and the first one still works") {
  const sim::server_thread server(plain_server());
  client c(to(server));
  asio::thread_pool pool(4);
  const auto first = asio::make_strand(pool);
  CHECK_FALSE(failure_on(pool, first, complete(c)));
  check_refused(failure_on(pool, asio::make_strand(pool), complete(c)), "another strand");
  CHECK_FALSE(failure_on(pool, first, complete(c)));
  CHECK_FALSE(failure_on(pool, asio::prefer(first, asio::execution::outstanding_work.tracked), complete(c)));
  pool.join();
  CHECK(server.seen().connections_accepted == 1);
}

TEST_CASE("a strand and its plain context are two executors, in either order") {
  const sim::server_thread server(plain_server());
  for (const bool plain_first : {true, false}) {
    client c(to(server));
    asio::io_context io;
    const asio::any_io_executor own = io.get_executor(), other = asio::make_strand(io);
    CHECK_FALSE(failure_on(io, plain_first ? own : other, complete(c)));
    check_refused(failure_on(io, plain_first ? other : own, complete(c)), "another strand");
  }
}

TEST_CASE("a new context for each call works, one after the other") {
  for (const bool tls : {false, true}) {
    auto how = plain_server();
    how.tls = tls;
    const sim::server_thread server(how);
    const auto scopes = scope::live();
    client c(to(server).ca_file(server.ca_file()));
    for (int i = 0; i < 3; ++i) {
      asio::io_context io;
      CHECK_FALSE(failure_on(io, complete(c)));
      CHECK(c.pool().idle == 1);
    }
    CHECK(c.pool().idle == 0);
    for (int i = 0; i < 3; ++i) {
      asio::io_context io;
      CHECK_FALSE(failure_on(io, asio::make_strand(io), complete(c)));
    }
    CHECK(scope::live() == scopes);
  }
}

TEST_CASE("a second context is refused while the first one exists") {
  const sim::server_thread server(plain_server());
  client c(to(server));
  asio::io_context second;
  {
    asio::io_context first;
    CHECK_FALSE(failure_on(first, complete(c)));
    check_refused(failure_on(second, complete(c)), "another execution context");
    CHECK_FALSE(failure_on(first, complete(c)));
  }
  CHECK_FALSE(failure_on(second, complete(c)));
}

TEST_CASE("contexts of several threads that share a client: each call completes or is refused") {
  const sim::server_thread server(plain_server());
  client c(to(server));
  std::atomic<int> answered = 0, refused = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&] {
      for (int i = 0; i < 20; ++i) {
        asio::io_context io;
        const auto f = failure_on(io, complete(c));
        ++(f.code() == errc::wrong_executor ? refused : answered);
        if (f && f.code() != errc::wrong_executor)
          FAIL_CHECK(f.describe());
      }
    });
  for (auto& t : threads)
    t.join();
  CHECK(answered + refused == 80);
  CHECK(answered > 0);
}

TEST_CASE("a second thread is refused while a call is under way on a context without a strand") {
  const sim::server_thread server(plain_server(10'000, 1ms));
  client c(to(server));
  asio::io_context io;
  failure seen;
  bool begun = false;
  auto body = [&]() -> asio::awaitable<void> {
    auto r = co_await c.stream(chat("m").user("hi"));
    try {
      while (co_await r.next())
        begun = true;
    } catch (const error& e) {
      seen = e.failure();
    }
  };
  asio::co_spawn(io, body, asio::detached);
  while (!begun)
    io.run_one();
  std::thread([&] { io.run(); }).join();
  check_refused(seen, "several threads");
}

TEST_CASE("a context may move from thread to thread between calls") {
  const sim::server_thread server(plain_server());
  client c(to(server));
  asio::io_context io;
  for (int i = 0; i < 3; ++i)
    std::thread([&] { CHECK_FALSE(failure_on(io, complete(c))); }).join();
  CHECK(server.seen().connections_accepted == 1);
}

TEST_CASE("look-ups and jobs are refused like calls") {
  const sim::server_thread server(plain_server());
  client c(to(server));
  asio::io_context first, second;
  CHECK_FALSE(failure_on(first, complete(c)));
  const auto health = [](endpoint e) -> asio::awaitable<void> { co_await e.health(); };
  const auto models = [](client& one) -> asio::awaitable<void> { co_await one.models(); };
  const auto job = [](client& one) -> asio::awaitable<void> { co_await one.run(feature_extraction("m").text("hi")); };
  check_refused(failure_on(second, health(c.endpoint())), "another execution context");
  check_refused(failure_on(second, models(c)), "another execution context");
  check_refused(failure_on(second, job(c)), "another execution context");
}

TEST_CASE("a reply is refused on another strand, and continues on its own") {
  const sim::server_thread server(plain_server(50, 1ms));
  client c(to(server));
  asio::io_context io;
  const auto own = asio::make_strand(io);
  std::optional<reply> r;
  const auto open = [&]() -> asio::awaitable<void> { r.emplace(co_await c.stream(chat("m").user("hi"))); };
  const auto read = [&]() -> asio::awaitable<void> {
    while (co_await r->next())
      ;
  };
  CHECK_FALSE(failure_on(io, own, open()));
  check_refused(failure_on(io, asio::make_strand(io), read()), "another strand");
  CHECK_FALSE(failure_on(io, own, read()));
  CHECK(r->outcome() == outcome::complete);
}

namespace {

// Client and reply are declared before their context and outlive it, on either kind of executor, whether or not the
// reply is being read when the context is destroyed.
void check_outlives(const options& o, asio::awaitable<reply> (*open)(client&)) {
  const auto scopes = scope::live();
  for (const bool on_strand : {false, true})
    for (const bool reading : {false, true}) {
      CAPTURE(on_strand);
      CAPTURE(reading);
      std::optional<client> one(o);
      std::optional<reply> r;
      {
        asio::io_context io;
        bool begun = false;
        auto body = [&]() -> asio::awaitable<void> {
          r.emplace(co_await open(*one));
          co_await r->next();
          begun = true;
          while (reading)
            co_await r->next();
        };
        const auto ex = on_strand ? asio::any_io_executor(asio::make_strand(io)) : io.get_executor();
        asio::co_spawn(ex, body, [](std::exception_ptr) {});
        while (!begun && io.run_one() != 0)
          ;
        REQUIRE(begun);
        io.poll();
      }
      CHECK(r->outcome() == outcome::cancelled);
      CHECK(one->pool().leased == 0);
      asio::io_context other;
      const auto read_on = [&]() -> asio::awaitable<void> { co_await r->next(); };
      CHECK(failure_on(other, read_on()).code() == errc::cancelled);
      r->cancel();
      one.reset();
    }
  CHECK(scope::live() == scopes);
}

} // namespace

TEST_CASE("client and reply may be declared before their context") {
  const sim::server_thread server(plain_server(10'000, 1ms));
  check_outlives(to(server), [](client& c) { return c.stream(chat("m").user("hi")); });
}

TEST_CASE("a job may outlive its context") {
  sim::settings how;
  how.key = "key-of-the-test";
  const sim::server_thread server(how);
  credentials keys;
  keys.default_key(secret(how.key));
  auto o = to(server).provider("fal-ai").base_url(server.url() + "/fal-ai").ca_file(server.ca_file()).credentials(keys);
  o.header("x-job", "1h");
  check_outlives(o, [](client& c) { return c.submit_any(text_to_video("fal-ai/wan/t2v").prompt("A weir")); });
}

TEST_CASE("a client that is closed stays closed on the next context") {
  const sim::server_thread server(plain_server());
  client c(to(server));
  {
    asio::io_context io;
    CHECK_FALSE(failure_on(io, complete(c)));
    c.close();
  }
  asio::io_context io;
  CHECK(failure_on(io, complete(c)).code() == errc::cancelled);
}

TEST_CASE("a caller that waits for a permit when its context goes leaves the queue to the others") {
  const sim::server_thread server(plain_server(3, 20ms));
  auto o = to(server).concurrency(concurrency().limit(1));
  o.share(make_shared_policies(o));
  client first(o), second(o), third(o);
  std::optional<reply> holder;
  asio::io_context io;
  const auto hold = [&]() -> asio::awaitable<void> { holder.emplace(co_await first.stream(chat("m").user("hi"))); };
  CHECK_FALSE(failure_on(io, hold()));
  {
    asio::io_context leaving;
    asio::co_spawn(leaving, complete(second), [](std::exception_ptr) {});
    leaving.run_for(20ms);
    CHECK(third.inspect().concurrency.front().waiting_interactive == 1);
  }
  CHECK(third.inspect().concurrency.front().waiting_interactive == 0);
  asio::io_context last;
  holder.reset();
  CHECK_FALSE(failure_on(last, complete(third)));
}

TEST_CASE("one context, many threads, and a client for each strand") {
  const sim::server_thread server(plain_server(20));
  auto o = to(server);
  o.share(make_shared_policies(o));
  std::vector<client> clients;
  for (int i = 0; i < 4; ++i)
    clients.emplace_back(o);
  asio::io_context io;
  std::vector<std::future<void>> done;
  for (auto& c : clients) {
    const auto lane = asio::make_strand(io);
    for (int i = 0; i < 10; ++i)
      done.push_back(asio::co_spawn(lane, complete(c), asio::use_future));
  }
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&io] { io.run(); });
  for (auto& d : done)
    CHECK_NOTHROW(d.get());
  for (auto& t : threads)
    t.join();
}
