// How a benchmark is doing, in lines.
#include "tool/bench/bench_display.hpp"

#include <doctest/doctest.h>

#include <algorithm>

#include "tool/bench/said.hpp"
#include "tool/output/display_width.hpp"

using namespace weir;
using namespace std::chrono_literals;

namespace {

bench_progress measuring() {
  bench_progress p;
  p.phase = "measuring";
  p.elapsed = 12s + 340ms;
  p.left = 17s + 660ms;
  p.calls = 240;
  p.in_flight = 9;
  p.offered_per_s = 20;
  p.rate = 19.8;
  p.ttft_p50 = 132ms;
  p.ttft_p95 = 410ms;
  p.verdict = "valid so far";
  return p;
}

using test::says;

} // namespace

TEST_CASE("bars run from the smallest value to the greatest") {
  CHECK(cli::sparkline({}).empty());
  CHECK(cli::sparkline({0, 7}) == "▁█");
  CHECK(cli::sparkline({5, 5, 5}) == "▁▁▁");
  CHECK(cli::sparkline({0, 1, 2, 3, 4, 5, 6, 7}) == "▁▂▃▄▅▆▇█");
}

TEST_CASE("the view says the phase, the rates, the times and the verdict so far") {
  cli::bench_view view;
  view.add(measuring());
  const auto lines = view.lines(120);
  CHECK(std::count(lines.begin(), lines.end(), '\n') == 4);
  CHECK(lines.starts_with("measuring · 12 s, 18 s left · 20.0/s started, 19.8/s answered · 9 in flight\n"));
  CHECK(says(lines, "ttft p50 132 ms, p95 410 ms · 240 calls\n"));
  CHECK(says(lines, "\nvalid so far\n"));
}

TEST_CASE("an invalid window takes the place of the verdict, and failures are counted") {
  auto p = measuring();
  p.problem = "requests were sent late";
  p.failed = 3;
  cli::bench_view view;
  view.add(p);
  const auto lines = view.lines(120);
  CHECK(says(lines, "now invalid: requests were sent late\n"));
  CHECK(says(lines, "3 of 240 calls failed"));
  CHECK(!says(lines, "valid so far"));
}

TEST_CASE("nothing is said about a run of which nothing counts yet") {
  auto p = measuring();
  p.phase = "warm-up";
  p.verdict = "invalid: nothing was measured";
  cli::bench_view view;
  view.add(p);
  CHECK(!says(view.lines(120), "invalid"));
}

TEST_CASE("no line is wider than the terminal") {
  auto p = measuring();
  p.target = "http://a-server-with-a-long-name.example.org:8000/v1";
  cli::bench_view view;
  for (int i = 0; i < 200; ++i)
    view.add(p);
  const auto lines = view.lines(40);
  for (std::size_t at = 0; at < lines.size(); at = lines.find('\n', at) + 1)
    CHECK(cli::columns_of(lines.substr(at, lines.find('\n', at) - at)) <= 40);
}

TEST_CASE("a log gets one sentence") {
  cli::bench_view view;
  view.add(measuring());
  const auto text = view.sentence();
  CHECK(text == "measuring: 20.0/s started, 19.8/s answered, 9 in flight; ttft p50 132 ms, p95 410 ms; 240 calls");
}
