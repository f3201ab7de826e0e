// How the load generator itself did.
#include "bench/report/html/charts.hpp"
#include "bench/report/html/time_line.hpp"
#include "bench/report/words.hpp"
#include "core/time/in_seconds.hpp"

namespace weir::inline v0::bench_report {

namespace {

using bench_record::window;

class drawn {
public:
  drawn(figure_of_window figure, const char* how) : of(std::move(figure)), style(how) {}
  figure_of_window of;
  const char* style;
};

std::string chart(const bench_result::record& r, const std::vector<drawn>& lines, double limit, const tick_text& text,
                  std::string_view label) {
  const auto groups = groups_of(r, -1);
  std::vector<std::vector<point>> points;
  std::vector<double> values{limit};
  for (const auto& l : lines) {
    points.push_back(greatest(groups, l.of));
    for (const auto& p : points.back())
      values.push_back(p.second);
  }
  plot p(narrow, 180, time_axis(r), axis::around(values, false));
  begin_time_line(p, r, 4, false);
  p.y_ticks(text, 4);
  for (std::size_t i = 0; i < lines.size(); ++i)
    p.line(points[i], lines[i].style, gap_of(groups));
  p.limit(limit, "limit " + text(limit));
  return p.finish(label);
}

std::string percent_tick(double share) { return tick_number(100 * share) + " %"; }

} // namespace

std::string send_delay_chart(const bench_result::record& r) {
  if (r.windows.empty())
    return {};
  return figure("Sent late by", "p99 of each window", {},
                chart(r, {{[](const window& w) { return in_seconds(w.health.send_delay); }, "s1"}},
                      in_seconds(r.limits.send_delay), tick_time, "how late requests were sent, over time"));
}

std::string loop_lag_chart(const bench_result::record& r) {
  if (r.windows.empty())
    return {};
  return figure("Stood still for", "longest lag of the event loop", {},
                chart(r, {{[](const window& w) { return in_seconds(w.health.loop_lag); }, "s1"}},
                      in_seconds(r.limits.loop_lag), tick_time, "lag of the event loop over time"));
}

std::string cpu_chart(const bench_result::record& r) {
  if (r.windows.empty())
    return {};
  return figure("CPU", "", {{"s1", "busiest thread"}, {"s2 dashed", "whole machine"}},
                chart(r,
                      {{[](const window& w) { return w.health.cpu; }, "s1"},
                       {[](const window& w) { return w.health.machine; }, "s2 dashed"}},
                      r.limits.cpu, percent_tick, "use of the CPU over time"));
}

} // namespace weir::inline v0::bench_report
