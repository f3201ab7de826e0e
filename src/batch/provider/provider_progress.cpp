// How far a run is.
#include <algorithm>

#include "batch/provider/provider_run.hpp"
#include "batch/provider/provider_run_part.hpp"

namespace weir::inline v0::vendor_batch {

provider_progress provider_run::progress(wall_point now) const {
  provider_progress all;
  for (const auto& p : parts_) {
    provider_part one;
    one.name = p->name;
    one.batch = p->core.batch_id();
    one.state = p->core.doing();
    one.lines = p->done.size();
    if (const auto& seen = p->core.seen()) {
      one.completed = seen->completed;
      one.failed = seen->failed;
    }
    if (const auto at = p->core.created_at())
      one.age = std::chrono::duration_cast<duration>(now - *at);
    all.parts.push_back(std::move(one));
  }
  all.parts_over = over_;
  all.submitted = submitted_;
  all.delivered = delivered_;
  all.missing = missing_;
  all.unknown = unknown_;
  return all;
}

std::uint64_t provider_run::open() const {
  std::uint64_t n = 0;
  for (const auto& p : parts_)
    if (!p->settled)
      n += static_cast<std::uint64_t>(std::count(p->done.begin(), p->done.end(), false));
  return n;
}

void provider_run::tell(deadline_question& q) const {
  q.median = learnt_.median();
  q.most = learnt_.most();
  for (const auto& p : parts_) {
    const auto at = p->core.created_at();
    if (p->settled || !at)
      continue;
    const auto age = std::chrono::duration_cast<duration>(q.now - *at);
    if (q.age && *q.age >= age)
      continue;
    q.age = age;
    q.progress.reset();
    const auto& seen = p->core.seen();
    q.finalizing = p->core.ended() || (seen && seen->state == batch_state::finalizing && !p->core.cancelling());
    if (seen && seen->total && *seen->total != 0)
      q.progress = static_cast<double>(seen->completed.value_or(0) + seen->failed.value_or(0)) /
                   static_cast<double>(*seen->total);
  }
}

} // namespace weir::inline v0::vendor_batch
