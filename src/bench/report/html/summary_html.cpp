// What a reader should know after ten seconds.
#include "batch/report/numbers.hpp"
#include "bench/report/figures.hpp"
#include "bench/report/findings.hpp"
#include "bench/report/html/page.hpp"
#include "bench/report/html/svg.hpp"
#include "bench/report/words.hpp"
#include "core/time/duration.hpp"

namespace weir::inline v0::bench_report {

namespace {

using record = bench_result::record;

// What the verdict comes to: the name of its style, its mark and its word.
class grade {
public:
  grade(const char* how, const char* sign, const char* said) : style(how), mark(sign), word(said) {}
  const char *style, *mark, *word;
};

grade grade_of(const bench_result& whole) {
  const auto& r = whole.data();
  if (!r.made_by.empty())
    return {"warn", "!", "Not verified"};
  if (!whole.valid())
    return {"bad", "✕", "Invalid"};
  if (!whole.complete())
    return {"warn", "!", "Valid, but incomplete"};
  if (!r.merged && r.parts > 1)
    return {"warn", "!", "Valid, but only a part"};
  return r.trusted().invalid > 0 ? grade("warn", "!", "Valid, with interruptions") : grade("ok", "✓", "Valid");
}

// A figure, what it is, and what to know of it.
std::string tile(std::string_view title, std::string_view figure, std::string_view note, std::string_view style = {}) {
  return "<div class=\"tile " + std::string(style) + "\"><span>" + escaped(title) + "</span><b>" + escaped(figure) +
         "</b><small>" + escaped(note) + "</small></div>";
}

std::string time_tile(const measure::tally& t, bench_metric m, const char* title) {
  for (const auto& [name, share] : {std::pair("p95", 0.95), std::pair("p50", 0.5)}) {
    const auto p = t.at(m, share);
    if (!p.value)
      continue;
    const auto between = interval_text(p);
    return tile(std::string(title) + " " + name, format_duration(*p.value),
                between.empty() ? grouped(p.samples) + " answers" : between);
  }
  return tile(title, "-", "too few answers");
}

const char* style_of(const attainment& a) {
  switch (a.is) {
  case attainment::state::met: return "ok";
  case attainment::state::missed: return "bad";
  case attainment::state::unsure: return "warn";
  case attainment::state::none: break;
  }
  return "";
}

std::string peak_tiles(const bench_record::peak_record& p, bool valid) {
  std::string out = tile("Peak", p.knee ? rate_text(*p.knee) + "/s" : "-", p.confirmed ? "confirmed" : "not confirmed",
                         !valid                  ? ""
                         : p.knee && p.confirmed ? "ok"
                                                 : "warn");
  out += tile("Breaks at", p.high ? rate_text(*p.high) + "/s" : "-", p.high ? shown(p.why, 60) : "nothing broke");
  if (const auto* best = best_of(p.probes)) {
    const auto at = "at " + rate_text(best->rate) + "/s";
    out += tile("Good answers", percent(best->good_share), at);
    if (best->ttft_p95)
      out += tile("First token p95", format_duration(*best->ttft_p95), at);
    if (best->e2e_p95)
      out += tile("Answer p95", format_duration(*best->e2e_p95), at);
    out += tile("Output tokens", rate_text(best->output_tokens_per_s) + "/s", at);
  }
  if (p.recovery)
    out += tile("Recovery", format_duration(*p.recovery), "after the last overload");
  return out;
}

std::string run_tiles(const bench_result& whole) {
  const auto& r = whole.data();
  const auto& t = r.targets[0];
  const auto a = attained(r, t);
  std::string out =
      tile(r.objectives.empty() ? "Complete" : "Good answers", percent(a.share),
           a.is == attainment::state::none ? percent(a.between) : percent(r.good_share) + " objective: " + a.text(),
           whole.valid() ? style_of(a) : "");
  out += tile("Complete", rate_text(whole.rate()) + "/s",
              r.offered > 0 ? rate_text(r.offered) + "/s offered" : grouped(t.all.calls) + " calls");
  out += time_tile(t.all, bench_metric::ttft, "First token");
  out += time_tile(t.all, bench_metric::e2e, "Answer");
  out += tile("Output tokens", rate_text(whole.output_tokens_per_s()) + "/s", grouped(t.all.output_tokens) + " in all");
  const auto failed = t.all.calls - t.all.complete;
  out +=
      tile("Failed", grouped(failed), failed == 0 ? "no call" : percent(share_of(failed, t.all.calls)) + " of calls");
  const auto costs = costs_of(t);
  if (!costs.empty())
    out += tile("Cost", costs[0].total,
                costs[0].per_million_useful.empty() ? "" : costs[0].per_million_useful + " for 1M useful tokens");
  return out;
}

} // namespace

std::string banner(const bench_result& whole) {
  const auto g = grade_of(whole);
  auto why = shown(whole.verdict(), 1000);
  // The word says it.
  for (const std::string_view word : {"valid: ", "invalid: ", "not verified: "})
    if (why.starts_with(word))
      why.erase(0, word.size());
  std::string out = "<header class=\"verdict " + std::string(g.style) +
                    "\" id=\"verdict\"><div><i aria-hidden=\"true\">" + g.mark + "</i><div><h1>" + g.word + "</h1><p>" +
                    escaped(why) + "</p>";
  if (const auto floor = floor_text(whole.data()); !floor.empty())
    out += "<p class=\"floor\">" + escaped(floor) + "</p>";
  return out + "</div></div></header>\n";
}

std::string summary(const bench_result& whole) {
  const auto& r = whole.data();
  std::string out = "<section class=\"summary\"><h2>" + escaped(question(r)) + "</h2>";
  for (const auto& sentence : answers(r))
    out += "<p class=\"answer\">" + escaped(sentence) + "</p>";
  if (r.peak)
    out += "<div class=\"tiles\">" + peak_tiles(*r.peak, whole.valid()) + "</div>";
  else if (r.targets.size() == 1)
    out += "<div class=\"tiles\">" + run_tiles(whole) + "</div>";
  return out + "</section>\n";
}

} // namespace weir::inline v0::bench_report
