// The loads of guard.sh: a client and its peer take turns in one thread and in simulated time, and only the client's
// turns count. Under callgrind each load is dumped by its name; on standard output are its units and its allocations.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/version.hpp>

#include <gnu/libc-version.h>
#include <openssl/crypto.h>
#include <unistd.h>
#include <valgrind/callgrind.h>

#include <chrono>
#include <cstdio>
#include <exception>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <weir/client/client.hpp>
#include <weir/core/group.hpp>
#include <weir/testing.hpp>

#include "guard/answers.hpp"
#include "guard/heap.hpp"
#include "guard/peer.hpp"

namespace weir::inline v0::test {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

options for_peer(const peer& p) {
  return options().base_url(p.url()).ca_file(p.ca_file()).proxy("none").max_connections(4096);
}

/// A client, and how far its calls have come.
class guest {
public:
  explicit guest(peer& p) : peer_(p), client_(for_peer(p)), time_(testing::manual_time::install(io_)) {}

  std::size_t tokens = 0, ended = 0;

  void stream() { start(read(client_, tokens, ended)); }
  void call() { start(ask(client_, ended)); }

  /// Takes turns, a while apart, until `n` tokens or calls have come.
  void until(const std::size_t& count, std::size_t n, duration apart = 20ms) {
    for (act(); count < n; turn()) {
      time_.advance_to(time_.now() + apart);
      peer_.turn();
    }
  }
  /// Nothing arrives for a while.
  void rest() {
    for (int i = 0; i < 20; ++i) {
      time_.advance_to(time_.now() + 100ms);
      act();
    }
  }

private:
  static asio::awaitable<void> read(client& c, std::size_t& tokens, std::size_t& ended) {
    auto reply = co_await c.stream(chat("gpt-5-mini").user("What is a weir?"));
    while (auto event = co_await reply.next())
      if (event->is(event::kind::text) || event->is(event::kind::reasoning))
        ++tokens;
    ended += reply.outcome() == outcome::complete && reply.usage().completion_tokens.has_value();
  }

  static asio::awaitable<void> ask(client& c, std::size_t& ended) {
    const auto answer = co_await c.run(chat("gpt-5-mini").user("What is a weir?"));
    ended += !answer.text().empty();
  }

  // While there is one, what is done counts.
  class counted {
  public:
    counted() noexcept {
      count_heap(true);
      CALLGRIND_TOGGLE_COLLECT;
    }
    ~counted() {
      CALLGRIND_TOGGLE_COLLECT;
      count_heap(false);
    }
    counted(const counted&) = delete;
    counted& operator=(const counted&) = delete;
  };

  void start(asio::awaitable<void> work) {
    const counted now;
    asio::co_spawn(io_, std::move(work), [](std::exception_ptr e) {
      if (e)
        std::rethrow_exception(e);
    });
  }

  bool act() {
    const counted now;
    io_.restart();
    return io_.poll() > 0;
  }

  // What was sent may take its time to arrive, or be nothing that the client waits for.
  void turn() {
    for (int waited = 0; !act() && waited < 20; ++waited)
      ::usleep(1000);
  }

  peer& peer_;
  client client_;
  asio::io_context io_{1};
  testing::manual_time& time_;
};

/// Prints what `load` took, whose work comes in that many units.
template <class Load>
void measure(const char* name, std::size_t units, Load load) {
  const auto before = heap();
  CALLGRIND_ZERO_STATS;
  load();
  CALLGRIND_DUMP_STATS_AT(name);
  const auto n = static_cast<double>(units);
  std::printf("%s units %zu\n", name, units);
  std::printf("%s.allocations %.2f\n", name, static_cast<double>(heap().allocations - before.allocations) / n);
  std::fflush(stdout);
}

// A call on a connection of its own, whose handshake is in it.
void handshakes(peer& p, const char* name, bool tickets) {
  constexpr std::size_t before = 4, calls = 8;
  p.give_tickets(tickets);
  p.answer(std::vector<std::string>(1, whole_answer("close")));
  guest g(p);
  std::size_t done = 0;
  const auto some = [&](std::size_t n) {
    for (std::size_t i = 0; i < n; ++i) {
      g.call();
      g.until(g.ended, ++done);
    }
  };
  some(before);
  measure(name, calls, [&] { some(calls); });
}

void calls(peer& p) {
  constexpr std::size_t before = 20, calls = 200;
  p.answer(std::vector<std::string>(1, whole_answer("keep-alive")));
  guest g(p);
  std::size_t done = 0;
  const auto some = [&](std::size_t n) {
    for (std::size_t i = 0; i < n; ++i) {
      g.call();
      g.until(g.ended, ++done);
    }
  };
  some(before);
  measure("call", calls, [&] { some(calls); });
}

// `each` events arrive together.
void events(peer& p, const char* name, variant v, std::size_t each, std::size_t tokens) {
  const auto before = tokens / 4 / each * each;
  p.answer(stream_pieces(v, tokens, each));
  guest g(p);
  g.stream();
  g.until(g.tokens, before);
  measure(name, tokens - before, [&] { g.until(g.tokens, tokens); });
  g.until(g.ended, 1);
  if (g.tokens != tokens)
    throw std::runtime_error(std::string(name) + ": " + std::to_string(g.tokens) + " tokens");
}

// What streams hold that have had an event and wait for the next. What they share is there before.
void idle(peer& p, const char* name, bool resumed) {
  constexpr std::size_t streams = 32;
  guest g(p);
  p.give_tickets(resumed);
  p.answer(std::vector<std::string>(1, whole_answer("close")));
  g.call();
  g.until(g.ended, 1);
  p.give_tickets(true);
  auto pieces = stream_pieces(variant::plain, 1, 1);
  pieces.pop_back();
  p.answer(std::move(pieces));
  const auto before = heap().live;
  for (std::size_t i = 0; i < streams; ++i)
    g.stream();
  g.until(g.tokens, streams, 200ms);
  g.rest();
  std::printf("%s.bytes %.0f\n", name, static_cast<double>(heap().live - before) / streams);
  std::fflush(stdout);
}

void versions() {
  std::printf("versions g++ %s, boost %s, openssl %s, glibc %s\n", __VERSION__, BOOST_LIB_VERSION,
              OpenSSL_version(OPENSSL_VERSION_STRING), ::gnu_get_libc_version());
}

} // namespace
} // namespace weir::inline v0::test

int main() try {
  using namespace weir::test;
  versions();
  peer plain(false), tls(true);
  idle(plain, "idle_plain", false);
  idle(tls, "idle_new", false);
  idle(tls, "idle_resumed", true);
  CALLGRIND_START_INSTRUMENTATION;
  handshakes(tls, "handshake", false);
  handshakes(tls, "handshake_resumed", true);
  calls(tls);
  events(tls, "event_paced", variant::plain, 1, 400);
  events(tls, "event_bulk", variant::plain, 40, 1600);
  events(tls, "event_obfuscated", variant::obfuscated, 40, 1600);
  events(tls, "event_reasoning", variant::reasoning, 40, 1600);
  events(tls, "event_logprobs", variant::logprobs, 40, 800);
} catch (const std::exception& e) {
  std::fprintf(stderr, "guard: %s\n", e.what());
  return 1;
}
