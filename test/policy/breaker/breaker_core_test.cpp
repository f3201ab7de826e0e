// The circuit as a state machine: what opens it, probes, and what closes it.
#include <doctest/doctest.h>

#include <deque>
#include <string>
#include <utility>

#include <weir/core/random.hpp>

#include "policy/breaker/breaker_core.hpp"
#include "policy/breaker/breaker_model.hpp"
#include "policy/seed.hpp"

using namespace std::chrono_literals;
using weir::breaker;
using weir::breaker_core;
using weir::breaker_state;
using weir::duration;
using weir::errc;
using weir::time_point;
using v = weir::breaker_verdict;
using phase = breaker_state::phase;

namespace {

const time_point begin(1000s);

// Makes one call that ends at once; returns whether it was let through.
bool play(breaker_core& core, v what, time_point now, double random = 0) {
  const auto t = core.admit(now);
  if (t)
    core.result(*t, what, now, random);
  return t.has_value();
}

// Opens at `now`.
void fail_until_open(breaker_core& core, time_point now) {
  for (int i = 6; i >= 0; --i)
    REQUIRE(play(core, v::failure, now - i * 100ms));
  REQUIRE(core.inspect(now).state == phase::open);
}

phase phase_of(breaker_core& core, time_point now) { return core.inspect(now).state; }

} // namespace

TEST_CASE("failures in a row open the circuit, and a success between them restarts the count") {
  breaker_core core{breaker()};
  auto now = begin;
  const auto fail = [&] { play(core, v::failure, now += 100ms); };
  for (int i = 0; i < 6; ++i)
    fail();
  play(core, v::success, now);
  for (int i = 0; i < 6; ++i)
    fail();
  CHECK(phase_of(core, now) == phase::closed);
  fail();
  CHECK(phase_of(core, now) == phase::open);
  CHECK_FALSE(play(core, v::success, now));
}

TEST_CASE("throttling never opens it, and failures to connect only by their number") {
  breaker_core slow{breaker()};
  for (int i = 0; i < 1000; ++i)
    play(slow, v::throttled, begin + i * 10ms);
  CHECK(phase_of(slow, begin + 10s) == phase::closed);
  CHECK(slow.inspect(begin + 10s).failed == 0);

  breaker_core off{breaker()};
  auto now = begin;
  for (int i = 0; i < 6; ++i) {
    play(off, v::unreachable, now += 100ms);
    play(off, v::failure, now += 100ms);
  }
  CHECK(phase_of(off, now) == phase::closed);
  CHECK(off.inspect(now).failed == 6);
  for (int i = 0; i < 7; ++i)
    play(off, v::unreachable, now += 100ms);
  CHECK(phase_of(off, now) == phase::open);
}

TEST_CASE("a row of failures opens the circuit only after its span, by a failure or by a look") {
  breaker_core core{breaker()};
  for (int i = 0; i < 20; ++i)
    play(core, v::failure, begin);
  CHECK(phase_of(core, begin) == phase::closed);
  CHECK(core.look(begin + 499ms, 0).state == weir::target_health::state::doubtful);
  CHECK(core.look(begin + 500ms, 0).state == weir::target_health::state::down);
  CHECK(core.inspect(begin + 500ms).next_probe == 1s);
}

TEST_CASE("a row must be half of what waits for a first token: fast failures say nothing about slow answers") {
  breaker_core core{breaker().min_success(0)};
  std::deque<breaker_core::ticket> waiting;
  for (int i = 0; i < 500; ++i)
    waiting.push_back(*core.admit(begin));
  for (int i = 0; i < 490; ++i)
    play(core, v::failure, begin + i * 10ms);
  CHECK(phase_of(core, begin + 5s) == phase::closed);
  CHECK(core.look(begin + 5s, 0).state == weir::target_health::state::doubtful);
  for (int i = 0; i < 10; ++i)
    play(core, v::failure, begin + 5s);
  CHECK(phase_of(core, begin + 5s) == phase::open);
}

