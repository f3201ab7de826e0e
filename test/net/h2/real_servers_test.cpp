// HTTP/2 against servers of others, through the pool.
#include <doctest/doctest.h>

#include <boost/asio/this_coro.hpp>

#include <memory>
#include <string>

#include <weir/core/group.hpp>
#include <weir/core/time.hpp>

#include "http/exchange/h2.hpp"
#include "net/certificates.hpp"
#include "net/dial/connector.hpp"
#include "net/h2/nghttpd.hpp"
#include "net/pool/pool.hpp"
#include "net/run.hpp"
#include "net/servers.hpp"
#include "net/tls/nginx.hpp"
#include "net/tls/tls_fixture.hpp"

using namespace std::chrono_literals;
using namespace weir::net;

namespace {

const std::string body(200000, 'b');

// A pool for one server, and calls through it.
class caller {
public:
  caller(std::uint16_t port, weir::time_source& time)
      : at("https", "api.weir.test", port),
        connections(test::client(std::make_shared<tls_context>(test::trusting(test::root_ca())),
                                 connect_settings().proxy(proxy_settings::none()).http2(true)),
                    time, pool_settings().max_connections(50), weir::http::h2_carriers({})) {}

  // Sends until the server processes the request; the exchange's lease is given back.
  boost::asio::awaitable<std::string> ask(std::string path, std::string sent = {}) {
    auto r = std::make_shared<weir::http::request>();
    r->method = sent.empty() ? "GET" : "POST";
    r->to = at;
    r->target = std::move(path);
    r->body = std::move(sent);
    for (;;) {
      auto l = co_await connections.lease(at);
      REQUIRE(l.carried());
      new_connections += l.times().reused ? 0 : 1;
      auto x = weir::http::make_h2_exchange(l.carried(), {});
      bool again = false;
      try {
        const auto head = co_await x->send(r);
        CHECK(head.status == 200);
      } catch (const weir::error& e) {
        again = x->unprocessed() || !x->response_started();
        if (!again)
          throw;
      }
      if (again) {
        ++replayed;
        continue;
      }
      auto got = co_await x->read_body(1u << 20);
      CHECK(x->reusable());
      x.reset();
      l.give_back();
      ++done;
      co_return got;
    }
  }
  boost::asio::awaitable<void> expect(std::string path, std::string answer, std::string sent = {}) {
    const auto got = co_await ask(std::move(path), std::move(sent));
    CHECK(got == answer);
  }
  // Cancels a request once its response has begun.
  boost::asio::awaitable<void> begin_and_leave(std::string path) {
    auto r = std::make_shared<weir::http::request>();
    r->method = "GET";
    r->to = at;
    r->target = std::move(path);
    auto l = co_await connections.lease(at);
    auto x = weir::http::make_h2_exchange(l.carried(), {});
    co_await x->send(r);
    CHECK(!x->reusable());
    ++done;
  }

  origin at;
  pool connections;
  int done = 0, replayed = 0, new_connections = 0;
};

// nginx, with these words in its server.
std::unique_ptr<test::nginx> start_nginx(std::uint16_t& port, const std::string& words) {
  const auto identity = test::identity_for("DNS:api.weir.test");
  for (int i = 0; i < 3; ++i) {
    port = test::closed_port();
    auto made = std::make_unique<test::nginx>(
        "server { listen 127.0.0.1:" + std::to_string(port) +
            " ssl http2; ssl_certificate cert.pem; ssl_certificate_key key.pem; " + words +
            " location / { return 200 \"hello from nginx\"; } }\n",
        test::nginx::files{{"cert.pem", identity.certificate_pem()}, {"key.pem", identity.key_pem()}});
    const auto answers = [&] { return !test::connect_to("api.weir.test", port, test::trusting(test::root_ca())); };
    if (made->wait_until(answers))
      return made;
  }
  return nullptr;
}

template <class Body>
void with_server(Body body) {
  test::run([&]() -> boost::asio::awaitable<void> {
    auto& time = weir::time_of(co_await boost::asio::this_coro::executor);
    co_await body(time);
  });
}

std::unique_ptr<test::nghttpd> start_nghttpd(std::uint16_t& port, const std::vector<std::string>& more) {
  for (int i = 0; i < 3; ++i) {
    port = test::closed_port();
    auto made = std::make_unique<test::nghttpd>(port, test::identity_for("DNS:api.weir.test"), more);
    const auto answers = [&] { return !test::connect_to("api.weir.test", port, test::trusting(test::root_ca())); };
    if (made->wait_until(answers))
      return made;
  }
  return nullptr;
}

} // namespace

