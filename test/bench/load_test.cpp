#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include <weir/bench/load.hpp>
#include <weir/core/error.hpp>

#include "bench/load/schedule.hpp"

namespace {

using namespace weir;
using namespace std::chrono_literals;
using strings = std::vector<std::string>;

template <class F>
std::string refusal(F f) {
  try {
    f();
  } catch (const error& e) {
    CHECK(e.code() == errc::invalid_argument);
    CHECK(std::string(e.what()).find('\n') == std::string::npos);
    return e.failure().message();
  }
  return {};
}

bool has(const std::string& text, std::string_view part) { return text.find(part) != text.npos; }

template <class From>
std::vector<duration> starts(From from, std::size_t most) {
  std::vector<duration> all;
  while (all.size() < most) {
    const auto t = from.next();
    if (!t)
      break;
    all.push_back(*t);
  }
  return all;
}

} // namespace

TEST_CASE("a load is what its text says, and says so for people") {
  CHECK(parse_bench_load("20") == bench_load::rate(20));
  CHECK(parse_bench_load(" 0.5 ") == bench_load::rate(0.5));
  CHECK(parse_bench_load("10/60s") == bench_load::rate(1).then(10, 10, 60s));
  CHECK(parse_bench_load("1..50/2m,50/30s") == bench_load::rate(1).then(1, 50, 2min).then(50, 50, 30s));
  CHECK(parse_bench_load("5/20s, 100/2s, repeat") == bench_load::rate(1).then(5, 5, 20s).then(100, 100, 2s).repeat());
  CHECK(parse_bench_load("0..20/1m").stretches().front().from() == 0);

  CHECK(bench_load().text() == "1 request at once");
  CHECK(bench_load::at_once(64).text() == "64 requests at once");
  CHECK(bench_load::at_once(64, 30s).text() == "64 requests at once, rising over 30s");
  CHECK(bench_load::rate(20).poisson().text() == "20 requests/s, Poisson");
  CHECK(bench_load::rate(1).text() == "1 request/s");
  CHECK(bench_load::rate(2.5).gamma(0.25).text() == "2.5 requests/s, Gamma with burstiness 0.25");
  CHECK(bench_load::recorded().text() == "as recorded");
  CHECK(bench_load::recorded(2).text() == "as recorded, 2 times as fast");
  CHECK(parse_bench_load("1..50/2m,50/30s").text() == "1..50 requests/s for 2m, then 50 for 30s");
  CHECK(parse_bench_load("5/20s,100/1500ms,repeat").text() == "5 requests/s for 20s, then 100 for 1500ms, repeated");
}

TEST_CASE("a load knows how long it is, if it has an end") {
  CHECK(parse_bench_load("1..50/2m,50/30s").length() == 150s);
  CHECK(parse_bench_load("20").length() == 0s);
  CHECK(parse_bench_load("5/20s,100/2s,repeat").length() == 0s);
  CHECK(bench_load::at_once(3).length() == 0s);
  CHECK(bench_load::rate(1).then(1, 1, duration::max()).then(1, 1, 1s).length() == duration::max());
}

TEST_CASE("a text that is no load is told what to write instead") {
  const auto why = [](std::string_view text) { return refusal([&] { parse_bench_load(text); }); };
  CHECK(has(why(""), "such as 20"));
  CHECK(has(why("  "), "such as 20"));
  CHECK(has(why("fast"), "write a number of requests a second"));
  CHECK(has(why("-1"), "write a number"));
  CHECK(has(why("nan"), "write a number"));
  CHECK(has(why("inf/10s"), "write a number"));
  CHECK(has(why("0"), "above 0"));
  CHECK(has(why("20/s"), "write one like 30s"));
  CHECK(has(why("20/0s"), "above 0"));
  CHECK(has(why("20/-1s"), "write one like 30s"));
  CHECK(has(why("1..50"), "write 1..50/30s"));
  CHECK(has(why("10/60s,50"), "write 50/30s"));
  CHECK(has(why("10/60s,,50/1s"), "nothing before a comma"));
  CHECK(has(why("10..x/60s"), "\"x\" is no rate"));
  CHECK(has(why("20,repeat"), "write 20/30s"));
  CHECK(has(why("repeat"), "nothing to repeat"));
  CHECK(has(why("10/1s,repeat,5/1s"), "after the last stretch"));
  CHECK(has(why("0/10s"), "without requests"));
}

