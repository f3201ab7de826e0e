// The client over real sockets: TLS, and peers that never get further than a phase.
#include <doctest/doctest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <thread>

#include <weir/client/client.hpp>
#include <weir/core/within.hpp>

#include "client/support.hpp"
#include "net/dial/connector.hpp"
#include "sim/server/server.hpp"

using namespace weir;
using weir::test::bare;
using namespace std::chrono_literals;

namespace asio = boost::asio;

namespace {

// Runs a coroutine on real time; rethrows.
template <class F>
void play(F body) {
  asio::io_context io(1);
  std::exception_ptr failed = std::make_exception_ptr(std::logic_error("the coroutine never ended"));
  asio::co_spawn(io, std::move(body), [&](std::exception_ptr e) { failed = e; });
  io.run_for(20s);
  if (failed)
    std::rethrow_exception(failed);
}

asio::awaitable<error_code> ask(client& c) {
  try {
    auto r = co_await c.stream(chat("m").user("hi"));
    while (co_await r.next())
      ;
  } catch (const boost::system::system_error& e) {
    co_return e.code();
  }
  co_return error_code();
}

// A listener whose backlog accepts connections that nothing serves.
class silent_server {
public:
  silent_server() : listener_(io_, asio::ip::tcp::endpoint(asio::ip::address_v4::loopback(), 0)) {}
  std::string authority() const { return "127.0.0.1:" + std::to_string(listener_.local_endpoint().port()); }

private:
  asio::io_context io_;
  asio::ip::tcp::acceptor listener_;
};

// A resolver that never finds anything and never gives up.
class hanging_resolver final : public net::resolver {
public:
  asio::awaitable<net::addresses> resolve(std::string) override {
    const auto ex = co_await asio::this_coro::executor;
    auto& time = time_of(ex);
    auto start = [&](auto handler) { time.async_wait(ex, never, std::move(handler)); };
    co_await asio::async_initiate<const asio::use_awaitable_t<>, void(error_code)>(start, asio::use_awaitable);
    co_return net::addresses();
  }
};

enum class ending { within, deadline, connect, scope };

// One call that hangs while it connects, and is ended after 60 ms.
error_code hang(options o, ending how) {
  if (how == ending::deadline)
    o.deadline(60ms);
  error_code ec;
  const auto begin = std::chrono::steady_clock::now();
  play([&]() -> asio::awaitable<void> {
    client c(o);
    if (how == ending::within) {
      ec = co_await within(60ms, ask(c));
    } else if (how == ending::scope) {
      const auto ex = co_await asio::this_coro::executor;
      const auto inner = scope::root(ex);
      time_of(ex).async_wait(ex, time_of(ex).now() + 60ms, [inner](error_code) { inner->cancel(); });
      auto out = std::make_shared<error_code>();
      auto body = [&c, out]() -> asio::awaitable<void> { *out = co_await ask(c); };
      co_await asio::co_spawn(asio::any_io_executor(executor(inner)), body, asio::use_awaitable);
      ec = *out;
    } else {
      ec = co_await ask(c);
    }
    // The pool goes on connecting.
    CHECK(c.pool().waiting + c.pool().leased + c.pool().idle == 0);
  });
  CHECK(std::chrono::steady_clock::now() - begin >= 60ms);
  CHECK(std::chrono::steady_clock::now() - begin < 5s);
  return ec;
}

void check_hanging(const options& o) {
  CHECK(hang(o, ending::within) == errc::deadline_exceeded);
  CHECK(hang(o, ending::deadline) == errc::deadline_exceeded);
  CHECK(hang(o, ending::scope) == errc::cancelled);
}

} // namespace

TEST_CASE("streams over TLS are complete and share a connection") {
  sim::settings how;
  how.tokens = 50;
  const sim::server_thread server(how);
  play([&]() -> asio::awaitable<void> {
    client c(options().base_url(server.url()).ca_file(server.ca_file()));
    for (int i = 0; i < 4; ++i) {
      auto r = co_await c.stream(chat("m").user("hi"));
      std::size_t tokens = 0;
      while (auto e = co_await r.next())
        tokens += e->is_token();
      CHECK(tokens == 50);
      CHECK(r.outcome() == outcome::complete);
      CHECK(r.attempt().connection.reused == (i != 0));
      CHECK(c.pool().idle == 1);
    }
  });
  CHECK(server.seen().connections_accepted == 1);
  CHECK(server.seen().requests == 4);
}

