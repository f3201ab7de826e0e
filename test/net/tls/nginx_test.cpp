// Against a real server, nginx.
#include <doctest/doctest.h>

#include <boost/asio/this_coro.hpp>

#include <memory>

#include "net/certificates.hpp"
#include "net/dial/connector.hpp"
#include "net/pool/pool.hpp"
#include "net/run.hpp"
#include "net/servers.hpp"
#include "net/tls/nginx.hpp"
#include "net/tls/tls_fixture.hpp"

using namespace std::chrono_literals;
using namespace weir::net;
using weir::error_code;

namespace {

// Over TLS, and plain with itself behind.
class server {
public:
  server()
      : tls_port(test::closed_port()), plain_port(test::closed_port()),
        identity_(test::identity_for("DNS:api.weir.test")),
        nginx_(configuration(), {{"cert.pem", identity_.certificate_pem()}, {"key.pem", identity_.key_pem()}}) {}

  // The port was free when it was chosen, and may be taken by now: then it is chosen again.
  static std::unique_ptr<server> start() {
    for (int i = 0; i < 3; ++i) {
      auto made = std::make_unique<server>();
      const auto answers = [&] {
        return !test::connect_to("api.weir.test", made->tls_port, test::trusting(test::root_ca()));
      };
      if (made->nginx_.wait_until(answers))
        return made;
    }
    return nullptr;
  }

  const std::uint16_t tls_port, plain_port;

private:
  std::string configuration() const {
    return " server { listen 127.0.0.1:" + std::to_string(tls_port) +
           " ssl;\n"
           "  ssl_certificate cert.pem; ssl_certificate_key key.pem; ssl_session_cache shared:s:1m;\n"
           "  keepalive_requests 3;\n"
           "  location / { return 200 \"hello from nginx\"; } }\n"
           " server { listen 127.0.0.1:" +
           std::to_string(plain_port) +
           ";\n"
           "  location / { proxy_pass https://127.0.0.1:" +
           std::to_string(tls_port) + "; } }\n";
  }

  test::key_and_certificate identity_;
  test::nginx nginx_;
};

boost::asio::awaitable<std::string> get(lease& l) {
  co_await test::write(l.connection(), "GET / HTTP/1.1\r\nHost: api.weir.test\r\n\r\n");
  std::string answer;
  error_code ec;
  while (!ec && !answer.ends_with("hello from nginx")) {
    const auto more = co_await test::read(l.connection(), 1, ec);
    answer += more;
  }
  co_return answer;
}

} // namespace

TEST_CASE("a TLS connection to nginx is kept, its close is noticed, and the next one resumes the session") {
  if (!test::nginx::installed()) {
    MESSAGE("skipped: " << test::nginx::program << " is not installed");
    return;
  }
  const auto behind = server::start();
  REQUIRE(behind);
  test::run([&]() -> boost::asio::awaitable<void> {
    const auto ex = co_await boost::asio::this_coro::executor;
    pool subject(test::client(std::make_shared<tls_context>(test::trusting(test::root_ca()))), weir::time_of(ex));
    const origin to("https", "api.weir.test", behind->tls_port);
    for (int i = 0; i < 9; ++i) {
      // Every third response is the last one of its connection.
      auto l = co_await subject.lease(to);
      CHECK(l.times().reused == (i % 3 != 0));
      CHECK(l.times().resumed == (i >= 3));
      CHECK(l.connection().alpn() == "http/1.1");
      const auto answer = co_await get(l);
      CHECK(answer.starts_with("HTTP/1.1 200"));
      if (answer.find("Connection: close") != std::string::npos) {
        error_code ec;
        co_await test::read(l.connection(), 1, ec);
        CHECK(ec == boost::asio::error::eof);
      }
      l.give_back();
    }
    const auto left = subject.stats();
    CHECK(left.leased == 0);

    // Plain HTTP, with nginx as a reverse proxy in front.
    auto plain = co_await subject.lease(origin("http", "api.weir.test", behind->plain_port));
    const auto answer = co_await get(plain);
    CHECK(answer.starts_with("HTTP/1.1 200"));
  });
}
