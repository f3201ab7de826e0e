// The bars L1, L2, L4 and L5 of the rate limit (docs/reliability.md), checked on its core.
#include <doctest/doctest.h>

#include <algorithm>
#include <deque>
#include <map>
#include <vector>

#include "policy/rate/rate_limit_core.hpp"

#include "rate_limit_support.hpp"

using namespace std::chrono_literals;
using namespace weir;
using core = rate_limit_core;

namespace {

const time_point start = time_point(duration(24h));

core::request want(std::uint64_t tokens, weir::priority p = priority::interactive, time_point deadline = never) {
  core::request r;
  r.tokens = tokens;
  r.priority = p;
  r.deadline = deadline;
  return r;
}

// A provider that counts the last 60 s, to the nanosecond, and answers 429 to what exceeds its limit.
class sliding_provider {
public:
  sliding_provider(std::uint64_t requests, std::uint64_t tokens) : requests_(requests), tokens_(tokens) {}

  bool accept(time_point now, std::uint64_t tokens) {
    while (!log_.empty() && log_.front().first <= now - 60s) {
      sum_ -= log_.front().second;
      log_.pop_front();
    }
    if (log_.size() + 1 > requests_ || sum_ + tokens > tokens_)
      return false;
    log_.emplace_back(now, tokens);
    sum_ += tokens;
    accepted_requests += 1;
    accepted_tokens += tokens;
    return true;
  }
  std::uint64_t accepted_requests = 0, accepted_tokens = 0;

private:
  std::uint64_t requests_, tokens_;
  std::deque<std::pair<time_point, std::uint64_t>> log_;
  std::uint64_t sum_ = 0;
};

class run_result {
public:
  double requests = 0, tokens = 0; // The share of what the provider would have accepted.
  std::uint64_t throttled = 0;
};

// Ten minutes of more demand than can be served. Calls take up to `latency` to arrive, and some seconds to be answered;
// `off` is how wrong estimates are.
run_result ten_minutes(const rate_limit& settings, std::uint64_t tokens_each, double off, duration latency,
                       random_source& dice) {
  core limits(settings);
  sliding_provider provider(settings.requests_per_minute(), settings.tokens_per_minute());
  class call {
  public:
    core::reservation held;
    std::uint64_t real;
    bool arrived = false;
  };
  std::multimap<time_point, call> events;
  run_result result;
  auto now = start;
  const auto end = start + 10min;
  while (now < end) {
    const auto send = [&](const core::reservation& held) {
      call c;
      c.held = held;
      c.real = static_cast<std::uint64_t>(static_cast<double>(held.tokens) * (1 - off + 2 * off * dice.uniform()));
      events.emplace(now + duration(dice.below(static_cast<std::uint64_t>(latency.count()) + 1)), c);
    };
    while (limits.waiting() < 20) {
      const auto d = limits.enter(now, want(tokens_each / 2 + dice.below(tokens_each)));
      if (d.what == admission::granted)
        send(d.held);
    }
    while (const auto d = limits.next(now))
      send(d->held);
    auto next = limits.wake(now);
    if (!events.empty())
      next = std::min(next, events.begin()->first);
    now = std::max(now, next);
    while (!events.empty() && events.begin()->first <= now) {
      auto c = events.begin()->second;
      events.erase(events.begin());
      if (c.arrived) {
        limits.settle(now, c.held, c.real);
      } else if (provider.accept(now, c.real)) {
        limits.accepted(now, c.held);
        c.arrived = true;
        events.emplace(now + 1s + duration(dice.below(4'000'000'000)), c);
      } else {
        ++result.throttled;
        limits.throttled(now, c.held, 1s, dice.uniform());
        limits.settle(now, c.held, 0);
      }
    }
  }
  const auto share = [](std::uint64_t accepted, std::uint64_t a_minute) {
    return static_cast<double>(accepted) / static_cast<double>(10 * a_minute);
  };
  result.requests = share(provider.accepted_requests, settings.requests_per_minute());
  result.tokens = share(provider.accepted_tokens, settings.tokens_per_minute());
  return result;
}

} // namespace

TEST_CASE("L1: five callers at once never overshoot a bucket of 100 tokens") {
  random_source dice(1);
  core limits(rate_limit().tokens_per_minute(100).gate(false));
  auto now = start;
  std::deque<std::pair<time_point, std::uint64_t>> granted;
  std::uint64_t overshoot = 0;
  for (int round = 0; round < 1000; ++round) {
    const auto use = [&](const core::reservation& held) {
      granted.emplace_back(now, held.tokens);
      limits.settle(now, held, held.tokens);
      while (granted.front().first <= now - 60s)
        granted.pop_front();
      std::uint64_t sum = 0;
      for (const auto& [at, tokens] : granted)
        sum += tokens;
      overshoot = std::max(overshoot, sum > 100 ? sum - 100 : 0);
    };
    for (int caller = 0; caller < 5; ++caller)
      if (const auto d = limits.enter(now, want(1 + dice.below(60))); d.what == admission::granted)
        use(d.held);
    while (limits.waiting() > 0) {
      while (const auto d = limits.next(now))
        use(d->held);
      if (limits.waiting() > 0)
        now = limits.wake(now);
    }
    now += duration(dice.below(5'000'000'000));
  }
  CHECK(overshoot == 0);
}

TEST_CASE("L2: a strict sliding window sees no excess and at least 97 % use with exact estimates") {
  limits_test::for_seeds(10, [](std::uint64_t seed, random_source& dice) {
    CAPTURE(seed);
    const auto requests =
        ten_minutes(rate_limit().requests_per_minute(300).tokens_per_minute(10'000'000), 100, 0, 500ms, dice);
    CHECK(requests.throttled == 0);
    CHECK(requests.requests >= 0.97);
    const auto tokens =
        ten_minutes(rate_limit().requests_per_minute(100'000).tokens_per_minute(90'000), 500, 0, 500ms, dice);
    CHECK(tokens.throttled == 0);
    CHECK(tokens.tokens >= 0.97);
  });
}

TEST_CASE("L2: at least 90 % use with estimates that are off by half") {
  limits_test::for_seeds(10, [](std::uint64_t seed, random_source& dice) {
    CAPTURE(seed);
    const auto r =
        ten_minutes(rate_limit().requests_per_minute(100'000).tokens_per_minute(90'000), 500, 0.5, 500ms, dice);
    CHECK(r.tokens >= 0.9);
  });
}

TEST_CASE("L2: an answer that broke off gives nothing back") {
  core limits(rate_limit().tokens_per_minute(1000));
  const auto first = limits.enter(start, want(800));
  REQUIRE(first.what == admission::granted);
  limits.keep(start + 1s, first.held, 10);
  CHECK(limits.enter(start + 2s, want(300)).what == admission::waiting);
  CHECK(limits.state(start + 2s).tokens_per_minute.used == 800);
}

TEST_CASE("L4: a call of nine tenths of the limit among small ones waits two refills at most") {
  limits_test::for_seeds(50, [](std::uint64_t seed, random_source& dice) {
    CAPTURE(seed);
    core limits(rate_limit().tokens_per_minute(1000));
    auto now = start;
    core::ticket big = 0;
    time_point came{}, went{};
    std::map<core::ticket, int> order;
    core::ticket last = 0;
    while (went == time_point{}) {
      limits.enter(now, want(10 + dice.below(40)));
      if (!big && now > start + 90s) {
        const auto d = limits.enter(now, want(900));
        big = d.waiter;
        came = now;
      }
      while (const auto d = limits.next(now)) {
        REQUIRE(d->waiter > last); // Nobody is overtaken within a priority.
        last = d->waiter;
        limits.settle(now, d->held, d->held.tokens);
        if (d->waiter == big && big)
          went = now;
      }
      now += 1500ms;
    }
    CHECK(went - came <= 2min + 3s);
  });
}

TEST_CASE("L4: a call that is larger than the limit is refused at once") {
  core limits(rate_limit().tokens_per_minute(1000).tokens_per_day(5000));
  CHECK(limits.enter(start, want(1001)).what == admission::too_large);
  CHECK(limits.larger_than(want(1001)) == core::tokens_minute);
  CHECK(limits.enter(start, want(1000)).what == admission::granted);
}

TEST_CASE("L5: steps of the clock by an hour and back grant neither less than nothing nor twice") {
  core limits(rate_limit().requests_per_minute(10).tokens_per_minute(1000));
  auto now = start;
  std::uint64_t granted = 0;
  const auto drain = [&] {
    std::uint64_t n = 0;
    while (limits.try_enter(now, want(100)))
      ++n;
    granted += n;
    return n;
  };
  CHECK(drain() == 10);
  now -= 1h;
  CHECK(drain() == 0);
  now += 30s;
  CHECK(drain() == 0);
  now += 32s;
  CHECK(drain() == 10); // The minute that passed on the new clock.
  now += 1h;
  CHECK(drain() == 10); // One full window and no more.
  now -= 1h;
  CHECK(drain() == 0);
  for (int i = 0; i < 1000; ++i) {
    now += i % 2 ? duration(900ms) : duration(-900ms); // Threads that read the clock out of order.
    drain();
  }
  CHECK(granted == 30);
}

TEST_CASE("a call that could not be served before its deadline is refused at once and told how long the wait is") {
  core limits(rate_limit().requests_per_minute(2));
  limits.enter(start, want(0));
  limits.enter(start, want(0));
  const auto late = limits.enter(start, want(0, priority::interactive, start + 30s));
  CHECK(late.what == admission::no_time);
  CHECK(late.wait > 59s);
  CHECK(late.wait < 62s);
  CHECK(limits.enter(start, want(0, priority::interactive, start + 90s)).what == admission::waiting);
  CHECK(limits.enter(start, want(0)).what == admission::waiting);
  // Two are served in a minute, so the third in line is served in two.
  CHECK(limits.enter(start, want(0, priority::interactive, start + 90s)).what == admission::no_time);
}

TEST_CASE("the front that cannot make its deadline any more is refused when that is known") {
  core limits(rate_limit().tokens_per_minute(1000));
  const auto first = limits.enter(start, want(500));
  const auto second = limits.enter(start, want(500));
  CHECK(second.what == admission::granted);
  const auto third = limits.enter(start + 30s, want(500, priority::interactive, start + 65s));
  REQUIRE(third.what == admission::waiting);
  CHECK(!limits.next(start + 30s));
  limits.settle(start + 40s, first.held, 1000);
  limits.settle(start + 40s, second.held, 1000);
  const auto d = limits.next(start + 40s);
  REQUIRE(d);
  CHECK(d->what == admission::no_time);
  CHECK(d->waiter == third.waiter);
  CHECK(limits.waiting() == 0);
}

TEST_CASE("batch calls get their share and no more while interactive ones wait") {
  core limits(rate_limit().requests_per_minute(100).batch_share(0.2));
  auto now = start;
  int batch = 0, all = 0;
  std::map<core::ticket, bool> is_batch;
  const auto fill = [&](weir::priority p, std::size_t waiting) {
    for (; waiting < 150; ++waiting) {
      const auto d = limits.enter(now, want(0, p));
      if (d.what == admission::waiting)
        is_batch[d.waiter] = p == priority::batch;
    }
  };
  while (all < 5000) {
    const auto s = limits.state(now);
    fill(priority::interactive, s.waiting_interactive);
    fill(priority::batch, s.waiting_batch);
    while (const auto d = limits.next(now)) {
      ++all;
      batch += is_batch[d->waiter];
    }
    now = std::min(limits.wake(now), now + 1s);
  }
  CHECK(batch > 0.19 * all);
  CHECK(batch < 0.21 * all);
}

TEST_CASE("headers lower a limit and never raise it") {
  core limits(rate_limit().requests_per_minute(100).tokens_per_minute(10'000));
  const auto a = limits.enter(start, want(10));
  rate_limit_status told;
  told.requests.limit = 1'000'000;
  told.requests.remaining = 1'000'000;
  told.tokens.limit = 5000;
  told.tokens.remaining = 4990;
  told.tokens.reset = 60s;
  limits.learn(start, a.held, told);
  auto s = limits.state(start);
  CHECK(s.requests_per_minute.limit == 100);
  CHECK(s.tokens_per_minute.limit == 5000);
  CHECK(limits.enter(start, want(4000)).what == admission::granted);
  CHECK(limits.enter(start, want(1500)).what == admission::waiting);
  told.tokens.limit = 20'000;
  limits.learn(start, a.held, told);
  CHECK(limits.state(start).tokens_per_minute.limit == 10'000);
}

TEST_CASE("what headers say remains is not exceeded until it is refilled") {
  core limits(rate_limit().requests_per_minute(100));
  const auto a = limits.enter(start, want(0));
  rate_limit_status told;
  told.requests.limit = 100;
  told.requests.remaining = 3; // Somebody else uses the key.
  told.requests.reset = 50s;
  limits.learn(start, a.held, told);
  for (int i = 0; i < 3; ++i)
    CHECK(limits.enter(start, want(0)).what == admission::granted);
  CHECK(limits.enter(start, want(0)).what == admission::waiting);
  const auto first = limits.wake(start);
  CHECK(first > start);
  CHECK(first < start + 1s); // 97 come back in 50 s.
  // An answer to an older call is no news.
  told.requests.remaining = 90;
  core::reservation older = a.held;
  older.requests_granted = 0;
  limits.learn(start, older, told);
  CHECK(limits.wake(start) == first);
}

TEST_CASE("a learned limit below one call lets that call go alone") {
  core limits(rate_limit().tokens_per_minute(1000));
  const auto a = limits.enter(start, want(400));
  rate_limit_status told;
  told.tokens.limit = 100;
  limits.learn(start, a.held, told);
  limits.settle(start, a.held, 0);
  CHECK(limits.enter(start, want(400)).what == admission::granted);
  CHECK(limits.enter(start, want(400)).what == admission::waiting);
  CHECK(limits.wake(start) < start + 62s);
}

TEST_CASE("absurd amounts neither overflow nor wedge") {
  core limits(rate_limit().tokens_per_minute(~0ull).requests_per_minute(5));
  CHECK(limits.enter(start, want(~0ull)).what == admission::too_large);
  const auto a = limits.enter(start, want(1'000'000));
  REQUIRE(a.what == admission::granted);
  limits.settle(start, a.held, ~0ull);
  CHECK(limits.enter(start, want(1)).what == admission::waiting);
  CHECK(limits.wake(start) < start + 62s);
}
