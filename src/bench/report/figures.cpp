#include "bench/report/figures.hpp"

#include <algorithm>

#include "batch/report/numbers.hpp"
#include "bench/report/words.hpp"
#include "core/time/duration.hpp"
#include "cost/shown_amount.hpp"

namespace weir::inline v0::bench_report {

namespace {

constexpr std::array order = {bench_metric::ttft,      bench_metric::ttft_sent,  bench_metric::ttfo,
                              bench_metric::chunk_gap, bench_metric::itl,        bench_metric::tpot,
                              bench_metric::e2e,       bench_metric::send_delay, bench_metric::connect,
                              bench_metric::ttfb,      bench_metric::e2e_wire,   bench_metric::tpot_incl_first};
constexpr std::size_t telling = 9;

// Without reasoning the first output is the first content; where each chunk is a token, both intervals are the same.
bool repeats(const measure::tally& t, bench_metric m) {
  return (m == bench_metric::ttfo && t.of(m) == t.of(bench_metric::ttft)) ||
         (m == bench_metric::tpot && t.of(m) == t.of(bench_metric::itl));
}

metric_row row_of(const measure::tally& t, bench_metric m, std::uint64_t endless) {
  metric_row row;
  row.metric = m;
  row.place = 2 * static_cast<std::size_t>(std::find(order.begin(), order.end(), m) - order.begin()) + (endless > 0);
  row.label = std::string(name_of(m)) + (endless > 0 ? " of all calls" : "");
  row.endless = endless;
  row.values = &t.of(m);
  for (const auto& [name, share] : shown_percentiles)
    row.percentiles.push_back(measure::percentile_of(*row.values, share, endless));
  return row;
}

std::string amount(const std::string& currency, double n) {
  const auto m = money::from_double(n);
  return m ? shown_amount(currency, *m) : std::string();
}

} // namespace

bool has_streams(const measure::tally& t) {
  return !t.of(bench_metric::chunk_gap).empty() || t.of(bench_metric::ttft) != t.of(bench_metric::e2e);
}

std::vector<metric_row> metric_rows(const measure::tally& t, bool all) {
  std::vector<metric_row> rows;
  for (std::size_t i = 0; i < (all ? order.size() : telling); ++i) {
    const auto m = order[i];
    if (t.of(m).empty() || (!all && repeats(t, m)))
      continue;
    rows.push_back(row_of(t, m, 0));
    if ((m == bench_metric::ttft || m == bench_metric::e2e) && t.calls > t.complete)
      rows.push_back(row_of(t, m, t.calls - t.complete));
  }
  return rows;
}

const char* attainment::text() const noexcept {
  switch (is) {
  case state::none: return "";
  case state::met: return "met";
  case state::missed: return "missed";
  case state::unsure: return "too few calls to tell";
  }
  return "";
}

attainment attained(const bench_result::record& r, const bench_record::target_record& t) {
  attainment a;
  a.share = share_of(t.all.good, t.all.calls);
  a.between = confidence::share_of(t.all.good, t.all.calls);
  // A search for the peak is to miss it.
  if (!r.objectives.empty() && !r.peak)
    a.is = a.between.low >= r.good_share   ? attainment::state::met
           : a.between.high < r.good_share ? attainment::state::missed
                                           : attainment::state::unsure;
  return a;
}

std::string told_at(const bench_result::record& r) {
  if (!r.peak)
    return {};
  const auto* best = best_of(r.peak->probes);
  return best && r.peak->best ? "at " + rate_text(best->rate) + " requests/s, the highest rate that held"
                              : "of all rates together: none held";
}

std::string objectives_text(const bench_result::record& r) {
  std::string text;
  for (const auto& o : r.objectives)
    text += (text.empty() ? "" : ", ") + o.text();
  return text;
}

std::vector<cost_figures> costs_of(const bench_record::target_record& t) {
  std::vector<cost_figures> all;
  for (const auto& [currency, total] : t.cost) {
    cost_figures c;
    c.currency = shown(currency, 3);
    c.total = shown_amount(c.currency, total);
    if (t.all.useful_tokens > 0)
      c.per_million_useful = amount(c.currency, total.to_double() * 1e6 / static_cast<double>(t.all.useful_tokens));
    if (t.all.good > 0)
      c.per_good = amount(c.currency, total.to_double() / static_cast<double>(t.all.good));
    all.push_back(std::move(c));
  }
  return all;
}

std::vector<failure_kind> failures_of(const bench_record::target_record& t) {
  std::vector<failure_kind> all;
  for (const auto& [kind, count] : t.all.failures) {
    failure_kind f;
    f.kind = shown(kind, 80);
    f.count = count;
    const auto example = std::find_if(t.failure_examples.begin(), t.failure_examples.end(),
                                      [&k = kind](const auto& e) { return e.first == k; });
    if (example != t.failure_examples.end())
      f.example = shown(example->second, 300);
    all.push_back(std::move(f));
  }
  std::stable_sort(all.begin(), all.end(),
                   [](const failure_kind& a, const failure_kind& b) { return a.count > b.count; });
  return all;
}

std::vector<std::pair<std::string, std::string>> plan_of(const bench_result::record& r) {
  std::vector<std::pair<std::string, std::string>> plan;
  // Each rate of a search has a warm-up of its own.
  const auto warm_up = r.peak ? duration() : warm_up_of(r);
  const auto measured = r.targets.empty() ? duration() : r.targets[0].measured;
  plan.emplace_back("load", shown(r.load) + (measured > duration() ? ", for " + format_duration(measured) : "") +
                                (r.targets.size() > 1 ? " each" : "") +
                                (warm_up > duration() ? " after a warm-up of " + format_duration(warm_up) : ""));
  if (!r.objectives.empty())
    plan.emplace_back("objectives", objectives_text(r) + ", for " + percent(r.good_share) + " of calls");
  auto prompts = shown(r.prompts);
  if (r.prompts_sent > 0)
    prompts += (prompts.empty() ? "" : "; ") + grouped(r.distinct_prompts) + " distinct in " +
               counted(r.prompts_sent, "request", "requests");
  if (!prompts.empty())
    plan.emplace_back("prompts", prompts);
  if (r.origins.size() > 1)
    plan.emplace_back("machines", std::to_string(r.origins.size()));
  return plan;
}

duration warm_up_of(const bench_result::record& r) noexcept {
  duration until{};
  for (const auto& w : r.windows)
    if (w.warm_up)
      until = std::max(until, w.begin + w.length);
  return until;
}

} // namespace weir::inline v0::bench_report
