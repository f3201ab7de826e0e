// Targets that took turns, as ratios.
#include <algorithm>
#include <cmath>

#include "bench/report/findings.hpp"
#include "bench/report/html/charts.hpp"
#include "bench/report/html/plot.hpp"
#include "bench/report/words.hpp"

namespace weir::inline v0::bench_report {

namespace {

constexpr double row_height = 34;
constexpr double margin = 330; // for names

// Around 1 and all ends of intervals, within reason.
axis ratio_axis(const std::vector<bench_record::comparison>& all) {
  double low = 0.9, high = 1.1;
  for (const auto& c : all)
    if (c.ratio) {
      low = std::min(low, c.ratio->between.low - 0.05);
      high = std::max(high, std::min(c.ratio->between.high, 5 * std::max(c.ratio->value, 1.0)) + 0.05);
    }
  return {std::max(low, 0.0), high};
}

const char* style_of(const bench_record::comparison& c) {
  if (!c.ratio->differ())
    return "same";
  return (c.ratio->value < 1) == c.lower_is_better ? "good" : "bad";
}

} // namespace

std::string comparison_chart(const bench_result::record& r) {
  if (r.comparisons.empty())
    return {};
  const double height = 10 + row_height * static_cast<double>(r.comparisons.size()) + 40;
  plot p(wide, height, ratio_axis(r.comparisons), axis(0, 1), "ratio; 1 is no difference", margin);
  for (const double at : p.x.ticks(8))
    p.picture.line(p.x(at), p.top, p.x(at), p.bottom, "grid");
  p.x_ticks(tick_number, 8);
  p.picture.line(p.x(1), p.top, p.x(1), p.bottom, "axis");
  for (std::size_t i = 0; i < r.comparisons.size(); ++i) {
    const auto& c = r.comparisons[i];
    const double y = p.top + row_height * (static_cast<double>(i) + 0.5);
    p.picture.text(p.left - 12, y - 3, "end", shown(c.figure, 40), "label strong");
    p.picture.text(p.left - 12, y + 11, "end",
                   shown(r.targets[c.first].name, 24) + " : " + shown(r.targets[c.second].name, 24), "label note");
    if (!c.ratio) {
      p.picture.text(p.x(1), y + 4, "start", "too few turns");
      continue;
    }
    const std::string style = style_of(c);
    p.picture.line(p.x(c.ratio->between.low), y, p.x(c.ratio->between.high), y, "whisker " + style);
    p.picture.dot(p.x(c.ratio->value), y, 5, "dot " + style, comparison_text(r, c));
  }
  return figure("Ratios", "of turns that followed each other; the line is where the ratio is with 95 % confidence", {},
                p.finish("ratios of the targets with their intervals"));
}

} // namespace weir::inline v0::bench_report
