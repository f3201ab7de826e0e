// Charts over the time of a run, all of the same width and on the same axis.
#pragma once

#include <functional>

#include "bench/record/record.hpp"
#include "bench/report/html/plot.hpp"

namespace weir::inline v0::bench_report {

/// At most so many columns are drawn.
inline constexpr std::size_t most_columns = 160;

axis time_axis(const bench_result::record& r);
/// Shades the warm-up, says so if there is room and it is wanted, and labels the axis.
void begin_time_line(plot& p, const bench_result::record& r, std::size_t ticks, bool named);

/// Neighbours that are drawn as one.
using window_group = std::vector<const bench_record::window*>;
/// The windows of a target; of all of them, if it is negative.
std::vector<window_group> groups_of(const bench_result::record& r, int target);
double begin_of(const window_group& g) noexcept;
double end_of(const window_group& g) noexcept;

using figure_of_window = std::function<double(const bench_record::window&)>;
/// At the middle of each group the mean of a figure, or the greatest.
std::vector<point> means(const std::vector<window_group>& all, const figure_of_window& f);
std::vector<point> greatest(const std::vector<window_group>& all, const figure_of_window& f);
/// Further apart two groups do not follow each other.
double gap_of(const std::vector<window_group>& all) noexcept;

} // namespace weir::inline v0::bench_report
