// The policies against a real server that misbehaves: outages, 429 storms, brown-outs, flapping.
#include "client/support.hpp"

#include <algorithm>

#include <weir/core/group.hpp>

#include "sim/server/server.hpp"

using namespace weir;
using namespace weir::test;

namespace {

class tally {
public:
  tally() = default;
  std::size_t complete = 0, failed = 0, broken_off = 0, wrong = 0;
  std::size_t throttled = 0; // attempts that were answered with 429
  std::size_t refused = 0;   // by an open circuit
};

asio::awaitable<void> one(client& c, tally& t) {
  std::string text;
  std::optional<reply> r;
  try {
    r.emplace(co_await c.stream(weir::chat("m").user("hi")));
    while (auto e = co_await r->next())
      text += e->text();
  } catch (const boost::system::system_error& e) {
    t.refused += e.code() == errc::circuit_open;
    ++(r ? t.broken_off : t.failed);
    co_return;
  }
  ++t.complete;
  t.wrong += r->outcome() != outcome::complete || text.find("You said") != 0;
}

class storm {
public:
  explicit storm(options o, bool tls = false) : server(how(tls)) {
    o.base_url(server.url()).ca_file(server.ca_file()).max_connections(256);
    o.observe(on_attempt([this](const call_record&, const attempt& a) { t.throttled += a.status == 429; }));
    c.emplace(std::move(o));
  }

  static sim::settings how(bool tls) {
    sim::settings s;
    s.tls = tls;
    s.tokens = 4;
    return s;
  }

  void faults(std::initializer_list<const char*> texts) {
    std::vector<sim::fault_rule> rules;
    for (const auto* text : texts)
      rules.push_back(sim::parse_fault_rule(text));
    server.faults(std::move(rules));
  }

  /// This many calls, `at_once` of them at a time, with short backoffs.
  asio::awaitable<void> calls(std::size_t n, std::size_t at_once) {
    group all(at_once);
    for (std::size_t i = 0; i < n; ++i)
      all.spawn(one(*c, t));
    const backoff soon(1ms, 20ms);
    co_await with_backoff(soon, all.join());
  }

  /// Runs to the end, for at most a minute.
  void play(std::function<asio::awaitable<void>()> body) {
    asio::io_context io(1);
    asio::co_spawn(executor(scope::root(io.get_executor())), within(1min, body()), [](std::exception_ptr e) {
      if (e)
        std::rethrow_exception(e);
    });
    io.run();
    CHECK(t.wrong == 0);
    CHECK(c->pool().leased + c->pool().connecting + c->pool().waiting == 0);
    c.reset();
  }

  tally t;
  sim::server_thread server;
  std::optional<client> c;
};

options patient() { return options().retry(retry().throttling_base(1ms)).breaker(breaker().enabled(false)); }

} // namespace

TEST_CASE("R1 on real sockets: an outage is met with hardly a request more than there are calls") {
  storm s(patient());
  s.faults({"503"});
  s.play([&]() -> asio::awaitable<void> { co_await s.calls(2000, 50); });
  CHECK(s.t.failed == 2000);
  CHECK(s.server.seen().requests <= 2040);
}

TEST_CASE("R1 on real sockets: of failures by chance hardly one reaches the caller, for a quarter more load") {
  storm s(patient());
  s.faults({"500=0.2"});
  s.play([&]() -> asio::awaitable<void> { co_await s.calls(2000, 16); });
  CHECK(s.t.complete >= 1980);
  CHECK(s.server.seen().requests <= 2520);
}

TEST_CASE("L7 on real sockets: one 429 with a hint holds back every caller, and all are served in the end") {
  constexpr std::size_t in_flight = 12;
  storm s(patient().retry(retry().attempts(6).throttling_base(1ms)).concurrency(concurrency().limit(in_flight)));
  s.faults({"rate-limit:1s"});
  s.play([&]() -> asio::awaitable<void> {
    group both;
    both.spawn(s.calls(150, 150));
    auto clear = [&]() -> asio::awaitable<void> {
      co_await sleep_for(300ms);
      s.faults({});
    };
    both.spawn(clear());
    co_await both.join();
  });
  CHECK(s.t.complete == 150);
  CHECK(s.t.throttled >= 1);
  CHECK(s.t.throttled <= in_flight + 1);
}

TEST_CASE("a brown-out opens the circuit, which spares the server, and closes when it is over") {
  const auto opens_soon =
      breaker().consecutive_failures(5).consecutive_span(10ms).open_for(100ms).open_for_at_most(200ms);
  storm s(options().breaker(breaker(opens_soon).wait(false)), true);
  s.faults({"503=0.9"});
  s.play([&]() -> asio::awaitable<void> {
    co_await s.calls(400, 8);
    CHECK(s.t.refused >= 200);
    CHECK(s.server.seen().requests <= 300); // 1,080 without one
    s.faults({});
    // Until the probe has gone through.
    for (int i = 0; i < 50 && s.c->inspect().breakers.at(0).state != breaker_state::phase::closed; ++i) {
      co_await sleep_for(20ms);
      co_await s.calls(1, 1);
    }
    const auto before = s.t.complete;
    co_await s.calls(50, 8);
    CHECK(s.t.complete == before + 50);
  });
}

TEST_CASE("with a flapping server every call ends, and none with a wrong answer") {
  storm s(options().retry(retry().attempts(4)).breaker(breaker().open_for(20ms).open_for_at_most(40ms).wait(false)));
  bool over = false;
  s.play([&]() -> asio::awaitable<void> {
    group both;
    auto flap = [&]() -> asio::awaitable<void> {
      while (!over) {
        s.faults({"reset:200=0.4", "hang-up=0.2", "cut:300=0.2", "502=0.2"});
        co_await sleep_for(40ms);
        s.faults({});
        co_await sleep_for(40ms);
      }
    };
    auto callers = [&]() -> asio::awaitable<void> {
      for (int i = 0; i < 15; ++i) {
        co_await s.calls(40, 10);
        co_await sleep_for(30ms);
      }
      over = true;
    };
    both.spawn(flap());
    both.spawn(callers());
    co_await both.join();
    s.faults({});
    co_await sleep_for(100ms);
    const auto before = s.t.complete;
    co_await s.calls(1, 1);
    co_await s.calls(20, 5);
    CHECK(s.t.complete == before + 21);
  });
  CHECK(s.t.complete + s.t.failed + s.t.broken_off == 15 * 40 + 21);
  CHECK(s.t.complete > 100);
}