TEST_CASE("a row counts only attempts that began after the last sign of life") {
  breaker_core core{breaker().consecutive_share(0).min_success(0)};
  std::deque<breaker_core::ticket> slow;
  for (int i = 0; i < 20; ++i)
    slow.push_back(*core.admit(begin));
  auto first = *core.admit(begin);
  core.alive(first, begin + 1s);
  core.result(first, v::success, begin + 1s, 0);
  for (auto& t : slow)
    core.result(t, v::failure, begin + 10s, 0);
  CHECK(core.inspect(begin + 10s).failures_in_a_row == 0);
  for (int i = 0; i < 7; ++i)
    play(core, v::failure, begin + 11s + i * 100ms);
  CHECK(phase_of(core, begin + 12s) == phase::open);
}

TEST_CASE("while a stream delivers tokens nothing opens the circuit, and a silent stream is no proof") {
  breaker_core core{breaker()};
  auto stream = *core.admit(begin);
  core.alive(stream, begin);
  auto now = begin;
  for (int i = 0; i < 1000; ++i) {
    play(core, v::failure, now += 20ms);
    play(core, v::unreachable, now);
    if (i % 50 == 0)
      core.token(now);
  }
  CHECK(phase_of(core, now) == phase::closed);
  now += 6s;
  for (int i = 0; i < 7; ++i)
    play(core, v::failure, now += 100ms);
  CHECK(phase_of(core, now) == phase::open);
}

TEST_CASE("a first token of any attempt closes a circuit that a row had opened, but not one that the share had") {
  breaker_core row{breaker()};
  auto late = *row.admit(begin);
  fail_until_open(row, begin + 1s);
  row.alive(late, begin + 1100ms);
  CHECK(phase_of(row, begin + 1100ms) == phase::closed);
  CHECK(row.inspect(begin + 1100ms).succeeded == 1);

  breaker_core share{breaker().consecutive_failures(0)};
  late = *share.admit(begin);
  for (int i = 0; i < 101; ++i)
    play(share, v::failure, begin);
  REQUIRE(phase_of(share, begin) == phase::open);
  share.alive(late, begin + 100ms);
  CHECK(phase_of(share, begin + 100ms) == phase::open);
}

TEST_CASE("the share waits for attempts that may still succeed") {
  breaker_core core{breaker().consecutive_failures(0)};
  std::deque<breaker_core::ticket> waiting;
  for (int i = 0; i < 2000; ++i)
    waiting.push_back(*core.admit(begin));
  for (int i = 0; i < 200; ++i) {
    core.result(waiting.back(), v::failure, begin + 1ms, 0);
    waiting.pop_back();
  }
  CHECK(phase_of(core, begin + 1ms) == phase::closed);
  CHECK_FALSE(core.look(begin + 1ms, 0).well);
  for (auto& t : waiting)
    core.alive(t, begin + 3s);
  CHECK(core.look(begin + 3s, 0).well);
}

TEST_CASE("results older than the window do not count, and a good result never opens the circuit") {
  const auto settings = breaker().min_success(0.5).min_requests(4).window(10s);
  breaker_core core{settings};
  for (const auto what : {v::success, v::success, v::success, v::success})
    play(core, what, begin);
  for (const auto what : {v::failure, v::failure, v::failure})
    play(core, what, begin + 5s);
  CHECK(core.inspect(begin + 9s).succeeded == 4);
  play(core, v::unreachable, begin + 11s);
  play(core, v::success, begin + 11s);
  CHECK(core.inspect(begin + 11s).succeeded == 1);
  CHECK(core.inspect(begin + 11s).failed == 3);
  CHECK(phase_of(core, begin + 11s) == phase::closed);
  play(core, v::failure, begin + 11s);
  CHECK(phase_of(core, begin + 11s) == phase::open);

  breaker_core later{settings};
  for (const auto what : {v::failure, v::failure, v::failure})
    play(later, what, begin);
  play(later, v::failure, begin + 10s);
  CHECK(phase_of(later, begin + 10s) == phase::closed);
}

