#include "bench/report/html/time_line.hpp"

#include <algorithm>

#include "bench/report/figures.hpp"
#include "bench/report/words.hpp"
#include "core/time/in_seconds.hpp"

namespace weir::inline v0::bench_report {

namespace {

double middle_of(const window_group& g) noexcept { return (begin_of(g) + end_of(g)) / 2; }

} // namespace

axis time_axis(const bench_result::record& r) {
  double end = 0;
  for (const auto& w : r.windows)
    end = std::max(end, in_seconds(w.begin + w.length));
  return {0, end};
}

void begin_time_line(plot& p, const bench_result::record& r, std::size_t ticks, bool named) {
  const double warm = in_seconds(warm_up_of(r));
  if (warm > 0) {
    p.picture.rect(p.left, p.top, p.x(warm) - p.left, p.bottom - p.top, "warm-up");
    if (named && p.x(warm) - p.left > 54)
      p.picture.text(p.left + 4, p.top + 12, "start", "warm-up", "label note");
  }
  p.x_ticks(tick_time, ticks);
}

std::vector<window_group> groups_of(const bench_result::record& r, int target) {
  window_group all;
  for (const auto& w : r.windows)
    if (target < 0 || w.target == static_cast<std::uint32_t>(target))
      all.push_back(&w);
  const auto size = (all.size() + most_columns - 1) / most_columns;
  std::vector<window_group> groups;
  for (const auto* w : all) {
    // Not across the turn of another target.
    const bool follows = !groups.empty() && groups.back().size() < size &&
                         in_seconds(w->begin) - end_of(groups.back()) < in_seconds(w->length);
    if (!follows)
      groups.emplace_back();
    groups.back().push_back(w);
  }
  return groups;
}

double begin_of(const window_group& g) noexcept { return in_seconds(g.front()->begin); }
double end_of(const window_group& g) noexcept { return in_seconds(g.back()->begin + g.back()->length); }

std::vector<point> means(const std::vector<window_group>& all, const figure_of_window& f) {
  std::vector<point> points;
  for (const auto& g : all) {
    double sum = 0;
    for (const auto* w : g)
      sum += f(*w);
    points.emplace_back(middle_of(g), sum / static_cast<double>(g.size()));
  }
  return points;
}

std::vector<point> greatest(const std::vector<window_group>& all, const figure_of_window& f) {
  std::vector<point> points;
  for (const auto& g : all) {
    double most = 0;
    for (const auto* w : g)
      most = std::max(most, f(*w));
    points.emplace_back(middle_of(g), most);
  }
  return points;
}

double gap_of(const std::vector<window_group>& all) noexcept {
  double longest = 0;
  for (const auto& g : all)
    longest = std::max(longest, end_of(g) - begin_of(g));
  return 1.6 * longest;
}

} // namespace weir::inline v0::bench_report
