// A search for the peak.
#include <algorithm>

#include "bench/report/html/charts.hpp"
#include "bench/report/html/plot.hpp"
#include "bench/report/words.hpp"
#include "core/time/in_seconds.hpp"

namespace weir::inline v0::bench_report {

namespace {

using bench_record::probe_record;

std::vector<const probe_record*> by_rate(const bench_record::peak_record& p) {
  std::vector<const probe_record*> all;
  for (const auto& one : p.probes)
    all.push_back(&one);
  std::stable_sort(all.begin(), all.end(), [](const auto* a, const auto* b) { return a->rate < b->rate; });
  return all;
}

axis rate_axis(const std::vector<const probe_record*>& all) {
  const double least = all.front()->rate, most = all.back()->rate;
  return most > 8 * least ? axis::around({least, most}, true) : axis::around({most}, false);
}

void mark_knee(plot& p, const bench_record::peak_record& peak) {
  if (!peak.knee)
    return;
  if (peak.high)
    p.picture.rect(p.x(peak.low), p.top, std::max(p.x(*peak.high) - p.x(peak.low), 1.0), p.bottom - p.top, "knee-band");
  const double x = p.x(*peak.knee);
  p.picture.line(x, p.top, x, p.bottom, "knee");
  const bool left = x > (p.left + p.right) / 2;
  p.picture.text(x + (left ? -6 : 6), p.top + 14, left ? "end" : "start", "peak " + rate_text(*peak.knee) + "/s",
                 "label strong");
}

void mark_probe(plot& p, const probe_record& one, double y) {
  const auto tip = rate_text(one.rate) + "/s: " + percent(one.good_share) + " good" +
                   (one.keeps_up ? "" : ", " + shown(one.why, 40));
  if (one.keeps_up)
    p.picture.dot(p.x(one.rate), p.y(y), 4.5, "dot good", tip);
  else
    p.picture.cross(p.x(one.rate), p.y(y), 4.5, "cross bad", tip);
}

} // namespace

std::string goodput_chart(const bench_result::record& r) {
  if (!r.peak || r.peak->probes.empty())
    return {};
  const auto all = by_rate(*r.peak);
  const auto goodput = [](const probe_record& one) {
    return one.rate * std::min(1.0, one.answered_share) * one.good_share;
  };
  std::vector<point> good, offered;
  std::vector<double> values;
  for (const auto* one : all) {
    good.emplace_back(one->rate, goodput(*one));
    offered.emplace_back(one->rate, one->rate);
    values.push_back(one->rate);
  }
  plot p(wide, 300, rate_axis(all), axis::around(values, false), "requests offered a second");
  p.y_ticks(tick_number).x_ticks(tick_number, 10);
  mark_knee(p, *r.peak);
  if (!p.x.logarithmic())
    offered.insert(offered.begin(), {0, 0});
  p.line(offered, "offered");
  p.line(good, "s1");
  for (const auto* one : all)
    mark_probe(p, *one, goodput(*one));
  return figure("Good answers a second by the rate offered", "dots: kept up; crosses: broke",
                {{"offered", "as many as offered"}, {"s1", "good answers"}, {"knee", "the peak"}},
                p.finish("good answers a second by the rate offered"));
}

std::string times_by_rate_chart(const bench_result::record& r) {
  if (!r.peak || r.peak->probes.empty())
    return {};
  using percentile = std::optional<duration> probe_record::*;
  static constexpr std::array<std::pair<percentile, const char*>, 4> lines = {{{&probe_record::ttft_p50, "s1"},
                                                                               {&probe_record::ttft_p95, "s1 dashed"},
                                                                               {&probe_record::e2e_p50, "s2"},
                                                                               {&probe_record::e2e_p95, "s2 dashed"}}};
  const auto all = by_rate(*r.peak);
  std::array<std::vector<point>, 4> points;
  std::vector<double> values;
  for (std::size_t i = 0; i < lines.size(); ++i)
    for (const auto* one : all)
      if (const auto& at = one->*lines[i].first) {
        points[i].emplace_back(one->rate, in_seconds(*at));
        values.push_back(in_seconds(*at));
      }
  if (values.empty())
    return {};
  for (const auto& o : r.objectives)
    if (o.of() == bench_metric::ttft || o.of() == bench_metric::e2e)
      values.push_back(in_seconds(o.limit()));
  plot p(wide, 280, rate_axis(all), axis::around(values, true), "requests offered a second");
  p.y_ticks(tick_time, 8).x_ticks(tick_number, 10);
  mark_knee(p, *r.peak);
  for (std::size_t i = 0; i < lines.size(); ++i)
    p.line(points[i], lines[i].second);
  for (const auto& o : r.objectives)
    if (o.of() == bench_metric::ttft || o.of() == bench_metric::e2e)
      p.limit(in_seconds(o.limit()), std::string(name_of(o.of())) + " within " + tick_time(in_seconds(o.limit())));
  return figure("Times by the rate offered", "",
                {{"s1", "ttft p50"}, {"s1 dashed", "ttft p95"}, {"s2", "e2e p50"}, {"s2 dashed", "e2e p95"}},
                p.finish("times by the rate offered"));
}

} // namespace weir::inline v0::bench_report
