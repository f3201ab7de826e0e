// The report as a page on its own.
#include "bench/report/html/page.hpp"

#include <weir/bench/result.hpp>

#include "bench/record/record_json.hpp"
#include "bench/report/figures.hpp"
#include "bench/report/html/charts.hpp"
#include "bench/report/html/svg.hpp"
#include "bench/report/tables.hpp"
#include "bench/report/words.hpp"

WEIR_BEGIN_NAMESPACE

namespace {

using namespace bench_report;
using record = bench_result::record;

std::string title_of(const bench_result& whole) {
  std::string names;
  for (const auto& t : whole.data().targets)
    names += (names.empty() ? "" : ", ") + shown(t.name, 40);
  return "weir bench: " + shown(names, 120) + (whole.valid() ? "" : " (invalid)");
}

std::string heat_maps(const record& r) {
  std::string all;
  for (std::size_t i = 0; i < std::min<std::size_t>(r.targets.size(), 4); ++i)
    all += heat_map(r, i);
  return all;
}

// Between the tags of a script only `<` could end it.
std::string embedded(std::string json) {
  std::string out;
  out.reserve(json.size());
  for (const char c : json)
    if (c == '<')
      out += "\\u003c";
    else
      out += c;
  return std::string(bench_record::page_begin) + out + std::string(bench_record::page_end);
}

std::string body(const bench_result& whole) {
  const auto& r = whole.data();
  std::string out = banner(whole) + "<main>" + summary(whole) + cautions_html(r);
  if (r.peak)
    out +=
        section("Rates tried", goodput_chart(r) + times_by_rate_chart(r) + html_table(probes_table(*r.peak), "probes"));
  out += section("Comparison", comparison_chart(r));
  out += section("Totals", r.targets.size() > 1 ? html_table(totals_table(whole)) : "");
  const auto at = told_at(r);
  out += section(
      at.empty() ? "Times" : "Times " + at,
      html_table(times_table(r, r.targets.size() == 1), "times") +
          side_by_side(
              {percentile_chart(r, bench_metric::ttft, "Time to first token", "from when a call was meant to start"),
               percentile_chart(r, bench_metric::e2e, "Whole answer", "from when a call was meant to start"),
               percentile_chart(r, bench_metric::chunk_gap, "Between chunks", "reads that brought content"),
               percentile_chart(r, bench_metric::itl, "Inter-token latency", "on average over an answer")}));
  out += section("Times as " + shown(r.made_by) + " tells them", html_table(told_times_table(r), "facts"));
  out += section("Over time",
                 rates_chart(r) + heat_maps(r) + marks_chart(r) + side_by_side({in_flight_chart(r), tokens_chart(r)}));
  out += section("Failures and missed objectives", html_table(failures_table(r), "failures"));
  out += section("The load generator", side_by_side({send_delay_chart(r), loop_lag_chart(r), cpu_chart(r)}));
  out += section(r.peak ? "All rates together" : "All figures",
                 r.targets.size() > 1 ? "" : html_table(totals_table(whole), "facts"));
  out += section("Limits that the provider reported", html_table(limits_table(r), "facts"));
  return out + origin_html(r) + glossary() + "</main>";
}

} // namespace

std::string bench_result::html() const {
  return "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
         "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
         "<meta name=\"color-scheme\" content=\"light dark\">\n"
         "<link rel=\"icon\" href=\"data:,\">\n<title>" +
         escaped(title_of(*this)) + "</title>\n<style>" + std::string(style_sheet()) + "</style>\n</head>\n<body>\n" +
         body(*this) + "\n" + embedded(json()) + "\n</body>\n</html>\n";
}

WEIR_END_NAMESPACE