TEST_CASE("results that say nothing about the target leave the circuit as it is") {
  breaker_core core{breaker()};
  for (int i = 0; i < 1000; ++i)
    play(core, v::none, begin);
  const auto s = core.inspect(begin);
  CHECK(s.state == phase::closed);
  CHECK(s.succeeded + s.failed == 0);
  CHECK(s.running == 0);
}

TEST_CASE("the circuit opens for a time that doubles with each failed probe, up to the maximum") {
  breaker_core core{breaker()};
  auto now = begin;
  fail_until_open(core, now);
  for (const duration least : {1s, 2s, 4s, 8s, 16s, 32s, 60s, 60s}) {
    CHECK(core.inspect(now).next_probe == least);
    now += least - 1ns;
    CHECK_FALSE(core.admit(now));
    now += 1ns;
    REQUIRE(play(core, v::throttled, now));
  }
  now += 60s;
  REQUIRE(play(core, v::success, now));
  now += 1s;
  fail_until_open(core, now);
  CHECK(core.inspect(now).next_probe == 1s);
}

TEST_CASE("up to half of the open time is added at random") {
  breaker_core core{breaker()};
  for (int i = 0; i < 7; ++i)
    play(core, v::failure, begin + i * 100ms, 0.5);
  CHECK(core.inspect(begin + 600ms).next_probe == 1250ms);
}

TEST_CASE("one probe at a time goes through, and its success closes the circuit") {
  breaker_core core{breaker()};
  fail_until_open(core, begin);
  const auto probe = core.admit(begin + 1s);
  REQUIRE(probe);
  CHECK(probe->probe);
  CHECK(phase_of(core, begin + 1s) == phase::half_open);
  CHECK_FALSE(core.admit(begin + 10min));
  CHECK(core.why(begin + 10min).open_for == 10min);
  CHECK(core.why(begin + 10min).wait == 0s);
  core.result(*probe, v::success, begin + 11min, 0);
  CHECK(phase_of(core, begin + 11min) == phase::closed);
}

TEST_CASE("a probe's first token closes the circuit; the open time keeps growing until an answer ends well") {
  breaker_core core{breaker()};
  auto now = begin;
  fail_until_open(core, now);
  now += 1s;
  auto probe = core.admit(now);
  REQUIRE(probe);
  core.alive(*probe, now);
  CHECK(phase_of(core, now) == phase::closed);
  core.result(*probe, v::failure, now, 0);
  CHECK(core.inspect(now).succeeded == 1);
  CHECK(core.inspect(now).failed == 1);
  fail_until_open(core, now + 1s);
  CHECK(core.inspect(now + 1s).next_probe == 2s);
}

TEST_CASE("failures of calls from before it opened do not reopen it") {
  breaker_core core{breaker()};
  std::deque<breaker_core::ticket> late;
  for (int i = 0; i < 7; ++i)
    late.push_back(*core.admit(begin - 1s));
  fail_until_open(core, begin);
  const auto take = [&](v what, time_point now) {
    core.result(late.front(), what, now, 0);
    late.pop_front();
  };
  take(v::failure, begin);
  take(v::throttled, begin);
  CHECK(core.inspect(begin).next_probe == 1s);
  const auto probe = core.admit(begin + 1s);
  REQUIRE(probe);
  take(v::failure, begin + 1s);
  CHECK(phase_of(core, begin + 1s) == phase::half_open);
  core.result(*probe, v::success, begin + 1s, 0);
  while (!late.empty())
    take(v::failure, begin + 1s);
  CHECK(phase_of(core, begin + 1s) == phase::closed);
  CHECK(core.inspect(begin + 1s).failures_in_a_row == 0);
}

