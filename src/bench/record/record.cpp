#include "bench/record/record.hpp"

#include <algorithm>

namespace weir::inline v0::bench_record {

const probe_record* best_of(const std::vector<probe_record>& probes) noexcept {
  const probe_record* best = nullptr;
  for (const auto& p : probes)
    if (p.keeps_up && (!best || p.rate >= best->rate))
      best = &p;
    else if (!p.keeps_up && best && p.rate <= best->rate)
      best = nullptr;
  return best;
}

} // namespace weir::inline v0::bench_record

namespace weir::inline v0 {

trust::verdict bench_result::record::trusted() const {
  std::vector<trust::health> measured;
  for (const auto& w : windows)
    if (!w.warm_up)
      measured.push_back(w.health);
  // Windows without a call say nothing of the target.
  if (std::all_of(targets.begin(), targets.end(), [](const auto& t) { return t.all.calls == 0; }))
    measured.clear();
  return trust::judge(measured, limits);
}

std::vector<unsigned> bench_result::record::missing_parts() const {
  std::vector<unsigned> missing;
  for (unsigned part = 1; merged && part <= parts; ++part)
    if (std::none_of(origins.begin(), origins.end(), [part](const auto& o) { return o.part == part; }))
      missing.push_back(part);
  return missing;
}

} // namespace weir::inline v0
