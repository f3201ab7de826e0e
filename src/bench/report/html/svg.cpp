#include "bench/report/html/svg.hpp"

#include "bench/report/words.hpp"

namespace weir::inline v0::bench_report {

namespace {

std::string attribute(std::string_view name, double n) { return ' ' + std::string(name) + "=\"" + pixels(n) + '"'; }
std::string style_of(std::string_view style) { return " class=\"" + std::string(style) + '"'; }

std::string d_of(const std::vector<point>& through) {
  std::string d;
  for (const auto& [x, y] : through)
    d += (d.empty() ? 'M' : 'L') + pixels(x) + ' ' + pixels(y);
  return d;
}

std::string with_tip(std::string_view element, std::string_view tip) {
  if (tip.empty())
    return "/>";
  return "><title>" + escaped(tip) + "</title></" + std::string(element) + '>';
}

} // namespace

std::string escaped(std::string_view foreign, std::size_t most) {
  std::string out;
  for (const char c : shown(foreign, most))
    switch (c) {
    case '&': out += "&amp;"; break;
    case '<': out += "&lt;"; break;
    case '>': out += "&gt;"; break;
    case '"': out += "&quot;"; break;
    case '\'': out += "&#39;"; break;
    default: out += c;
    }
  return out;
}

std::string pixels(double n) {
  auto text = fixed(n, 1);
  if (text.ends_with(".0"))
    text.resize(text.size() - 2);
  return text;
}

std::string rect_path(double x, double y, double w, double h) {
  return 'M' + pixels(x) + ' ' + pixels(y) + 'h' + pixels(w) + 'v' + pixels(h) + "h-" + pixels(w) + 'z';
}

svg& svg::line(double x1, double y1, double x2, double y2, std::string_view style) {
  body_ += "<line" + attribute("x1", x1) + attribute("y1", y1) + attribute("x2", x2) + attribute("y2", y2) +
           style_of(style) + "/>";
  return *this;
}

svg& svg::path(const std::vector<point>& through, std::string_view style) {
  if (through.size() == 1)
    return dot(through[0].first, through[0].second, 1.5, style);
  if (!through.empty())
    body_ += "<path d=\"" + d_of(through) + '"' + style_of(style) + "/>";
  return *this;
}

svg& svg::band(const std::vector<point>& low, const std::vector<point>& high, std::string_view style) {
  if (low.size() < 2)
    return *this;
  auto around = low;
  around.insert(around.end(), high.rbegin(), high.rend());
  return shape(d_of(around) + 'z', style);
}

svg& svg::rect(double x, double y, double w, double h, std::string_view style, std::string_view tip) {
  body_ += "<rect" + attribute("x", x) + attribute("y", y) + attribute("width", w) + attribute("height", h) +
           style_of(style) + with_tip("rect", tip);
  return *this;
}

svg& svg::dot(double x, double y, double radius, std::string_view style, std::string_view tip) {
  body_ += "<circle" + attribute("cx", x) + attribute("cy", y) + attribute("r", radius) + style_of(style) +
           with_tip("circle", tip);
  return *this;
}

svg& svg::cross(double x, double y, double r, std::string_view style, std::string_view tip) {
  body_ += "<path d=\"M" + pixels(x - r) + ' ' + pixels(y - r) + 'L' + pixels(x + r) + ' ' + pixels(y + r) + 'M' +
           pixels(x - r) + ' ' + pixels(y + r) + 'L' + pixels(x + r) + ' ' + pixels(y - r) + '"' + style_of(style) +
           with_tip("path", tip);
  return *this;
}

svg& svg::text(double x, double y, std::string_view anchor, std::string_view what, std::string_view style) {
  body_ += "<text" + attribute("x", x) + attribute("y", y) + " text-anchor=\"" + std::string(anchor) + '"' +
           style_of(style) + '>' + escaped(what) + "</text>";
  return *this;
}

svg& svg::shape(std::string_view d, std::string_view style) {
  if (!d.empty())
    body_ += "<path d=\"" + std::string(d) + '"' + style_of(style) + "/>";
  return *this;
}

std::string svg::finish(std::string_view label) const {
  return "<svg viewBox=\"0 0 " + pixels(width_) + ' ' + pixels(height_) + "\" role=\"img\" aria-label=\"" +
         escaped(label) + "\">" + body_ + "</svg>";
}

} // namespace weir::inline v0::bench_report
