// The circuit breaker as a layer, in simulated time.
#include <doctest/doctest.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include <cmath>

#include <weir/core/random.hpp>
#include <weir/core/within.hpp>

#include "policy/breaker/breaker.hpp"
#include "policy/breaker/breaker_set.hpp"
#include "policy/fake_answers.hpp"
#include "policy/recover/quota_set.hpp"
#include "policy/recover/retry.hpp"
#include "policy/seed.hpp"

namespace asio = boost::asio;
using namespace std::chrono_literals;
using namespace weir;
using weir::test::fake_wire;
using weir::test::way;
using weir::test::world;
using phase = breaker_state::phase;

namespace {

const failure broken(errc::server_error, "acme failed");

class guarded {
public:
  explicit guarded(breaker settings = breaker()) : top(make_breaker(settings, circuits)(wire)) { seed_random(w.io, 1); }

  asio::awaitable<void> ask(target to) {
    auto c = test::call_to(w, std::move(to));
    auto r = co_await (*top)(c);
    while (auto e = co_await r.next()) {
    }
  }

  /// Runs one call to its end; returns its failure.
  failure run(way how, target to = target("acme/model")) {
    next = std::move(how);
    try {
      w.run([&]() -> asio::awaitable<void> { co_await ask(to); });
    } catch (const error& e) {
      return e.failure();
    }
    return {};
  }

  void open() {
    for (int i = 0; i < 7; ++i) {
      wait(100ms);
      CHECK(run(way::refused(broken)).code() == errc::server_error);
    }
    REQUIRE(state().state == phase::open);
  }

  void wait(duration d) { testing::manual_time::of(w.io).advance_to(w.now() + d); }

  breaker_state state() { return circuits->inspect(w.now()).at(0); }

  world w;
  way next;
  std::shared_ptr<breaker_set> circuits = std::make_shared<breaker_set>();
  std::shared_ptr<fake_wire> wire = std::make_shared<fake_wire>([this](call&) { return next; });
  handler_ptr top;
};

} // namespace

TEST_CASE("an open circuit fails a call at once, says since when, and when the next one is let through") {
  guarded g;
  g.open();
  g.wait(200ms);
  const auto requests = g.wire->requests.size();
  const auto before = g.w.now();
  const auto f = g.run(way::good());
  CHECK(f.code() == errc::circuit_open);
  CHECK(f.code() == condition::transient);
  REQUIRE(f.retry_after());
  CHECK(*f.retry_after() >= 800ms);
  CHECK(*f.retry_after() <= 1300ms);
  CHECK(f.message().starts_with("acme/model is not called: its calls have been failing for 200 ms; the next one is let "
                                "through in "));
  CHECK(g.wire->requests.size() == requests);
  CHECK(g.w.now() == before);

  g.wait(*f.retry_after());
  CHECK_FALSE(g.run(way::good()));
  CHECK(g.state().state == phase::closed);
  CHECK(g.state().refused == 1);
  CHECK(g.state().running == 0);
}

TEST_CASE("streams that break off open the circuit by their share: each was a sign of life before") {
  guarded g;
  for (int i = 0; i < 49; ++i)
    g.run(way::cut(failure(errc::truncated, "")));
  CHECK(g.state().state == phase::closed);
  CHECK(g.state().succeeded == 49);
  CHECK(g.state().failed == 49);
  g.run(way::cut(failure(errc::truncated, "")));
  CHECK(g.state().state == phase::open);
}

TEST_CASE("the head of a response that is not streamed is a sign of life, and so is every token") {
  guarded g;
  int told = 0;
  g.top = make_breaker(breaker(), g.circuits)(std::make_shared<fake_wire>([&](call& c) {
    if (told++ % 6 == 5) {
      REQUIRE(c.on_head);
      c.on_head();
    }
    return way::refused(broken);
  }));
  for (int i = 0; i < 30; ++i) {
    g.run(way());
    g.wait(100ms);
  }
  CHECK(g.state().state == phase::closed);
}

TEST_CASE("what the caller causes does not open the circuit") {
  guarded g;
  for (const auto code : {errc::unauthorized, errc::quota_exhausted, errc::forbidden, errc::bad_request,
                          errc::not_found, errc::cancelled, errc::deadline_exceeded})
    for (int i = 0; i < 200; ++i)
      g.run(way::refused(failure(code, "")));
  CHECK(g.state().state == phase::closed);
  CHECK(g.state().failed == 0);
  CHECK(g.state().running == 0);
}

