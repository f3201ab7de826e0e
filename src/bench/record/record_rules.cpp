// What reports rely on, and a file may lack.
#include <algorithm>
#include <set>
#include <string>

#include <weir/core/error.hpp>

#include "bench/record/record_json.hpp"

namespace weir::inline v0::bench_record {

namespace {

constexpr unsigned most_parts = 10'000;

void require(bool good, const char* why) {
  if (!good)
    throw error(errc::invalid_argument, std::string("not a benchmark's result that weir reads: ") + why);
}

bool is_share(double d) noexcept { return d >= 0 && d <= 1; }

void check_tally(const measure::tally& t) {
  require(t.complete <= t.calls && t.good <= t.complete, "more calls are complete, or good, than there were");
}

void check_windows(const bench_result::record& r) {
  for (const auto& w : r.windows)
    require(w.target < r.targets.size(), "a window is of a target that there is not");
  require(std::is_sorted(r.windows.begin(), r.windows.end(),
                         [](const window& a, const window& b) { return a.begin < b.begin; }),
          "its windows are not in the order of time");
}

void check_origins(const bench_result::record& r) {
  require(r.parts >= 1 && r.parts <= most_parts, "it is of no parts, or of too many");
  std::set<unsigned> seen;
  for (const auto& o : r.origins)
    require(o.part >= 1 && o.part <= r.parts && seen.insert(o.part).second,
            "a machine did a part that there is not, or the one of another");
}

} // namespace

void check_record(const bench_result::record& r) {
  require(!r.targets.empty(), "it has no target");
  for (const auto& t : r.targets)
    check_tally(t.all);
  if (r.floor)
    check_tally(r.floor->all);
  require(is_share(r.good_share), "the share of good calls that was wanted is none");
  require(r.offered >= 0 && r.burstiness >= 0, "its load is below zero");
  check_windows(r);
  check_origins(r);
  for (const auto& c : r.comparisons)
    require(c.first < r.targets.size() && c.second < r.targets.size(), "it compares a target that there is not");
  if (r.peak && r.peak->best)
    check_tally(*r.peak->best);
  if (r.peak)
    for (const auto& p : r.peak->probes)
      require(p.rate > 0 && is_share(p.good_share) && is_share(p.good_low) && is_share(p.good_high) &&
                  p.answered_share >= 0 && is_share(p.throttled_share) && p.complete <= p.calls && p.good <= p.complete,
              "a probe has a rate or a share that cannot be");
}

} // namespace weir::inline v0::bench_record
