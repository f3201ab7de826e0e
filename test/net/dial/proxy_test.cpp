// Which proxy is used, and how it is used.
#include <doctest/doctest.h>

#include <sys/socket.h>

#include <map>

#include <weir/net/settings.hpp>

#include "net/dial/forwarded_stream.hpp"
#include "net/dial/proxy.hpp"
#include "net/run.hpp"
#include "net/servers.hpp"
#include "net/tls/tls_fixture.hpp"

using namespace weir::net;
using weir::errc;
using weir::error_code;
using namespace std::chrono_literals;

namespace {

using variables = std::map<std::string, std::string>;

proxy_rules rules(const variables& set, const proxy_settings& settings = proxy_settings()) {
  return proxy_rules(settings, [&set](const char* name) -> const char* {
    const auto found = set.find(name);
    return found == set.end() ? nullptr : found->second.c_str();
  });
}

std::string chosen(const variables& set, const char* scheme, const char* host, std::uint16_t port = 0) {
  const auto p = rules(set).choose(origin(scheme, host, port ? port : scheme == std::string("https") ? 443 : 80));
  return p ? p->text() : "";
}

bool bypassed(const char* list, const char* host, std::uint16_t port = 443) {
  return bypass_list(list).matches(host, port);
}

weir::failure refused(const std::string& url) {
  try {
    parse_proxy(url, "https_proxy");
  } catch (const weir::error& e) {
    return e.failure();
  }
  return weir::failure();
}

} // namespace

TEST_CASE("the environment chooses a proxy by scheme, lower case first") {
  const variables both{{"https_proxy", "http://a:1"}, {"HTTPS_PROXY", "http://b:2"}, {"http_proxy", "http://c:3"}};
  CHECK(chosen(both, "https", "api.weir.test") == "http://a:1");
  CHECK(chosen(both, "http", "api.weir.test") == "http://c:3");
  CHECK(chosen({{"HTTPS_PROXY", "http://b:2"}}, "https", "api.weir.test") == "http://b:2");
  CHECK(chosen({{"HTTPS_PROXY", "http://b:2"}}, "http", "api.weir.test") == "");
  CHECK(chosen({{"ALL_PROXY", "http://d:4"}}, "https", "api.weir.test") == "http://d:4");
  CHECK(chosen({{"all_proxy", "http://d:4"}, {"ALL_PROXY", "http://e:5"}}, "http", "api.weir.test") == "http://d:4");
  CHECK(chosen({{"https_proxy", ""}, {"ALL_PROXY", "http://d:4"}}, "https", "api.weir.test") == "");
  CHECK(chosen({}, "https", "api.weir.test") == "");
}

TEST_CASE("HTTP_PROXY does not count in a CGI program") {
  CHECK(chosen({{"HTTP_PROXY", "http://evil:1"}}, "http", "api.weir.test") == "http://evil:1");
  CHECK(chosen({{"HTTP_PROXY", "http://evil:1"}, {"REQUEST_METHOD", "GET"}}, "http", "api.weir.test") == "");
  CHECK(chosen({{"http_proxy", "http://p:1"}, {"REQUEST_METHOD", "GET"}}, "http", "api.weir.test") == "http://p:1");
}

TEST_CASE("loopback is not proxied unless a proxy was given") {
  const variables all{{"ALL_PROXY", "http://p:1"}};
  for (const char* host : {"localhost", "LOCALHOST", "localhost.", "app.localhost", "127.0.0.1", "127.8.8.8", "::1"}) {
    CHECK(chosen(all, "https", host) == "");
    const auto given = rules({}, proxy_settings::through("http://p:1")).choose(origin("https", host, 443));
    CHECK(given);
  }
  CHECK(chosen(all, "https", "localhost.example.com") == "http://p:1");
  CHECK(chosen(all, "https", "notlocalhost") == "http://p:1");
}

TEST_CASE("settings take precedence over the environment") {
  const variables all{{"ALL_PROXY", "http://p:1"}, {"NO_PROXY", "*"}};
  CHECK_FALSE(rules(all, proxy_settings::none()).choose(origin("https", "api.weir.test", 443)));
  const auto p = rules(all, proxy_settings::through("q:2")).choose(origin("https", "api.weir.test", 443));
  REQUIRE(p);
  CHECK(p->text() == "http://q:2");
}

