// Happy Eyeballs, as a decision and over real sockets.
#include <doctest/doctest.h>

#include <boost/asio/this_coro.hpp>

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <map>
#include <random>

#include <weir/core/within.hpp>

#include "net/dial/dialer.hpp"
#include "net/dial/dialer_core.hpp"
#include "net/run.hpp"
#include "net/servers.hpp"

using namespace std::chrono_literals;
using namespace weir::net;
using weir::errc;
using weir::error_code;

namespace {

template <class... Texts>
addresses parse(Texts... texts) {
  addresses out;
  (out.push_back(boost::asio::ip::make_address(texts)), ...);
  return out;
}

constexpr weir::duration stagger = 250ms;

// Plays a race on simulated time: attempt i ends after `takes[i]`, successfully if `good[i]`.
class simulation {
public:
  std::vector<weir::duration> takes;
  std::vector<bool> good;
  std::vector<weir::time_point> started;
  std::optional<std::size_t> winner;
  weir::time_point ended{};

  void play() {
    using step = dialer_core::step;
    dialer_core core(takes.size(), stagger);
    weir::time_point now{};
    std::multimap<weir::time_point, std::size_t> open;
    for (;;) {
      const auto action = core.next(now);
      ended = now;
      if (action.what == step::finished || action.what == step::failed)
        return;
      if (action.what == step::start) {
        REQUIRE(action.index == started.size());
        started.push_back(now);
        open.emplace(now + takes[action.index], action.index);
        continue;
      }
      REQUIRE((!open.empty() || action.until != weir::never));
      if (!open.empty() && open.begin()->first <= action.until) {
        const auto [when, i] = *open.begin();
        open.erase(open.begin());
        now = when;
        if (!good[i])
          core.attempt_failed();
        else if (core.attempt_succeeded())
          winner = i;
      } else {
        REQUIRE(action.until > now);
        now = action.until;
      }
    }
  }
};

} // namespace

TEST_CASE("families alternate, beginning with that of the first address") {
  CHECK(interleave(parse("::1", "::2", "1.1.1.1", "::3", "1.1.1.2"), 16) ==
        parse("::1", "1.1.1.1", "::2", "1.1.1.2", "::3"));
  CHECK(interleave(parse("1.1.1.1", "1.1.1.2", "::1"), 16) == parse("1.1.1.1", "::1", "1.1.1.2"));
  CHECK(interleave(parse("1.1.1.1", "::1", "1.1.1.2"), 2) == parse("1.1.1.1", "::1"));
  CHECK(interleave(addresses(), 16).empty());
}

TEST_CASE("attempts start every 250 ms, or at once when one fails, and the first success wins") {
  for (unsigned seed = 0; seed < 5000; ++seed) {
    CAPTURE(seed);
    std::mt19937 random(seed);
    simulation s;
    const auto n = 1 + random() % 6;
    for (std::size_t i = 0; i < n; ++i) {
      s.takes.push_back(weir::duration(1 + random() % 1'000'000'000));
      s.good.push_back(random() % 3 == 0);
    }
    s.play();

    // The reference: walk the starts forward, each at the earlier of stagger and the first
    // failure since the one before.
    std::vector<weir::time_point> starts(1, weir::time_point{});
    while (starts.size() < n) {
      auto next = starts.back() + stagger;
      for (std::size_t i = 0; i < starts.size(); ++i)
        if (!s.good[i] && starts[i] + s.takes[i] > starts.back())
          next = std::min(next, starts[i] + s.takes[i]);
      starts.push_back(next);
    }
    auto best = weir::never;
    for (std::size_t i = 0; i < n; ++i)
      if (s.good[i])
        best = std::min(best, starts[i] + s.takes[i]);
    auto last = weir::time_point{};
    for (std::size_t i = 0; i < n; ++i)
      last = std::max(last, starts[i] + s.takes[i]);

    CHECK(s.winner.has_value() == (best != weir::never));
    CHECK(s.ended == (s.winner ? best : last));
    for (std::size_t i = 0; i < s.started.size(); ++i)
      CHECK(s.started[i] == starts[i]);
  }
}

TEST_CASE("an address that refuses is skipped") {
  test::tcp_server server([](int fd) { ::send(fd, "hi", 2, MSG_NOSIGNAL); });
  test::run([&]() -> boost::asio::awaitable<void> {
    // Nothing listens on ::1 at that port, or IPv6 is not there at all.
    auto s = co_await dial(parse("::1", "127.0.0.1"), server.port(), "test");
    error_code ec;
    const auto got = co_await test::read(*s, 2, ec);
    CHECK(got == "hi");
    const auto end = co_await test::read(*s, 1, ec);
    CHECK(ec == boost::asio::error::eof);
  });
}

TEST_CASE("a failure names every address and its error") {
  const auto port = test::closed_port();
  test::run([&]() -> boost::asio::awaitable<void> {
    const auto f = co_await test::failure_of(dial(parse("127.0.0.1", "127.0.0.2"), port, "api.weir.test"));
    CHECK(f.code() == errc::connect_failed);
    for (const char* word : {"api.weir.test", "127.0.0.1:", "127.0.0.2:", "refused"})
      CHECK_MESSAGE(f.message().find(word) != std::string::npos, f.message());
  });
}

TEST_CASE("a dial that is cancelled ends at once and leaves nothing running") {
  // A listener whose queue is full accepts no further connection.
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  REQUIRE(::listen(listener, 0) == 0);
  ::sockaddr_in where{};
  ::socklen_t size = sizeof(where);
  ::getsockname(listener, reinterpret_cast<::sockaddr*>(&where), &size);
  std::vector<int> fillers;
  where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  for (int i = 0; i < 4; ++i) {
    fillers.push_back(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    (void)::connect(fillers.back(), reinterpret_cast<::sockaddr*>(&where), sizeof(where));
  }
  boost::asio::io_context context;
  bool ended = false;
  const auto attempt = [&]() -> boost::asio::awaitable<void> {
    auto body = dial(parse("127.0.0.1", "127.0.0.1"), ntohs(where.sin_port), "test");
    const auto f = co_await test::failure_of(weir::within(weir::duration(20ms), std::move(body)));
    CHECK(f.code() == errc::deadline_exceeded);
  };
  boost::asio::co_spawn(context, attempt(), [&](std::exception_ptr) { ended = true; });
  while (!ended)
    context.run_one();
  // Neither a socket's nor the 250 ms timer's wait is left.
  context.poll();
  CHECK(context.stopped());
  for (const int fd : fillers)
    ::close(fd);
  ::close(listener);
}

TEST_CASE("a context may be destroyed in the middle of a dial") {
  boost::asio::io_context context;
  boost::asio::co_spawn(context, dial(parse("192.0.2.1", "127.0.0.1"), 9, "test"),
                        [](std::exception_ptr, stream_ptr) {});
  context.poll_one();
}
