// The search against models of servers whose capacity is known, in simulated time.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <queue>
#include <vector>

#include "bench/load/arrivals.hpp"
#include "bench/peak/search.hpp"

namespace {

using namespace weir;
using namespace std::chrono_literals;
using doctest::Approx;
using peak::probe_window;

class server {
public:
  server() = default;
  int slots = 10;       // at once; others wait
  double seconds = 0.5; // of an answer
  double spread = 0.2;  // of these
  double limit = 0;     // answers 429 above so many a second; 0: never
  int steps_at = 0;     // with so many in flight it takes twenty times as long; 0: never
  double fails = 0;     // a share of the answers
  double capacity() const { return limit > 0 ? limit : slots / seconds; }
};

class sent {
public:
  double begin = 0, end = 0;
  bool good = false, throttled = false;
};

// A probe from a server that is idle.
class run {
public:
  run(const server& s, load::spacing how, double rate, std::uint64_t seed, double slo)
      : server_(s), slo_(slo), random_(seed), arrivals_(load::profile().add(rate, rate, 1s), how, 1, seed) {
    free_.assign(static_cast<std::size_t>(s.slots), 0);
  }

  // All windows so far, with the next one.
  std::vector<probe_window> more(double length) {
    const double until = ++windows_ * length;
    while (next_ < until)
      one();
    std::vector<probe_window> all(static_cast<std::size_t>(windows_));
    for (int w = 0; w < windows_; ++w) {
      auto& out = all[static_cast<std::size_t>(w)];
      const double from = w * length, to = from + length;
      for (const auto& r : sent_) {
        if (r.begin >= from && r.begin < to) {
          ++out.offered;
          const bool ended = r.end <= until || r.begin + slo_ < until;
          out.judged += ended;
          out.good += ended && r.good;
          out.throttled += r.throttled;
          if (r.begin < from + length / 5) {
            out.early_judged += ended;
            out.early_good += ended && r.good;
          }
        }
        out.answered += r.end >= from && r.end < to && !r.throttled;
      }
      for (int i = 0; i < 20; ++i) {
        const double at = from + (i + 0.5) * length / 20;
        out.in_flight.push_back(static_cast<double>(
            std::count_if(sent_.begin(), sent_.end(), [at](const sent& r) { return r.begin <= at && r.end > at; })));
      }
    }
    return all;
  }

private:
  void one() {
    const double now = std::chrono::duration<double>(*arrivals_.next()).count();
    next_ = now;
    sent r;
    r.begin = now;
    if (server_.limit > 0) {
      while (!window_.empty() && window_.front() <= now - 1)
        window_.pop();
      if (static_cast<double>(window_.size()) >= server_.limit) {
        r.throttled = true;
        r.end = now + 0.001;
        sent_.push_back(r);
        return;
      }
      window_.push(now);
    }
    const auto slot = std::min_element(free_.begin(), free_.end());
    double takes = server_.seconds * (1 + server_.spread * (2 * uniform() - 1));
    if (server_.steps_at > 0) {
      const auto busy = std::count_if(sent_.begin(), sent_.end(), [now](const sent& x) { return x.end > now; });
      if (busy >= server_.steps_at)
        takes *= 20;
    }
    r.end = std::max(now, *slot) + takes;
    *slot = r.end;
    r.good = r.end - now <= slo_ && uniform() >= server_.fails;
    sent_.push_back(r);
  }
  double uniform() { return static_cast<double>(random_() >> 11) * 0x1p-53; }

  server server_;
  double slo_;
  std::mt19937_64 random_;
  load::arrivals arrivals_;
  std::vector<double> free_;
  std::queue<double> window_;
  std::vector<sent> sent_;
  double next_ = 0;
  int windows_ = 0;
};

peak::finding find(const server& s, std::uint64_t seed, double slo, load::spacing how = load::spacing::even,
                   peak::search_options o = {}, std::size_t* probes = nullptr) {
  peak::search search(o);
  for (std::uint64_t i = 0; search.next(); ++i) {
    REQUIRE(i < 100);
    run r(s, how, *search.next(), seed * 1000 + i, slo);
    std::vector<probe_window> windows;
    const double length = std::max(10.0, 40 / *search.next());
    do
      windows = r.more(length);
    while (search.wants_more(windows));
    search.tell(std::move(windows));
  }
  if (probes)
    *probes = search.probes().size();
  return search.result();
}

} // namespace

TEST_CASE("the capacity of a server that queues is found within 5 %, whatever the seed") {
  server s;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    CAPTURE(seed);
    std::size_t probes = 0;
    const auto f = find(s, seed, 5, load::spacing::even, {}, &probes);
    REQUIRE(f.knee);
    CHECK(*f.knee == Approx(s.capacity()).epsilon(0.05));
    CHECK(f.confirmed);
    CHECK_FALSE(f.cliff);
    CHECK(probes < 20);
    // Of arrivals by chance it depends on the chance too how long the queue gets.
    const auto by_chance = find(s, seed, 5, load::spacing::poisson);
    REQUIRE(by_chance.knee);
    CHECK(*by_chance.knee == Approx(s.capacity()).epsilon(0.1));
  }
}

TEST_CASE("the rate limit of a server is found within 5 %, and named") {
  server s;
  s.slots = 1000;
  s.limit = 37;
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    CAPTURE(seed);
    const auto f = find(s, seed, 5);
    REQUIRE(f.knee);
    CHECK(*f.knee == Approx(37).epsilon(0.05));
    CHECK_FALSE(f.cliff);
    CHECK(f.why == peak::cause::throttled);
  }
}

TEST_CASE("a cliff is called one") {
  server s;
  s.slots = 1000;
  s.steps_at = 30; // 60 a second, and from there on nothing is in time
  s.spread = 0;
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    CAPTURE(seed);
    const auto f = find(s, seed, 2);
    REQUIRE(f.knee);
    CHECK(*f.knee == Approx(60).epsilon(0.05));
    CHECK(f.cliff);
    CHECK(f.why == peak::cause::late);
  }
}

TEST_CASE("a server that fails at every rate has no knee, one that never breaks has no upper end") {
  server broken;
  broken.fails = 0.2;
  const auto none = find(broken, 1, 5);
  CHECK_FALSE(none.knee);
  CHECK(none.low == 0);
  CHECK(none.why == peak::cause::late);
  server vast;
  vast.slots = 1000;
  peak::search_options o;
  o.most = 200;
  const auto all = find(vast, 1, 5, load::spacing::even, o);
  CHECK_FALSE(all.knee);
  CHECK_FALSE(all.high);
  CHECK(all.low == 200);
}
