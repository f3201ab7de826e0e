#include "cost/budget/budget_core.hpp"

#include <doctest/doctest.h>

#include <deque>
#include <random>
#include <vector>

#include "cost/random_seed.hpp"

using namespace std::chrono;
using weir::budget_core;
using weir::money;
using weir::spend_amount;
using weir::time_zone;
using weir::window_rule;
using span = weir::budget::span;
using time_type = budget_core::time;

namespace {

window_rule rule_of(span kind, bool rolling, std::optional<std::int64_t> cost, std::optional<std::int64_t> tokens) {
  window_rule r;
  r.kind = kind;
  r.rolling = rolling;
  r.zone = std::make_shared<const time_zone>(*weir::posix_zone::parse("CET-1CEST,M3.5.0,M10.5.0/3"));
  if (cost)
    r.max_cost = *cost;
  if (tokens)
    r.max_tokens = *tokens;
  return r;
}

spend_amount amount(std::int64_t cost, std::uint64_t tokens) { return {money::from_pico(cost), tokens}; }

const time_type start = sys_days(year(2026) / 3 / 1) + hours(5);

// Everything that was spent, and when: what is in the window is summed again where it matters.
struct event {
  event(time_type at, const spend_amount& a) : at(at), amount(a) {}
  time_type at;
  spend_amount amount;
};

} // namespace

TEST_CASE("a calendar window is empty again when it has passed, and not a nanosecond before") {
  const auto rule = rule_of(span::day, false, 100, std::nullopt);
  budget_core core(rule);
  core.advance(start);
  core.reserve(amount(100, 5));
  CHECK(!core.fits(amount(1, 0)));
  core.end(amount(100, 5), amount(100, 5));
  const auto end = core.window_end();
  CHECK(end == sys_days(year(2026) / 3 / 1) + hours(23));
  CHECK(core.room_for(amount(100, 0)) == end);
  CHECK(!core.room_for(amount(101, 0)));
  core.advance(end - nanoseconds(1));
  CHECK(!core.fits(amount(1, 0)));
  core.advance(end);
  CHECK(core.fits(amount(100, 0)));
  CHECK(core.idle());
}

TEST_CASE("what is spent leaves a rolling window never too early, and late by a sixtieth at most") {
  const auto rule = rule_of(span::hour, true, 100, std::nullopt);
  for (const auto offset : {0s, 1s, 30s, 59s}) {
    budget_core core(rule);
    const auto at = start + offset;
    core.advance(at);
    core.record(amount(60, 0), at);
    const auto room = core.room_for(amount(50, 0));
    REQUIRE(room);
    CHECK(*room - at > 1h);
    CHECK(*room - at <= 61min);
    core.advance(*room - nanoseconds(1));
    CHECK(!core.fits(amount(50, 0)));
    core.advance(*room);
    CHECK(core.fits(amount(50, 0)));
  }
}

TEST_CASE("what is reserved counts until it ends, whatever window that is in") {
  const auto rule = rule_of(span::minute, false, 100, std::nullopt);
  budget_core core(rule);
  core.advance(start);
  core.reserve(amount(70, 0));
  core.advance(start + 1h);
  CHECK(!core.fits(amount(31, 0)));
  core.end(amount(70, 0), amount(20, 0));
  CHECK(core.spent().cost == 20);
  CHECK(core.fits(amount(80, 0)));
}

TEST_CASE("a clock that steps back frees nothing, and neither does one that jitters around a boundary") {
  const auto rule = rule_of(span::day, false, 100, std::nullopt);
  budget_core core(rule);
  core.advance(start);
  const auto next = core.window_end();
  core.advance(next);
  core.record(amount(80, 0), next);
  for (int i = 0; i < 10; ++i) {
    core.advance(next - seconds(i));
    CHECK(core.spent().cost == 80);
    core.advance(next + seconds(i));
    CHECK(core.spent().cost == 80);
  }
  // Plainly wrong before: what was spent stays, in the window that it really is.
  core.advance(next - hours(24 * 100));
  CHECK(core.spent().cost == 80);
  CHECK(core.window_end() < next - hours(24 * 98));

  const auto rolling_rule = rule_of(span::minute, true, 100, std::nullopt);
  budget_core rolling(rolling_rule);
  rolling.advance(start);
  rolling.record(amount(80, 0), start);
  rolling.advance(start - hours(1));
  CHECK(rolling.spent().cost == 80);
  rolling.advance(start - hours(1) + 59s);
  CHECK(rolling.spent().cost == 80);
  rolling.advance(start - hours(1) + 62s);
  CHECK(rolling.spent().cost == 0);
}

TEST_CASE("no moment and no amount makes a sum wrong") {
  for (const bool rolling : {false, true}) {
    const auto rule = rule_of(span::month, rolling, 100, 100);
    budget_core core(rule);
    for (const auto t : {time_type::max(), time_type::min(), start, time_type::min(), time_type::max(), time_type{}}) {
      core.advance(t);
      core.record({money::max(), ~std::uint64_t(0)}, t);
      core.record({-money::max(), 0}, time_type::max());
      core.record({std::nullopt, 0}, time_type::min());
      CHECK(core.spent().cost >= 0);
      CHECK(core.spent().tokens >= 0);
      CHECK(!core.fits(amount(1, 0)));
    }
  }
}

