// Every way to end a call in every phase of it: the right instant, the right error, nothing left.
#include "client/support.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>

using namespace weir;
using namespace weir::test;

namespace {

enum class phase { connecting, handshaking, queued, sending, head, first_token, between, unfinished, settling };
constexpr phase phases[] = {phase::connecting,  phase::handshaking, phase::queued,     phase::sending, phase::head,
                            phase::first_token, phase::between,     phase::unfinished, phase::settling};

enum class ending { dropped, cancelled, slot, scope, within, deadline };
constexpr ending endings[] = {ending::dropped, ending::cancelled, ending::slot,
                              ending::scope,   ending::within,    ending::deadline};

std::string name_of(phase p) {
  constexpr const char* names[] = {"connecting",  "handshaking", "queued",     "sending", "head",
                                   "first token", "between",     "unfinished", "settling"};
  return names[static_cast<int>(p)];
}

std::string name_of(ending e) {
  constexpr const char* names[] = {"dropped", "cancelled", "slot", "scope", "within", "deadline"};
  return names[static_cast<int>(e)];
}

bool opening(phase p) { return p <= phase::head; }

const std::vector<std::string> events = chat_events({"a", "b"});

std::string first_events(std::size_t n) {
  std::string all = stream_head;
  for (std::size_t i = 0; i != n; ++i)
    all += chunk(events[i]);
  return all;
}

std::size_t events_before(phase p) {
  switch (p) {
  case phase::between: return 2;
  case phase::unfinished: return 3;
  case phase::settling: return events.size();
  default: return 0;
  }
}

std::string text_before(phase p) {
  return p == phase::between ? "a" : p == phase::unfinished || p == phase::settling ? "ab" : "";
}

// Makes the next call stay in a phase.
void stay_in(bench& b, phase p) {
  switch (p) {
  case phase::connecting: b.net->stall(); break;
  case phase::handshaking: b.net->delay(1h).add(expect_request()); break;
  case phase::queued: break;
  case phase::sending: b.net->add(script().accept(16).expect("POST").block_writes()); break;
  case phase::head: b.net->add(expect_request().reply("HTTP/1.1 200 OK\r\n").stall()); break;
  default: b.net->add(expect_request().reply(first_events(events_before(p))).stall());
  }
}

// One call that stays in its phase, and what it gave.
class staged {
public:
  staged(phase p, options o) : in(p), b(std::move(o.max_connections(p == phase::queued ? 1 : 8))) {
    if (p == phase::queued) {
      b.net->add(expect_request().reply(stream_head).stall());
      b.spawn([this]() -> asio::awaitable<void> {
        holder.emplace(co_await b.client().stream(weir::chat("m").user("holds the only connection")));
      });
      testing::run(b.io, 0s);
      CHECK(holder);
    }
    stay_in(b, p);
  }

  // Does not touch the reply once next() has thrown: it may be gone.
  asio::awaitable<void> call() {
    try {
      r.emplace(co_await b.client().stream(weir::chat("m").user("hi")));
      s.opened = true;
      while (auto e = co_await r->next())
        s.text += e->text();
    } catch (const boost::system::system_error& e) {
      s.code = e.code();
    }
    s.ended = b.now();
    if (r)
      s.outcome = r->outcome();
  }

  void let_holder_go() {
    holder.reset();
    r.reset();
    CHECK(testing::run(b.io));
  }

  phase in;
  seen s;
  bench b;
  std::optional<reply> holder, r;
};

void play(phase p, ending e) {
  CAPTURE(name_of(p));
  CAPTURE(name_of(e));
  const duration when = p == phase::settling ? duration(10ms) : duration(10s);
  staged c(p, e == ending::deadline ? bench::plain().deadline(when) : bench::plain());
  auto& b = c.b;
  auto inner = b.root->child();
  std::optional<asio::cancellation_signal> signal(std::in_place);
  ++b.running;
  auto done = [&](std::exception_ptr failed) {
    --b.running;
    CHECK_FALSE(failed);
  };
  if (e == ending::within) {
    auto limited = [&]() -> asio::awaitable<void> { co_await within(when, c.call()); };
    asio::co_spawn(b.executor(), limited, done);
  } else {
    asio::co_spawn(asio::any_io_executor(executor(inner)), c.call(),
                   asio::bind_cancellation_slot(signal->slot(), done));
  }
  testing::run(b.io, when);
  const bool timed = e == ending::within || e == ending::deadline;
  if (!timed) {
    CHECK(b.running == 1);
    CHECK(c.s.opened == !opening(p));
  }
  switch (e) {
  case ending::dropped: c.r.reset(); break;
  case ending::cancelled: c.r->cancel(); break;
  case ending::slot: signal->emit(asio::cancellation_type::terminal); break;
  case ending::scope: inner->cancel(); break;
  default: break;
  }
  inner.reset();
  testing::run(b.io, 1s);
  signal.reset();

  CHECK(b.running == 0);
  CHECK(c.s.ended == when);
  CHECK(c.s.text == text_before(p));
  if (p == phase::settling) {
    CHECK_FALSE(c.s.code);
    if (c.r)
      CHECK(c.s.outcome == outcome::complete);
  } else {
    CHECK(c.s.code == (timed ? errc::deadline_exceeded : errc::cancelled));
    if (!opening(p) && c.r)
      CHECK(c.s.outcome == (timed ? outcome::deadline : outcome::cancelled));
  }
  const auto pool = b.client().pool();
  CHECK(pool.leased == (c.holder && e != ending::deadline ? 1 : 0));
  CHECK(pool.connecting + pool.waiting + pool.idle == 0);
  CHECK(b.net->live() == pool.leased);
  c.let_holder_go();
  b.check_clean();
}

} // namespace

