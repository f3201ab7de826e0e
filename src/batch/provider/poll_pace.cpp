#include "batch/provider/poll_pace.hpp"

#include <algorithm>

namespace weir::inline v0::vendor_batch {

namespace {

constexpr duration longest_retry = std::chrono::minutes(1);
// A longer one would keep a batch that is done for a day.
constexpr duration longest_asked = std::chrono::hours(1);

duration scaled(duration d, double by) {
  return duration(static_cast<duration::rep>(static_cast<double>(d.count()) * by));
}

} // namespace

duration poll_pace::wait(unsigned polls, duration age, double random, std::optional<duration> retry_after) const {
  auto w = first;
  for (unsigned n = 0; n < polls && w < early; ++n)
    w *= 2;
  if (w >= early)
    w = std::clamp(scaled(std::max(age, duration()), share), early, std::max(early, longest));
  w = scaled(w, 0.9 + 0.2 * random);
  return retry_after ? std::max(w, std::min(*retry_after, longest_asked)) : w;
}

duration retry_wait(unsigned failures, double random, std::optional<duration> retry_after) {
  duration w = std::chrono::seconds(1);
  for (unsigned n = 1; n < failures && w < longest_retry; ++n)
    w *= 2;
  w = scaled(std::min(w, longest_retry), 0.5 + 0.5 * random);
  return retry_after ? std::max(w, std::min(*retry_after, longest_asked)) : w;
}

} // namespace weir::inline v0::vendor_batch