TEST_CASE("NO_PROXY names what bypasses the proxy") {
  CHECK(bypassed("example.com", "example.com"));
  CHECK(bypassed("example.com", "api.example.com"));
  CHECK(bypassed(".example.com", "api.example.com"));
  CHECK(bypassed(".example.com", "example.com"));
  CHECK(bypassed("*.example.com", "api.example.com"));
  CHECK(bypassed("EXAMPLE.com.", "api.example.COM."));
  CHECK_FALSE(bypassed("example.com", "notexample.com"));
  CHECK_FALSE(bypassed("example.com", "example.com.evil.test"));
  CHECK_FALSE(bypassed("ample.com", "example.com"));
  CHECK(bypassed("a.test, b.test ,\tc.test", "b.test"));
  CHECK(bypassed("a.test,b.test c.test", "c.test"));
  CHECK(bypassed("*", "anything.test"));
  CHECK(bypassed("a.test,*", "10.0.0.1"));
  CHECK_FALSE(bypassed("", "a.test"));
  CHECK_FALSE(bypassed(",, ,", "a.test"));
  CHECK_FALSE(bypassed(".", "a.test"));

  CHECK(bypassed("a.test:8443", "a.test", 8443));
  CHECK_FALSE(bypassed("a.test:8443", "a.test", 443));
  CHECK(bypassed("10.0.0.1:8443", "10.0.0.1", 8443));
  CHECK_FALSE(bypassed("10.0.0.1:8443", "10.0.0.1", 443));
  CHECK(bypassed("[::1]:8443", "::1", 8443));
  CHECK(bypassed("[fd00::1]", "fd00::1"));
  CHECK(bypassed("fd00::1", "fd00:0:0::1"));

  CHECK(bypassed("10.0.0.0/8", "10.255.1.2"));
  CHECK_FALSE(bypassed("10.0.0.0/8", "11.0.0.1"));
  CHECK(bypassed("192.0.2.128/25", "192.0.2.200"));
  CHECK_FALSE(bypassed("192.0.2.128/25", "192.0.2.100"));
  CHECK(bypassed("0.0.0.0/0", "8.8.8.8"));
  CHECK_FALSE(bypassed("0.0.0.0/0", "a.test"));
  CHECK(bypassed("fd00::/8", "fdff::1"));
  CHECK_FALSE(bypassed("fd00::/8", "fe80::1"));
  CHECK_FALSE(bypassed("0.0.0.0/0", "::1"));
  CHECK_FALSE(bypassed("10.0.0.0/33", "10.0.0.1"));
  CHECK_FALSE(bypassed("10.0.0.0/", "10.0.0.1"));
  CHECK_FALSE(bypassed("0.0.1", "127.0.0.1"));
}

