#include "bench/report/tables.hpp"

#include <algorithm>

#include <weir/core/error.hpp>

#include "batch/report/numbers.hpp"
#include "bench/report/figures.hpp"
#include "bench/report/words.hpp"
#include "core/time/duration.hpp"
#include "core/time/in_seconds.hpp"

namespace weir::inline v0::bench_report {

namespace {

using record = bench_result::record;

constexpr std::size_t shown_kinds = 10;

std::string who(const record& r, std::size_t i) {
  return r.targets.size() > 1 ? shown(r.targets[i].name, 40) : std::string();
}

// The targets of a metric stand below each other.
std::vector<std::pair<std::size_t, metric_row>> rows_of(const record& r, bool all) {
  std::vector<std::pair<std::size_t, metric_row>> rows;
  for (std::size_t i = 0; i < r.targets.size(); ++i)
    for (auto& row : metric_rows(r.told(i), all))
      rows.emplace_back(i, std::move(row));
  if (r.targets.size() > 1)
    std::stable_sort(rows.begin(), rows.end(),
                     [](const auto& a, const auto& b) { return a.second.place < b.second.place; });
  return rows;
}

} // namespace

table times_table(const record& r, bool all) {
  const bool several = r.targets.size() > 1;
  table to(several ? 2 : 1);
  to.head = {"times"};
  if (several)
    to.head.emplace_back("target");
  to.head.insert(to.head.end(), {"n", "mean"});
  for (const auto& [name, share] : shown_percentiles)
    to.head.emplace_back(name);
  to.head.emplace_back("max");
  for (const auto& [i, row] : rows_of(r, all)) {
    std::vector<std::string> cells{row.label};
    if (several)
      cells.push_back(who(r, i));
    cells.push_back(grouped(row.values->count() + row.endless));
    cells.push_back(row.endless > 0 ? "-" : format_duration(row.values->mean()));
    for (const auto& p : row.percentiles)
      cells.push_back(percentile_text(p));
    cells.push_back(row.endless > 0 ? "never" : format_duration(row.values->max()));
    to.add(std::move(cells));
  }
  return to;
}

table told_times_table(const record& r) {
  table to(2);
  for (std::size_t i = 0; i < r.targets.size(); ++i)
    for (const auto& [name, time] : r.targets[i].told_times)
      if (const auto m = bench_metric_of(name.substr(0, name.find('.'))); !m || r.targets[i].all.of(*m).empty())
        to.add({shown(name, 40), who(r, i), format_duration(time)});
  return to;
}

namespace {

// What a server does that has had enough, by the name of its error.
std::string in_words(const std::string& kind) {
  if (kind == name_of(errc::rate_limited))
    return kind + ": the server sheds load (HTTP 429)";
  if (kind == name_of(errc::overloaded))
    return kind + ": the server sheds load (HTTP 503)";
  return kind;
}

std::string verdict_of(const bench_record::probe_record& p) {
  return std::string(p.by_estimate ? "probably " : "") + (p.keeps_up ? "keeps up" : "breaks");
}

std::string reason_of(const bench_record::probe_record& p) {
  if (!p.valid)
    return "the load generator was late";
  return p.keeps_up ? "" : shown(p.why, 60);
}

} // namespace

table failures_table(const record& r) {
  table to(4);
  for (std::size_t i = 0; i < r.targets.size(); ++i) {
    const auto kinds = failures_of(r.targets[i]);
    for (std::size_t k = 0; k < std::min(kinds.size(), shown_kinds); ++k)
      to.add({grouped(kinds[k].count), in_words(kinds[k].kind), who(r, i), kinds[k].example});
    if (kinds.size() > shown_kinds)
      to.add({"", "and " + counted(kinds.size() - shown_kinds, "more kind", "more kinds"), who(r, i), ""});
    for (const auto& [objective, n] : r.targets[i].all.misses)
      to.add({grouped(n), "missed " + shown(objective, 60), who(r, i), "complete, but too slow"});
  }
  return to;
}

table probes_table(const bench_record::peak_record& p) {
  const auto time = [](const std::optional<duration>& d) { return d ? format_duration(*d) : std::string("-"); };
  table to;
  to.head = {"requests/s", "verdict", "ttft p50", "ttft p95", "e2e p95", "good",
             "95 % CI",    "good/s",  "failed",   "phase",    "reason"};
  std::size_t widest = 0;
  for (const auto& one : p.probes)
    widest = std::max(widest, rate_text(one.rate).size());
  for (const auto& one : p.probes) {
    const double s = in_seconds(one.length);
    const auto rate = rate_text(one.rate);
    to.add({std::string(widest - rate.size(), ' ') + rate, verdict_of(one), time(one.ttft_p50), time(one.ttft_p95),
            time(one.e2e_p95), percent(one.good_share), percent({one.good_low, one.good_high}),
            s > 0 ? rate_text(static_cast<double>(one.good) / s) : "-",
            one.calls > 0 ? grouped(one.calls - one.complete) : "-", shown(one.phase, 40), reason_of(one)});
  }
  if (std::all_of(to.rows.begin(), to.rows.end(), [](const auto& row) { return row.back().empty(); })) {
    to.head.pop_back();
    for (auto& row : to.rows)
      row.pop_back();
  }
  return to;
}

table limits_table(const record& r) {
  table to(3);
  for (std::size_t i = 0; i < r.targets.size(); ++i)
    for (const auto& [what, limit] : r.targets[i].limits)
      to.add({shown(what, 60), shown(limit, 80), who(r, i)});
  return to;
}

} // namespace weir::inline v0::bench_report
