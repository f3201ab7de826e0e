// TLS streams: bytes, ends, versions and client certificates.
#include <doctest/doctest.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/this_coro.hpp>

#include <sys/socket.h>

#include <csignal>
#include <future>

#include <weir/core/within.hpp>

#include "net/certificates.hpp"
#include "net/run.hpp"
#include "net/servers.hpp"
#include "net/tls/tls_fixture.hpp"
#include "net/wait.hpp"

using namespace std::chrono_literals;
using namespace weir::net;
using test::key_and_certificate;
using weir::errc;
using weir::error_code;

namespace {

constexpr const char* host = "api.weir.test";

test::tls_server_options good() {
  test::tls_server_options options;
  options.identity = test::identity_for("DNS:api.weir.test,DNS:other.weir.test");
  return options;
}

std::shared_ptr<tls_context> context_for(const tls_settings& s) { return std::make_shared<tls_context>(s); }

// Connects, exchanges a byte so that TLS 1.3 tickets arrive, and closes.
boost::asio::awaitable<bool> visit(std::shared_ptr<connector> c, origin to) {
  connect_times times;
  auto s = co_await c->connect(to, times);
  co_await test::write(*s, "x");
  error_code ec;
  co_await test::read(*s, 1, ec);
  if (ec)
    throw boost::system::system_error(ec);
  co_return times.resumed;
}

} // namespace

TEST_CASE("bytes go both ways over TLS, whatever their number") {
  test::tls_server server(good());
  test::run([&]() -> boost::asio::awaitable<void> {
    const auto c = test::client(context_for(test::trusting(test::root_ca())));
    connect_times times;
    auto s = co_await c->connect(origin("https", host, server.port()), times);
    CHECK(s->alpn() == "http/1.1");
    CHECK(s->idle_and_healthy());
    CHECK(times.handshake.count() > 0);
    for (const std::size_t size : {1u, 100u, 4096u, 20000u}) {
      std::string sent(size, '\0');
      for (std::size_t i = 0; i < size; ++i)
        sent[i] = static_cast<char>(i * 31 + i / 251);
      co_await test::write(*s, sent);
      error_code ec;
      const auto got = co_await test::read(*s, size, ec);
      CHECK(got == sent);
    }
    CHECK(s->idle_and_healthy());
    CHECK(server.last_sni() == host);
  });
}

TEST_CASE("an IP literal is verified and sends no server name") {
  auto options = good();
  options.identity = test::identity_for("IP:127.0.0.1");
  test::tls_server server(options);
  CHECK_FALSE(test::connect_to("127.0.0.1", server.port(), test::trusting(test::root_ca())));
  CHECK(server.last_sni() == "");
}

TEST_CASE("a trailing dot is neither sent nor verified") {
  test::tls_server server(good());
  CHECK_FALSE(test::connect_to("api.weir.test.", server.port(), test::trusting(test::root_ca())));
  CHECK(server.last_sni() == host);
}

TEST_CASE("one read drains many records") {
  std::promise<void> sent;
  test::tls_server server(good(), [&sent](SSL* ssl) {
    for (int i = 0; i < 50; ++i)
      SSL_write(ssl, "0123456789", 10);
    sent.set_value();
    char c;
    SSL_read(ssl, &c, 1);
  });
  test::run([&]() -> boost::asio::awaitable<void> {
    const auto c = test::client(context_for(test::trusting(test::root_ca())));
    connect_times times;
    auto s = co_await c->connect(origin("https", host, server.port()), times);
    // Over loopback what was sent has arrived.
    sent.get_future().wait();
    std::string buffer(2000, '\0');
    error_code ec;
    std::size_t n = 0;
    int reads = 0;
    while (n < 500) {
      co_await ready(*s, direction::read);
      n += s->read_some(boost::asio::mutable_buffer(buffer.data() + n, buffer.size() - n), ec);
      ++reads;
    }
    CHECK(n == 500);
    CHECK(reads <= 3);
  });
}

namespace {

// What a client sees after "body" when the server ends with `end`.
error_code end_seen(std::function<void(SSL*)> end, int max_version = 0) {
  auto options = good();
  options.max_version = max_version;
  test::tls_server server(options, [&end](SSL* ssl) {
    SSL_write(ssl, "body", 4);
    end(ssl);
  });
  error_code ec;
  test::run([&]() -> boost::asio::awaitable<void> {
    const auto c = test::client(context_for(test::trusting(test::root_ca())));
    connect_times times;
    origin to("https", host, server.port());
    auto s = co_await c->connect(to, times);
    const auto got = co_await test::read(*s, 100, ec);
    CHECK(got == "body");
    CHECK_FALSE(s->idle_and_healthy());
    char byte;
    error_code again;
    s->read_some(boost::asio::mutable_buffer(&byte, 1), again);
    CHECK(again == ec);
    s->write_some(boost::asio::const_buffer(&byte, 1), again);
    CHECK(again.failed());
  });
  return ec;
}

} // namespace

