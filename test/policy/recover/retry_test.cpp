// The retry layer in simulated time: attempts, waits, deadlines and the quota.
#include <doctest/doctest.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include <weir/core/random.hpp>
#include <weir/core/within.hpp>

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

const failure busy(errc::overloaded, "acme is overloaded");
const failure lost(errc::connection_lost, "the connection was lost");

class retrying {
public:
  explicit retrying(std::vector<way> ways, retry settings = retry())
      : wire(std::make_shared<fake_wire>(std::move(ways))), top(make_retry(settings, quotas)(wire)) {
    seed_random(w.io, 1);
  }

  asio::awaitable<std::string> ask() {
    auto c = test::call_to(w);
    record = c.record;
    co_return co_await test::read_all(top, c);
  }

  /// The text, or the error.
  std::string run(duration limit = duration::max()) {
    std::string text;
    why = failure();
    const auto begin = w.now();
    try {
      w.run([&]() -> asio::awaitable<void> { text = co_await within(limit, ask()); });
    } catch (const error& e) {
      why = e.failure();
    }
    took = w.now() - begin;
    return text;
  }

  std::uint64_t available() { return quotas->inspect().at(0).available; }

  world w;
  std::shared_ptr<quota_set> quotas = std::make_shared<quota_set>();
  std::shared_ptr<fake_wire> wire;
  handler_ptr top;
  std::shared_ptr<call_record> record;
  failure why;
  duration took{};
};

} // namespace

TEST_CASE("a call that fails twice succeeds at the third try, and has three attempts") {
  retrying t({way::refused(busy), way::broken(lost, 1s), way::good()});
  CHECK(t.run() == "token");
  CHECK(t.wire->requests.size() == 3);
  REQUIRE(t.record->attempts.size() == 3);
  CHECK(t.record->attempts[0]->failure.code() == errc::overloaded);
  CHECK(t.record->attempts[1]->failure.code() == errc::connection_lost);
  CHECK(t.record->attempts[1]->ended == 1s);
  CHECK_FALSE(t.record->attempts[2]->failure);
  CHECK(t.record->attempts[2]->number == 3);
  CHECK(t.took < 1s + 50ms + 100ms);
  CHECK(t.available() == 500 - 28 + 14);
}

TEST_CASE("the last failure is the call's, with the number of attempts in its message") {
  retrying t({way::refused(lost), way::refused(failure(busy).remote("slow down").retry_after(2s))});
  t.run();
  CHECK(t.why.code() == errc::overloaded);
  CHECK(t.why.message() == "acme is overloaded (3 attempts)");
  CHECK(t.why.remote() == "slow down");
  CHECK(t.why.retry_after() == 2s);
  CHECK(t.wire->requests.size() == 3);
  CHECK(t.available() == 500 - 28);
}

TEST_CASE("what happens after the first event is not retried") {
  retrying t({way::cut(lost, 1s), way::good()});
  CHECK(t.run() == "");
  CHECK(t.why.code() == errc::connection_lost);
  CHECK(t.why.message() == "the connection was lost");
  CHECK(t.wire->requests.size() == 1);
}

TEST_CASE("what would fail again is not retried, and its message stays as it is") {
  for (const auto code : {errc::bad_request, errc::quota_exhausted, errc::certificate_rejected, errc::circuit_open,
                          errc::pool_exhausted, errc::missing_key}) {
    retrying t({way::refused(failure(code, "no"))});
    t.run();
    CHECK(t.why.code() == code);
    CHECK(t.why.message() == "no");
    CHECK(t.wire->requests.size() == 1);
    CHECK(t.took == 0s);
  }
}

TEST_CASE("an exception that is not a weir::error passes through") {
  world w;
  auto wire = std::make_shared<fake_wire>([](call&) -> way { throw std::runtime_error("a layer's bug"); });
  const auto top = make_retry(retry(), std::make_shared<quota_set>())(wire);
  auto c = test::call_to(w);
  CHECK_THROWS_WITH(w.run([&]() -> asio::awaitable<void> { co_await (*top)(c); }), "a layer's bug");
  CHECK(wire->requests.size() == 1);
}

