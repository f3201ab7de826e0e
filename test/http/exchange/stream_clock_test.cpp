// The clocks of a stream, compared with a model.
#include <doctest/doctest.h>

#include <optional>
#include <random>
#include <vector>

#include "http/exchange/stream_clock.hpp"

using namespace std::chrono_literals;
using weir::errc;
using weir::never;
using weir::time_point;
using weir::http::stream_clock;
using weir::http::stream_limits;

namespace {

enum class kind { waits, bytes, token };

class happening {
public:
  happening(kind k, time_point t) : what(k), at(t) {}
  kind what;
  time_point at;
};

// The clocks as they are documented, from the whole history each time.
class reference {
public:
  reference(stream_limits l, time_point t) : limits(l), started(t) {}

  errc verdict(time_point now) const {
    std::vector<std::pair<time_point, errc>> out;
    const auto add = [&](time_point since, weir::duration limit, errc e) {
      if (limit != stream_limits::off && now - since >= limit)
        out.emplace_back(since + limit, e);
    };
    add(started, limits.total, errc::deadline_exceeded);
    bool first = false, waiting = false;
    std::optional<time_point> token_wait, byte_wait;
    for (const auto& h : history) {
      switch (h.what) {
      case kind::waits:
        waiting = true;
        token_wait = token_wait.value_or(h.at);
        byte_wait = byte_wait.value_or(h.at);
        break;
      case kind::bytes:
        waiting = false;
        byte_wait.reset();
        break;
      case kind::token:
        first = true;
        token_wait.reset();
        break;
      }
    }
    if (waiting && !first)
      add(started, limits.first_token, errc::first_token_timeout);
    if (waiting && first && token_wait)
      add(*token_wait, limits.gap, errc::stalled);
    if (waiting && byte_wait)
      add(*byte_wait, limits.idle, errc::stalled);
    auto best = errc{};
    auto when = never;
    for (const auto& [t, e] : out)
      if (t < when) {
        when = t;
        best = e;
      }
    return best;
  }

  stream_limits limits;
  time_point started;
  std::vector<happening> history;
};

constexpr time_point start{100h};

} // namespace

TEST_CASE("without limits no clock ever runs out") {
  stream_clock clock({}, start);
  clock.waits(start);
  CHECK(clock.next() == never);
  CHECK(clock.check(start + 10000h) == errc{});
  CHECK(clock.check(never) == errc{});
}

TEST_CASE("the first token, the gaps between tokens and the total each have their clock") {
  stream_limits limits;
  limits.first_token = 10s;
  limits.gap = 3s;
  limits.total = 60s;
  stream_clock clock(limits, start);
  clock.waits(start);
  CHECK(clock.next() == start + 10s);
  CHECK(clock.check(start + 10s - 1ns) == errc{});
  CHECK(clock.check(start + 10s) == errc::first_token_timeout);
  clock.bytes();
  clock.token();
  CHECK(clock.next() == start + 60s);
  clock.waits(start + 9s);
  CHECK(clock.next() == start + 12s);
  CHECK(clock.check(start + 12s) == errc::stalled);
  clock.bytes();
  clock.token();
  clock.waits(start + 59s);
  CHECK(clock.check(start + 60s) == errc::deadline_exceeded);
}

TEST_CASE("comments count for the idle clock and not for the token clocks") {
  stream_limits limits;
  limits.gap = 5s;
  limits.idle = 2s;
  stream_clock clock(limits, start);
  clock.waits(start);
  clock.bytes();
  clock.token();
  auto now = start;
  for (int i = 0; i < 4; ++i) {
    clock.waits(now);
    CHECK(clock.check(now) == errc{});
    now += 1s;
    clock.bytes();
  }
  clock.waits(now);
  CHECK(clock.next() == start + 5s);
  CHECK(clock.check(now + 1s) == errc::stalled);
}

TEST_CASE("a consumer that reads slowly is not taken for a stalled provider") {
  stream_limits limits;
  limits.gap = 5s;
  limits.idle = 5s;
  stream_clock clock(limits, start);
  clock.waits(start);
  clock.bytes();
  clock.token();
  CHECK(clock.check(start + 1h) == errc{});
  clock.waits(start + 1h);
  CHECK(clock.check(start + 1h + 4s) == errc{});
  CHECK(clock.next() == start + 1h + 5s);
}

TEST_CASE("random streams get the documented verdict, and one lazy timer finds it at its instant") {
  for (unsigned seed = 1; seed <= 2000; ++seed) {
    CAPTURE(seed);
    std::mt19937 random(seed);
    const auto limit = [&] { return random() % 4 == 0 ? stream_limits::off : weir::duration(1 + random() % 50); };
    stream_limits limits;
    limits.first_token = limit();
    limits.gap = limit();
    limits.idle = limit();
    limits.total = random() % 2 ? stream_limits::off : weir::duration(1 + random() % 200);
    stream_clock clock(limits, start);
    reference model(limits, start);
    auto timer = clock.next();
    auto now = start;
    errc found{}, wanted{};
    for (int step = 0; step < 300 && wanted == errc{}; ++step) {
      now += weir::duration(random() % 3 == 0);
      wanted = model.verdict(now);
      REQUIRE(clock.check(now) == wanted);
      REQUIRE((clock.next() <= now) == (wanted != errc{}));
      if (now >= timer) {
        found = clock.check(now);
        timer = clock.next();
      }
      if (wanted != errc{})
        break;
      switch (random() % 4) {
      case 0:
        clock.waits(now);
        model.history.emplace_back(kind::waits, now);
        // The timer stays armed unless it would fire too late.
        if (clock.next() < timer)
          timer = clock.next();
        break;
      case 1:
        clock.bytes();
        model.history.emplace_back(kind::bytes, now);
        break;
      case 2:
        clock.token();
        model.history.emplace_back(kind::token, now);
        break;
      default: break;
      }
    }
    CHECK(found == wanted);
  }
}
