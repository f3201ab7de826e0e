// What may mislead who reads the figures.
#include <algorithm>
#include <cmath>

#include "batch/report/numbers.hpp"
#include "bench/report/findings.hpp"
#include "bench/report/words.hpp"
#include "core/time/duration.hpp"

namespace weir::inline v0::bench_report {

namespace {

using bench_record::target_record;
using record = bench_result::record;

// Prompts and answers of another length make other figures.
constexpr double tolerated_mismatch = 0.05;

void add_mismatch(std::vector<std::string>& to, const std::string& who, const char* what, std::uint64_t wanted,
                  std::uint64_t got) {
  if (wanted == 0)
    return;
  const double off = static_cast<double>(got) / static_cast<double>(wanted) - 1;
  if (std::abs(off) > tolerated_mismatch)
    to.push_back(who + what + " had " + percent(std::abs(off)) + (off > 0 ? " more" : " fewer") +
                 " tokens than requested, by the server's count.");
}

void add_target(std::vector<std::string>& to, const record& r, const target_record& t) {
  const auto who = r.targets.size() > 1 ? shown(t.name, 60) + ": " : std::string();
  const auto& all = t.all;
  add_mismatch(to, who, "prompts", all.wanted_input, all.got_input);
  add_mismatch(to, who, "answers", all.wanted_output, all.got_output);
  if (all.cached_tokens > all.input_tokens / 2)
    to.push_back(who + percent(share_of(all.cached_tokens, all.input_tokens)) +
                 " of the prompt tokens came from the provider's prompt cache: times without it would be longer.");
  if (all.attempts > all.calls)
    to.push_back(who + "calls were retried (" + counted(all.attempts - all.calls, "extra attempt", "extra attempts") +
                 "), which hides failures.");
  if (all.estimated > 0)
    to.push_back(who + "the token counts of " + counted(all.estimated, "answer", "answers") +
                 " are estimates: the server reported none.");
  if (t.unpriced > 0)
    to.push_back(who + "the cost leaves out " + counted(t.unpriced, "call", "calls") + " whose price is not known.");
}

void add_machines(std::vector<std::string>& to, const record& r) {
  for (const auto& o : r.origins)
    if (!o.governor.empty() && o.governor != "performance")
      to.push_back("The CPU frequency governor of " + shown(o.host, 60) + " is `" + shown(o.governor, 40) +
                   "`, which can make times longer: use `performance`.");
  if (r.origins.size() < 2)
    return;
  const auto [first, last] = std::minmax_element(r.origins.begin(), r.origins.end(),
                                                 [](const auto& a, const auto& b) { return a.started < b.started; });
  const auto apart = std::chrono::duration_cast<duration>(last->started - first->started);
  if (apart >= std::chrono::seconds(1))
    to.push_back("By their clocks the machines started " + format_duration(apart) +
                 " apart: unless the clocks are off, their loads were shifted by that much.");
}

void add_peak(std::vector<std::string>& to, const bench_record::peak_record& p) {
  for (const auto& c : p.contradictions)
    to.push_back("Inconsistent: " + shown(c) + ".");
  if (p.knee && p.high && *p.knee != p.low && !p.confirmed)
    to.push_back("The peak is not confirmed: no rate just below it was seen to hold and one just above it to break.");
  const auto invalid = std::count_if(p.probes.begin(), p.probes.end(), [](const auto& one) { return !one.valid; });
  if (invalid > 0)
    to.push_back("In " + counted(static_cast<std::uint64_t>(invalid), "probe", "probes") +
                 " the load generator did not keep up.");
}

} // namespace

std::vector<std::string> cautions(const record& r) {
  std::vector<std::string> all;
  if (r.prompts_sent > 0 && r.distinct_prompts * 2 < r.prompts_sent)
    all.push_back("Only " + counted(r.distinct_prompts, "distinct prompt was", "distinct prompts were") + " sent in " +
                  counted(r.prompts_sent, "request", "requests") + ": a cache may have answered.");
  if (r.concurrency > 0)
    all.emplace_back("A closed loop sends less when the target slows down, which hides its worst times: a rate of "
                     "requests shows what independent users would see.");
  for (const auto& t : r.targets)
    add_target(all, r, t);
  add_machines(all, r);
  if (r.peak)
    add_peak(all, *r.peak);
  return all;
}

} // namespace weir::inline v0::bench_report
