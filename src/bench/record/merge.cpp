// Parts of one plan, joined.
#include <algorithm>
#include <iterator>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include <weir/core/error.hpp>

#include "bench/record/record.hpp"
#include "bench/record/window_merge.hpp"

WEIR_BEGIN_NAMESPACE

namespace {

using namespace bench_record;
using record = bench_result::record;

[[noreturn]] void refuse(const std::string& why) {
  throw error(errc::invalid_argument, "these cannot be merged: " + why);
}

std::string parts_of(const record& r) {
  std::string list;
  for (const auto& o : r.origins)
    list += (list.empty() ? "" : ", ") + std::to_string(o.part);
  return list.empty() ? "a result of no machine" : "part " + list;
}

bool of_one_plan(const record& a, const record& b) {
  return a.plan == b.plan && a.parts == b.parts && a.seed == b.seed && a.objectives == b.objectives &&
         a.good_share == b.good_share && a.limits == b.limits &&
         std::equal(a.targets.begin(), a.targets.end(), b.targets.begin(), b.targets.end(),
                    [](const auto& x, const auto& y) { return x.name == y.name; });
}

void check(const std::vector<bench_result>& parts) {
  if (parts.empty())
    refuse("there are none");
  const auto& first = parts[0].data();
  std::set<unsigned> seen;
  for (const auto& p : parts) {
    const auto& r = p.data();
    if (!of_one_plan(first, r))
      refuse(parts_of(r) + " is of another plan than " + parts_of(first) +
             ": the machines must run the same command, but for the part");
    if (!r.made_by.empty())
      refuse("a result of another tool is no part of a plan");
    if (r.peak)
      refuse("a search for the peak decides as it goes, and so runs on one machine");
    for (const auto& o : r.origins)
      if (!seen.insert(o.part).second)
        refuse("part " + std::to_string(o.part) + " is there twice");
  }
}

template <class Map>
void add_all(Map& to, const Map& from) {
  for (const auto& [key, n] : from)
    to[key] += n;
}

void fill_in(std::string& to, const std::string& from) {
  if (to.empty())
    to = from;
}

void add(target_record& to, const target_record& from) {
  fill_in(to.provider, from.provider);
  fill_in(to.model, from.model);
  fill_in(to.url, from.url);
  to.measured = std::max(to.measured, from.measured);
  to.all.merge(from.all);
  to.warm_up_calls += from.warm_up_calls;
  to.cancelled += from.cancelled;
  to.unfinished += from.unfinished;
  to.most_in_flight += from.most_in_flight;
  add_all(to.cost, from.cost);
  to.unpriced += from.unpriced;
  to.limits.insert(from.limits.begin(), from.limits.end());
  for (const auto& example : from.failure_examples)
    if (std::none_of(to.failure_examples.begin(), to.failure_examples.end(),
                     [&example](const auto& known) { return known.first == example.first; }))
      to.failure_examples.push_back(example);
}

void add(std::optional<floor_record>& to, const std::optional<floor_record>& from) {
  if (!to || !from) {
    to = to ? to : from;
    return;
  }
  to->length = std::max(to->length, from->length);
  to->all.merge(from->all);
  to->send_delay_p99 = std::max(to->send_delay_p99, from->send_delay_p99);
  to->loop_lag = std::max(to->loop_lag, from->loop_lag);
}

void add(std::vector<comparison>& to, const std::vector<comparison>& from) {
  for (const auto& c : from) {
    const auto same = std::find_if(to.begin(), to.end(), [&c](const comparison& known) {
      return known.first == c.first && known.second == c.second && known.figure == c.figure;
    });
    if (same == to.end())
      to.push_back(c);
    else
      same->pairs.insert(same->pairs.end(), c.pairs.begin(), c.pairs.end());
  }
}

void add(record& to, const record& from) {
  std::copy(from.origins.begin(), from.origins.end(), std::back_inserter(to.origins));
  if (!from.complete && !from.incomplete_because.empty()) {
    const auto why = (from.merged ? "" : parts_of(from) + ": ") + from.incomplete_because;
    to.incomplete_because += (to.incomplete_because.empty() ? "" : "; ") + why;
  }
  to.complete = to.complete && from.complete;
  to.length = std::max(to.length, from.length);
  for (std::size_t i = 0; i < to.targets.size(); ++i)
    add(to.targets[i], from.targets[i]);
  // Parts send different prompts, unless there are fewer than requests: at most so many are distinct.
  to.distinct_prompts += from.distinct_prompts;
  to.prompts_sent += from.prompts_sent;
  add(to.floor, from.floor);
  add(to.comparisons, from.comparisons);
}

// What all parts have in common, and nothing of what they measured.
record plan_of(const record& first) {
  auto r = first;
  r.merged = true;
  r.origins.clear();
  r.complete = true;
  r.incomplete_because.clear();
  r.length = {};
  r.distinct_prompts = r.prompts_sent = 0;
  r.floor.reset();
  r.comparisons.clear();
  r.windows.clear();
  for (auto& t : r.targets) {
    const auto name = t.name;
    t = target_record();
    t.name = name;
  }
  return r;
}

unsigned first_part(const record& r) { return r.origins.empty() ? 0 : r.origins[0].part; }

} // namespace

bench_result merge_bench_results(const std::vector<bench_result>& parts) {
  check(parts);
  // The order in which they are given must make no difference.
  std::vector<const record*> sorted;
  for (const auto& p : parts)
    sorted.push_back(&p.data());
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const record* a, const record* b) { return first_part(*a) < first_part(*b); });
  const auto joined = std::make_shared<record>(plan_of(*sorted[0]));
  std::vector<const std::vector<window>*> windows;
  for (const auto* r : sorted) {
    add(*joined, *r);
    windows.push_back(&r->windows);
  }
  std::sort(joined->origins.begin(), joined->origins.end(),
            [](const origin& a, const origin& b) { return a.part < b.part; });
  joined->windows = merge_windows(windows);
  for (auto& c : joined->comparisons)
    c.ratio = trend::compare(c.pairs, joined->seed);
  return bench_result(joined);
}

WEIR_END_NAMESPACE