TEST_CASE("a proxy's URL is read with its defaults and its credentials") {
  CHECK(parse_proxy("proxy.test", "x").text() == "http://proxy.test:1080");
  CHECK(parse_proxy("proxy.test:3128", "x").text() == "http://proxy.test:3128");
  CHECK(parse_proxy("http://proxy.test:3128/", "x").text() == "http://proxy.test:3128");
  CHECK(parse_proxy("https://Proxy.TEST", "x").text() == "https://proxy.test:443");
  CHECK(parse_proxy("http://[fd00::1]:3128", "x").text() == "http://[fd00::1]:3128");
  // RFC 7617, section 2.
  const auto p = parse_proxy("http://Aladdin:open%20sesame@proxy.test:3128", "x");
  CHECK(p.basic.reveal() == "QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
  CHECK(p.basic.origin() == "http://proxy.test:3128");
  CHECK(p.text() == "http://proxy.test:3128");
}

TEST_CASE("a proxy's URL that cannot be used is refused naming its source, and never quoted") {
  for (const char* url :
       {"socks5://user:canary@p:1", "ftp://user:canary@p", "http://user:canary@", "http://user:canary@p:0",
        "http://user:canary@p:99999", "http://user:canary@p/path", "http://user:canary@p:1?q", "http://a b:canary@p"}) {
    const auto f = refused(url);
    CHECK_MESSAGE(f.code() == errc::invalid_configuration, std::string(url));
    CHECK(f.message().find("https_proxy") != std::string::npos);
    CHECK(f.message().find("canary") == std::string::npos);
  }
  const variables broken{{"https_proxy", "socks5://p:1"}, {"NO_PROXY", "a.test"}};
  CHECK_NOTHROW(chosen(broken, "http", "b.test"));
  CHECK_NOTHROW(chosen(broken, "https", "a.test"));
  CHECK_THROWS_AS(chosen(broken, "https", "b.test"), weir::error);
}

TEST_CASE("the response to CONNECT is judged, however it is split") {
  using state = connect_answer::state;
  const std::pair<std::string, state> cases[] = {
      {"HTTP/1.1 200 Connection established\r\n\r\n", state::open},
      {"HTTP/1.0 200 OK\r\nProxy-Agent: x\r\n\r\n", state::open},
      {"HTTP/1.1 299\r\n\r\n", state::open},
      {"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n", state::open},
      {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\n", state::open},
      {"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", state::refused},
      {"HTTP/1.1 301 Moved\r\nLocation: http://x\r\n\r\n", state::refused},
      {"HTTP/1.1 200 OK\r\n\r\nX", state::unasked_bytes},
      {"HTTP/2 200\r\n\r\n", state::malformed},
      {"SSH-2.0-OpenSSH\r\n", state::malformed},
      {"HTTP/1.1 20\r\n\r\n", state::malformed},
      {"HTTP/1.1 2000\r\n\r\n", state::malformed},
      {"HTTP/1.1 -20\r\n\r\n", state::malformed},
      {"HTTP/1.1 200 OK\r\n", state::more},
      {"", state::more},
  };
  for (const auto& [text, expected] : cases) {
    CAPTURE(text);
    connect_answer whole;
    CHECK(whole.feed(text) == expected);
    connect_answer slowly;
    auto verdict = state::more;
    for (const char c : text) {
      if (verdict != state::more && !(expected == state::unasked_bytes && verdict == state::open))
        break;
      verdict = slowly.feed(std::string_view(&c, 1));
    }
    CHECK(verdict == expected);
  }
  connect_answer endless;
  auto verdict = endless.feed("HTTP/1.1 200 OK\r\n");
  std::size_t fed = 17;
  while (verdict == state::more) {
    verdict = endless.feed("X-Filler: 0123456789\r\n");
    fed += 22;
  }
  CHECK(verdict == state::too_large);
  CHECK(fed <= connect_answer::limit + 22);
  connect_answer interim;
  verdict = state::more;
  for (int i = 0; i < 100000 && verdict == state::more; ++i)
    verdict = interim.feed("HTTP/1.1 100 Continue\r\n\r\n");
  CHECK(verdict == state::too_large);
}

namespace {

// A CONNECT proxy that responds with `answer`, and then relays to `port` if that began with 200.
class test_proxy {
public:
  test_proxy(std::string answer, std::uint16_t port) : tcp([this, answer, port](int fd) { serve(fd, answer, port); }) {}

  std::string url(const std::string& user = {}) const {
    return "http://" + (user.empty() ? user : user + '@') + "127.0.0.1:" + std::to_string(tcp.port());
  }
  std::string last_request() const {
    std::lock_guard lock(mutex_);
    return request_;
  }

private:
  void serve(int fd, const std::string& answer, std::uint16_t port);

  mutable std::mutex mutex_;
  std::string request_;

public:
  test::tcp_server tcp;
};

void test_proxy::serve(int fd, const std::string& answer, std::uint16_t port) {
  std::string head;
  char c;
  while (head.find("\r\n\r\n") == std::string::npos && ::recv(fd, &c, 1, 0) == 1)
    head += c;
  {
    std::lock_guard lock(mutex_);
    request_ = head;
  }
  ::send(fd, answer.data(), answer.size(), MSG_NOSIGNAL);
  if (answer.find(" 200 ") == std::string::npos)
    return;
  test::relay(fd, port);
}

weir::failure through(const test_proxy& p, const origin& to, const std::string& user = {},
                      std::string* echoed = nullptr, connect_times* out = nullptr) {
  weir::failure f;
  const auto tls = std::make_shared<tls_context>(test::trusting(test::root_ca()));
  test::run([&]() -> boost::asio::awaitable<void> {
    connect_settings settings;
    settings.proxy(proxy_settings::through(p.url(user)));
    const auto c = test::client(tls, settings);
    connect_times times;
    const auto visit = [&]() -> boost::asio::awaitable<bool> {
      auto s = co_await c->connect(to, times);
      co_await test::write(*s, "hello");
      error_code ec;
      const auto got = co_await test::read(*s, 5, ec);
      if (echoed)
        *echoed = got;
      co_return true;
    };
    f = co_await test::failure_of(visit());
    if (out)
      *out = times;
  });
  return f;
}

} // namespace

TEST_CASE("an https origin is reached through CONNECT, and its own certificate is verified") {
  test::tls_server_options options;
  options.identity = test::identity_for("DNS:api.weir.test");
  test::tls_server server(options);
  test_proxy p("HTTP/1.1 200 Connection established\r\n\r\n", server.port());
  std::string echoed;
  connect_times times;
  const auto f = through(p, origin("https", "api.weir.test", 443), "user:pass", &echoed, &times);
  CHECK_MESSAGE(!f, f.message());
  CHECK(echoed == "hello");
  CHECK(times.proxy.count() > 0);
  CHECK(p.last_request() == "CONNECT api.weir.test:443 HTTP/1.1\r\nHost: api.weir.test:443\r\nUser-Agent: weir\r\n"
                            "Proxy-Authorization: Basic dXNlcjpwYXNz\r\n\r\n");
  CHECK(through(p, origin("https", "other.weir.test", 443)).code() == errc::certificate_rejected);
  CHECK(p.last_request().find("Proxy-Authorization") == std::string::npos);
}

TEST_CASE("an http origin is reached by a proxy that reads the requests") {
  test::tcp_server server([](int fd) {
    char buffer[64];
    const auto n = ::recv(fd, buffer, sizeof(buffer), 0);
    ::send(fd, buffer, static_cast<std::size_t>(n), MSG_NOSIGNAL);
  });
  test::run([&]() -> boost::asio::awaitable<void> {
    connect_settings settings;
    const auto at = "127.0.0.1:" + std::to_string(server.port());
    settings.proxy(proxy_settings::through("http://me:canary@" + at));
    const auto c = test::client(std::make_shared<tls_context>(tls_settings()), settings);
    connect_times times;
    auto s = co_await c->connect(origin("http", "api.weir.test", 8080), times);
    const auto* how = forwarding_of(*s);
    REQUIRE(how);
    CHECK(how->proxy == "http://" + at);
    CHECK(how->basic.reveal() == "bWU6Y2FuYXJ5");
    CHECK(how->local);
    // Nothing was sent beforehand.
    co_await test::write(*s, "hello");
    error_code ec;
    CHECK(co_await test::read(*s, 5, ec) == "hello");
  });
}

TEST_CASE("a proxy that refuses is an error with its status and what to do") {
  const auto refused_with = [](const std::string& answer, const std::string& user = {}) {
    test_proxy p(answer, 9);
    auto f = through(p, origin("https", "api.weir.test", 443), user);
    CHECK_MESSAGE(f.code() == errc::proxy_refused, f.message());
    CHECK(f.message().find("canary") == std::string::npos);
    return f;
  };
  auto f = refused_with("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n");
  CHECK(f.status() == 407);
  CHECK(f.message().find("user:password@") != std::string::npos);
  f = refused_with("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", "me:canary");
  CHECK(f.message().find("did not accept") != std::string::npos);
  CHECK(refused_with("HTTP/1.1 403 Forbidden\r\nRetry-After: 5\r\n\r\n").status() == 403);
  CHECK(refused_with("HTTP/1.1 500 Internal Server Error\r\n\r\n").status() == 500);
  CHECK(refused_with("HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1/\r\n\r\n").status() == 302);
  CHECK(refused_with("").status() == 0);
  CHECK(refused_with("HTTP/1.1 2").status() == 0);
  CHECK(refused_with("220 smtp.weir.test ESMTP\r\n").status() == 0);
  CHECK(refused_with(std::string("HTTP/1.1 407 x\r\nX: ") + std::string(20000, 'x')).status() == 0);
}

TEST_CASE("a proxy that is busy or cannot reach the target just now is worth a retry, after the wait it asks for") {
  const auto busy_with = [](const std::string& answer) {
    test_proxy p(answer, 9);
    auto f = through(p, origin("https", "api.weir.test", 443), "me:canary");
    CHECK_MESSAGE(f.code() == errc::connect_failed, f.message());
    CHECK(f.code() == weir::condition::transient);
    CHECK(f.message().find("the proxy http://127.0.0.1:") != std::string::npos);
    CHECK(f.message().find("api.weir.test:443") != std::string::npos);
    CHECK(f.message().find("canary") == std::string::npos);
    return f;
  };
  for (const int status : {429, 502, 503, 504}) {
    const auto f = busy_with("HTTP/1.1 " + std::to_string(status) + " x\r\n\r\n");
    CHECK(f.status() == status);
    CHECK_FALSE(f.retry_after());
  }
  CHECK(busy_with("HTTP/1.1 503 x\r\nServer: x\r\nRETRY-After: \t7 \r\n\r\n").retry_after() == 7s);
  CHECK(busy_with("HTTP/1.1 503 x\r\nretry-after:99999999999999999999\r\n\r\n").retry_after() == 168h);
  CHECK(busy_with("HTTP/1.1 503 x\r\nRetry-After: 1.5\r\n\r\n").retry_after() == 1500ms);
  // A date is read against the response's own, whatever the client's clock says, and else against the clock.
  CHECK(busy_with("HTTP/1.1 503 x\r\nDate: Wed, 21 Oct 2015 07:27:00 GMT\r\n"
                  "Retry-After: Wed, 21 Oct 2015 07:28:00 GMT\r\n\r\nRetry-After: 1\r\n")
            .retry_after() == 60s);
  CHECK(busy_with("HTTP/1.1 429 x\r\nRetry-After: Wednesday, 21-Oct-15 07:28:00 GMT\r\n\r\n").retry_after() == 0s);
  CHECK(busy_with("HTTP/1.1 429 x\r\nRetry-After: Fri, 21 Oct 2135 07:28:00 GMT\r\n\r\n").retry_after() == 168h);
  for (const char* value : {"", "-1", "soon", "Wed, 21 Oct 2026 07:28:00", "Xyz, 21 Oct 2026 07:28:00 GMT"})
    CHECK_FALSE(busy_with("HTTP/1.1 503 x\r\nRetry-After: " + std::string(value) + "\r\n\r\n").retry_after());
}

TEST_CASE("a bare delimiter in a proxy's password is reported with how to write it, and never quoted") {
  for (const char* url : {"http://user:zq@xw@p:1", "http://user:zq#xw@p:1", "http://us@r:zqxw@p:1", "user:zq/xw@p:1",
                          "http://user:zq?xw@p:1", "http://user:12#34@p"}) {
    const auto f = refused(url);
    CHECK(f.code() == errc::invalid_configuration);
    CHECK_MESSAGE(f.message().find("write @ as %40, # as %23") != std::string::npos, f.message());
    for (const char* part : {"zq", "xw", "12", "34"})
      CHECK(f.message().find(part) == std::string::npos);
  }
  for (const char* url : {"socks5://user:canary@p:1", "http://p/path", "http://"})
    CHECK(refused(url).message().find("%40") == std::string::npos);
  CHECK(parse_proxy("http://user:can%40%23ry@p:1", "x").basic.reveal() == "dXNlcjpjYW5AI3J5");
}

TEST_CASE("bytes that come with the response to CONNECT are refused") {
  test::tls_server_options options;
  options.identity = test::identity_for("DNS:api.weir.test");
  test::tls_server server(options);
  test_proxy p("HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 200 OK\r\n\r\n", server.port());
  CHECK(through(p, origin("https", "api.weir.test", 443)).code() == errc::proxy_refused);
}

TEST_CASE("an https proxy is verified, and TLS runs inside TLS") {
  test::tls_server_options options;
  options.identity = test::identity_for("DNS:api.weir.test");
  test::tls_server server(options);
  test::tls_server_options proxy_options;
  proxy_options.identity = test::identity_for("DNS:proxy.weir.test");
  test::tls_server tls_proxy(proxy_options, [&](SSL* ssl) {
    std::string head;
    char c;
    while (head.find("\r\n\r\n") == std::string::npos && SSL_read(ssl, &c, 1) == 1)
      head += c;
    SSL_write(ssl, "HTTP/1.1 200 OK\r\n\r\n", 19);
    test::relay(ssl, server.port());
  });
  const auto tls = std::make_shared<tls_context>(test::trusting(test::root_ca()));
  const auto attempt = [&](const std::string& proxy_host) {
    weir::failure f;
    test::run([&]() -> boost::asio::awaitable<void> {
      connect_settings settings;
      settings.proxy(proxy_settings::through("https://" + proxy_host + ':' + std::to_string(tls_proxy.port())));
      const auto c = test::client(tls, settings);
      const auto visit = [&]() -> boost::asio::awaitable<bool> {
        connect_times times;
        auto s = co_await c->connect(origin("https", "api.weir.test", 443), times);
        std::string sent(20000, 'y');
        co_await test::write(*s, sent);
        error_code ec;
        const auto got = co_await test::read(*s, sent.size(), ec);
        CHECK(got == sent);
        CHECK(s->idle_and_healthy());
        co_return true;
      };
      f = co_await test::failure_of(visit());
    });
    return f;
  };
  const auto good = attempt("proxy.weir.test");
  CHECK_MESSAGE(!good, good.message());
  CHECK(attempt("other.weir.test").code() == errc::certificate_rejected);
}