TEST_CASE("a server that closes after each stream despite keep-alive loses no call") {
  for (const bool tls : {false, true}) {
    sim::settings how;
    how.tls = tls;
    how.tokens = 3;
    how.faults.push_back(sim::parse_fault_rule("close-after-stream"));
    const sim::server_thread server(how);
    play([&]() -> asio::awaitable<void> {
      client c(options().base_url(server.url()).ca_file(server.ca_file()));
      for (int i = 0; i < 50; ++i)
        CHECK_FALSE((co_await ask(c)));
    });
    CHECK(server.seen().requests == 50);
  }
}

TEST_CASE("each fault of a provider ends a stream with its own error") {
  class row {
  public:
    row(const char* f, errc c, outcome o) : fault(f), code(c), result(o) {}
    const char* fault;
    errc code;
    outcome result;
  };
  const row rows[] = {
      row("cut=40", errc::truncated, outcome::truncated),
      row("reset=40", errc::truncated, outcome::truncated),
      row("truncated-chunk", errc::truncated, outcome::truncated),
      row("error-in-band", errc::in_band_error, outcome::in_band_error),
      row("no-done", errc{}, outcome::complete),
      row("close-delimited", errc{}, outcome::complete),
      row("pings", errc{}, outcome::complete),
      row("split-utf8", errc{}, outcome::complete),
      row("junk-after-done", errc{}, outcome::complete),
  };
  for (const bool tls : {false, true}) {
    sim::settings how;
    how.tls = tls;
    how.tokens = 8;
    const sim::server_thread server(how);
    play([&]() -> asio::awaitable<void> {
      for (const auto& f : rows) {
        CAPTURE(std::string(f.fault));
        CAPTURE(tls);
        auto o = options().base_url(server.url()).ca_file(server.ca_file());
        o.header("x-fault", f.fault);
        client c(bare(o));
        auto r = co_await c.stream(chat("m").user("hi"));
        error_code ec;
        try {
          while (co_await r.next())
            ;
        } catch (const error& e) {
          ec = e.code();
        }
        CHECK(ec.value() == static_cast<int>(f.code));
        CHECK(r.outcome() == f.result);
      }
    });
  }
}

TEST_CASE("a peer that accepts a connection and never speaks TLS is abandoned on deadline, cancellation or limit") {
  const silent_server server;
  const auto o = bare(options().base_url("https://" + server.authority()));
  check_hanging(o);
  CHECK(hang(options(o).connect_timeout(60ms), ending::connect) == errc::connect_timeout);
}

TEST_CASE("a name look-up that never ends is abandoned on deadline, cancellation or limit") {
  const auto over = [](duration limit) {
    return net::make_connector(net::connect_settings().limit(limit).proxy(net::proxy_settings::none()),
                               std::make_shared<hanging_resolver>(),
                               std::make_shared<net::tls_context>(net::tls_settings()));
  };
  const auto o = bare(options().base_url("http://name.invalid:8080"));
  check_hanging(options(o).connector(over(10s)));
  CHECK(hang(options(o).connector(over(60ms)), ending::connect) == errc::connect_timeout);
}

TEST_CASE("a context with real sockets may be destroyed in the middle of a call") {
  sim::settings how;
  how.tokens = 1000;
  how.gap = 5ms;
  const sim::server_thread server(how);
  const silent_server silent;
  for (const bool streaming : {true, false}) {
    const auto before = scope::live();
    {
      asio::io_context io(1);
      client c(bare(
          options().base_url(streaming ? server.url() : "https://" + silent.authority()).ca_file(server.ca_file())));
      bool begun = false;
      auto body = [&]() -> asio::awaitable<void> {
        begun = !streaming;
        auto r = co_await c.stream(chat("m").user("hi"));
        while (co_await r.next())
          begun = true;
      };
      asio::co_spawn(io, body, [](std::exception_ptr) {});
      while (!begun)
        io.run_one_for(1s);
      io.run_for(20ms);
    }
    CHECK(scope::live() == before);
  }
}