TEST_CASE("only close_notify is an end; anything else is a lost connection") {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    CHECK(end_seen([](SSL* ssl) { SSL_shutdown(ssl); }, version) == boost::asio::error::eof);
    CHECK(end_seen([](SSL*) {}, version) == errc::connection_lost);
    CHECK(end_seen([](SSL* ssl) { ::shutdown(SSL_get_fd(ssl), SHUT_WR); }, version) == errc::connection_lost);
    // Half a record, then the end.
    CHECK(end_seen([](SSL* ssl) { ::send(SSL_get_fd(ssl), "\x17\x03\x03\x00\x40half", 9, MSG_NOSIGNAL); }, version) ==
          errc::connection_lost);
    // A record that was tampered with.
    CHECK(end_seen(
              [](SSL* ssl) {
                const std::string forged = std::string("\x17\x03\x03\x00\x20", 5) + std::string(32, 'x');
                ::send(SSL_get_fd(ssl), forged.data(), forged.size(), MSG_NOSIGNAL);
                char c;
                SSL_read(ssl, &c, 1);
              },
              version) == errc::connection_lost);
  }
}

TEST_CASE("TLS 1.1 and below are refused, and 1.2 if 1.3 is required") {
  auto options = good();
  auto settings = test::trusting(test::root_ca());
  SUBCASE("1.1") { options.max_version = TLS1_1_VERSION; }
  SUBCASE("1.0") { options.max_version = TLS1_VERSION; }
  SUBCASE("1.2") {
    options.max_version = TLS1_2_VERSION;
    settings.min_version(tls_version::v1_3);
  }
  test::tls_server server(options);
  const auto f = test::connect_to(host, server.port(), settings);
  CHECK_MESSAGE(f.code() == errc::tls_failed, f.message());
}

TEST_CASE("a protocol that was not offered is refused, none is accepted") {
  auto options = good();
  SUBCASE("none") {
    options.alpn = "";
    test::tls_server server(options);
    CHECK_FALSE(test::connect_to(host, server.port(), test::trusting(test::root_ca())));
  }
  SUBCASE("another") {
    options.alpn = "h2";
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
      options.max_version = version;
      test::tls_server server(options);
      CHECK(test::connect_to(host, server.port(), test::trusting(test::root_ca())).code() == errc::tls_failed);
    }
  }
}

TEST_CASE("a server that does not speak TLS is reported as such") {
  test::tcp_server server([](int fd) {
    char buffer[512];
    (void)!::recv(fd, buffer, sizeof(buffer), 0);
    const std::string answer = "HTTP/1.1 400 Bad Request\r\n\r\n";
    ::send(fd, answer.data(), answer.size(), MSG_NOSIGNAL);
  });
  const auto f = test::connect_to(host, server.port(), test::trusting(test::root_ca()));
  CHECK(f.code() == errc::tls_failed);
  CHECK_MESSAGE(f.message().find("http://") != std::string::npos, f.message());
}

TEST_CASE("a connection that ends during the handshake is a failed connection, not a failed certificate") {
  test::tcp_server server([](int fd) {
    char buffer[64];
    (void)!::recv(fd, buffer, sizeof(buffer), 0);
  });
  CHECK(test::connect_to(host, server.port(), test::trusting(test::root_ca())).code() == errc::connect_failed);
}

TEST_CASE("a client certificate is presented where it is requested") {
  auto options = good();
  options.client_ca = &test::root_ca();
  test::certificate_recipe recipe;
  recipe.purposes = "clientAuth";
  const auto me = test::make_certificate(recipe, &test::root_ca());
  const test::temporary_file cert(me.certificate_pem()), key(me.key_pem());
  auto settings = test::trusting(test::root_ca());
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    options.max_version = version;
    test::tls_server server(options);
    const origin own("https", host, server.port()), other("https", "other.test", server.port());
    const auto seen = [&](const tls_settings& s, const origin& shown_to) {
      error_code ec;
      test::run([&]() -> boost::asio::awaitable<void> {
        const auto c =
            test::client(context_for(s), connect_settings().proxy(proxy_settings::none()).identify_to(shown_to));
        const auto f = co_await test::failure_of(visit(c, own));
        ec = f.code();
      });
      return ec;
    };
    auto with = settings;
    with.client_cert(cert.path()).client_key(key.path());
    CHECK_FALSE(seen(with, own));
    CHECK(seen(settings, own).failed());
    // It reveals who the client is, and goes only to those that the settings name.
    CHECK(seen(with, other).failed());
    CHECK(server.handshakes() == 1);
  }
}

TEST_CASE("a client certificate without the origins that may see it is refused") {
  test::certificate_recipe recipe;
  recipe.purposes = "clientAuth";
  const auto me = test::make_certificate(recipe, &test::root_ca());
  const test::temporary_file both(me.certificate_pem() + me.key_pem());
  try {
    (void)make_connector(connect_settings().tls(tls_settings().client_cert(both.path())));
    FAIL("it was not refused");
  } catch (const weir::error& e) {
    CHECK(e.code() == errc::invalid_configuration);
    CHECK(std::string(e.what()).find("identify_to") != std::string::npos);
  }
}

