// The spread of times over time.
#include <algorithm>
#include <array>
#include <cmath>

#include "bench/report/html/charts.hpp"
#include "bench/report/html/time_line.hpp"
#include "bench/report/words.hpp"
#include "core/time/in_seconds.hpp"

namespace weir::inline v0::bench_report {

namespace {

using bench_record::column;

constexpr int most_rows = 30, fewest_rows = 9;
constexpr std::size_t shades = 8;

class cells {
public:
  cells() = default;
  std::vector<column> columns;
  int first = 0, last = 0; ///< Places.
  int step = 1;            ///< So many places are a row.
};

cells cells_of(const std::vector<window_group>& groups) {
  cells c;
  bool any = false;
  for (const auto& g : groups) {
    column sum;
    for (const auto* w : g)
      sum.merge(w->ttft);
    if (sum.count() > 0) {
      const int low = sum.counts().begin()->first, high = sum.counts().rbegin()->first;
      c.first = any ? std::min(c.first, low) : low;
      c.last = any ? std::max(c.last, high) : high;
      any = true;
    }
    c.columns.push_back(std::move(sum));
  }
  // Times that are all alike are a band in the middle, not a picture of one colour.
  while (any && c.last - c.first + 1 < fewest_rows) {
    c.first = std::max(c.first - 1, 0);
    ++c.last;
  }
  c.step = (c.last - c.first) / most_rows + 1;
  return c;
}

double edge(int place) { return std::max(in_seconds(column::from(static_cast<std::uint16_t>(place))), 1e-6); }

// Counts of a column by row.
std::map<int, double> rows_of(const column& of, const cells& c) {
  std::map<int, double> rows;
  for (const auto& [place, n] : of.counts())
    rows[(place - c.first) / c.step] += static_cast<double>(n);
  return rows;
}

void draw(plot& p, const std::vector<window_group>& groups, const cells& c) {
  double most = 0;
  for (const auto& one : c.columns)
    for (const auto& [row, n] : rows_of(one, c))
      most = std::max(most, n);
  std::array<std::string, shades> shapes;
  for (std::size_t i = 0; i < groups.size(); ++i) {
    const double x = p.x(begin_of(groups[i])), w = p.x(end_of(groups[i])) - x;
    for (const auto& [row, n] : rows_of(c.columns[i], c)) {
      const int from = c.first + row * c.step;
      const double top = p.y(edge(from + c.step)), bottom = p.y(edge(from));
      // By the root, so that single calls show.
      const auto shade = static_cast<std::size_t>(std::sqrt(n / most) * (shades - 1) + 0.5);
      shapes[std::min(shade, shades - 1)] +=
          rect_path(x, top, std::max(w - 0.4, 0.6), std::max(bottom - top - 0.4, 0.6));
    }
  }
  for (std::size_t i = 0; i < shades; ++i)
    p.picture.shape(shapes[i], "heat h" + std::to_string(i + 1));
}

std::vector<point> percentile_line(const std::vector<window_group>& groups, const cells& c, double share) {
  std::vector<point> line;
  for (std::size_t i = 0; i < groups.size(); ++i)
    if (const auto at = c.columns[i].at(share))
      line.emplace_back((begin_of(groups[i]) + end_of(groups[i])) / 2, in_seconds(*at));
  return line;
}

} // namespace

std::string heat_map(const bench_result::record& r, std::size_t target) {
  const auto groups = groups_of(r, static_cast<int>(target));
  const auto c = cells_of(groups);
  if (std::all_of(c.columns.begin(), c.columns.end(), [](const column& one) { return one.count() == 0; }))
    return {};
  const int rows = (c.last - c.first) / c.step + 1;
  plot p(wide, 260, time_axis(r), axis(edge(c.first), edge(c.first + rows * c.step), true));
  begin_time_line(p, r, 12, false);
  draw(p, groups, c);
  p.y_ticks(tick_time, 7);
  p.line(percentile_line(groups, c, 0.5), "median", gap_of(groups));
  for (const auto& o : r.objectives)
    if (o.of() == bench_metric::ttft)
      p.limit(in_seconds(o.limit()), "objective " + tick_time(in_seconds(o.limit())));
  const auto title = r.targets.size() > 1 ? "Time to first token of " + shown(r.targets[target].name, 60)
                                          : std::string("Time to first token");
  return figure(title, "by when calls were meant to start; the stronger the colour, the more calls",
                {{"median", "median of the window"}}, p.finish(title + " over time, as a heat map"));
}

} // namespace weir::inline v0::bench_report
