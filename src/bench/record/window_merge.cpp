#include "bench/record/window_merge.hpp"

#include <algorithm>

namespace weir::inline v0::bench_record {

namespace {

bool go_together(const window& a, const window& b) {
  const auto apart = a.begin < b.begin ? b.begin - a.begin : a.begin - b.begin;
  return a.target == b.target && a.warm_up == b.warm_up && 2 * apart <= std::max(a.length, b.length);
}

void add(trust::health& to, const trust::health& from) {
  to.meant += from.meant;
  to.sent += from.sent;
  to.send_delay = std::max(to.send_delay, from.send_delay);
  to.loop_lag = std::max(to.loop_lag, from.loop_lag);
  to.cpu = std::max(to.cpu, from.cpu);
  to.machine = std::max(to.machine, from.machine);
  to.retries += from.retries;
  to.calls += from.calls;
}

void add(window& to, const window& from) {
  to.begin = std::min(to.begin, from.begin);
  to.length = std::max(to.length, from.length);
  to.meant += from.meant;
  to.ended += from.ended;
  to.complete += from.complete;
  to.good += from.good;
  to.throttled += from.throttled;
  to.failed += from.failed;
  to.input_tokens += from.input_tokens;
  to.output_tokens += from.output_tokens;
  to.connections += from.connections;
  to.in_flight += from.in_flight;
  to.most_in_flight += from.most_in_flight;
  to.ttft.merge(from.ttft);
  to.e2e.merge(from.e2e);
  to.chunk_gap.merge(from.chunk_gap);
  to.send_delay.merge(from.send_delay);
  add(to.health, from.health);
}

} // namespace

std::vector<window> merge_windows(const std::vector<const std::vector<window>*>& parts) {
  std::vector<window> all;
  for (const auto* part : parts) {
    // Both are in the order of time, and no window of a part takes the place of two.
    std::size_t from = 0;
    const auto known = all.size();
    for (const auto& w : *part) {
      auto at = from;
      while (at < known && !go_together(all[at], w) && all[at].begin <= w.begin + w.length)
        ++at;
      if (at < known && go_together(all[at], w)) {
        add(all[at], w);
        from = at + 1;
      } else {
        all.push_back(w);
      }
    }
    std::stable_sort(all.begin(), all.end(), [](const window& a, const window& b) { return a.begin < b.begin; });
  }
  return all;
}

} // namespace weir::inline v0::bench_record
