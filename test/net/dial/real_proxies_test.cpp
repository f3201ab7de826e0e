// Against real proxies: squid and tinyproxy.
#include <doctest/doctest.h>

#include <boost/asio/this_coro.hpp>

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "http/exchange/h1_exchange.hpp"
#include "net/pool/pool.hpp"
#include "net/run.hpp"
#include "net/servers.hpp"
#include "net/tls/tls_fixture.hpp"

using namespace weir::net;
using namespace std::chrono_literals;
using weir::errc;

namespace fs = std::filesystem;

namespace {

// A proxy's process with a configuration in a folder of its own; ends with this object.
class proxy_process {
public:
  proxy_process(const char* program, const char* flags, const std::string& configuration, std::uint16_t port)
      : port_(port) {
    std::string name = (fs::temp_directory_path() / "weir-proxy-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
    const auto file = (folder_ / "conf").string(), log = (folder_ / "log").string();
    std::ofstream(file) << configuration;
    const char* arguments[] = {program, flags, file.c_str(), nullptr};
    ::posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    for (const int fd : {1, 2})
      ::posix_spawn_file_actions_addopen(&actions, fd, log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    if (::posix_spawn(&pid_, program, &actions, nullptr, const_cast<char**>(arguments), environ) != 0)
      pid_ = -1;
    ::posix_spawn_file_actions_destroy(&actions);
  }
  proxy_process(const proxy_process&) = delete;
  proxy_process& operator=(const proxy_process&) = delete;
  ~proxy_process() {
    if (pid_ > 0) {
      ::kill(pid_, SIGKILL);
      ::waitpid(pid_, nullptr, 0);
    }
    fs::remove_all(folder_);
  }
  std::string authority() const { return "127.0.0.1:" + std::to_string(port_); }

  bool wait_until_up() {
    for (int i = 0; i < 1000 && pid_ > 0 && ::waitpid(pid_, nullptr, WNOHANG) == 0; ++i) {
      if (listens())
        return true;
      std::this_thread::sleep_for(10ms);
    }
    return false;
  }

private:
  bool listens() const {
    bool connected = false;
    test::run([&]() -> boost::asio::awaitable<void> {
      connect_times times;
      const auto c = test::client(std::make_shared<tls_context>(tls_settings()));
      const auto f = co_await test::failure_of(c->connect(origin("http", "127.0.0.1", port_), times));
      connected = !f;
    });
    return connected;
  }

  std::uint16_t port_;
  fs::path folder_;
  ::pid_t pid_ = -1;
};

// As Debian configures it: CONNECT to port 443 only.
std::unique_ptr<proxy_process> start_squid() {
  for (int i = 0; i < 3; ++i) {
    const auto port = test::closed_port();
    auto made = std::make_unique<proxy_process>("/usr/sbin/squid", "-Nf",
                                                "http_port 127.0.0.1:" + std::to_string(port) +
                                                    "\n"
                                                    "acl SSL_ports port 443\n"
                                                    "acl CONNECT method CONNECT\n"
                                                    "http_access deny CONNECT !SSL_ports\n"
                                                    "http_access allow all\n"
                                                    "cache deny all\n"
                                                    "access_log none\n"
                                                    "cache_log /dev/null\n"
                                                    "pid_filename none\n"
                                                    "visible_hostname proxy.weir.test\n"
                                                    "shutdown_lifetime 0 seconds\n"
                                                    "pinger_enable off\n",
                                                port);
    if (made->wait_until_up())
      return made;
  }
  return nullptr;
}

std::unique_ptr<proxy_process> start_tinyproxy(const std::string& further = {}) {
  for (int i = 0; i < 3; ++i) {
    const auto port = test::closed_port();
    auto made = std::make_unique<proxy_process>("/usr/bin/tinyproxy", "-dc",
                                                "Port " + std::to_string(port) +
                                                    "\n"
                                                    "Listen 127.0.0.1\n"
                                                    "Allow 127.0.0.1\n"
                                                    "MaxClients 20\n"
                                                    "Timeout 30\n"
                                                    "ConnectPort 443\n" +
                                                    further,
                                                port);
    if (made->wait_until_up())
      return made;
  }
  return nullptr;
}

// An http server that answers every request with "hello", and keeps the last one's head.
class hello_server {
public:
  hello_server() : tcp([this](int fd) { serve(fd); }) {}
  origin at() const { return origin("http", "127.0.0.1", tcp.port()); }
  std::string last_request() const {
    std::lock_guard lock(mutex_);
    return head_;
  }

private:
  void serve(int fd) {
    for (;;) {
      std::string head;
      char c;
      while (head.find("\r\n\r\n") == std::string::npos && ::recv(fd, &c, 1, 0) == 1)
        head += c;
      if (head.empty())
        return;
      {
        std::lock_guard lock(mutex_);
        head_ = head;
      }
      constexpr std::string_view answer = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
      ::send(fd, answer.data(), answer.size(), MSG_NOSIGNAL);
    }
  }

  mutable std::mutex mutex_;
  std::string head_;

public:
  test::tcp_server tcp;
};

// Sends five requests through a pool; returns the first failure.
weir::failure ask(const hello_server& server, const std::string& proxy) {
  weir::failure failed;
  test::run([&]() -> boost::asio::awaitable<void> {
    const auto ex = co_await boost::asio::this_coro::executor;
    connect_settings settings;
    settings.proxy(proxy_settings::through(proxy));
    pool connections(test::client(std::make_shared<tls_context>(tls_settings()), settings), weir::time_of(ex));
    const auto r = std::make_shared<weir::http::request>();
    r->method = "GET";
    r->to = server.at();
    r->target = "/v1/models?x=1";
    r->auth.emplace("authorization", "Bearer", weir::secret("sk-test").bound_to(r->to.text()));
    bool reused = false;
    const auto one = [&](bool fresh_only) -> boost::asio::awaitable<bool> {
      auto l = co_await connections.lease(server.at(), fresh_only);
      reused = l.times().reused;
      weir::http::h1_exchange e(l.connection());
      const auto head = co_await e.send(r);
      const auto body = co_await e.read_body(1000);
      CHECK(head.status == 200);
      CHECK(body == "hello");
      if (e.reusable())
        l.give_back();
      co_return true;
    };
    for (int i = 0; i < 5 && !failed; ++i) {
      failed = co_await test::failure_of(one(false));
      // A proxy may close a connection that is idle: see lease::times().
      if (failed && reused)
        failed = co_await test::failure_of(one(true));
    }
  });
  return failed;
}

} // namespace

TEST_CASE("an http server on any port is reached through proxies as they are installed") {
  const hello_server server;
  const auto check_reached = [&](const std::string& proxy) {
    const auto f = ask(server, proxy);
    CHECK_MESSAGE(!f, f.message());
    // The server sees an ordinary request with its own key, and nothing of the proxy's.
    const auto seen = server.last_request();
    CHECK(seen.starts_with("GET /v1/models?x=1 HTTP/1."));
    CHECK(seen.find("Bearer sk-test\r\n") != std::string::npos);
    CHECK(seen.find("Basic") == std::string::npos);
  };
  if (!fs::exists("/usr/sbin/squid")) {
    MESSAGE("skipped: squid is not installed");
  } else {
    const auto squid = start_squid();
    REQUIRE(squid);
    check_reached("http://" + squid->authority());
  }
  if (!fs::exists("/usr/bin/tinyproxy")) {
    MESSAGE("skipped: tinyproxy is not installed");
    return;
  }
  const auto open = start_tinyproxy();
  REQUIRE(open);
  check_reached("http://" + open->authority());

  const auto guarded = start_tinyproxy("BasicAuth me letmein\n");
  REQUIRE(guarded);
  check_reached("http://me:letmein@" + guarded->authority());
  // It responds to wrong ones with 401, which is meaningful only from an origin.
  const auto refused = ask(server, "http://" + guarded->authority());
  CHECK_MESSAGE(refused.code() == errc::proxy_refused, refused.message());
  CHECK(refused.status() == 407);
}

TEST_CASE("a proxy's refusal to connect to a port is reported with its status and address") {
  if (!fs::exists("/usr/bin/tinyproxy")) {
    MESSAGE("skipped: tinyproxy is not installed");
    return;
  }
  const auto p = start_tinyproxy();
  REQUIRE(p);
  test::run([&]() -> boost::asio::awaitable<void> {
    connect_settings settings;
    settings.proxy(proxy_settings::through(p->authority()));
    const auto c = test::client(std::make_shared<tls_context>(tls_settings()), settings);
    connect_times times;
    const auto f = co_await test::failure_of(c->connect(origin("https", "127.0.0.1", 8443), times));
    CHECK_MESSAGE(f.code() == errc::proxy_refused, f.message());
    CHECK(f.status() == 403);
    CHECK(f.message().find(p->authority()) != std::string::npos);
  });
}