TEST_CASE("with one attempt nothing is between the call and the wire") {
  world w;
  auto wire = std::make_shared<fake_wire>(std::vector<way>{way::good(1s, 2s)});
  const auto top = make_retry(retry().attempts(1), std::make_shared<quota_set>())(wire);
  auto c = test::call_to(w);
  const auto begin = w.now();
  w.run([&]() -> asio::awaitable<void> {
    auto r = co_await (*top)(c);
    CHECK(w.now() - begin == 1s);
    co_await r.next();
  });
  CHECK(w.now() - begin == 3s);
}

TEST_CASE("a call that may have been charged for is retried unless that is switched off") {
  auto billed = way::refused(lost);
  billed.maybe_billed = true;
  retrying on({billed, way::good()});
  CHECK(on.run() == "token");
  CHECK(on.record->attempts[0]->maybe_billed);
  retrying off({billed, way::good()}, retry().retry_billed(false));
  off.run();
  CHECK(off.why.message() == "the connection was lost (not retried: it may already have been charged for "
                             "(retry.retry_billed))");
}

TEST_CASE("R2: a hint beyond the deadline fails at once, and the hint is in the error") {
  retrying t({way::refused(failure(errc::rate_limited, "too fast").retry_after(30s), 1s)});
  t.run(20s);
  CHECK(t.took == 1s);
  CHECK(t.why.code() == errc::rate_limited);
  CHECK(t.why.retry_after() == 30s);
  CHECK(t.why.message().starts_with("too fast (not retried: it would have to wait for 3"));
  CHECK(t.available() == 500);

  retrying unlimited({way::refused(failure(errc::rate_limited, "too fast").retry_after(6min))});
  unlimited.run();
  CHECK(unlimited.took == 0s);
  CHECK(unlimited.why.retry_after() == 6min);
}

