// The client against a server with few threads, each of which serves one connection while it is kept alive.
#include <doctest/doctest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <map>
#include <thread>
#include <vector>

#include <weir/client/client.hpp>
#include <weir/core/group.hpp>

#include "sim/server/server.hpp"

using namespace weir;
using namespace std::chrono_literals;

namespace asio = boost::asio;

namespace {

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_port = htons(port);
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return at;
}

// A front with `n` threads: each takes a connection, copies bytes between it and 127.0.0.1:port until either
// ends, and then takes the next. Further connections are accepted by the kernel, and wait.
class front {
public:
  front(std::size_t n, std::uint16_t port)
      : to_(port), listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {
    auto at = loopback(0);
    ::socklen_t size = sizeof(at);
    REQUIRE(::bind(listener_, reinterpret_cast<const ::sockaddr*>(&at), size) == 0);
    REQUIRE(::listen(listener_, 256) == 0);
    ::getsockname(listener_, reinterpret_cast<::sockaddr*>(&at), &size);
    port_ = ntohs(at.sin_port);
    for (std::size_t i = 0; i < n; ++i)
      workers_.emplace_back([this] { work(); });
  }
  front(const front&) = delete;
  front& operator=(const front&) = delete;
  ~front() {
    stopping_ = true;
    for (auto& w : workers_)
      w.join();
    ::close(listener_);
  }
  std::string url() const { return "https://127.0.0.1:" + std::to_string(port_); }
  int taken() const noexcept { return taken_; }

private:
  bool readable(::pollfd* fds, ::nfds_t n) const {
    while (!stopping_)
      if (::poll(fds, n, 20) > 0)
        return true;
    return false;
  }
  void work() {
    ::pollfd incoming{listener_, POLLIN, 0};
    while (readable(&incoming, 1)) {
      const int near = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (near < 0)
        continue; // Another thread was faster.
      ++taken_;
      copy(near);
      ::close(near);
    }
  }
  void copy(int near) const {
    const int far = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const auto at = loopback(to_);
    ::pollfd both[2] = {{near, POLLIN, 0}, {far, POLLIN, 0}};
    bool open = ::connect(far, reinterpret_cast<const ::sockaddr*>(&at), sizeof(at)) == 0;
    while (open && readable(both, 2))
      for (int i = 0; i < 2 && open; ++i)
        open = both[i].revents == 0 || pass(both[i].fd, both[1 - i].fd);
    ::close(far);
  }
  static bool pass(int from, int to) {
    char buffer[16384];
    const auto n = ::recv(from, buffer, sizeof(buffer), 0);
    return n > 0 && ::send(to, buffer, static_cast<std::size_t>(n), MSG_NOSIGNAL) == n;
  }

  const std::uint16_t to_;
  const int listener_;
  std::uint16_t port_ = 0;
  std::atomic<bool> stopping_{false};
  std::atomic<int> taken_{0};
  std::vector<std::thread> workers_;
};

} // namespace

TEST_CASE("sixty-four callers of a server that serves eight connections at a time all get their answers") {
  sim::settings how;
  how.first_token = 2ms;
  how.tokens = 3;
  const sim::server_thread server(how);
  front eight(8, server.port());

  asio::io_context io(1);
  client c(options().base_url(eight.url()).ca_file(server.ca_file()));
  std::map<std::string, int> ends;
  const auto caller = [&](int calls) -> asio::awaitable<void> {
    for (int i = 0; i < calls; ++i) {
      try {
        auto r = co_await c.stream(chat("m").user("hi"));
        while (co_await r.next())
          ;
        ++ends[""];
      } catch (const error& e) {
        ++ends[e.what()];
      }
    }
  };
  const auto all = [&]() -> asio::awaitable<void> {
    group callers;
    for (int i = 0; i < 64; ++i)
      callers.spawn(caller(i < 16 ? 7 : 6));
    co_await callers.join();
  };
  const auto begin = std::chrono::steady_clock::now();
  bool ended = false;
  asio::co_spawn(io, all(), [&](std::exception_ptr) {
    ended = true;
    // Less than the time after which a connection is given up: no call had to wait for that.
    CHECK(std::chrono::steady_clock::now() - begin < 9s);
    CHECK(c.pool().idle == 8);
    CHECK(c.pool().leased + c.pool().waiting == 0);
  });
  io.run_for(60s);
  REQUIRE(ended);
  for (const auto& [what, count] : ends)
    CHECK_MESSAGE(what.empty(), count << " calls: " << what);
  CHECK(ends[""] == 400);
  CHECK(eight.taken() == 8);
  // No call needed the other connections, and nothing keeps the event loop running.
  CHECK(c.pool().connecting == 0);
  CHECK(std::chrono::steady_clock::now() - begin < 30s);
}
