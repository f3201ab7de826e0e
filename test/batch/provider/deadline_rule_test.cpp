#include <doctest/doctest.h>

#include "batch/provider/deadline_rule.hpp"
#include "batch/provider/poll_pace.hpp"

using namespace weir;
using namespace weir::vendor_batch;
using namespace std::chrono_literals;

namespace {

const wall_point start{1'790'000'000s};

// 3600 items at one a second, with a quarter to spare: 75 minutes live.
deadline_question at(duration now, duration deadline) {
  deadline_question q;
  q.now = start + coarse(now);
  q.deadline = start + coarse(deadline);
  q.items_left = 3600;
  q.live_rate = 1;
  return q;
}

} // namespace

TEST_CASE("before the first batch: live if a batch could not be tried and given up in time") {
  CHECK(!decide(at(0h, 8h)).live);
  CHECK(decide(at(0h, 90min)).live); // 15 minutes are too few for a batch of which nothing is known
  auto q = at(0h, 90min);
  q.median = 7min;
  CHECK(!decide(q).live);
  q.median = 20min;
  CHECK(decide(q).live);
}

TEST_CASE("a batch is kept until live calls only just make the deadline") {
  auto q = at(1h, 8h);
  q.age = 1h;
  const auto a = decide(q);
  CHECK(!a.live);
  CHECK(a.last_moment == start + 8h - 75min - 2min);
  CHECK(a.again_at == q.now + 5min);
  q.now = a.last_moment - 60s;
  CHECK(!decide(q).live);
  CHECK(decide(q).again_at == a.last_moment);
  q.now = a.last_moment;
  CHECK(decide(q).live);
}

TEST_CASE("a batch that is going to end in time is kept past that moment") {
  auto q = at(7h, 8h);
  q.age = 7h;
  CHECK(decide(q).live);
  q.progress = 0.9; // 47 minutes more
  CHECK(!decide(q).live);
  q.progress = 0.8; // 105 minutes more
  CHECK(decide(q).live);
  q.progress.reset();
  q.finalizing = true;
  CHECK(!decide(q).live);
}

TEST_CASE("past the deadline the batch that is paid for is waited for") {
  auto q = at(9h, 8h);
  q.age = 9h;
  CHECK(!decide(q).live);
  CHECK(decide(q).again_at > q.now);
}

TEST_CASE("with nothing left there is nothing to decide") {
  auto q = at(8h, 8h);
  q.items_left = 0;
  CHECK(!decide(q).live);
}

TEST_CASE("durations are learnt as quantiles") {
  learnt_durations l;
  CHECK(!l.median());
  for (int n = 10; n >= 1; --n)
    l.add(n * 1min);
  CHECK(l.median() == duration(5min));
  CHECK(l.most() == duration(9min));
  for (int n = 0; n < 1000; ++n)
    l.add(7min);
  CHECK(l.median() == duration(7min));
}

TEST_CASE("polls: 5 s, 10 s, 20 s, 40 s, a minute, and then with the age up to 5 minutes") {
  const poll_pace p;
  const auto wait = [&p](unsigned n, duration age) { return p.wait(n, age, 0.5); };
  CHECK(wait(0, 0s) == duration(5s));
  CHECK(wait(1, 5s) == duration(10s));
  CHECK(wait(3, 40s) == duration(40s));
  CHECK(wait(4, 2min) == duration(60s));
  CHECK(wait(9, 40min) == duration(2min));
  CHECK(wait(500, 20h) == duration(5min));
  CHECK(p.wait(0, 0s, 0.0) == duration(4500ms));
  CHECK(p.wait(0, 0s, 0.999) < duration(5500ms));
  CHECK(p.wait(0, 0s, 0.5, 90s) == duration(90s));
  CHECK(p.wait(0, 0s, 0.5, 24h) == duration(1h)); // what nobody can mean
}

TEST_CASE("failed requests wait twice as long each time, up to a minute") {
  CHECK(retry_wait(1, 1.0) == duration(1s));
  CHECK(retry_wait(4, 1.0) == duration(8s));
  CHECK(retry_wait(200, 1.0) == duration(60s));
  CHECK(retry_wait(4, 0.0) == duration(4s));
  CHECK(retry_wait(1, 0.5, 30s) == duration(30s));
}