TEST_CASE("a million random steps agree with the sum of all that was spent in the window") {
  const auto seed = weir::test::random_seed();
  INFO(weir::test::replay_line(seed, "a million random steps agree with the sum of all that was spent in the window"));
  std::mt19937_64 random(seed);
  const auto below = [&random](std::uint64_t n) { return random() % n; };
  std::size_t steps = 0, refused = 0, granted = 0;
  for (int history = 0; history < 40; ++history) {
    const bool rolling = history % 2 != 0;
    const auto kind = static_cast<span>(below(5));
    const auto has_cost = below(4) != 0, has_tokens = !has_cost || below(2) != 0;
    const auto rule = rule_of(kind, rolling, has_cost ? std::optional(1000) : std::nullopt,
                              has_tokens ? std::optional(900) : std::nullopt);
    budget_core core(rule);
    const nanoseconds length = weir::length_of(kind), sixtieth = length / 60;
    auto now = start + nanoseconds(below(std::uint64_t(length.count())));
    core.advance(now);
    std::deque<event> log;          // settled, in order
    std::vector<spend_amount> open; // reserved
    spend_amount reserved;
    // Not more than the model has in the window and a sixtieth before it, not less than it has in the window.
    const auto check = [&] {
      spend_amount least, most;
      if (rolling) {
        while (!log.empty() && log.front().at <= now - length - sixtieth)
          log.pop_front();
        for (const auto& e : log) {
          most += e.amount;
          if (e.at > now - length)
            least += e.amount;
        }
      } else {
        const auto window = weir::calendar_window(kind, *rule.zone, now);
        while (!log.empty() && log.front().at < window.begin)
          log.pop_front();
        for (const auto& e : log)
          least += e.amount;
        most = least;
      }
      REQUIRE(core.spent().cost >= least.cost);
      REQUIRE(core.spent().cost <= most.cost);
      REQUIRE(core.spent().tokens >= least.tokens);
      REQUIRE(core.spent().tokens <= most.tokens);
      REQUIRE(core.reserved() == reserved);
    };
    for (int i = 0; i < 26'000; ++i, ++steps) {
      const auto what = below(100);
      if (what < 40) {
        const auto a = amount(std::int64_t(below(60)), below(60));
        const auto counted = core.spent() + core.reserved();
        const bool fits = core.fits(a);
        REQUIRE(fits ==
                ((!has_cost || counted.cost + a.cost <= 1000) && (!has_tokens || counted.tokens + a.tokens <= 900)));
        const auto room = core.room_for(a);
        REQUIRE(room);
        REQUIRE((*room == now) == fits);
        if (fits) {
          core.reserve(a);
          reserved += a;
          open.push_back(a);
          ++granted;
        } else {
          ++refused;
        }
      } else if (what < 75 && !open.empty()) {
        std::swap(open[below(open.size())], open.back());
        const auto a = open.back();
        open.pop_back();
        const auto used =
            below(10) == 0 ? spend_amount(money(), 0)
                           : amount(std::int64_t(below(std::uint64_t(a.cost) + 1)), below(std::uint64_t(a.tokens) + 1));
        core.end(a, used);
        reserved -= a;
        if (!used.zero())
          log.emplace_back(now, used);
      } else if (what < 97) {
        now += nanoseconds(below(std::uint64_t(sixtieth.count()) * 2));
        core.advance(now);
      } else if (what < 98) {
        now += nanoseconds(below(std::uint64_t(length.count()) * 2));
        core.advance(now);
      } else if (what < 99) {
        // A restart: a new core is told what the old one knew.
        budget_core fresh(rule);
        fresh.advance(now);
        for (const auto& entry : core.entries())
          fresh.record(entry.amount, entry.at);
        fresh.reserve(core.reserved());
        REQUIRE(fresh.spent() == core.spent());
        REQUIRE(fresh.window_end() == core.window_end());
        core = fresh;
      } else if (const auto room = core.room_for(amount(500, 450)); room && open.empty() && *room > now) {
        core.advance(*room - nanoseconds(1));
        REQUIRE(!core.fits(amount(500, 450)));
        now = *room;
        core.advance(now);
        REQUIRE(core.fits(amount(500, 450)));
      } else {
        // The same log, told in any order.
        budget_core told(rule);
        told.advance(now);
        std::vector<event> shuffled(log.begin(), log.end());
        std::shuffle(shuffled.begin(), shuffled.end(), random);
        for (const auto& e : shuffled)
          told.record(e.amount, e.at);
        REQUIRE(told.spent() == core.spent());
      }
      if (i % 7 == 0 || i < 200)
        check();
      const auto counted = core.spent() + core.reserved();
      REQUIRE((!has_cost || counted.cost <= 1000));
      REQUIRE((!has_tokens || counted.tokens <= 900));
    }
  }
  CHECK(steps >= 1'000'000);
  CHECK(refused > 10'000);
  CHECK(granted > 10'000);
}
