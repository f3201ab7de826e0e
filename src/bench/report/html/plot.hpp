// A chart with two axes.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "bench/report/html/axis.hpp"
#include "bench/report/html/svg.hpp"

namespace weir::inline v0::bench_report {

/// Widths of pictures: of the page, of a half and a third of it.
inline constexpr double wide = 1000, half = 490, narrow = 324;

using tick_text = std::function<std::string(double)>;

/// The frame, ticks and grid of a chart; what is drawn into it goes by x and y.
class plot {
public:
  /// \param x_title what the horizontal axis is, below it; may be empty.
  /// \param margin on the left, for the labels.
  plot(double width, double height, axis x, axis y, std::string_view x_title = {}, double margin = 64);

  plot& y_ticks(const tick_text& text, std::size_t most = 5);
  plot& x_ticks(const tick_text& text, std::size_t most = 8);
  plot& x_ticks(const std::vector<std::pair<double, std::string>>& at);

  /// Through values; where `x` is further than `gap` from the one before, the line is interrupted.
  plot& line(const std::vector<point>& values, std::string_view style, double gap = 0);
  /// A line across at a value of y, with what it is; not beyond the axis.
  plot& limit(double y, std::string_view what);

  axis x, y;
  svg picture;
  double left, right, top = 10, bottom; // of the area

  std::string finish(std::string_view label) const { return picture.finish(label); }
};

} // namespace weir::inline v0::bench_report