TEST_CASE("every kind of failure has its verdict") {
  const auto of = [](errc c) { return weir::breaker_verdict_of(weir::failure(c, "")); };
  for (const auto c :
       {errc::cancelled, errc::deadline_exceeded, errc::unauthorized, errc::forbidden, errc::quota_exhausted,
        errc::bad_request, errc::not_found, errc::missing_key, errc::insecure, errc::pool_exhausted, errc::paused,
        errc::circuit_open, errc::limit_reached, errc::starting, errc::response_too_large})
    CHECK(of(c) == v::none);
  for (const auto c : {errc::overloaded, errc::loading, errc::server_error, errc::connection_lost, errc::truncated,
                       errc::stalled, errc::first_token_timeout, errc::in_band_error, errc::malformed_response})
    CHECK(of(c) == v::failure);
  for (const auto c : {errc::resolve_failed, errc::connect_failed, errc::connect_timeout, errc::tls_failed,
                       errc::certificate_rejected, errc::proxy_refused})
    CHECK(of(c) == v::unreachable);
  CHECK(of(errc::rate_limited) == v::throttled);
  CHECK(weir::breaker_verdict_of(weir::failure()) == v::none);
}

TEST_CASE("a clock that is set back does not keep the circuit open longer") {
  breaker_core core{breaker()};
  fail_until_open(core, begin + 1h);
  CHECK_FALSE(core.admit(begin));
  CHECK_FALSE(core.admit(begin + 999ms));
  CHECK(core.admit(begin + 1s));
}

