// Pictures for a page, as inline SVG.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace weir::inline v0::bench_report {

/// Foreign text for HTML and SVG: in one line, without control characters, all that means something escaped.
std::string escaped(std::string_view foreign, std::size_t most = 1000);

using point = std::pair<double, double>;

/// What is drawn first is below the rest. Texts are escaped here; classes and styles are the page's.
class svg {
public:
  svg(double width, double height) : width_(width), height_(height) {}

  svg& line(double x1, double y1, double x2, double y2, std::string_view style);
  svg& path(const std::vector<point>& through, std::string_view style);
  /// Between two lines; `low` and `high` have as many points.
  svg& band(const std::vector<point>& low, const std::vector<point>& high, std::string_view style);
  svg& rect(double x, double y, double w, double h, std::string_view style, std::string_view tip = {});
  svg& dot(double x, double y, double radius, std::string_view style, std::string_view tip = {});
  svg& cross(double x, double y, double radius, std::string_view style, std::string_view tip = {});
  /// `anchor`: `start`, `middle` or `end`.
  svg& text(double x, double y, std::string_view anchor, std::string_view what, std::string_view style = "label");
  /// Many rectangles of one style; `d` is made of rect_path().
  svg& shape(std::string_view d, std::string_view style);

  /// \param label what it shows, for who cannot see it.
  std::string finish(std::string_view label) const;

private:
  double width_, height_;
  std::string body_;
};

std::string rect_path(double x, double y, double w, double h);
/// With a decimal at most.
std::string pixels(double n);

} // namespace weir::inline v0::bench_report
