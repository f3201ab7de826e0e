// The routing layer over targets of different speed and health.
#include <doctest/doctest.h>

#include <weir/core/group.hpp>
#include <weir/core/random.hpp>

#include "policy/alternatives/fallback.hpp"
#include "policy/breaker/breaker.hpp"
#include "policy/breaker/breaker_set.hpp"
#include "policy/fake_answers.hpp"
#include "policy/recover/quota_set.hpp"
#include "policy/recover/retry.hpp"
#include "policy/select/balance_random.hpp"
#include "policy/select/balance_support.hpp"
#include "policy/select/routing.hpp"

namespace asio = boost::asio;
using namespace std::chrono_literals;
using namespace weir;
using namespace weir::test;
using strategy = routing::strategy;

namespace {

class routed {
public:
  explicit routed(routing s, fallback f = fallback())
      : set(std::make_shared<routing_set>(s)), top(stack_layers({make_routing(s, set), make_fallback(f)}, wire)) {}
  std::shared_ptr<routing_set> set;
  std::shared_ptr<played_wire> wire = std::make_shared<played_wire>();
  handler_ptr top;

  std::map<std::string, int> counts() const {
    std::map<std::string, int> n;
    for (const auto& r : wire->seen)
      ++n[r->to.text()];
    return n;
  }
};

asio::awaitable<void> ask_at(handler_ptr top, std::shared_ptr<call> c, duration at) {
  co_await sleep_for(at);
  try {
    auto r = co_await begin(std::move(top), c);
    co_await collect(std::move(r));
  } catch (const error&) {
  }
}

void play(world& w, routed& r, int calls, duration gap) {
  w.run([&]() -> asio::awaitable<void> {
    group all;
    for (int i = 0; i < calls; ++i)
      all.spawn(ask_at(r.top, make_call(w.root->child(), target("x/m")), i * gap));
    co_await all.join();
  });
}

routing two() { return routing().add(target("a")).add(target("b")); }

} // namespace

TEST_CASE("a routed call keeps what its target does not name, and its end is counted") {
  world w;
  routed r(routing().add(target("a")));
  r.wire->on("", behaviour().wait(250ms).text("ok", 50ms));
  play(w, r, 1, 0s);
  REQUIRE(r.wire->seen.size() == 1);
  CHECK(r.wire->seen[0]->to == target("a/m"));
  const auto s = r.set->inspect(w.now()).at(0);
  CHECK(s.target == "a");
  CHECK(s.in_flight == 0);
  CHECK(s.picked == 1);
  CHECK(s.first_token > 299ms);
  CHECK(s.first_token <= 300ms);
}

TEST_CASE("weights are the shares of the calls that arrive") {
  world w;
  seed_random(w.io, seed_or(1));
  routed r(routing().add(target("a"), 3).add(target("b")).by(strategy::weighted));
  r.wire->on("", behaviour().text("ok"));
  play(w, r, 4000, 1ms);
  CHECK(r.counts()["a/m"] == doctest::Approx(3000).epsilon(0.04));
}

TEST_CASE("with two choices a target ten times slower gets few of the calls") {
  world w;
  seed_random(w.io, seed_or(2));
  routed r(routing().add(target("a")).add(target("b")).add(target("c")));
  r.wire->on("a/m", behaviour().wait(100ms).text("ok"));
  r.wire->on("b/m", behaviour().wait(100ms).text("ok"));
  r.wire->on("c/m", behaviour().wait(1s).text("ok"));
  play(w, r, 3000, 5ms);
  CHECK(r.counts()["c/m"] < 3000 / 15);
  CHECK(r.counts()["a/m"] > 3000 / 3);
}

