#include "bench/trust/validity.hpp"

#include <algorithm>

namespace weir::inline v0::trust {

const char* name_of(weakness w) noexcept {
  switch (w) {
  case weakness::send_delay: return "requests were sent late";
  case weakness::loop_lag: return "the load generator stalled";
  case weakness::cpu: return "the load generator was out of CPU time";
  case weakness::machine: return "the machine was out of CPU time";
  case weakness::retries: return "calls were retried";
  }
  return "";
}

std::vector<weakness> weaknesses_of(const health& h, const thresholds& t) {
  std::vector<weakness> all;
  if (h.send_delay > t.send_delay || h.sent < h.meant)
    all.push_back(weakness::send_delay);
  if (h.loop_lag > t.loop_lag)
    all.push_back(weakness::loop_lag);
  if (h.cpu > t.cpu)
    all.push_back(weakness::cpu);
  // Busy machines that are not late are none of our business.
  if (h.machine > t.machine && !all.empty())
    all.push_back(weakness::machine);
  return all;
}

verdict judge(const std::vector<health>& windows, const thresholds& t) {
  verdict v;
  v.windows = windows.size();
  for (const auto& w : windows) {
    const auto found = weaknesses_of(w, t);
    v.invalid += !found.empty();
    for (const auto weak : found)
      ++v.struck[static_cast<std::size_t>(weak)];
    v.struck[static_cast<std::size_t>(weakness::retries)] += w.retries > 0;
  }
  v.valid = v.windows > 0 && static_cast<double>(v.invalid) <= t.windows * static_cast<double>(v.windows);
  return v;
}

std::string verdict::text() const {
  if (windows == 0)
    return "invalid: nothing was measured";
  const auto of_windows = std::to_string(invalid) + " of " + std::to_string(windows) + " windows";
  const auto most = std::max_element(struck.begin(), struck.end() - 1);
  std::string why;
  if (invalid > 0)
    why = std::string(name_of(static_cast<weakness>(most - struck.begin()))) + " in " + std::to_string(*most) + " of " +
          std::to_string(windows) + " windows";
  if (!valid)
    return "invalid: the load generator was the bottleneck: " + why;
  if (windows == 1)
    return "valid: the load generator kept up";
  return invalid == 0 ? "valid: the load generator kept up in all " + std::to_string(windows) + " windows"
                      : "valid: the load generator kept up, but for " + of_windows + ": " + why;
}

} // namespace weir::inline v0::trust