TEST_CASE("a missing client certificate is a failed handshake, even where TLS 1.3 reports it late") {
  auto options = good();
  options.client_ca = &test::root_ca();
  test::tls_server server(options);
  error_code ec;
  test::run([&]() -> boost::asio::awaitable<void> {
    const auto c = test::client(context_for(test::trusting(test::root_ca())));
    connect_times times;
    auto s = co_await c->connect(origin("https", host, server.port()), times);
    co_await test::read(*s, 1, ec);
  });
  CHECK(ec == errc::tls_failed);
}

TEST_CASE("files that cannot be used are named when the context is made") {
  const test::temporary_file junk("not a certificate");
  const auto refused = [](const tls_settings& s) {
    try {
      tls_context made(s);
    } catch (const weir::error& e) {
      CHECK(e.code() == errc::invalid_configuration);
      return e.failure().message();
    }
    return std::string();
  };
  CHECK(refused(tls_settings().ca_file("/nonexistent/ca.pem")).find("/nonexistent/ca.pem") != std::string::npos);
  CHECK(refused(tls_settings().ca_file(junk.path())).find(junk.path()) != std::string::npos);
  CHECK(refused(tls_settings().client_cert(junk.path())).find(junk.path()) != std::string::npos);
  const auto a = test::identity_for("DNS:a.test"), b = test::identity_for("DNS:b.test");
  const test::temporary_file cert(a.certificate_pem()), key(b.key_pem());
  CHECK(refused(tls_settings().client_cert(cert.path()).client_key(key.path())).find(key.path()) != std::string::npos);
}

TEST_CASE("a wait can be cancelled and the stream continues") {
  test::tls_server server(good());
  test::run([&]() -> boost::asio::awaitable<void> {
    const auto c = test::client(context_for(test::trusting(test::root_ca())));
    connect_times times;
    auto s = co_await c->connect(origin("https", host, server.port()), times);
    // TLS 1.3 tickets come before the first reply.
    error_code ec;
    co_await test::write(*s, "!");
    co_await test::read(*s, 1, ec);
    for (int i = 0; i < 3; ++i) {
      char byte;
      s->read_some(boost::asio::mutable_buffer(&byte, 1), ec);
      CHECK(ec == boost::asio::error::would_block);
      auto wait = ready(*s, direction::read);
      bool late = false;
      try {
        co_await weir::within(weir::duration(1ms), std::move(wait));
      } catch (const weir::error& e) {
        late = e.code() == errc::deadline_exceeded;
      }
      CHECK(late);
      co_await test::write(*s, "ping");
      const auto got = co_await test::read(*s, 4, ec);
      CHECK(got == "ping");
    }
  });
}

TEST_CASE("writing to a peer that is gone raises no signal") {
  static std::atomic<int> raised{0};
  const auto before = std::signal(SIGPIPE, [](int) { ++raised; });
  test::tls_server server(good(), [](SSL* ssl) {
    ::linger hard{1, 0};
    ::setsockopt(SSL_get_fd(ssl), SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
  });
  test::run([&]() -> boost::asio::awaitable<void> {
    const auto c = test::client(context_for(test::trusting(test::root_ca())));
    connect_times times;
    auto s = co_await c->connect(origin("https", host, server.port()), times);
    error_code ec;
    const std::string text(1000, 'x');
    for (int i = 0; i < 10000 && !ec; ++i) {
      s->write_some(boost::asio::const_buffer(text.data(), text.size()), ec);
      if (ec == boost::asio::error::would_block) {
        co_await ready(*s, direction::write);
        ec.clear();
      }
    }
    CHECK(ec.failed());
  });
  std::signal(SIGPIPE, before);
  CHECK(raised == 0);
}

TEST_CASE("a large body is written through a peer that reads slowly") {
  test::tls_server server(good(), [](SSL* ssl) {
    std::string all(1 << 20, '\0');
    std::size_t n = 0;
    while (n < all.size()) {
      const int got = SSL_read(ssl, all.data() + n, 3000);
      if (got <= 0)
        return;
      n += static_cast<std::size_t>(got);
    }
    const auto sum = std::to_string(std::hash<std::string>()(all));
    SSL_write(ssl, sum.data(), static_cast<int>(sum.size()));
    SSL_shutdown(ssl);
  });
  test::run([&]() -> boost::asio::awaitable<void> {
    const auto c = test::client(context_for(test::trusting(test::root_ca())));
    connect_times times;
    auto s = co_await c->connect(origin("https", host, server.port()), times);
    std::string all(1 << 20, '\0');
    for (std::size_t i = 0; i < all.size(); ++i)
      all[i] = static_cast<char>(i * 7 + i / 1000);
    co_await test::write(*s, all);
    error_code ec;
    const auto got = co_await test::read(*s, 100, ec);
    CHECK(ec == boost::asio::error::eof);
    CHECK(got == std::to_string(std::hash<std::string>()(all)));
  });
}
