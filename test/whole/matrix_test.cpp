// The whole client on real sockets: every way to end a call at every point of it, several calls at a time.
// It checks the outcome, and gives sanitizers something to look at.
#include <doctest/doctest.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>

#include <csignal>
#include <cstdlib>
#include <filesystem>

#include <weir/core/group.hpp>
#include <weir/core/within.hpp>

#include "whole/scenes.hpp"

using namespace weir;
using namespace weir::test;
using namespace std::chrono_literals;
namespace asio = boost::asio;

namespace {

enum class ending {
  // by a timeout
  within,
  within_read,
  deadline,
  clock,
  every_clock,
  // by a cancellation
  group_failure,
  cancelled_group,
  signal,
  scope,
  interrupt,
  dropped_reply,
  cancelled_reply,
  all_at_once,
  // by destroying what everything runs on
  client_and_scope,
  context,
  context_before_replies,
};

constexpr auto patience = 5s;

class own_failure : public std::runtime_error {
public:
  own_failure() : std::runtime_error("a task of the group failed") {}
};

class world {
public:
  world(stage& at, const scene& s, ending how, duration limit) : at(at), s(s), how(how), limit(limit) {
    at.set(s.set);
    auto o = s.how;
    if (how == ending::deadline || how == ending::every_clock)
      o.deadline(limit);
    if (how == ending::every_clock || (how == ending::clock && s.clock == errc::first_token_timeout))
      o.first_token_timeout(limit);
    if (how == ending::every_clock || (how == ending::clock && s.clock == errc::stalled))
      o.inter_token_timeout(limit);
    one.emplace(std::move(o));
    if (how != ending::context)
      for (auto& h : replies)
        h = std::make_shared<held>();
  }

  void start() {
    auto ended = [this](std::exception_ptr e) {
      done = true;
      failed = e;
    };
    asio::co_spawn(asio::any_io_executor(executor(root)), body(), asio::bind_cancellation_slot(signal.slot(), ended));
  }

  /// Plays until `over()`, for some seconds at most.
  template <class F>
  bool until(F over) {
    const auto give_up = std::chrono::steady_clock::now() + patience;
    while (!over()) {
      if (std::chrono::steady_clock::now() > give_up)
        return false;
      io->restart();
      io->run_one_for(1ms);
    }
    return true;
  }

  bool reached() const {
    return s.never_arrives || (s.requests ? at.requests() >= s.requests : at.reached() >= s.connections);
  }

  bool there() const {
    const bool opened = !s.opened || !replies[0] || (replies[0]->r && replies[1]->r);
    return opened && reached();
  }

  /// Handles what has arrived.
  void quiet() {
    for (int i = 0; i != 3; ++i) {
      io->restart();
      io->run_for(500us);
    }
  }

  void end() {
    switch (how) {
    case ending::group_failure: trigger = true; break;
    case ending::cancelled_group:
      if (running) // A complete answer may have ended by itself.
        running->cancel();
      break;
    case ending::signal: emit(); break;
    case ending::scope: root->cancel(); break;
    case ending::interrupt: std::raise(SIGUSR1); break;
    case ending::dropped_reply:
      for (auto& h : replies)
        h->r.reset();
      break;
    case ending::cancelled_reply:
      for (auto& h : replies)
        if (h->r)
          h->r->cancel();
      break;
    case ending::all_at_once:
      replies[0]->r.reset();
      root->cancel(errc::deadline_exceeded);
      emit();
      if (running)
        running->cancel();
      replies[1]->r.reset();
      break;
    case ending::client_and_scope:
      one->close();
      one.reset();
      root->cancel();
      break;
    case ending::context:
      one.reset();
      root.reset();
      io.reset();
      break;
    case ending::context_before_replies:
      io.reset();
      for (auto& h : replies) {
        CHECK((s.whole || h->r->outcome() == outcome::cancelled));
        h->r.reset();
      }
      break;
    default: break;
    }
  }

  // From a handler: Boost 1.81's co_spawn forwards a cancellation from elsewhere too late.
  void emit() {
    asio::post(*io, [this] { signal.emit(asio::cancellation_type::terminal); });
  }

  bool idle() const {
    if (!one || !io)
      return true;
    const auto p = one->pool();
    return p.leased + p.waiting == 0; // The pool goes on dialing for a while.
  }

  stage& at;
  const scene& s;
  const ending how;
  const duration limit;
  std::unique_ptr<asio::io_context> io = std::make_unique<asio::io_context>(1);
  std::shared_ptr<scope> root = scope::root(io->get_executor());
  std::optional<client> one;
  std::shared_ptr<held> replies[crowd];
  asio::cancellation_signal signal;
  group* running = nullptr;
  bool trigger = false;
  bool done = false;
  std::exception_ptr failed;

private:
  asio::awaitable<void> body() {
    switch (how) {
    case ending::within: co_await within(limit, calls()); break;
    case ending::every_clock: co_await within(limit, within(limit, calls())); break;
    case ending::within_read:
      for (auto& h : replies)
        co_await open_reply(*one, s, h);
      co_await within(limit, reads());
      break;
    case ending::group_failure: {
      group all;
      all.spawn(calls());
      all.spawn(failing());
      co_await all.join();
      break;
    }
    case ending::interrupt: {
      asio::signal_set interrupts(*io, SIGUSR1);
      interrupts.async_wait([on = root](error_code ec, int) {
        if (!ec)
          on->cancel();
      });
      co_await calls();
      break;
    }
    default: co_await calls(); break;
    }
  }

  asio::awaitable<void> calls() {
    group all;
    running = &all;
    for (auto& h : replies)
      all.spawn(make_call(*one, s, h));
    co_await join(all);
  }