TEST_CASE("R2: of 10,000 resends none is earlier than its hint, and none later than the hint's jitter") {
  world w;
  seed_random(w.io, 2);
  random_source random(2);
  duration hint{};
  auto wire = std::make_shared<fake_wire>([&](call& c) {
    if (c.record->attempts.size() > 1)
      return way::good();
    hint = duration(static_cast<std::int64_t>(random.below(290'000'000'000)));
    return way::refused(failure(random.below(2) ? errc::rate_limited : errc::overloaded, "").retry_after(hint));
  });
  const auto top = make_retry(retry(), std::make_shared<quota_set>())(wire);
  int early = 0, late = 0;
  w.run([&]() -> asio::awaitable<void> {
    for (int i = 0; i < 10'000; ++i) {
      auto c = test::call_to(w);
      auto r = co_await (*top)(c);
      while (auto e = co_await r.next()) {
      }
      const auto waited = wire->requests.back() - wire->requests[wire->requests.size() - 2];
      early += waited < hint;
      // A retry-after shorter than the backoff does not shorten it.
      late += waited > std::max<duration>(hint + std::min<duration>(hint / 10, 1s), 1s) + 20ms;
    }
  });
  CHECK(wire->requests.size() == 20'000);
  CHECK(early == 0);
  CHECK(late == 0);
}

TEST_CASE("cancelling a call in its backoff ends it at once and leaves nothing") {
  const auto before = scope::live();
  {
    retrying t({way::refused(failure(busy).retry_after(1min)), way::good()});
    asio::cancellation_signal stop;
    std::exception_ptr ended;
    asio::co_spawn(t.w.executor(), t.ask(),
                   asio::bind_cancellation_slot(stop.slot(), [&](std::exception_ptr e, std::string) { ended = e; }));
    testing::run(t.w.io, 10s);
    CHECK_FALSE(ended);
    CHECK(testing::manual_time::of(t.w.io).waits() == 1);
    const auto now = t.w.now();
    stop.emit(asio::cancellation_type::terminal);
    t.w.io.restart();
    t.w.io.poll();
    CHECK(ended);
    CHECK(t.w.now() == now);
    CHECK(testing::manual_time::of(t.w.io).waits() == 0);
    CHECK(t.wire->requests.size() == 1);
    CHECK(t.record.use_count() == 1);
  }
  CHECK(scope::live() == before);
}

TEST_CASE("a deadline in the backoff or in a try is the caller's, and ends the call in time") {
  retrying t({way::refused(busy, 1s), way::good(1h)});
  t.run(10s);
  CHECK(t.why.code() == errc::deadline_exceeded);
  CHECK(t.took == 10s);
  CHECK(t.wire->requests.size() == 2);
}

TEST_CASE("a call without an ambient deadline obeys that of its own scope") {
  world w;
  auto wire = std::make_shared<fake_wire>(std::vector<way>{way::refused(failure(busy).retry_after(20s))});
  const auto top = make_retry(retry(), std::make_shared<quota_set>())(wire);
  call c(nullptr, target("acme/model"), w.root->child(w.now() + 10s), w.now());
  const auto begin = w.now();
  CHECK(test::code_of([&] { w.run([&]() -> asio::awaitable<void> { co_await (*top)(c); }); }) == errc::overloaded);
  CHECK(w.now() == begin);
}

TEST_CASE("a call that is dropped gives nothing back to the quota, one that succeeds does") {
  world w;
  auto quotas = std::make_shared<quota_set>();
  auto wire = std::make_shared<fake_wire>(
      [](call& c) { return c.record->attempts.size() > 1 ? way::good() : way::refused(busy); });
  const auto top = make_retry(retry(), quotas)(wire);
  const auto once = [&](bool to_the_end) {
    w.run([&]() -> asio::awaitable<void> {
      auto c = test::call_to(w);
      auto r = co_await (*top)(c);
      co_await r.next();
      if (to_the_end)
        co_await r.next();
    });
    return quotas->inspect().at(0).available;
  };
  CHECK(once(false) == 486);
  CHECK(once(true) == 486);
  CHECK(once(false) == 472);
}

TEST_CASE("each key has its quota") {
  world w;
  auto quotas = std::make_shared<quota_set>();
  auto wire = std::make_shared<fake_wire>(std::vector<way>{way::refused(busy)});
  const auto top = make_retry(retry(), quotas)(wire);
  const auto ask = [&](target to) {
    w.run([&, to]() -> asio::awaitable<void> {
      auto c = test::call_to(w, to);
      try {
        co_await (*top)(c);
      } catch (const error&) {
      }
    });
  };
  ask(target("acme/a").key("one"));
  ask(target("acme/b").key("one"));
  ask(target("acme/a").key("two"));
  const auto list = quotas->inspect();
  REQUIRE(list.size() == 2);
  CHECK(list[0].available == 500 - 56);
  CHECK(list[1].available == 500 - 28);
}

namespace {

class tally {
public:
  std::size_t attempts = 0, good = 0;
};

// Makes `calls` calls, `at_once` of them at a time; each try fails with probability `share`.
tally load(std::size_t calls, std::size_t at_once, double share) {
  world w;
  seed_random(w.io, 3);
  random_source random(4);
  auto wire = std::make_shared<fake_wire>([&](call&) {
    const auto took = 10ms + duration(static_cast<std::int64_t>(random.below(90'000'000)));
    return random.uniform() < share ? way::refused(busy, took) : way::good(took);
  });
  const auto top = make_retry(retry(), std::make_shared<quota_set>())(wire);
  tally t;
  std::size_t begun = 0;
  const auto worker = [&]() -> asio::awaitable<void> {
    while (begun++ < calls) {
      auto c = test::call_to(w);
      try {
        auto r = co_await (*top)(c);
        while (auto e = co_await r.next()) {
        }
        ++t.good;
      } catch (const error&) {
      }
    }
  };
  for (std::size_t i = 0; i < at_once; ++i)
    asio::co_spawn(w.executor(), worker, [](std::exception_ptr) {});
  testing::run(w.io);
  t.attempts = wire->requests.size();
  return t;
}

} // namespace

TEST_CASE("R1: in a full outage 10,000 calls make at most 10,040 attempts at any concurrency") {
  for (const std::size_t at_once : {1u, 100u, 10'000u}) {
    const auto t = load(10'000, at_once, 1);
    CAPTURE(at_once);
    CHECK(t.attempts >= 10'000);
    CHECK(t.attempts <= 10'040);
    CHECK(t.good == 0);
  }
}

TEST_CASE("R1: with a fifth of the tries failing at least 99 % of the calls succeed, for at most 1.26 times the load") {
  for (const std::size_t at_once : {1u, 20u, 100u}) {
    const auto t = load(10'000, at_once, 0.2);
    CAPTURE(at_once);
    CHECK(t.good >= 9'900);
    CHECK(t.attempts <= 12'600);
    CHECK(t.attempts > 11'500);
  }
}
