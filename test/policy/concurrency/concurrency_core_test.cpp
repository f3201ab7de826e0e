// The concurrency limit, fixed and adaptive, against its model and a simulated server.
#include <doctest/doctest.h>

#include <algorithm>
#include <deque>
#include <map>
#include <vector>

#include "policy/concurrency/concurrency_core.hpp"

#include "policy/rate/rate_limit_support.hpp"

using namespace std::chrono_literals;
using namespace weir;
using core = concurrency_core;

namespace {

const time_point start = time_point(duration(24h));

// The same rules over plain lists: who runs, who waits, and how the limit moves.
class model {
public:
  explicit model(const concurrency& s) : settings(s), limit(s.adaptive() ? s.initial() : s.limit()) {}

  class running_call {
  public:
    core::permit real;
    std::uint64_t cuts;
    bool busy;
    bool reported = false;
  };
  void begin(const core::permit& p) {
    running.push_back({p, cuts, 2 * (running.size() + 1) >= limit});
    if (++begun > 2 * limit) {
      begun /= 2;
      bad /= 2;
    }
  }
  int next_line() const {
    if (lines[0].empty() && lines[1].empty())
      return -1;
    if (lines[1].empty())
      return 0;
    return lines[0].empty() || earned > 1 - settings.batch_share() - 1e-7 ? 1 : 0;
  }
  core::ticket serve() {
    const int i = next_line();
    if (!lines[0].empty() && !lines[1].empty())
      earned += i ? settings.batch_share() - 1 : settings.batch_share();
    const auto id = lines[i].front();
    lines[i].pop_front();
    forget();
    return id;
  }
  void forget() {
    if (lines[1].empty())
      earned = 0;
  }
  void throttled(const running_call& c, time_point now) {
    if (!settings.adaptive() || c.cuts != cuts)
      return;
    const bool many = too_many();
    const bool below = cuts > 0 && ceiling < 1e9 && double(limit) < ceiling;
    if (!(many && bad >= 3) && (strays >= 3 || below)) {
      strays += below;
      if (strays >= 3)
        ceiling = 1e9;
      return;
    }
    strays = 0;
    if (cuts > 0 && now < last_cut + settings.episode()) {
      no_growth_until = std::max(no_growth_until, last_cut + settings.episode());
      if (ceiling < 1e9 && limit > settings.min())
        --limit;
      return;
    }
    ceiling = 0.95 * double(limit);
    limit = std::max(settings.min(), limit * 8 / 10);
    ++cuts;
    last_cut = now;
    successes = begun = bad = 0;
  }
  void failed(time_point now) {
    if (too_many())
      no_growth_until = now + settings.episode();
  }
  bool too_many() { return ++bad * 5 >= begun; }
  void answered(const running_call& c, time_point now) {
    if (!settings.adaptive() || c.cuts != cuts || !c.busy || limit >= settings.max())
      return;
    if (now < no_growth_until)
      return;
    if (++successes >= (double(limit) < ceiling ? 1 : limit)) {
      ++limit;
      successes = 0;
    }
  }

