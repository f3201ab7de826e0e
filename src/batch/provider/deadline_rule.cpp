#include "batch/provider/deadline_rule.hpp"

#include <algorithm>
#include <cmath>

#include "core/time/in_seconds.hpp"

namespace weir::inline v0::vendor_batch {

namespace {

using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::size_t kept = 200;
constexpr double spare = 1.25;
// Of a batch about whose kind nothing is known.
constexpr duration unknown_median = minutes(30);
constexpr duration shortest_look = seconds(5);
constexpr duration longest_look = minutes(5);

duration live_time(const deadline_question& q) {
  // Without a rate nothing can be promised: as if an item took a second.
  const auto rate = q.live_rate > 0 ? q.live_rate : 1.0;
  const auto s = std::min(spare * static_cast<double>(q.items_left) / rate, 1e8);
  return std::chrono::duration_cast<duration>(std::chrono::duration<double>(s));
}

// When the batch is done, if its progress goes on as it did.
std::optional<duration> rest_of(const deadline_question& q) {
  if (!q.age || !q.progress || *q.progress <= 0.5)
    return std::nullopt;
  const auto age = in_seconds(*q.age);
  return std::chrono::duration_cast<duration>(std::chrono::duration<double>(age * (1 - *q.progress) / *q.progress));
}

} // namespace

void learnt_durations::add(duration took) {
  all_.insert(std::upper_bound(all_.begin(), all_.end(), took), took);
  // The extremes go first: what is left still tells the middle.
  if (all_.size() > kept) {
    all_.erase(all_.begin());
    all_.pop_back();
  }
}

std::optional<duration> learnt_durations::at(double share) const {
  if (all_.empty())
    return std::nullopt;
  const auto n = static_cast<std::size_t>(std::ceil(share * static_cast<double>(all_.size())));
  return all_[std::clamp<std::size_t>(n, 1, all_.size()) - 1];
}
std::optional<duration> learnt_durations::most() const { return at(0.9); }
std::optional<duration> learnt_durations::median() const { return at(0.5); }

deadline_answer decide(const deadline_question& q) {
  deadline_answer a;
  const auto work = live_time(q) + (q.age ? q.cancel_time : duration());
  a.last_moment = q.deadline - coarse(work);
  a.again_at = q.now;
  if (q.items_left == 0)
    return a;
  if (!q.age) {
    a.live = q.now + coarse(q.median.value_or(unknown_median)) > a.last_moment;
  } else if (q.now >= a.last_moment) {
    const auto rest = rest_of(q);
    a.live = q.now < q.deadline && !q.finalizing && !(rest && q.now + coarse(*rest) < q.deadline);
    // Past the deadline what is paid for is waited for: live calls would make it later still.
  }
  if (a.live)
    return a;
  const auto left = std::chrono::duration_cast<duration>(a.last_moment - q.now);
  a.again_at = q.now + coarse(std::clamp(left, shortest_look, longest_look));
  return a;
}

} // namespace weir::inline v0::vendor_batch
