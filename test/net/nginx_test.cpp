// Against a server that others wrote.
#include <doctest/doctest.h>

#include <boost/asio/this_coro.hpp>

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <thread>

#include "net/certificates.hpp"
#include "net/connector.hpp"
#include "net/pool.hpp"
#include "net/run.hpp"
#include "net/servers.hpp"
#include "net/tls_fixture.hpp"

using namespace std::chrono_literals;
using namespace weir::net;
using weir::error_code;

namespace {

constexpr const char* program = "/usr/sbin/nginx";

// nginx on two loopback ports, in a folder of its own; ends with this object.
class nginx {
public:
  nginx() : tls_port(test::closed_port()), plain_port(test::closed_port()) {
    std::string name = (std::filesystem::temp_directory_path() / "weir-nginx-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
    const auto identity = test::identity_for("DNS:api.weir.test");
    write("cert.pem", identity.certificate_pem());
    write("key.pem", identity.key_pem());
    write("nginx.conf", configuration());
    const std::string conf = (folder_ / "nginx.conf").string(), prefix = folder_.string();
    const char* arguments[] = {program, "-p", prefix.c_str(), "-c", conf.c_str(), "-e", "error.log", nullptr};
    ::posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_addopen(&actions, 2, (folder_ / "stderr").c_str(), O_WRONLY | O_CREAT, 0600);
    if (::posix_spawn(&pid_, program, &actions, nullptr, const_cast<char**>(arguments), environ) != 0)
      pid_ = -1;
    ::posix_spawn_file_actions_destroy(&actions);
  }
  nginx(const nginx&) = delete;
  nginx& operator=(const nginx&) = delete;
  ~nginx() {
    if (pid_ > 0) {
      ::kill(pid_, SIGTERM);
      ::waitpid(pid_, nullptr, 0);
    }
    std::filesystem::remove_all(folder_);
  }

  bool wait_until_up() {
    for (int i = 0; i < 500 && ::waitpid(pid_, nullptr, WNOHANG) == 0; ++i) {
      if (!test::connect_to("api.weir.test", tls_port, test::trusting(test::root_ca())))
        return true;
      std::this_thread::sleep_for(10ms);
    }
    return false;
  }

  // The port was free when it was chosen, and may be taken by now: then it is chosen again.
  static std::unique_ptr<nginx> start() {
    for (int i = 0; i < 3; ++i)
      if (auto made = std::make_unique<nginx>(); made->wait_until_up())
        return made;
    return nullptr;
  }

  const std::uint16_t tls_port, plain_port;

private:
  void write(const char* name, const std::string& content) const { std::ofstream(folder_ / name) << content; }

  std::string configuration() const {
    std::string paths;
    for (const char* kind : {"client_body", "proxy", "fastcgi", "uwsgi", "scgi"})
      paths += std::string(kind) + "_temp_path " + kind + ";\n";
    return "daemon off; master_process off; pid nginx.pid; error_log error.log;\n"
           "events { worker_connections 64; }\n"
           "http {\n access_log off;\n" + paths +
           " server { listen 127.0.0.1:" + std::to_string(tls_port) + " ssl;\n"
           "  ssl_certificate cert.pem; ssl_certificate_key key.pem; ssl_session_cache shared:s:1m;\n"
           "  keepalive_requests 3;\n"
           "  location / { return 200 \"hello from nginx\"; } }\n"
           " server { listen 127.0.0.1:" + std::to_string(plain_port) + ";\n"
           "  location / { proxy_pass https://127.0.0.1:" + std::to_string(tls_port) + "; } }\n"
           "}\n";
  }

  std::filesystem::path folder_;
  ::pid_t pid_ = -1;
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

TEST_CASE("nginx is reached over TLS, kept, noticed when it closes, and reached again with a resumed session") {
  if (!std::filesystem::exists(program)) {
    MESSAGE("skipped: " << program << " is not installed");
    return;
  }
  const auto server = nginx::start();
  REQUIRE(server);
  test::run([&]() -> boost::asio::awaitable<void> {
    const auto ex = co_await boost::asio::this_coro::executor;
    pool subject(test::client(std::make_shared<tls_context>(test::trusting(test::root_ca()))), weir::time_of(ex));
    const origin to("https", "api.weir.test", server->tls_port);
    for (int i = 0; i < 9; ++i) {
      // Every third answer is the last one of its connection.
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
    auto plain = co_await subject.lease(origin("http", "api.weir.test", server->plain_port));
    const auto answer = co_await get(plain);
    CHECK(answer.starts_with("HTTP/1.1 200"));
  });
}
