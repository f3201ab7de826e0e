// Sections, tables, and what stands at the end.
#include "bench/report/figures.hpp"
#include "bench/report/findings.hpp"
#include "bench/report/html/page.hpp"
#include "bench/report/html/svg.hpp"
#include "bench/report/words.hpp"
#include "core/time/timestamp.hpp"

namespace weir::inline v0::bench_report {

namespace {

std::string row_of(const std::vector<std::string>& cells, std::size_t left, const char* tag) {
  std::string out = "<tr>";
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const bool missing = cells[i].starts_with("needs ") || cells[i] == "-";
    out += std::string("<") + tag +
           (i < left  ? " class=\"l\""
            : missing ? " class=\"none\""
                      : "") +
           '>' + escaped(cells[i]) + "</" + tag + '>';
  }
  return out + "</tr>";
}

std::string machine_of(const bench_record::origin& o) {
  std::string text = shown(o.host, 80);
  if (!o.system.empty())
    text += ", " + shown(o.system, 120);
  if (o.cpus > 0)
    text += ", " + std::to_string(o.cpus) + (o.cpus == 1 ? " CPU" : " CPUs");
  if (!o.governor.empty())
    text += " (" + shown(o.governor, 40) + ')';
  return text;
}

} // namespace

std::string section(std::string_view title, std::string_view body) {
  if (body.empty())
    return {};
  return "<section><h2>" + escaped(title) + "</h2>" + std::string(body) + "</section>\n";
}

std::string side_by_side(std::initializer_list<std::string> figures) {
  std::string all;
  std::size_t n = 0;
  for (const auto& f : figures) {
    all += f;
    n += !f.empty();
  }
  return n == 0 ? std::string()
                : "<div class=\"row of" + std::to_string(std::min<std::size_t>(figures.size() % 2 == 0 ? 2 : 3, n)) +
                      "\">" + all + "</div>";
}

std::string html_table(const table& t, std::string_view style) {
  if (t.empty())
    return {};
  std::string out = "<div class=\"scroll\"><table class=\"" + std::string(style) + "\">";
  if (!t.head.empty())
    out += "<thead>" + row_of(t.head, t.left, "th") + "</thead>";
  out += "<tbody>";
  for (const auto& row : t.rows)
    out += row_of(row, t.left, "td");
  return out + "</tbody></table></div>";
}

std::string cautions_html(const bench_result::record& r) {
  std::string list;
  for (const auto& c : cautions(r))
    list += "<li>" + escaped(c) + "</li>";
  return list.empty() ? list : section("Notes", "<ul class=\"cautions\">" + list + "</ul>");
}

std::string origin_html(const bench_result::record& r) {
  table facts(2);
  for (const auto& t : r.targets)
    facts.add({"target", shown(t.name, 60) + (t.model.empty() ? "" : ": " + shown(t.model, 80)) +
                             (t.url.empty() ? "" : " at " + shown(t.url))});
  for (const auto& [name, text] : plan_of(r))
    facts.add({name, text});
  facts.add({"seed", std::to_string(r.seed)});
  for (const auto& o : r.origins) {
    facts.add({r.parts > 1 ? "machine " + std::to_string(o.part) : "machine", machine_of(o)});
    facts.add({"started", timestamp(o.started)});
  }
  if (!r.origins.empty())
    facts.add({"weir", shown(r.origins[0].weir_version, 40)});
  return section("How this was measured",
                 (r.command.empty() ? "" : "<pre>" + escaped(r.command, 4000) + "</pre>") + html_table(facts, "facts"));
}

std::string glossary() {
  std::string list;
  for (std::size_t i = 0; i < bench_metrics; ++i) {
    const auto m = static_cast<bench_metric>(i);
    list += "<dt>" + escaped(name_of(m)) + "</dt><dd>" + escaped(meaning_of(m)) + "</dd>";
  }
  return section(
      "What the figures mean",
      "<p>Times count from when a request was <em>meant</em> to start, so that time spent waiting in the load "
      "generator counts too. Percentiles are those of complete answers, unless a row says \u201cof all "
      "calls\u201d: there a failed call counts as endless. Where there are too few calls to claim a percentile, "
      "the table says how many it needs (\u201cneeds 662\u201d). Intervals (CI) are at 95 % confidence.</p><dl>" +
          list + "</dl>");
}

} // namespace weir::inline v0::bench_report
