#include "bench/report/html/plot.hpp"

namespace weir::inline v0::bench_report {

plot::plot(double width, double height, axis across, axis up, std::string_view x_title, double margin)
    : x(across), y(up), picture(width, height), left(margin), right(width - 14),
      bottom(height - (x_title.empty() ? 24 : 40)) {
  x.on(left, right);
  y.on(bottom, top);
  picture.line(left, bottom, right, bottom, "axis");
  if (!x_title.empty())
    picture.text((left + right) / 2, height - 4, "middle", x_title, "label title");
}

plot& plot::y_ticks(const tick_text& text, std::size_t most) {
  for (const double at : y.ticks(most)) {
    if (y(at) < bottom - 0.5)
      picture.line(left, y(at), right, y(at), "grid");
    picture.text(left - 8, y(at) + 4, "end", text(at));
  }
  return *this;
}

plot& plot::x_ticks(const tick_text& text, std::size_t most) {
  std::vector<std::pair<double, std::string>> all;
  for (const double at : x.ticks(most))
    all.emplace_back(at, text(at));
  return x_ticks(all);
}

plot& plot::x_ticks(const std::vector<std::pair<double, std::string>>& all) {
  double free = left - 100;
  for (const auto& [at, text] : all) {
    picture.line(x(at), bottom, x(at), bottom + 4, "axis");
    const bool last = x(at) > right - 12;
    // Not on the label before.
    const double width = 7.0 * static_cast<double>(text.size()), begin = x(at) - (last ? width : width / 2);
    if (begin < free)
      continue;
    free = begin + width + 8;
    picture.text(x(at), bottom + 18, last ? "end" : "middle", text);
  }
  return *this;
}

plot& plot::line(const std::vector<point>& values, std::string_view style, double gap) {
  std::vector<point> piece;
  double before = 0;
  for (const auto& [at, value] : values) {
    if (!piece.empty() && gap > 0 && at - before > gap) {
      picture.path(piece, style);
      piece.clear();
    }
    piece.emplace_back(x(at), y(value));
    before = at;
  }
  picture.path(piece, style);
  return *this;
}

plot& plot::limit(double value, std::string_view what) {
  if (value < y.from() || value > y.to())
    return *this;
  picture.line(left, y(value), right, y(value), "limit");
  const double above = y(value) - 5;
  picture.text(right - 4, above < top + 8 ? y(value) + 13 : above, "end", what, "label limit-label");
  return *this;
}

} // namespace weir::inline v0::bench_report
