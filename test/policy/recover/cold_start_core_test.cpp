// What counts as an endpoint that is starting, and when it is called again.
#include <doctest/doctest.h>

#include "policy/recover/cold_start_core.hpp"

using namespace weir;
using namespace std::chrono_literals;

namespace {

using verdict = cold_start_core::verdict;
const time_point start{1h};

failure starting() { return failure(errc::overloaded, "").status(503); }
failure perhaps() { return failure(errc::server_error, "").status(502); }

} // namespace

TEST_CASE("a response without an error of the server's own is a sign of a cold start, and nothing else is") {
  CHECK(cold_start_sign_of(starting()) == cold_start_sign::certain);
  CHECK(cold_start_sign_of(failure(errc::loading, "").status(503).remote_code("x")) == cold_start_sign::certain);
  CHECK(cold_start_sign_of(perhaps()) == cold_start_sign::perhaps);
  CHECK(cold_start_sign_of(failure(errc::server_error, "").status(500)) == cold_start_sign::perhaps);
  CHECK(cold_start_sign_of(starting().remote_code("healthcheck")) == cold_start_sign::none);
  CHECK(cold_start_sign_of(perhaps().remote_code("generation")) == cold_start_sign::none);
  for (const auto code : {errc::paused, errc::rate_limited, errc::unauthorized, errc::connect_failed, errc::cancelled,
                          errc::connection_lost, errc::bad_request})
    CHECK(cold_start_sign_of(failure(code, "").status(400)) == cold_start_sign::none);
  CHECK(cold_start_sign_of(failure(errc::server_error, "").status(504)) == cold_start_sign::none);
}

TEST_CASE("tries come ever more slowly, from a second apart to five") {
  cold_start_core core{cold_start()};
  CHECK(core.since() == never);
  auto now = start;
  for (const auto pace : {1s, 2s, 4s, 5s, 5s, 5s}) {
    const auto next = core.after(starting(), now, 0s, duration::max(), 0.5);
    CHECK(next.what == verdict::again);
    CHECK(next.wait >= pace * 3 / 4);
    CHECK(next.wait < pace);
    now += next.wait;
  }
  CHECK(core.since() == start);
}

TEST_CASE("a server that holds the request sets the pace itself") {
  cold_start_core core{cold_start()};
  const auto next = core.after(starting(), start, 1min, duration::max(), 0);
  CHECK(next.what == verdict::again);
  CHECK(next.wait == 250ms);
}

TEST_CASE("the server's retry-after is obeyed, within reason") {
  cold_start_core core{cold_start()};
  CHECK(core.after(starting().retry_after(8s), start, 0s, duration::max(), 0).wait == 8s);
  CHECK(core.after(starting().retry_after(1h), start, 0s, duration::max(), 0).wait == 15s);
}

TEST_CASE("a 502 counts as starting for a minute, and after a 503 for as long as the call may wait") {
  cold_start_core doubtful{cold_start()};
  CHECK(doubtful.after(perhaps(), start, 0s, duration::max(), 0).what == verdict::again);
  CHECK(doubtful.after(perhaps(), start + 59s, 0s, duration::max(), 0).what == verdict::again);
  CHECK(doubtful.after(perhaps(), start + 60s, 0s, duration::max(), 0).what == verdict::not_starting);

  cold_start_core sure{cold_start()};
  CHECK(sure.after(starting(), start, 0s, duration::max(), 0).what == verdict::again);
  CHECK(sure.after(perhaps(), start + 1h, 0s, duration::max(), 0).what == verdict::again);
}

TEST_CASE("no wait is begun that would end after the deadline or the limit") {
  cold_start_core core{cold_start()};
  CHECK(core.after(starting(), start, 0s, 751ms, 0).what == verdict::again);
  CHECK(core.after(starting(), start, 0s, 1s, 0).what == verdict::late);

  cold_start_core limited(cold_start().limit(10s));
  CHECK(limited.after(starting(), start, 0s, duration::max(), 0).what == verdict::again);
  CHECK(limited.after(starting(), start + 9s, 0s, duration::max(), 0).what == verdict::limit);
}

TEST_CASE("without waiting a 503 means starting at once, but a doubtful 500 stays what it is") {
  cold_start_core core(cold_start::never());
  CHECK(core.after(starting(), start, 0s, duration::max(), 0).what == verdict::refused);
  cold_start_core other(cold_start::never());
  CHECK(other.after(perhaps(), start, 0s, duration::max(), 0).what == verdict::not_starting);
}

TEST_CASE("a request is held only so long that its response comes before the deadline") {
  CHECK(cold_start_core::hold(30s) == 28s);
  CHECK(cold_start_core::hold(4s) == 0s);
  CHECK(cold_start_core::hold(duration::max()) == 10min);
  CHECK(cold_start_core::hold(2h) == 10min);
}