  asio::awaitable<void> reads() {
    group all;
    for (auto& h : replies)
      all.spawn(read_reply(h));
    co_await join(all);
  }

  asio::awaitable<void> join(group& all) {
    std::exception_ptr why;
    try {
      co_await all.join();
    } catch (...) {
      why = std::current_exception();
    }
    running = nullptr;
    if (why)
      std::rethrow_exception(why);
  }

  asio::awaitable<void> failing() {
    while (!trigger)
      co_await sleep_for(1ms);
    throw own_failure();
  }
};

bool by_time(ending how) { return how <= ending::every_clock; }

bool applies(ending how, const scene& s) {
  switch (how) {
  case ending::clock: return s.clock != errc{};
  case ending::within_read: return s.opened && !s.whole;
  case ending::dropped_reply:
  case ending::cancelled_reply:
  case ending::context_before_replies: return s.opened;
  default: return true;
  }
}

// The reason why a call ended, if it was not complete.
void check_failure(ending how, const scene& s, const std::exception_ptr& failed) {
  if (s.whole && !failed)
    return;
  REQUIRE(failed);
  try {
    std::rethrow_exception(failed);
  } catch (const own_failure&) {
    CHECK(how == ending::group_failure);
  } catch (const boost::system::system_error& e) {
    const auto code = e.code();
    INFO(e.what());
    CAPTURE(code.message());
    const bool cancelled = code == errc::cancelled || code == asio::error::operation_aborted;
    const bool late = code == errc::deadline_exceeded;
    const bool silent = code == errc::stalled || code == errc::first_token_timeout;
    if (by_time(how) && s.refusal != errc{} && code == s.refusal)
      return;
    bool good = false;
    switch (how) {
    case ending::within:
    case ending::within_read:
    case ending::deadline: good = late; break;
    case ending::clock: good = code == s.clock; break;
    case ending::every_clock: good = late || silent; break;
    case ending::all_at_once: good = cancelled || late; break;
    default: good = cancelled; break;
    }
    CHECK(good);
  }
}

// False if the time was up before the point was reached: retried with more time.
bool play_once(stage& at, const scene& s, ending how, duration limit) {
  const auto scopes = scope::live();
  bool reached = true;
  {
    world w(at, s, how, limit);
    w.start();
    if (!by_time(how)) {
      REQUIRE(w.until([&] { return w.there() || w.done; }));
      w.quiet();
      CHECK((s.whole || !w.done));
      w.end();
    }
    if (w.io) {
      REQUIRE(w.until([&] { return w.done; }));
      reached = w.reached();
      if (reached)
        check_failure(how, s, w.failed);
      CHECK(w.until([&] { return w.idle(); }));
    }
  }
  at.release();
  const auto give_up = std::chrono::steady_clock::now() + patience;
  while (at.open() != 0 && std::chrono::steady_clock::now() < give_up)
    std::this_thread::sleep_for(100us);
  CHECK(at.open() == 0);
  CHECK(scope::live() == scopes);
  CHECK(std::filesystem::is_empty(at.folder()));
  return reached;
}

void play_all(ending how) {
  enum class way { plain, tls, h2 };
  for (const auto how_carried : {way::plain, way::tls, way::h2}) {
    // Asked for: now and then nghttpx answers a request by itself, with a 502.
    if (how_carried == way::h2 && (!std::getenv("WEIR_OVER_H2") || !stage::has_front()))
      continue;
    const bool tls = how_carried == way::tls;
    stage at(tls, how_carried == way::h2);
    ::setenv("HF_ENDPOINT", at.url().c_str(), 1);
    for (const auto& s : scenes(at)) {
      if (!applies(how, s) || (s.direct && at.over_h2()))
        continue;
      CAPTURE(tls);
      CAPTURE(at.over_h2());
      INFO(s.name);
      if (const char* only = std::getenv("WEIR_SCENE"); only && s.name != only)
        continue;
      if (std::getenv("WEIR_VERBOSE"))
        std::fprintf(stderr, "%d %d %s\n", static_cast<int>(how), static_cast<int>(how_carried), s.name.c_str());
      duration limit = 40ms;
      while (!play_once(at, s, how, limit) && limit < 2s)
        limit *= 4;
    }
    ::unsetenv("HF_ENDPOINT");
  }
}

} // namespace

TEST_CASE("a limit around calls ends them at every point") { play_all(ending::within); }
TEST_CASE("a limit around the reading of replies ends them at every point") { play_all(ending::within_read); }
TEST_CASE("a call's deadline ends it at every point") { play_all(ending::deadline); }
TEST_CASE("a stream's timeouts end it where they run") { play_all(ending::clock); }
TEST_CASE("all limits at one instant end a call once") { play_all(ending::every_clock); }
TEST_CASE("a task that fails ends the calls of its group at every point") { play_all(ending::group_failure); }
TEST_CASE("a group that is cancelled ends its calls at every point") { play_all(ending::cancelled_group); }
TEST_CASE("a cancellation signal ends calls at every point") { play_all(ending::signal); }
TEST_CASE("a scope that is cancelled ends its calls at every point") { play_all(ending::scope); }
TEST_CASE("an interrupt ends calls at every point") { play_all(ending::interrupt); }
TEST_CASE("a reply that is dropped while it is read ends") { play_all(ending::dropped_reply); }
TEST_CASE("a reply that is cancelled while it is read ends") { play_all(ending::cancelled_reply); }
TEST_CASE("several ends at once are one end") { play_all(ending::all_at_once); }
TEST_CASE("a client may be closed and destroyed in the middle of its calls") { play_all(ending::client_and_scope); }
TEST_CASE("a context may be destroyed at every point of a call") { play_all(ending::context); }
TEST_CASE("a context may be destroyed before the replies that are read on it") {
  play_all(ending::context_before_replies);
}
