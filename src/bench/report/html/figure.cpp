// The frame around a chart.
#include "bench/report/html/charts.hpp"
#include "bench/report/html/svg.hpp"

namespace weir::inline v0::bench_report {

std::string series(std::size_t target) { return 's' + std::to_string(target % 4 + 1); }

std::string figure(std::string_view title, std::string_view explanation, const legend& keys, std::string_view picture) {
  std::string out = "<figure><figcaption><b>" + escaped(title) + "</b>";
  if (!explanation.empty())
    out += "<span>" + escaped(explanation) + "</span>";
  out += "</figcaption>";
  if (!keys.empty()) {
    out += "<div class=\"legend\">";
    for (const auto& [style, text] : keys)
      out += "<span><svg viewBox=\"0 0 22 10\" aria-hidden=\"true\"><path d=\"M0 5H22\" class=\"" + style +
             "\"/></svg>" + escaped(text, 80) + "</span>";
    out += "</div>";
  }
  return out + "<div class=\"chart\">" + std::string(picture) + "</div></figure>";
}

} // namespace weir::inline v0::bench_report