TEST_CASE("a target that only fails gets few of the calls, and is called again") {
  for (const auto by : {strategy::weighted, strategy::least_in_flight, strategy::p2c_peak_ewma}) {
    world w;
    seed_random(w.io, seed_or(3));
    routed r(two().by(by));
    r.wire->on("a/m", behaviour().wait(100ms).text("ok"));
    r.wire->on("b/m", behaviour().fail(errc::server_error));
    play(w, r, 3000, 20ms);
    MESSAGE("strategy " << int(by) << ": " << r.counts()["b/m"] << " of 3000 calls to the failing target");
    CHECK(r.counts()["b/m"] < 300);
    CHECK(r.counts()["b/m"] > 3);
    for (const auto& s : r.set->inspect(w.now()))
      CHECK(s.in_flight == 0);
  }
}

TEST_CASE("what is about the request or the caller is no verdict on the target") {
  world w;
  routed r(routing().add(target("a")));
  r.wire->on("", behaviour().fail(errc::bad_request));
  play(w, r, 3, 1s);
  CHECK(r.set->inspect(w.now()).at(0).failures == 0);
  CHECK(r.set->inspect(w.now()).at(0).in_flight == 0);
}

TEST_CASE("a target that a fallback replaced has failed, and the time that took is not its own") {
  world w;
  routed r(routing().add(target("a")), fallback().to(target("z")));
  r.wire->on("a/m", behaviour().fail(errc::overloaded));
  r.wire->on("z/m", behaviour().wait(5s).text("ok"));
  play(w, r, 1, 0s);
  const auto s = r.set->inspect(w.now()).at(0);
  CHECK(s.failures == 1);
  CHECK(s.first_token == 0s);
  CHECK(s.in_flight == 0);
}

TEST_CASE("a routed call that is cancelled at any point gives its place back") {
  for (auto at = 0ms; at < 1500ms; at += 100ms) {
    world w;
    routed r(routing().add(target("a")));
    r.wire->on("", behaviour().wait(300ms).text("one", 300ms).text("two", 400ms));
    const auto in = w.root->child();
    asio::co_spawn(asio::any_io_executor(executor(in)), ask_at(r.top, make_call(in->child(), target("x/m")), 0s),
                   [](std::exception_ptr) {});
    weir::testing::run(w.io, at);
    asio::post(w.executor(), [&] { in->cancel(errc::cancelled); });
    w.io.restart();
    weir::testing::run(w.io);
    const auto s = r.set->inspect(w.now()).at(0);
    CHECK(s.in_flight == 0);
    CHECK(s.failures == 0);
  }
}

TEST_CASE("a call goes to an equal target where the circuit of the first is open, and waits only where all are") {
  for (const auto by : {strategy::weighted, strategy::least_in_flight, strategy::p2c_peak_ewma}) {
    CAPTURE(int(by));
    world w;
    seed_random(w.io, 1);
    const auto settings = routing().add(target("a")).add(target("b")).add(target("c")).by(by);
    const auto set = std::make_shared<routing_set>(settings);
    bool up = true;
    const auto wire = std::make_shared<fake_wire>([&](call& c) {
      return up && c.to.provider() == "b" ? way::good(20ms)
                                          : way::refused(failure(errc::overloaded, "busy").status(503), 1ms);
    });
    const auto circuits = std::make_shared<breaker_set>();
    const auto top = stack_layers({make_routing(settings, set), make_retry(retry(), std::make_shared<quota_set>()),
                                   make_breaker(breaker().consecutive_span(100ms), circuits)},
                                  wire);
    std::size_t failed = 0;
    duration longest{};
    const auto one = [&]() -> asio::awaitable<void> {
      const auto begun = w.now();
      call c(nullptr, target("x/m"), w.root, w.now());
      try {
        co_await read_all(top, c);
      } catch (const error&) {
        ++failed;
      }
      longest = std::max(longest, w.now() - begun);
    };
    const auto many = [&]() -> asio::awaitable<void> {
      for (int i = 0; i < 200; ++i) {
        group some;
        for (int k = 0; k < 10; ++k)
          some.spawn(one());
        co_await some.join();
      }
    };
    w.run(many);
    std::size_t opened = 0;
    for (const auto& s : circuits->inspect(w.now()))
      opened += s.state == breaker_state::phase::open;
    CHECK(opened >= 1);
    const auto failed_first = failed;
    longest = {};
    w.run(many);
    // None waits for a probe of another target, or a second of them.
    CHECK(longest < 1s);
    CHECK(failed - failed_first <= 40);
    for (const auto& s : set->inspect(w.now()))
      CHECK(s.in_flight == 0);
  }
}

