// What went wrong, and when.
#include <array>

#include "batch/report/numbers.hpp"
#include "bench/report/html/charts.hpp"
#include "bench/report/html/time_line.hpp"
#include "bench/report/words.hpp"
#include "bench/trust/validity.hpp"

namespace weir::inline v0::bench_report {

namespace {

using bench_record::window;

constexpr double lane_height = 22;

// One of the rows.
class lane {
public:
  constexpr lane(const char* called, const char* drawn) : name(called), style(drawn) {}
  const char* name;
  const char* style;
};

constexpr std::array lanes = {lane("failed", "mark bad"), lane("shed", "mark warn"), lane("late", "mark invalid")};

std::string why_invalid(const window& w, const trust::thresholds& limits) {
  std::string text;
  for (const auto weak : trust::weaknesses_of(w.health, limits))
    text += (text.empty() ? "" : ", ") + std::string(trust::name_of(weak));
  return text;
}

// What the tip of a mark says; empty: there is no mark.
std::string tip(const window_group& g, std::size_t lane, const trust::thresholds& limits) {
  std::uint64_t failed = 0, throttled = 0;
  std::string invalid;
  for (const auto* w : g) {
    failed += w->failed - std::min(w->failed, w->throttled);
    throttled += w->throttled;
    if (invalid.empty() && !w->warm_up)
      invalid = why_invalid(*w, limits);
  }
  const auto n = lane == 0 ? failed : throttled;
  if (lane == 2)
    return invalid;
  return n == 0 ? std::string() : counted(n, "call", "calls") + (lane == 0 ? " failed" : " refused for the rate");
}

} // namespace

std::string marks_chart(const bench_result::record& r) {
  if (r.windows.empty())
    return {};
  const double height = 10 + lane_height * lanes.size() + 24;
  plot p(wide, height, time_axis(r), axis(0, 1));
  p.x_ticks(tick_time, 12);
  const auto groups = groups_of(r, -1);
  for (std::size_t i = 0; i < lanes.size(); ++i) {
    const double y = p.top + lane_height * static_cast<double>(i) + 3;
    p.picture.rect(p.left, y, p.right - p.left, lane_height - 6, "lane");
    p.picture.text(p.left - 8, y + 12, "end", lanes[i].name);
    bool any = false;
    for (const auto& g : groups)
      if (const auto what = tip(g, i, r.limits); !what.empty()) {
        const double x = p.x(begin_of(g));
        p.picture.rect(x, y, std::max(p.x(end_of(g)) - x, 1.5), lane_height - 6, lanes[i].style,
                       tick_time(begin_of(g)) + ": " + what);
        any = true;
      }
    if (!any)
      p.picture.text(p.right - 6, y + 12, "end", "none", "label note");
  }
  return figure("Failures and the load generator",
                "calls that failed, that the server turned away (429, 503), and when the load generator was late", {},
                p.finish("failures, refusals and invalid windows over time"));
}

} // namespace weir::inline v0::bench_report