TEST_CASE("a target's circuit is its own: other keys, models and origins are not affected") {
  guarded g;
  g.open();
  CHECK(g.run(way::good(), target("acme/model")).code() == errc::circuit_open);
  CHECK_FALSE(g.run(way::good(), target("acme/model").key("other")));
  CHECK_FALSE(g.run(way::good(), target("acme/other")));
  CHECK_FALSE(g.run(way::good(), target("acme/model").base_url("http://127.0.0.1:1")));
  CHECK(g.circuits->inspect(g.w.now()).size() == 4);
}

TEST_CASE("while a probe waits for its first token others fail at once; then the circuit is closed") {
  guarded g;
  g.open();
  g.wait(2s);
  g.next = way::good(1s, 1s, 10min);
  asio::co_spawn(g.w.executor(), g.ask(target("acme/model")), [](std::exception_ptr e) { CHECK_FALSE(e); });
  testing::run(g.w.io, 1500ms);
  g.w.io.restart();
  CHECK(g.state().state == phase::half_open);
  CHECK(g.state().running == 1);
  failure f;
  asio::co_spawn(g.w.executor(), g.ask(target("acme/model")), [&](std::exception_ptr e) {
    try {
      std::rethrow_exception(e);
    } catch (const error& why) {
      f = why.failure();
    }
  });
  g.w.io.poll();
  g.w.io.restart();
  CHECK(f.code() == errc::circuit_open);
  CHECK_FALSE(f.retry_after());
  CHECK(f.message().find("a probe is in flight") != std::string::npos);
  testing::run(g.w.io, 1s);
  g.w.io.restart();
  CHECK(g.state().state == phase::closed);
  CHECK(g.state().succeeded == 1);
  testing::run(g.w.io);
  CHECK(g.state().running == 0);
}

TEST_CASE("a throttled probe keeps the circuit open") {
  guarded g;
  g.open();
  g.wait(2s);
  CHECK(g.run(way::refused(failure(errc::rate_limited, ""))).code() == errc::rate_limited);
  CHECK(g.state().state == phase::open);
  CHECK(g.state().next_probe >= 2s);
}

TEST_CASE("a first token over the limit counts as a failure, however the answer goes on") {
  guarded g(breaker().slow_first_token(2s));
  for (int i = 0; i < 20; ++i)
    CHECK_FALSE(g.run(way::good(1s, 1s, 1h)));
  CHECK(g.state().state == phase::closed);
  CHECK(g.state().failed == 0);
  for (int i = 0; i < 7; ++i)
    CHECK_FALSE(g.run(way::good(1s, 1001ms)));
  CHECK(g.state().state == phase::open);
  CHECK(g.state().running == 0);

  // A slow probe is a failed one.
  g.wait(2s);
  CHECK_FALSE(g.run(way::good(3s)));
  CHECK(g.state().state == phase::open);
}

TEST_CASE("waiting for the limits below does not make the target slow") {
  world w;
  auto circuits = std::make_shared<breaker_set>();
  auto wire = std::make_shared<fake_wire>([](call& c) {
    c.attempt->queued += 1min;
    return way::good(1min, 1s);
  });
  const auto top = make_breaker(breaker().slow_first_token(2s), circuits)(wire);
  w.run([&]() -> asio::awaitable<void> {
    auto c = test::call_to(w);
    begin_attempt(c, w.now());
    auto r = co_await (*top)(c);
    while (auto e = co_await r.next()) {
    }
  });
  const auto s = circuits->inspect(w.now()).at(0);
  CHECK(s.succeeded == 1);
  CHECK(s.failed == 0);
}

TEST_CASE("a breaker that is not enabled adds no layer") {
  const handler_ptr wire = std::make_shared<fake_wire>(std::vector<way>{way::good()});
  CHECK(make_breaker(breaker().enabled(false), std::make_shared<breaker_set>())(wire) == wire);
}

TEST_CASE("an open circuit is not retried if the breaker does not wait, or if other targets are left") {
  for (const bool elsewhere : {false, true}) {
    guarded g(breaker().wait(elsewhere));
    g.open();
    const auto top = make_retry(retry(), std::make_shared<quota_set>())(g.top);
    auto c = test::call_to(g.w);
    c.elsewhere = elsewhere;
    const auto before = g.w.now();
    CHECK(test::code_of([&] { g.w.run([&]() -> asio::awaitable<void> { co_await (*top)(c); }); }) ==
          errc::circuit_open);
    CHECK(g.w.now() == before);
    CHECK(c.record->attempts.size() == 1);
  }
}

