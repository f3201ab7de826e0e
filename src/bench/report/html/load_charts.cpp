// What was offered and answered over time.
#include <algorithm>

#include "bench/report/html/charts.hpp"
#include "bench/report/html/time_line.hpp"
#include "bench/report/words.hpp"
#include "core/time/in_seconds.hpp"

namespace weir::inline v0::bench_report {

namespace {

using bench_record::window;

class drawn {
public:
  drawn(std::vector<point> at, std::string how, double between)
      : points(std::move(at)), style(std::move(how)), gap(between) {}
  std::vector<point> points;
  std::string style;
  double gap;
};

figure_of_window a_second(std::uint64_t window::* count) {
  return [count](const window& w) {
    const double s = in_seconds(w.length);
    return s > 0 ? static_cast<double>(w.*count) / s : 0;
  };
}

std::string chart(const bench_result::record& r, double width, double height, const std::vector<drawn>& lines,
                  std::string_view label) {
  std::vector<double> values;
  for (const auto& l : lines)
    for (const auto& p : l.points)
      values.push_back(p.second);
  plot p(width, height, time_axis(r), axis::around(values, false));
  begin_time_line(p, r, width < wide ? 6 : 12, width == wide);
  p.y_ticks(tick_number, height < 200 ? 4 : 5);
  for (const auto& l : lines)
    p.line(l.points, l.style, l.gap);
  return p.finish(label);
}

// A line for each target.
std::string by_target(const bench_result::record& r, const figure_of_window& f, std::string_view title,
                      std::string_view explanation) {
  std::vector<drawn> lines;
  legend keys;
  for (std::size_t i = 0; i < std::min<std::size_t>(r.targets.size(), 4); ++i) {
    const auto groups = groups_of(r, static_cast<int>(i));
    lines.emplace_back(means(groups, f), series(i), gap_of(groups));
    if (r.targets.size() > 1)
      keys.emplace_back(series(i), shown(r.targets[i].name, 40));
  }
  return r.windows.empty() ? std::string() : figure(title, explanation, keys, chart(r, half, 190, lines, title));
}

} // namespace

std::string rates_chart(const bench_result::record& r) {
  if (r.windows.empty())
    return {};
  const auto groups = groups_of(r, -1);
  const double gap = gap_of(groups);
  std::vector<drawn> lines{{means(groups, a_second(&window::meant)), "offered", gap},
                           {means(groups, a_second(&window::complete)), "s1", gap}};
  legend keys{{"offered", "offered: meant to start"}, {"s1", "complete answers"}};
  if (!r.objectives.empty()) {
    lines.emplace_back(means(groups, a_second(&window::good)), "s3", gap);
    keys.emplace_back("s3", "good answers, by when they were meant to start");
  }
  return figure("Requests a second", "", keys, chart(r, wide, 220, lines, "requests a second over time"));
}

std::string in_flight_chart(const bench_result::record& r) {
  return by_target(
      r, [](const window& w) { return w.in_flight; }, "In flight", "requests without an answer, on average");
}

std::string tokens_chart(const bench_result::record& r) {
  return by_target(r, a_second(&window::output_tokens), "Output tokens a second", "of complete answers that ended");
}

} // namespace weir::inline v0::bench_report
