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

// For readers who do not know the names.
std::string in_words(bench_metric m) {
  if (m == bench_metric::ttft)
    return "the first token";
  return m == bench_metric::e2e ? "the whole answer" : std::string(name_of(m));
}

// `answer 95 % of calls with the first token within 800 ms and the whole answer within 8.00 s`
std::string wanted(const record& r) {
  auto text = "answer " + percent(r.good_share) + " of calls";
  for (std::size_t i = 0; i < r.objectives.size(); ++i) {
    const auto& o = r.objectives[i];
    text += i == 0 ? " with " : i + 1 == r.objectives.size() ? " and " : ", ";
    text += in_words(o.of()) + " within " + format_duration(o.limit());
  }
  return text;
}

// Of a lower percentile if there are too few calls. Where answers come in one piece their first token says nothing.
std::string first_token(const measure::tally& t) {
  const auto m = has_streams(t) ? bench_metric::ttft : bench_metric::e2e;
  for (const double share : {0.95, 0.5}) {
    const auto p = t.at(m, share);
    if (!p.value)
      continue;
    const auto between = interval_text(p);
    return (m == bench_metric::ttft ? "The first token came within " : "The answer came within ") +
           format_duration(*p.value) + " in " + (share == 0.95 ? "95 %" : "half") + " of the complete answers" +
           (between.empty() ? "" : " (95 % CI: " + between + ")") + ".";
  }
  return {};
}

std::string target_answer(const record& r, const target_record& t) {
  const auto a = attained(r, t);
  std::string text = r.targets.size() > 1 ? shown(t.name, 60) + ": " : "";
  if (t.all.calls == 0)
    return text + "no call was made.";
  text += percent(a.share) + " of " + counted(t.all.calls, "call", "calls") + " were " +
          (r.objectives.empty() ? "complete" : "good") + " (95 % CI: " + percent(a.between) + ")";
  if (a.is != attainment::state::none)
    text +=
        "; the objective of " + percent(r.good_share) + (a.is == attainment::state::unsure ? ": " : " is ") + a.text();
  const auto first = first_token(t.all);
  return text + "." + (first.empty() ? "" : " " + first);
}

// `39.1/s, where answers fall behind requests`
std::string broken_at(const bench_record::peak_record& p) {
  return rate_text(*p.high) + "/s" + (p.why.empty() ? "" : " (" + shown(p.why) + ")");
}

std::string peak_answer(const record& r) {
  const auto& p = *r.peak;
  if (!p.knee)
    return p.high ? "The target did not keep up even at " + broken_at(p) + "."
                  : "No rate was found that the target sustains.";
  std::string text;
  if (!p.high)
    text =
        "The target sustains " + rate_text(*p.knee) + " requests/s, the highest rate tried: the limit is above that.";
  else if (*p.knee == p.low)
    text = "The target sustains " + rate_text(*p.knee) + " requests/s, but not " + broken_at(p) + ".";
  else
    text = "The target sustains about " + rate_text(*p.knee) + " requests/s: it kept up at " + rate_text(p.low) +
           "/s and broke at " + broken_at(p) + ".";
  if (p.confirmed)
    text += " Checked once more: a rate 5 % below that held, and one 10 % above it broke.";
  if (p.cliff)
    text += " Beyond its limit it collapses at once, instead of slowing down gradually.";
  if (p.recovery)
    text += " After the last overload it had worked off its backlog in " + format_duration(*p.recovery) + ".";
  return text;
}

} // namespace

std::string question(const record& r) {
  if (r.peak)
    return "Up to which request rate does " + names(r) + " " + wanted(r) + "?";
  const auto load = r.load.empty() ? "this load" : shown(r.load);
  if (r.targets.size() > 1)
    return "How do " + names(r) + " compare at " + load + "?";
  return r.objectives.empty() ? "How does " + names(r) + " do at " + load + "?"
                              : "Does " + names(r) + " " + wanted(r) + " at " + load + "?";
}

std::vector<std::string> answers(const record& r) {
  std::vector<std::string> all;
  if (!r.trusted().valid || !r.missing_parts().empty())
    all.emplace_back("Do not rely on the figures below: the result is invalid.");
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
  const auto between = "95 % CI: " + ratio_text(c.ratio->between.low) + " to " + ratio_text(c.ratio->between.high);
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
  std::string text = "weir's own overhead, from the same load on a server in this process that answers ";
  text += f.true_ttft > duration() ? "after " + format_duration(f.true_ttft) : "at once";
  if (ttft.value)
    text +=
        ": ttft p50 is " + format_duration(*ttft.value) + " (" + format_duration(*ttft.value - f.true_ttft) + " more)";
  if (gap.value && f.true_gap > duration())
    text += ", chunk gaps of " + format_duration(f.true_gap) + " are " + format_duration(*gap.value);
  return text + ", send delay p99 is " + format_duration(f.send_delay_p99) +
         " and the longest stall of the event loop " + format_duration(f.loop_lag) + ".";
}

} // namespace weir::inline v0::bench_report
