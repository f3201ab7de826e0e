#include "bench/measure/percentile.hpp"

#include <algorithm>
#include <cmath>

#include "bench/stats/confidence.hpp"

namespace weir::inline v0::measure {

percentile percentile_of(const histogram& values, double share, std::uint64_t endless) {
  percentile p;
  p.share = share;
  p.samples = values.count() + endless;
  p.needed = confidence::samples_needed(share);
  if (!p.enough())
    return p;
  const auto at = [&values](std::uint64_t rank) {
    return rank <= values.count() ? std::optional(values.at_rank(rank)) : std::nullopt;
  };
  const double exact = share * static_cast<double>(p.samples);
  p.value = at(std::max<std::uint64_t>(1, static_cast<std::uint64_t>(std::ceil(exact - 1e-9 * exact))));
  p.endless = !p.value;
  if (const auto ranks = confidence::interval_of(p.samples, share)) {
    p.low = at(ranks->low);
    p.high = at(ranks->high);
  }
  if (const auto rank = confidence::upper_rank(p.samples, share))
    p.at_most = at(*rank);
  return p;
}

} // namespace weir::inline v0::measure