TEST_CASE("h2: nghttpd answers many requests on one connection, with padding and trailers") {
  if (!test::nghttpd::installed())
    return;
  std::uint16_t port = 0;
  const auto server = start_nghttpd(port, {"-b", "100", "--trailer", "x-sum: 1", "-m", "100"});
  REQUIRE(server);
  server->write("large", body);
  server->write("small", "hello");
  with_server([&](weir::time_source& time) -> boost::asio::awaitable<void> {
    caller c(port, time);
    co_await c.expect("/small", "hello");
    weir::group all;
    for (int i = 0; i < 100; ++i)
      all.spawn(c.expect(i % 2 == 0 ? "/large" : "/small", i % 2 == 0 ? body : "hello"));
    co_await all.join();
    CHECK(c.done == 101);
    CHECK(c.new_connections <= 4);
  });
}

TEST_CASE("h2: nghttpd takes long requests") {
  if (!test::nghttpd::installed())
    return;
  std::uint16_t port = 0;
  const auto server = start_nghttpd(port, {"--echo-upload"});
  REQUIRE(server);
  server->write("echo", "x");
  with_server([&](weir::time_source& time) -> boost::asio::awaitable<void> {
    caller c(port, time);
    weir::group all;
    for (int i = 0; i < 8; ++i)
      all.spawn(c.expect("/echo", std::string(900000, static_cast<char>('a' + i)),
                         std::string(900000, static_cast<char>('a' + i))));
    co_await all.join();
    CHECK(c.done == 8);
  });
}

TEST_CASE("h2: hundreds of requests that are cancelled one after the other need no new connection") {
  if (!test::nghttpd::installed())
    return;
  std::uint16_t port = 0;
  const auto server = start_nghttpd(port, {"-m", "10"});
  REQUIRE(server);
  server->write("large", std::string(4u << 20, 'l'));
  with_server([&](weir::time_source& time) -> boost::asio::awaitable<void> {
    caller c(port, time);
    for (int i = 0; i < 800; ++i) // nghttpd's own limit is a thousand
      co_await c.begin_and_leave("/large");
    CHECK(c.done == 800);
    CHECK(c.connections.stats().leased == 0);
    CHECK(c.connections.stats().idle == 1);
  });
}

TEST_CASE("h2: nginx closes connections by GOAWAY all the time, and no request is lost") {
  if (!test::nginx::installed())
    return;
  std::uint16_t port = 0;
  const auto server = start_nginx(port, "keepalive_requests 7; http2_max_concurrent_streams 5;");
  REQUIRE(server);
  with_server([&](weir::time_source& time) -> boost::asio::awaitable<void> {
    caller c(port, time);
    for (int round = 0; round < 5; ++round) {
      weir::group all;
      for (int i = 0; i < 60; ++i)
        all.spawn(c.expect("/", "hello from nginx"));
      co_await all.join();
    }
    CHECK(c.done == 300);
    CHECK(c.connections.stats().leased == 0);
  });
}

TEST_CASE("h2: an origin that is downgraded is spoken to in HTTP/1.1") {
  if (!test::nginx::installed())
    return;
  std::uint16_t port = 0;
  const auto server = start_nginx(port, "");
  REQUIRE(server);
  with_server([&](weir::time_source& time) -> boost::asio::awaitable<void> {
    const origin at("https", "api.weir.test", port);
    const auto to_h1 = std::make_shared<downgrades>();
    pool connections(make_connector(connect_settings().proxy(proxy_settings::none()).http2(true),
                                    test::loopback_names(),
                                    std::make_shared<tls_context>(test::trusting(test::root_ca())), to_h1),
                     time, pool_settings(), weir::http::h2_carriers({}));
    {
      const auto l = co_await connections.lease(at);
      CHECK(l.carried());
    }
    to_h1->required(at.text(), time.now());
    const auto l = co_await connections.lease(at, true);
    CHECK(!l.carried());
    CHECK(l.connection().alpn() == "http/1.1");
  });
}