TEST_CASE("every ending in every phase comes at its instant, with its error, and leaves nothing") {
  for (const auto p : phases)
    for (const auto e : endings)
      if (!opening(p) || e > ending::cancelled)
        play(p, e);
}

TEST_CASE("a context may be destroyed in every phase") {
  for (const auto p : phases)
    for (const bool client_first : {true, false}) {
      CAPTURE(name_of(p));
      const auto before = scope::live();
      {
        std::optional<staged> c(std::in_place, p, bench::plain());
        if (client_first) {
          c->b.spawn([&c]() -> asio::awaitable<void> { co_await c->call(); });
        } else {
          // The coroutine owns the client and, later, the reply.
          auto own = [](weir::client one) -> asio::awaitable<void> {
            auto r = co_await one.stream(weir::chat("m").user("hi"));
            while (co_await r.next())
              ;
          };
          asio::co_spawn(c->b.executor(), own(std::move(*c->b.one)), [](std::exception_ptr) {});
          c->b.one.reset();
        }
        testing::run(c->b.io, p == phase::settling ? duration(10ms) : duration(10s));
      }
      CHECK(scope::live() == before);
    }
}

namespace {

// What a peer does at ten seconds, in the instant in which the call is ended: the wait for it
// has succeeded, but the coroutine has not yet run.
class racing {
public:
  racing(const char* n, script s, std::string t, bool w) : name(n), peer(std::move(s)), text(std::move(t)), whole(w) {}
  const char* name;
  script peer;
  std::string text; // what was read before
  bool whole;       // before the race
};

std::vector<racing> races() {
  const auto json = answer(200, "application/json", chat_json("Hello"));
  std::vector<racing> all;
  all.emplace_back("head", expect_request().pause(10s).reply(stream_head), "", false);
  all.emplace_back("first token",
                   expect_request().reply(stream_head).pause(10s).reply(first_events(3).substr(stream_head.size())), "",
                   false);
  all.emplace_back("between", expect_request().reply(first_events(2)).pause(10s).reply(chunk(events[2])), "a", false);
  all.emplace_back("end", expect_request().reply(first_events(3)).pause(10s).close(), "ab", false);
  all.emplace_back(
      "plain", expect_request().reply(json.substr(0, json.size() - 9)).pause(10s).reply(json.substr(json.size() - 9)),
      "", false);
  return all;
}

void race(const racing& r, ending e) {
  CAPTURE(std::string(r.name));
  CAPTURE(name_of(e));
  staged c(phase::connecting, bench::plain());
  auto& b = c.b;
  b.net = std::make_shared<testing::scripted_connector>();
  b.net->add(r.peer);
  b.one.emplace(bare(bench::plain()).connector(b.net));
  b.spawn([&]() -> asio::awaitable<void> { co_await c.call(); });
  testing::run(b.io, 1s);
  // Registered after the peer's own wait, so its handler runs after the peer's and before the reader's.
  bool done = false;
  b.time().async_wait(b.executor(), b.start + 10s, [&](error_code) {
    done = true;
    if (e == ending::dropped)
      c.r.reset();
    else if (e == ending::cancelled && c.r)
      c.r->cancel();
    else
      b.root->cancel();
  });
  testing::run(b.io, 20s);
  CHECK(done);
  CHECK(b.running == 0);
  CHECK(c.s.text == r.text);
  CHECK(c.s.ended == 10s);
  CHECK(c.s.code == errc::cancelled);
  c.let_holder_go();
  b.check_clean();
}

} // namespace