TEST_CASE("a load that cannot be is refused where it is made") {
  constexpr double inf = std::numeric_limits<double>::infinity();
  CHECK(has(refusal([] { bench_load::at_once(0); }), "from 1 to"));
  CHECK(has(refusal([] { bench_load::at_once(1, -1s); }), "not below 0"));
  for (const double bad : {0.0, -1.0, inf, std::nan("")}) {
    CAPTURE(bad);
    CHECK(has(refusal([=] { bench_load::rate(bad); }), "above 0"));
    CHECK(has(refusal([=] { bench_load::recorded(bad); }), "above 0"));
    CHECK(has(refusal([=] { bench_load::rate(1).gamma(bad); }), "from 0.01"));
  }
  CHECK(has(refusal([] { bench_load::rate(1).then(-1, 1, 1s); }), "0 or above"));
  CHECK(has(refusal([] { bench_load::rate(1).then(1, inf, 1s); }), "0 or above"));
  CHECK(has(refusal([] { bench_load::rate(1).then(1, 1, 0s); }), "length above 0"));
  CHECK(has(refusal([] { bench_load::rate(1).repeat(); }), "nothing to repeat"));
  for (auto closed : {bench_load::at_once(2), bench_load::recorded()}) {
    CHECK(has(refusal([&] { closed.then(1, 1, 1s); }), "bench_load::rate()"));
    CHECK(has(refusal([&] { closed.repeat(); }), "bench_load::rate()"));
    CHECK(has(refusal([&] { closed.poisson(); }), "bench_load::rate()"));
    CHECK(has(refusal([&] { closed.gamma(1); }), "bench_load::rate()"));
  }
}

TEST_CASE("any text is a load or a refusal") {
  std::mt19937_64 random(3);
  constexpr std::string_view letters = "0123456789./,.. smhrepat+-enif\n\xff";
  for (int i = 0; i < 20'000; ++i) {
    std::string text;
    for (auto n = random() % 16; n > 0; --n)
      text += letters[random() % letters.size()];
    try {
      const auto l = parse_bench_load(text);
      CHECK(l.what() == bench_load::kind::open);
      CHECK_FALSE(l.stretches().empty());
      CHECK(load::arrivals_of(l, 1).next());
    } catch (const error& e) {
      CHECK(e.code() == errc::invalid_argument);
    }
  }
}

TEST_CASE("the starts of a load are those of its rates") {
  CHECK(starts(load::arrivals_of(bench_load::rate(10), 1), 3) == std::vector<duration>{0ms, 100ms, 200ms});
  const auto steps = starts(load::arrivals_of(parse_bench_load("10/1s,100/1s"), 1), 200);
  CHECK(steps[10] == 1s);
  CHECK(steps[110] == 2s);
  CHECK(steps[120] == 2100ms); // the last rate stays
  const auto spikes = starts(load::arrivals_of(parse_bench_load("1/1s,9/1s,repeat"), 1), 31);
  CHECK(spikes[10] == 2s);
  CHECK(spikes[30] == 6s);
  CHECK(load::profile_of(parse_bench_load("1..50/2m")).rate_at(1min) == doctest::Approx(25.5));
  CHECK_FALSE(load::arrivals_of(bench_load::at_once(5), 1).next());
  // Spacing and seed are passed on.
  CHECK(load::arrivals_of(bench_load::rate(10).poisson(), 7).next() == 91'927'371ns);
  CHECK(load::arrivals_of(bench_load::rate(10).gamma(0.5), 7).next() == 3'845'109ns);
}

TEST_CASE("the parts of a load are together exactly the whole") {
  for (const auto* text : {"100", "1..50/10s,0/5s", "3/1s"})
    for (const unsigned n : {1u, 2u, 3u, 7u}) {
      auto l = parse_bench_load(text);
      l.poisson();
      const auto whole = starts(load::arrivals_of(l, 5), 210);
      std::vector<duration> together;
      for (unsigned k = 1; k <= n; ++k) {
        const auto part = starts(load::part_of(load::arrivals_of(l, 5), k, n), 210 / n);
        CHECK(part.front() == whole[k - 1]);
        together.insert(together.end(), part.begin(), part.end());
      }
      std::sort(together.begin(), together.end());
      CHECK(together == whole);
    }
  // Of a load that ends, too.
  const auto ending = parse_bench_load("100..0/1s");
  std::size_t all = 0;
  for (unsigned k = 1; k <= 7; ++k)
    all += starts(load::part_of(load::arrivals_of(ending, 1), k, 7), 1000).size();
  CHECK(all == starts(load::arrivals_of(ending, 1), 1000).size());
}