  concurrency settings;
  std::size_t limit;
  std::vector<running_call> running;
  std::deque<core::ticket> lines[2];
  double earned = 0;
  std::uint64_t cuts = 0;
  std::size_t successes = 0;
  double ceiling = 1e9;
  std::uint64_t begun = 0, bad = 0, strays = 0;
  time_point last_cut{}, no_growth_until{};
};

constexpr auto test_name = "a concurrency limit agrees with its model at every step";

void play(std::uint64_t seed, random_source& dice, std::uint64_t steps) {
  const auto settings = dice.below(3) ? concurrency().adaptive(true).initial(1 + dice.below(10)).max(40)
                                      : concurrency().limit(1 + dice.below(20));
  core c(concurrency(settings).max_waiting(30).batch_share(0.1));
  model m(concurrency(settings).max_waiting(30).batch_share(0.1));
  auto now = start;
  for (std::uint64_t step = 0; step < steps; ++step) {
    const auto expect = [&](bool same, const char* what) { limits_test::agree(same, what, seed, step, test_name); };
    const auto what = dice.below(100);
    if (what < 45) {
      core::request r;
      r.priority = dice.below(3) ? priority::interactive : priority::batch;
      const auto d = c.enter(now, r);
      if (m.next_line() < 0 && m.running.size() < m.limit) {
        expect(d.what == admission::granted, "granted at once");
        m.begin(d.held);
      } else if (m.lines[0].size() + m.lines[1].size() >= 30) {
        expect(d.what == admission::full, "full");
      } else {
        expect(d.what == admission::waiting, "waits");
        m.lines[r.priority == priority::batch].push_back(d.waiter);
      }
    } else if (what < 55) {
      auto& line = m.lines[dice.below(2)];
      if (!line.empty()) {
        const auto it = line.begin() + static_cast<std::ptrdiff_t>(dice.below(line.size()));
        c.leave(*it);
        line.erase(it);
        m.forget();
      }
    } else if (what < 95 && !m.running.empty()) {
      const auto i = static_cast<std::ptrdiff_t>(dice.below(m.running.size()));
      auto& call = m.running[static_cast<std::size_t>(i)];
      const auto fate = dice.below(20);
      if (!call.reported && fate < 17) {
        call.reported = true;
        if (fate == 0) {
          c.throttled(now, call.real);
          m.throttled(call, now);
        } else if (fate == 1) {
          c.failed(now);
          m.failed(now);
        } else {
          c.answered(now, call.real, fate < 10 ? std::optional<duration>(300ms) : std::nullopt);
          m.answered(call, now);
        }
      } else {
        c.release(call.real);
        m.running.erase(m.running.begin() + i);
      }
    } else {
      now += duration(dice.below(3'000'000'000));
    }
    while (const auto d = c.next(now)) {
      expect(m.running.size() < m.limit, "never more than the limit");
      expect(m.next_line() >= 0 && d->waiter == m.serve(), "who is served");
      m.begin(d->held);
    }
    expect(m.next_line() < 0 || m.running.size() >= m.limit, "no permit is lost");
    expect(c.running() == m.running.size() && c.limit() == m.limit, "as many run as in the model");
    expect(c.front() == (m.next_line() < 0 ? 0 : m.lines[m.next_line()].front()), "who is next");
  }
}

} // namespace

TEST_CASE("a concurrency limit agrees with its model at every step") {
  limits_test::for_seeds(250, [](std::uint64_t seed, random_source& dice) { play(seed, dice, 4000); });
}

TEST_CASE("an adaptive limit finds what a server sustains and stays near it") {
  limits_test::for_seeds(8, [](std::uint64_t seed, random_source& dice) {
    CAPTURE(seed);
    const std::size_t bears = 10 + dice.below(150);
    core c(concurrency().adaptive(true));
    std::multimap<time_point, core::permit> running;
    auto now = start;
    double sum = 0;
    std::size_t throttled = 0, calls = 0, samples = 0;
    auto gate = start; // Callers whose key was throttled hold back.
    while (now < start + 20min) {
      while (now >= gate) {
        const auto p = c.try_enter(now, core::request());
        if (!p)
          break;
        if (running.size() >= bears) {
          throttled += now > start + 5min;
          c.throttled(now, *p);
          c.release(*p);
          gate = now + 1s;
        } else {
          running.emplace(now + 500ms + duration(dice.below(1'000'000'000)), *p);
        }
        calls += now > start + 5min;
      }
      if (running.empty()) {
        now = gate;
        continue;
      }
      now = running.begin()->first;
      const auto p = running.begin()->second;
      running.erase(running.begin());
      c.answered(now, p, 400ms);
      c.release(p);
      if (now > start + 5min) {
        sum += static_cast<double>(c.limit());
        ++samples;
      }
    }
    const auto average = sum / static_cast<double>(samples);
    CHECK(average > 0.75 * static_cast<double>(bears));
    CHECK(average < 1.15 * static_cast<double>(bears));
    CHECK(throttled < calls / 20);
  });
}

TEST_CASE("the limit doubles from round to round up to a cut, then near to where it was cut, and then grows by one") {
  core c(concurrency().adaptive(true).initial(4));
  auto now = start;
  const auto round = [&] {
    std::vector<core::permit> all;
    while (const auto p = c.try_enter(now, core::request()))
      all.push_back(*p);
    now += 1s;
    for (const auto& p : all) {
      c.answered(now, p, 200ms);
      c.release(p);
    }
  };
  round();
  CHECK(c.limit() == 7); // One more for each call that began when half of it was in use.
  round();
  CHECK(c.limit() == 11);
  round();
  round();
  CHECK(c.limit() == 26);
  const auto p = c.try_enter(now, core::request());
  c.throttled(now, *p);
  c.release(*p);
  CHECK(c.limit() == 20);
  round();
  CHECK(c.limit() == 25);
  round();
  round();
  CHECK(c.limit() == 26);
}

TEST_CASE("calls that began before a cut cut no further and neither does the rest of its episode") {
  core c(concurrency().adaptive(true).initial(100));
  std::vector<core::permit> all;
  while (const auto p = c.try_enter(start, core::request()))
    all.push_back(*p);
  for (const auto& p : all) {
    c.throttled(start + 1min, p);
    c.release(p);
  }
  CHECK(c.limit() == 80);
  // Far below where it was cut, single refusals mean nothing; many do.
  const auto later = c.try_enter(start + 1min + 5s, core::request());
  c.throttled(start + 1min + 16s, *later);
  c.throttled(start + 1min + 16s, *later);
  CHECK(c.limit() == 80);
  c.throttled(start + 1min + 16s, *later);
  CHECK(c.limit() == 64);
}

TEST_CASE("errors of one call in twenty leave a limit that grows to the demand") {
  std::size_t grown = 0;
  limits_test::for_seeds(8, [&](std::uint64_t seed, random_source& dice) {
    CAPTURE(seed);
    core c(concurrency().adaptive(true));
    std::multimap<time_point, core::permit> running;
    auto now = start;
    while (now < start + 3min) {
      while (const auto p = running.size() < 300 ? c.try_enter(now, core::request()) : std::nullopt) {
        if (dice.below(20) == 0) {
          dice.below(2) ? c.throttled(now, *p) : c.failed(now);
          c.release(*p);
        } else {
          running.emplace(now + 1s + duration(dice.below(1'000'000'000)), *p);
        }
      }
      now = running.begin()->first;
      c.answered(now, running.begin()->second, 400ms);
      c.release(running.begin()->second);
      running.erase(running.begin());
    }
    CHECK(c.limit() >= 15);
    grown += c.limit() >= 200;
  });
  CHECK(grown >= 6);
}

TEST_CASE("a 5xx stops the growth for a while and cuts nothing") {
  core c(concurrency().adaptive(true).initial(1));
  const auto p = c.try_enter(start, core::request());
  c.failed(start);
  c.answered(start + 1s, *p, 100ms);
  CHECK(c.limit() == 1);
  c.answered(start + 16s, *p, 100ms);
  CHECK(c.limit() == 2);
}

TEST_CASE("a limit that is not used does not grow") {
  core c(concurrency().adaptive(true).initial(10));
  for (int i = 0; i < 100; ++i) {
    const auto p = c.try_enter(start, core::request());
    c.answered(start, *p, 100ms);
    c.release(*p);
  }
  CHECK(c.limit() == 10);
}

TEST_CASE("first tokens that come later and later end the growth and lower the limit a little") {
  core c(concurrency().adaptive(true).initial(10).max(50));
  auto now = start;
  const auto round = [&](duration first_token) {
    std::vector<core::permit> all;
    while (const auto p = c.try_enter(now, core::request()))
      all.push_back(*p);
    now += 5s;
    for (const auto& p : all) {
      c.answered(now, p, first_token);
      c.release(p);
    }
  };
  for (int i = 0; i < 10; ++i)
    round(200ms);
  CHECK(c.limit() == 50);
  round(1s);
  CHECK(c.limit() < 50);
  CHECK(c.limit() >= 47);
}

TEST_CASE("the limit never falls below its minimum") {
  core c(concurrency().adaptive(true).initial(8).min(5));
  auto now = start;
  for (int i = 0; i < 10; ++i, now += 20s) {
    const auto p = c.try_enter(now, core::request());
    c.throttled(now, *p);
    c.release(*p);
  }
  CHECK(c.limit() == 5);
}
