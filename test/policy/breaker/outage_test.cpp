// Calls and a target that is down for a while: who waits, for how long, and what is sent meanwhile.
#include <doctest/doctest.h>

#include <algorithm>

#include <weir/core/random.hpp>
#include <weir/core/within.hpp>

#include "policy/alternatives/fallback.hpp"
#include "policy/breaker/breaker.hpp"
#include "policy/breaker/breaker_set.hpp"
#include "policy/fake_answers.hpp"
#include "policy/recover/quota_set.hpp"
#include "policy/recover/retry.hpp"

namespace asio = boost::asio;
using namespace std::chrono_literals;
using namespace weir;
using weir::test::fake_wire;
using weir::test::way;
using weir::test::world;

namespace {

const failure broken(errc::overloaded, "acme is overloaded");

class outage {
public:
  explicit outage(breaker settings = breaker()) {
    seed_random(w.io, 1);
    top = make_retry(retry(), quotas)(make_breaker(settings, circuits)(wire));
  }

  asio::awaitable<void> ask(duration limit) {
    auto c = test::call_to(w);
    ++begun;
    auto body = test::read_all(top, c);
    try {
      co_await within(limit, std::move(body));
      ++answered;
      attempts = c.record->attempts;
    } catch (const error& e) {
      last = e.failure();
      ++failed;
    }
  }

  void start(std::size_t n, duration limit) {
    for (std::size_t i = 0; i < n; ++i)
      asio::co_spawn(w.executor(), ask(limit), [](std::exception_ptr e) { CHECK_FALSE(e); });
  }
  void run(duration d) {
    testing::run(w.io, d);
    w.io.restart();
  }
  breaker_state state() { return circuits->inspect(w.now()).at(0); }

  world w;
  bool down = true;
  std::size_t begun = 0, answered = 0, failed = 0;
  failure last;
  std::vector<std::shared_ptr<attempt>> attempts;
  std::shared_ptr<quota_set> quotas = std::make_shared<quota_set>();
  std::shared_ptr<breaker_set> circuits = std::make_shared<breaker_set>();
  std::shared_ptr<fake_wire> wire = std::make_shared<fake_wire>(
      [this](call&) { return down ? way::refused(broken, 1ms) : way::good(20ms, 300ms, 2s); });
  handler_ptr top;
};

} // namespace

TEST_CASE("after a brown-out of a minute every call with ten minutes is answered, and little was sent meanwhile") {
  for (const std::size_t n : {7u, 50u, 500u}) {
    CAPTURE(n);
    outage o;
    o.start(n, 10min);
    o.run(60s);
    CHECK(o.answered + o.failed == 0);
    CHECK(o.state().state != breaker_state::phase::closed);
    // One try each, the retries that the quota pays for, and the probes.
    CHECK(o.wire->requests.size() <= n + 35 + 10);
    o.down = false;
    o.run(9min);
    CHECK(o.answered == n);
    CHECK(o.failed == 0);
    CHECK(o.wire->requests.size() <= 2 * n + 35 + 10);
  }
}

TEST_CASE("no herd follows a probe: those that waited come one after the other") {
  outage o;
  o.start(500, 10min);
  o.run(60s);
  o.down = false;
  const auto before = o.wire->requests.size();
  o.run(5min);
  REQUIRE(o.answered == 500);
  std::vector<time_point> after(o.wire->requests.begin() + static_cast<std::ptrdiff_t>(before), o.wire->requests.end());
  // The probe is alone until it has its first token, and then at most a fifth of the others come in any 200 ms.
  REQUIRE(after.size() >= 500);
  CHECK(after[1] - after[0] >= 320ms);
  for (std::size_t i = 0; i + 100 < after.size(); ++i)
    CHECK(after[i + 100] - after[i] >= 200ms);
}

TEST_CASE("a call that waits for a probe has one more attempt, which records the wait as queued") {
  outage o;
  o.start(20, 1s);
  o.run(2s);
  REQUIRE(o.state().state == breaker_state::phase::open);
  o.down = false;
  o.start(1, 10min);
  o.run(1min);
  CHECK(o.answered == 1);
  REQUIRE(o.attempts.size() == 1);
  CHECK(o.attempts[0]->queued > 100ms);
  CHECK_FALSE(o.attempts[0]->failure);
}

TEST_CASE("a probe is not waited for if it does not fit the deadline, nor if waiting is off") {
  outage o;
  o.start(20, 700ms);
  o.run(1s);
  REQUIRE(o.state().state == breaker_state::phase::open);
  const auto wait = o.state().next_probe;
  const auto requests = o.wire->requests.size();
  const auto failed = o.failed;
  o.start(1, wait - 1ms);
  o.run(1ms);
  CHECK(o.failed == failed + 1);
  CHECK(o.last.code() == errc::circuit_open);
  CHECK(o.last.retry_after());
  CHECK(o.wire->requests.size() == requests);

  outage strict{breaker().wait(false)};
  strict.start(20, 10min);
  strict.run(1s);
  CHECK(strict.failed == 20);
}

TEST_CASE("with a fallback left a dead target is not waited for, the last one is") {
  outage o;
  std::size_t second = 0;
  const auto wire = std::make_shared<fake_wire>([&](call& c) {
    if (c.to.model() == "b")
      ++second;
    return o.down ? way::refused(broken, 1ms) : way::good();
  });
  const auto below = make_retry(retry(), o.quotas)(make_breaker(breaker(), o.circuits)(wire));
  o.top = make_fallback(fallback().to(target("acme/b")))(below);
  o.start(50, 10min);
  o.run(100ms);
  // All have left the first target, and wait for the second.
  CHECK(second >= 50);
  o.run(30s);
  CHECK(o.failed == 0);
  o.down = false;
  o.run(5min);
  CHECK(o.answered == 50);
}

TEST_CASE("failures that are known before any success are not taken for an outage") {
  // 500 calls at once, whose failures take 1 ms and whose first tokens take 3 s.
  outage o;
  random_source random(7);
  const auto wire = std::make_shared<fake_wire>(
      [&](call&) { return random.uniform() < 0.1 ? way::refused(broken, 1ms) : way::good(1ms, 3s, 5s); });
  o.top = make_retry(retry(), o.quotas)(make_breaker(breaker(), o.circuits)(wire));
  o.start(2000, 10min);
  o.run(5min);
  CHECK(o.state().opened == 0);
  // A tenth of a tenth of a tenth may fail three times.
  CHECK(o.answered >= 1990);
  CHECK(wire->requests.size() <= 2300);
}

TEST_CASE("while streams deliver, a target that refuses most new calls is not given up") {
  outage o;
  std::size_t n = 0;
  const auto wire = std::make_shared<fake_wire>(
      [&](call&) { return n++ % 10 != 0 ? way::refused(broken, 1ms) : way::good(1ms, 20ms, 4s); });
  o.top = make_retry(retry().attempts(1), o.quotas)(make_breaker(breaker(), o.circuits)(wire));
  for (int i = 0; i < 100; ++i) {
    o.start(10, 1min);
    o.run(50ms);
  }
  CHECK(o.state().opened == 0);
}
