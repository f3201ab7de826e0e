// Connecting over real sockets: limits and cancellation.
#include <doctest/doctest.h>

#include <boost/asio/error.hpp>

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <random>
#include <thread>

#include <weir/core/backoff.hpp>
#include <weir/core/within.hpp>

#include "net/certificates.hpp"
#include "net/dial/connector.hpp"
#include "net/run.hpp"
#include "net/servers.hpp"
#include "net/tls/tls_fixture.hpp"

using namespace std::chrono_literals;
using namespace weir::net;
using weir::errc;
using weir::error_code;

namespace {

std::shared_ptr<tls_context> trusted() {
  static const auto made = std::make_shared<tls_context>(test::trusting(test::root_ca()));
  return made;
}

connect_settings direct() { return connect_settings().proxy(proxy_settings::none()); }

std::ptrdiff_t open_files() {
  return std::distance(std::filesystem::directory_iterator("/proc/self/fd"), std::filesystem::directory_iterator());
}

// Reads until the client ends, and sends nothing.
void swallow(int fd) {
  char buffer[4096];
  while (::recv(fd, buffer, sizeof(buffer), 0) > 0) {
  }
}

class never_resolves final : public resolver {
public:
  boost::asio::awaitable<addresses> resolve(std::string) override {
    co_await weir::sleep_for(std::chrono::hours(1));
    co_return addresses();
  }
};

} // namespace

TEST_CASE("an http origin is a plain stream") {
  test::tcp_server server([](int fd) { ::send(fd, "hello", 5, MSG_NOSIGNAL); });
  test::run([&]() -> boost::asio::awaitable<void> {
    const auto c = make_connector(direct());
    connect_times times;
    auto s = co_await c->connect(origin("http", "127.0.0.1", server.port()), times);
    CHECK(times.connect.count() > 0);
    CHECK(times.handshake.count() == 0);
    CHECK(s->alpn().empty());
    error_code ec;
    const auto got = co_await test::read(*s, 100, ec);
    CHECK(got == "hello");
    CHECK(ec == boost::asio::error::eof);
    CHECK_FALSE(s->idle_and_healthy());
    s->close();
    s->close();
    CHECK_FALSE(s->idle_and_healthy());
    char byte;
    s->read_some(boost::asio::mutable_buffer(&byte, 1), ec);
    CHECK(ec.failed());
  });
}

TEST_CASE("an origin can be reached at a Unix socket") {
  const auto path = std::filesystem::temp_directory_path() / ("weir-test-" + std::to_string(::getpid()) + ".sock");
  const int listener = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  ::sockaddr_un where{};
  where.sun_family = AF_UNIX;
  std::strncpy(where.sun_path, path.c_str(), sizeof(where.sun_path) - 1);
  REQUIRE(::bind(listener, reinterpret_cast<::sockaddr*>(&where), sizeof(where)) == 0);
  REQUIRE(::listen(listener, 1) == 0);
  const origin to("http", "api.weir.test", 80);
  test::run([&]() -> boost::asio::awaitable<void> {
    const auto c = make_connector(direct().unix_socket(to, path.string()));
    connect_times times;
    auto s = co_await c->connect(to, times);
    const int fd = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
    ::send(fd, "hello", 5, MSG_NOSIGNAL);
    error_code ec;
    const auto got = co_await test::read(*s, 5, ec);
    CHECK(got == "hello");
    CHECK(s->idle_and_healthy());
    ::close(fd);
    CHECK_FALSE(s->idle_and_healthy());
  });
  ::close(listener);
  std::filesystem::remove(path);
  test::run([&]() -> boost::asio::awaitable<void> {
    const auto c = make_connector(direct().unix_socket(to, path.string()));
    connect_times times;
    const auto f = co_await test::failure_of(c->connect(to, times));
    CHECK(f.code() == errc::connect_failed);
    CHECK(f.message().find(path.string()) != std::string::npos);
  });
}

TEST_CASE("connecting has a limit of its own, and its error says what was slow") {
  test::tcp_server server(swallow);
  const auto attempt = [&](std::shared_ptr<resolver> names, connect_settings settings) {
    weir::failure f;
    test::run([&]() -> boost::asio::awaitable<void> {
      const auto c = make_connector(settings.limit(20ms), names, trusted());
      connect_times times;
      f = co_await test::failure_of(c->connect(origin("https", "api.weir.test", server.port()), times));
    });
    CHECK_MESSAGE(f.code() == errc::connect_timeout, f.message());
    CHECK(f.message().find("20 ms") != std::string::npos);
    return f.message();
  };
  CHECK(attempt(std::make_shared<never_resolves>(), direct()).find("resolving") != std::string::npos);
  CHECK(attempt(test::loopback_names(), direct()).find("handshake") != std::string::npos);
  const auto proxied = connect_settings().proxy(proxy_settings::through("127.0.0.1:" + std::to_string(server.port())));
  CHECK(attempt(test::loopback_names(), proxied).find("proxy") != std::string::npos);
}

TEST_CASE("the ambient deadline is not the connector's limit") {
  test::tcp_server server(swallow);
  test::run([&]() -> boost::asio::awaitable<void> {
    const auto c = make_connector(direct(), test::loopback_names(), trusted());
    connect_times times;
    auto body = c->connect(origin("https", "api.weir.test", server.port()), times);
    const auto f = co_await test::failure_of(weir::within(weir::duration(20ms), std::move(body)));
    CHECK(f.code() == errc::deadline_exceeded);
  });
}

TEST_CASE("a connect that is cancelled anywhere leaves no socket behind") {
  const auto before = open_files();
  {
    test::tls_server_options options;
    options.identity = test::identity_for("DNS:api.weir.test");
    test::tls_server server(options);
    std::mt19937 random(1);
    int connected = 0, cancelled = 0;
    for (int i = 0; i < 300; ++i) {
      test::run([&]() -> boost::asio::awaitable<void> {
        const auto c = make_connector(direct(), test::loopback_names(), trusted());
        connect_times times;
        auto body = c->connect(origin("https", "api.weir.test", server.port()), times);
        const auto f = co_await test::failure_of(
            weir::within(weir::duration(std::chrono::microseconds(random() % 4000)), std::move(body)));
        f ? ++cancelled : ++connected;
        if (f)
          CHECK_MESSAGE(f.code() == errc::deadline_exceeded, f.message());
      });
    }
    CHECK(cancelled > 0);
    CHECK(connected + cancelled == 300);
  }
  CHECK(open_files() == before);
}