TEST_CASE("an ending wins over bytes that arrived in the same instant and were not read") {
  for (const auto& r : races())
    for (const auto e : {ending::dropped, ending::cancelled, ending::scope})
      if (std::string_view(r.name) != "head" || e == ending::scope)
        race(r, e);
}

TEST_CASE("collect() that is cancelled gives what arrived") {
  for (const bool racing : {false, true}) {
    CAPTURE(racing);
    bench b;
    b.net->add(expect_request().reply(first_events(2)).pause(10s).reply(chunk(events[2])).stall());
    std::optional<asio::cancellation_signal> signal(std::in_place);
    completion all;
    bool ended = false;
    auto body = [&]() -> asio::awaitable<void> {
      auto r = co_await b.client().stream(weir::chat("m").user("hi"));
      all = co_await collect(std::move(r));
      ended = true;
    };
    asio::co_spawn(b.executor(), body, asio::bind_cancellation_slot(signal->slot(), [](std::exception_ptr) {}));
    testing::run(b.io, 1s);
    if (racing)
      b.time().async_wait(b.executor(), b.start + 10s,
                          [&](error_code) { signal->emit(asio::cancellation_type::terminal); });
    else
      signal->emit(asio::cancellation_type::terminal);
    testing::run(b.io, 20s);
    CHECK(ended);
    CHECK(all.text() == (racing ? "ab" : "a"));
    CHECK(all.outcome == outcome::cancelled);
    CHECK(all.failure.code() == errc::cancelled);
    CHECK(testing::run(b.io));
    signal.reset();
    b.check_clean();
  }
}

TEST_CASE("collect() within a deadline gives what arrived, with that outcome") {
  bench b(bench::plain().deadline(10s));
  b.net->add(expect_request().reply(first_events(2)).stall());
  completion all;
  CHECK(b.run([&]() -> asio::awaitable<void> {
    all = co_await collect(co_await b.client().stream(weir::chat("m").user("hi")));
  }));
  CHECK(all.text() == "a");
  CHECK(all.outcome == outcome::deadline);
  CHECK(b.now() == 10s);
  b.check_clean();
}

TEST_CASE("a call that is not streamed ends at its deadline and by its scope in every phase") {
  for (const auto p : {phase::connecting, phase::handshaking, phase::queued, phase::sending, phase::head})
    for (const auto e : {ending::scope, ending::within, ending::deadline}) {
      CAPTURE(name_of(p));
      CAPTURE(name_of(e));
      staged c(p, e == ending::deadline ? bench::plain().deadline(10s) : bench::plain());
      auto& b = c.b;
      auto inner = b.root->child();
      error_code ec;
      auto body = [&]() -> asio::awaitable<void> {
        auto call = b.client().chat(weir::chat("m").user("hi"));
        if (e == ending::within)
          ec = co_await code_of(within(10s, std::move(call)));
        else
          ec = co_await code_of(std::move(call));
        c.s.ended = b.now();
      };
      asio::co_spawn(asio::any_io_executor(executor(inner)), body, [](std::exception_ptr) {});
      testing::run(b.io, 10s);
      if (e == ending::scope)
        inner->cancel();
      inner.reset();
      testing::run(b.io, 1s);
      CHECK(ec == (e == ending::scope ? errc::cancelled : errc::deadline_exceeded));
      CHECK(c.s.ended == 10s);
      c.let_holder_go();
      b.check_clean();
    }
}

TEST_CASE("close() ends calls that wait for a connection, and leaves streams alone") {
  staged c(phase::queued, bench::plain());
  c.b.spawn([&]() -> asio::awaitable<void> { co_await c.call(); });
  testing::run(c.b.io, 1s);
  c.b.client().close();
  testing::run(c.b.io, 1s);
  CHECK(c.s.code == errc::cancelled);
  CHECK(c.b.net->live() == 1);
  c.let_holder_go();
  c.b.check_clean();
}

TEST_CASE("more waiting calls than allowed are refused at once") {
  staged c(phase::queued, bench::plain().max_waiting(1));
  error_code refused;
  auto inner = c.b.root->child();
  asio::co_spawn(asio::any_io_executor(executor(inner)), c.call(), [](std::exception_ptr) {});
  c.b.spawn(
      [&]() -> asio::awaitable<void> { refused = co_await code_of(c.b.client().stream(weir::chat("m").user("hi"))); });
  testing::run(c.b.io, 0s);
  CHECK(refused == errc::pool_exhausted);
  CHECK(refused == condition::throttled);
  inner->cancel();
  inner.reset();
  c.let_holder_go();
  c.b.check_clean();
}