TEST_CASE("B1: the breaker does what its model does, step by step") {
  const auto seed = weir::test::seed();
  weir::random_source random(seed);
  const auto settings = breaker()
                            .consecutive_failures(4)
                            .min_success(0.5)
                            .min_requests(12)
                            .window(1s)
                            .open_for(300ms)
                            .open_for_at_most(5s)
                            .consecutive_span(30ms);
  std::uint64_t steps = 0, openings = 0, tokens = 0, late = 0, by_look = 0;
  std::string wrong;
  while (steps < 1'200'000 && wrong.empty()) {
    breaker_core core{settings};
    weir::test::breaker_model model{settings};
    std::deque<std::pair<breaker_core::ticket, weir::test::breaker_model::id>> running;
    time_point now(duration(static_cast<std::int64_t>(random.below(1'000'000'000'000'000))));
    // Runs of one kind of result, so that every way to open is covered.
    v mood = v::success;
    const auto check = [&](bool same, const char* what) {
      if (!same && wrong.empty())
        wrong = what;
    };
    for (int n = 0; n < 2000 && wrong.empty(); ++n, ++steps) {
      switch (random.below(60)) {
      case 0: now += duration(random.below(10'000'000'000)); break;
      case 1: now -= duration(random.below(1'000'000'000)); break;
      case 2: now -= duration(random.below(2) ? 3'600'000'000'000 : 1'000'000'001); break;
      case 3: now += 1h; break;
      case 4: mood = v(random.below(5)); break;
      default: now += duration(random.below(20'000'000)); break;
      }
      const auto kind = random.below(18);
      if (kind < 7 || running.empty()) {
        const auto t = core.admit(now);
        const auto i = model.admit(now);
        check(t.has_value() == i.has_value(), "admit");
        if (t && i) {
          check(t->probe == model.running.at(*i).probe, "probe");
          running.emplace_back(*t, *i);
        }
      } else if (kind == 7) {
        auto& [t, i] = running[random.below(running.size())];
        tokens += t.probe;
        core.alive(t, now);
        model.alive(i, now);
      } else if (kind == 8 && random.below(10) == 0) {
        core.token(now);
        model.token(now);
      } else if (kind == 9) {
        const double r = random.uniform();
        const bool closed = model.closed;
        check(core.look(now, r).state == model.look(now, r), "look");
        by_look += closed && !model.closed;
      } else {
        const auto at = random.below(running.size());
        const auto [t, i] = running[at];
        running.erase(running.begin() + static_cast<std::ptrdiff_t>(at));
        // Every third is of any kind, including cancelled.
        const auto what = random.below(3) ? mood : v(random.below(5));
        const double r = random.uniform();
        late += !model.closed && !t.probe;
        const bool closed = model.closed;
        core.result(t, what, now, r);
        model.result(i, what, now, r);
        openings += closed && !model.closed;
      }
      const auto s = core.inspect(now);
      model.tick(now);
      const auto expected = model.closed ? phase::closed : model.probe_running() ? phase::half_open : phase::open;
      check(s.state == expected, "state");
      check(s.running == model.running.size() && s.running == running.size(), "permits in are permits out");
      if (!model.closed)
        check(s.since >= duration() && (s.state != phase::open || s.next_probe <= 7500ms), "times");
    }
  }
  if (!wrong.empty())
    FAIL_CHECK(wrong << " differs at step " << steps << "; "
                     << weir::test::replay(seed, "B1: the breaker does what its model does, step by step"));
  CHECK(openings > 1000);
  CHECK(tokens > 100);
  CHECK(late > 1000);
  CHECK(by_look > 10);
}

TEST_CASE("B3: a hard outage at 1,000 calls a second lets through those of half a second and those under way") {
  breaker_core core{breaker()};
  weir::random_source random(3);
  constexpr auto latency = 50ms;
  std::deque<std::pair<time_point, breaker_core::ticket>> under_way;
  std::uint64_t before = 0, after = 0, probes = 0;
  for (auto now = begin; now < begin + 60s; now += 1ms) {
    while (!under_way.empty() && under_way.front().first <= now) {
      core.result(under_way.front().second, v::failure, now, random.uniform());
      under_way.pop_front();
    }
    const bool opened = core.inspect(now).opened > 0;
    if (const auto t = core.admit(now)) {
      under_way.emplace_back(now + latency, *t);
      ++(t->probe ? probes : opened ? after : before);
    }
  }
  // Those that begin before the row has lasted for its half second.
  CHECK(before <= 7 + 50 + 500);
  CHECK(after == 0);
  CHECK(probes <= 6);
}

TEST_CASE("B3: half of the calls failing opens it within one window") {
  for (const bool at_random : {false, true}) {
    breaker_core core{breaker()};
    weir::random_source random(4);
    auto now = begin;
    for (int i = 0; core.inspect(now).opened == 0 && now < begin + 2min; ++i, now += 10ms)
      play(core, (at_random ? random.below(2) : i % 2) ? v::success : v::failure, now);
    CHECK(now - begin <= breaker().window());
    CHECK(core.inspect(now).opened == 1);
  }
}

TEST_CASE("B3: the same 200 outcomes in 10 ms or in 10 s give the same decision") {
  weir::random_source random(5);
  int opened = 0;
  for (int round = 0; round < 2000; ++round) {
    const auto settings = breaker().consecutive_failures(0);
    breaker_core fast{settings}, slow{settings};
    const auto start = begin + duration(static_cast<std::int64_t>(random.below(30'000'000'000)));
    const double good = 0.4 + 0.4 * random.uniform();
    int fast_at = -1, slow_at = -1;
    for (int i = 0; i < 200; ++i) {
      const auto what = random.uniform() < good ? v::success : v::failure;
      play(fast, what, start + i * 50us);
      play(slow, what, start + i * 50ms);
      if (fast_at < 0 && phase_of(fast, start + i * 50us) == phase::open)
        fast_at = i;
      if (slow_at < 0 && fast_at >= 0 && phase_of(slow, start + i * 50ms) != phase::closed)
        slow_at = i;
      if (fast_at >= 0)
        break;
    }
    CHECK(fast_at == slow_at);
    opened += fast_at >= 0;
  }
  CHECK(opened > 200);
  CHECK(opened < 1800);
}
