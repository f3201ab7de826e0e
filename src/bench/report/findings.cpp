#include "bench/report/findings.hpp"

#include "batch/report/numbers.hpp"
#include "bench/report/figures.hpp"
#include "bench/report/words.hpp"
#include "core/time/duration.hpp"

namespace weir::inline v0::bench_report {

namespace {

using bench_record::target_record;
using record = bench_result::record;

std::string names(const record& r) {
  std::string list;
  for (std::size_t i = 0; i < r.targets.size(); ++i)
    list += (i == 0 ? "" : i + 1 == r.targets.size() ? " and " : ", ") + shown(r.targets[i].name, 60);
  return list;
}

// `answer 95 % of calls with ttft within 800 ms and e2e within 8.00 s`
std::string wanted(const record& r) {
  auto text = "answer " + percent(r.good_share) + " of calls";
  for (std::size_t i = 0; i < r.objectives.size(); ++i) {
    const auto& o = r.objectives[i];
    text += i == 0 ? " with " : i + 1 == r.objectives.size() ? " and " : ", ";
    text += std::string(name_of(o.of())) + " within " + format_duration(o.limit());
  }
  return text;
}

// `p95 of ttft is 412 ms (398 ms to 431 ms)`; of a lower percentile if there are too few calls.
std::string first_token(const target_record& t) {
  for (const double share : {0.95, 0.5}) {
    const auto p = t.all.at(bench_metric::ttft, share);
    if (!p.value)
      continue;
    const auto between = interval_text(p);
    return std::string(share == 0.95 ? "95 %" : "Half") + " of the complete answers began within " +
           format_duration(*p.value) + (between.empty() ? "" : " (95 % sure: " + between + ")") + ".";
  }
  return {};
}

std::string target_answer(const record& r, const target_record& t) {
  const auto a = attained(r, t);
  std::string text = r.targets.size() > 1 ? shown(t.name, 60) + ": " : "";
  if (t.all.calls == 0)
    return text + "no call was made.";
  text += percent(a.share) + " of " + counted(t.all.calls, "call", "calls") + " were " +
          (r.objectives.empty() ? "complete" : "good") + " (95 % sure: " + percent(a.between) + ")";
  if (a.is != attainment::state::none)
    text += "; " + percent(r.good_share) + " were wanted: " + a.text();
  const auto first = first_token(t);
  return text + "." + (first.empty() ? "" : " " + first);
}

std::string peak_answer(const record& r) {
  const auto& p = *r.peak;
  const auto high = p.high ? rate_text(*p.high) + "/s, which broke" + (p.why.empty() ? "" : " (" + shown(p.why) + ")")
                           : std::string();
  if (!p.knee)
    return high.empty() ? "No rate was found that it keeps up with." : "It does not keep up with " + high + ".";
  auto text = "It keeps up with " + rate_text(*p.knee) + " requests/s";
  if (high.empty())
    text += "; nothing broke up to there";
  else
    text += ": between " + rate_text(p.low) + "/s, which " + (p.confirmed ? "was held" : "kept up") + ", and " + high;
  if (p.cliff)
    text += "; above that it breaks at once";
  text += ".";
  if (p.recovery)
    text += " After the last break it recovered in " + format_duration(*p.recovery) + ".";
  return text;
}

} // namespace

std::string question(const record& r) {
  if (r.peak)
    return "Up to which rate does " + names(r) + " " + wanted(r) + "?";
  const auto load = r.load.empty() ? "this load" : shown(r.load);
  if (r.targets.size() > 1)
    return "How do " + names(r) + " compare at " + load + "?";
  return r.objectives.empty() ? "How does " + names(r) + " do at " + load + "?"
                              : "Does " + names(r) + " " + wanted(r) + " at " + load + "?";
}

std::vector<std::string> answers(const record& r) {
  std::vector<std::string> all;
  if (!r.trusted().valid || !r.missing_parts().empty())
    all.emplace_back("Do not judge by the figures that follow: the result is invalid.");
  if (r.peak) {
    all.push_back(peak_answer(r));
    return all;
  }
  for (const auto& t : r.targets)
    all.push_back(target_answer(r, t));
  for (const auto& c : r.comparisons)
    all.push_back(comparison_text(r, c));
  return all;
}

std::string comparison_text(const record& r, const bench_record::comparison& c) {
  const auto first = shown(r.targets[c.first].name, 60), second = shown(r.targets[c.second].name, 60);
  const auto figure = shown(c.figure, 60);
  if (!c.ratio)
    return figure + ": too few turns to compare " + first + " with " + second + ".";
  const auto between = "95 % sure: " + ratio_text(c.ratio->between.low) + " to " + ratio_text(c.ratio->between.high);
  if (!c.ratio->differ())
    return figure + ": no difference shown between " + first + " and " + second + " (" + between + ").";
  const bool better = (c.ratio->value < 1) == c.lower_is_better;
  return figure + " of " + first + " is " + ratio_text(c.ratio->value) + " that of " + second + " (" + between +
         "): " + (better ? "better." : "worse.");
}

std::string floor_text(const record& r) {
  if (!r.floor)
    return {};
  const auto& f = *r.floor;
  const auto ttft = f.all.at(bench_metric::ttft, 0.5), gap = f.all.at(bench_metric::chunk_gap, 0.5);
  std::string text = "Own overhead, from the same load on a target that answers ";
  text += f.true_ttft > duration() ? "after " + format_duration(f.true_ttft) : "at once";
  if (ttft.value)
    text += ": ttft p50 is " + format_duration(*ttft.value) + ", " + format_duration(*ttft.value - f.true_ttft) +
            " too long";
  if (gap.value && f.true_gap > duration())
    text += ", gaps of " + format_duration(f.true_gap) + " are " + format_duration(*gap.value);
  return text + "; requests were sent up to " + format_duration(f.send_delay_p99) +
         " late (p99), and the load generator stood still for up to " + format_duration(f.loop_lag) + ".";
}

} // namespace weir::inline v0::bench_report
