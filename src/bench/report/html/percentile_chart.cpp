// Times by percentile.
#include <cmath>
#include <optional>

#include "batch/report/numbers.hpp"
#include "bench/report/figures.hpp"
#include "bench/report/html/charts.hpp"
#include "bench/report/html/plot.hpp"
#include "bench/report/words.hpp"
#include "bench/stats/confidence.hpp"
#include "core/time/in_seconds.hpp"

namespace weir::inline v0::bench_report {

namespace {

constexpr int steps = 72;
constexpr std::uint64_t fewest = 20;

double nines(double share) { return -std::log10(1 - share); }
double share_at(double nines) { return 1 - std::pow(10, -nines); }

// The highest percentile that so many calls may claim.
double highest(std::uint64_t samples) {
  double low = 0.3, high = 8; // nines
  while (high - low > 1e-3) {
    const double middle = (low + high) / 2;
    (confidence::samples_needed(share_at(middle)) <= samples ? low : high) = middle;
  }
  return low;
}

class curve {
public:
  curve() = default;
  std::vector<point> middle, low, high;
  std::string style, name;
  std::uint64_t samples = 0;
  double to = 0; ///< In nines.
};

curve curve_of(const histogram& h, std::string style, std::string name) {
  curve c;
  c.style = std::move(style);
  c.name = std::move(name) + ", n = " + grouped(h.count());
  c.samples = h.count();
  c.to = highest(h.count());
  for (int i = 0; i <= steps; ++i) {
    const double at = c.to * i / steps;
    const auto p = measure::percentile_of(h, std::max(share_at(at), 1e-3));
    if (!p.value)
      continue;
    c.middle.emplace_back(at, in_seconds(*p.value));
    if (p.low && p.high) {
      c.low.emplace_back(at, in_seconds(*p.low));
      c.high.emplace_back(at, in_seconds(*p.high));
    }
  }
  return c;
}

std::vector<curve> curves_of(const bench_result::record& r, bench_metric m) {
  std::vector<curve> all;
  const bool several = r.targets.size() > 1;
  for (std::size_t i = 0; i < std::min<std::size_t>(r.targets.size(), 4); ++i) {
    const auto& t = r.targets[i];
    // What other tools show, below it.
    const auto& calls = r.told(i);
    const auto& sent = calls.of(bench_metric::ttft_sent);
    if (m == bench_metric::ttft && !several && sent.count() >= fewest) {
      all.push_back(curve_of(sent, "s2 dashed", "ttft_sent: from when it was sent"));
      all.back().low.clear();
      all.back().high.clear();
    }
    if (calls.of(m).count() >= fewest)
      all.push_back(curve_of(calls.of(m), series(i), several ? shown(t.name, 40) : std::string(name_of(m))));
  }
  return all;
}

std::vector<std::pair<double, std::string>> ticks(double to) {
  std::vector<std::pair<double, std::string>> all{{0, "min"}, {nines(0.5), "50 %"}, {1, "90 %"}};
  for (int n = 2; n <= to + 1e-9; ++n)
    all.emplace_back(n, fixed(100 * share_at(n), n - 2) + " %");
  return all;
}

void draw(plot& p, const curve& c) {
  const auto placed = [&p](const std::vector<point>& from) {
    std::vector<point> to;
    for (const auto& [x, y] : from)
      to.emplace_back(p.x(x), p.y(y));
    return to;
  };
  const auto fill = "band " + c.style;
  p.picture.band(placed(c.low), placed(c.high), fill);
  p.line(c.middle, c.style);
}

} // namespace

std::string percentile_chart(const bench_result::record& r, bench_metric m, std::string_view title,
                             std::string_view explanation) {
  const auto curves = curves_of(r, m);
  std::vector<double> values;
  double to = 0;
  std::uint64_t samples = 0;
  for (const auto& c : curves) {
    to = std::max(to, c.to);
    samples = std::max(samples, c.samples);
    for (const auto* points : {&c.middle, &c.high, &c.low})
      for (const auto& at : *points)
        values.push_back(at.second);
  }
  if (values.empty())
    return {};
  // What the calls do not suffice for is left free, and said.
  const double end = std::max(2.0, std::ceil(to + 0.05));
  const auto [least, most] = std::minmax_element(values.begin(), values.end());
  plot p(half, 270, axis(0, end), axis::around(values, *least > 0 && *most > 8 * *least), "share of the calls");
  p.y_ticks(tick_time, 7).x_ticks(ticks(end));
  if (p.x(end) - p.x(to) > 12) {
    p.picture.rect(p.x(to), p.top, p.right - p.x(to), p.bottom - p.top, "unknown");
    p.picture.text(p.right - 4, p.bottom - 8, "end",
                   fixed(100 * share_at(end), static_cast<int>(end) - 2) + " % needs " +
                       grouped(confidence::samples_needed(share_at(end))) + " calls",
                   "label note");
  }
  legend keys;
  for (const auto& c : curves) {
    draw(p, c);
    keys.emplace_back(c.style, c.name);
  }
  for (const auto& o : r.objectives)
    if (o.of() == m)
      p.limit(in_seconds(o.limit()), "objective " + tick_time(in_seconds(o.limit())));
  return figure(title, explanation, keys, p.finish(std::string(name_of(m)) + " by percentile"));
}

} // namespace weir::inline v0::bench_report