TEST_CASE(
    "a call goes to an equal target where the first is over its budget, and fails with the sooner room if all are") {
  const auto no_room = [](duration until) {
    return behaviour().fail(failure(errc::over_budget, "no room").retry_after(until));
  };
  for (const bool other_has_room : {true, false}) {
    CAPTURE(other_has_room);
    world w;
    seed_random(w.io, 1);
    routed r(two());
    r.wire->on("a/m", no_room(1h));
    r.wire->on("b/m", other_has_room ? behaviour().text("ok", 50ms) : no_room(1min));
    int answered = 0;
    std::vector<failure> why;
    w.run([&]() -> asio::awaitable<void> {
      for (int i = 0; i < 10; ++i)
        try {
          const auto c = make_call(w.root->child(), target("x/m"));
          auto answer = co_await begin(r.top, c);
          co_await collect(std::move(answer));
          ++answered;
        } catch (const error& e) {
          why.push_back(e.failure());
        }
    });
    CHECK(answered == (other_has_room ? 10 : 0));
    CHECK(r.counts()["a/m"] > 0);
    CHECK(r.counts()["b/m"] == 10);
    for (const auto& f : why) {
      CHECK(f.code() == errc::over_budget);
      CHECK(f.retry_after() == duration(1min));
    }
    for (const auto& s : r.set->inspect(w.now()))
      CHECK(s.in_flight == 0);
  }
}

TEST_CASE("calls of one conversation go to one target, and to one other where that target's circuit is open") {
  world w;
  seed_random(w.io, 5);
  routed r(routing().add(target("a")).add(target("b")).add(target("c")));
  r.wire->make = [](const call&) { return behaviour().wait(10ms).text("ok"); };
  const auto ask = [&](const std::string& id) {
    auto c = make_call(w.root->child(), target("x/m"));
    const auto op = std::make_shared<operation_of_test>();
    op->ask.conversation(id);
    c->op = op;
    return c;
  };
  const auto rounds = [&](int n) {
    r.wire->seen.clear();
    w.run([&]() -> asio::awaitable<void> {
      group all;
      for (int i = 0; i < n; ++i)
        all.spawn(ask_at(r.top, ask("talk " + std::to_string(i % 8)), i * 5ms));
      co_await all.join();
    });
    std::map<std::string, std::size_t> places;
    for (std::size_t i = 0; i < r.wire->seen.size(); ++i)
      ++places[r.wire->seen[i]->to.text() + " of " + std::to_string(i % 8)];
    return places;
  };
  const auto first = rounds(80);
  CHECK(first.size() == 8);
  CHECK(r.counts().size() > 1);
  CHECK(rounds(80) == first);

  const auto shut = r.wire->seen[0]->to.text();
  r.wire->make = [&](const call& c) {
    return c.to.text() == shut ? behaviour().fail(errc::circuit_open) : behaviour().wait(10ms).text("ok");
  };
  std::map<std::string, int> others;
  for (int i = 0; i < 10; ++i) {
    r.wire->seen.clear();
    w.run([&]() -> asio::awaitable<void> { co_await ask_at(r.top, ask("talk 0"), 0s); });
    // Once the circuit has been found open a few times, it is not even tried.
    REQUIRE(r.wire->seen.size() == (i < 3 ? 2 : 1));
    ++others[r.wire->seen.back()->to.text()];
  }
  CHECK(others.size() == 1);
  CHECK_FALSE(others.contains(shut));
  for (const auto& s : r.set->inspect(w.now()))
    CHECK(s.in_flight == 0);
}