TEST_CASE("B2: of 10,000 cancelled probes none closes the circuit, and the next one is let through at once") {
  const auto seed = weir::test::seed();
  CAPTURE(weir::test::replay(seed, "B2: of 10,000 cancelled probes*"));
  random_source random(seed);
  const auto scopes = scope::live();
  {
    guarded g;
    g.open();
    g.wait(2s);
    std::uint64_t closed = 0, wedged = 0, held = 0, in_head = 0, in_first = 0;
    for (int i = 0; i < 10'000; ++i) {
      g.next = way::good(50ms, 50ms, 1h);
      const duration cut(static_cast<std::int64_t>(random.below(99'999'999)));
      ++(cut < 50ms ? in_head : in_first);
      const auto requests = g.wire->requests.size();
      const auto in = g.w.root->child();
      asio::cancellation_signal stop;
      const auto kind = random.below(3);
      const auto ask = [&]() -> asio::awaitable<void> {
        co_await within(kind == 0 ? cut : duration(2h), g.ask(target("acme/model")));
      };
      bool ended = false;
      auto end = asio::bind_cancellation_slot(stop.slot(), [&](std::exception_ptr e) { ended = e != nullptr; });
      if (kind != 1)
        asio::co_spawn(asio::any_io_executor(executor(in)), ask, std::move(end));
      else
        asio::co_spawn(asio::any_io_executor(executor(in)), g.ask(target("acme/model")), std::move(end));
      testing::run(g.w.io, cut);
      g.w.io.restart();
      if (kind == 1)
        stop.emit(asio::cancellation_type::terminal);
      if (kind == 2)
        in->cancel();
      g.w.io.poll();
      g.w.io.restart();
      const auto s = g.state();
      wedged += !ended || g.wire->requests.size() != requests + 1;
      closed += s.state == phase::closed;
      held += s.running;
    }
    CHECK(closed == 0);
    CHECK(wedged == 0);
    CHECK(held == 0);
    CHECK(in_head > 4000);
    CHECK(in_first > 4000);
    CHECK_FALSE(g.run(way::good()));
    CHECK(g.state().state == phase::closed);
  }
  CHECK(scope::live() == scopes);
}

TEST_CASE("B2: a probe whose reply or whose whole context is dropped gives its permit back") {
  auto circuits = std::make_shared<breaker_set>();
  time_point now;
  {
    guarded g;
    g.circuits = circuits;
    g.top = make_breaker(breaker(), circuits)(g.wire);
    g.open();
    g.wait(2s);
    g.next = way::good();
    g.w.run([&]() -> asio::awaitable<void> {
      auto c = test::call_to(g.w);
      auto r = co_await (*g.top)(c);
    });
    CHECK(circuits->inspect(g.w.now()).at(0).state == phase::open);
    CHECK(circuits->inspect(g.w.now()).at(0).running == 0);
    g.next = way::good(1h);
    asio::co_spawn(g.w.executor(), g.ask(target("acme/model")), [](std::exception_ptr) {});
    g.w.io.poll();
    CHECK(circuits->inspect(g.w.now()).at(0).state == phase::half_open);
    now = g.w.now();
  }
  CHECK(circuits->inspect(now).at(0).state == phase::open);
  {
    guarded g;
    g.top = make_breaker(breaker(), circuits)(g.wire);
    g.wait(1h);
    g.next = way::good(1s, 1h);
    asio::co_spawn(g.w.executor(), g.ask(target("acme/model")), [](std::exception_ptr) {});
    testing::run(g.w.io, 2s);
    CHECK(circuits->inspect(g.w.now()).at(0).state == phase::half_open);
    now = g.w.now();
  }
  CHECK(circuits->inspect(now).at(0).state == phase::open);
  CHECK(circuits->inspect(now).at(0).running == 0);
}

TEST_CASE("breaker settings that make no sense are refused, with the field's path") {
  const auto message = [](const breaker& b) -> std::string {
    try {
      b.check("breaker");
    } catch (const error& e) {
      CHECK(e.code() == errc::invalid_configuration);
      return e.what();
    }
    return "";
  };
  CHECK(message(breaker()) == "");
  CHECK(message(breaker().min_success(1.1)).starts_with("breaker.min_success: "));
  CHECK(message(breaker().min_success(-0.1)).starts_with("breaker.min_success: "));
  CHECK(message(breaker().min_success(std::nan(""))).starts_with("breaker.min_success: "));
  CHECK(message(breaker().consecutive_span(-1s)).starts_with("breaker.consecutive_span: "));
  CHECK(message(breaker().consecutive_share(1.5)).starts_with("breaker.consecutive_share: "));
  CHECK(message(breaker().window(0s)).starts_with("breaker.window: "));
  CHECK(message(breaker().open_for(0s)).starts_with("breaker.open_for: "));
  CHECK(message(breaker().open_for(2min)).starts_with("breaker.open_for_at_most: "));
  CHECK(message(breaker().slow_first_token(-1s)).starts_with("breaker.slow_first_token: "));
}
