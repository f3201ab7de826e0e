#include "net/dial/dialer_core.hpp"

namespace weir::inline v0::net {

addresses interleave(const addresses& found, std::size_t limit) {
  addresses first, second, out;
  for (const auto& a : found)
    (a.is_v6() == found.front().is_v6() ? first : second).push_back(a);
  for (std::size_t i = 0; out.size() < limit && (i < first.size() || i < second.size()); ++i) {
    if (i < first.size())
      out.push_back(first[i]);
    if (i < second.size() && out.size() < limit)
      out.push_back(second[i]);
  }
  return out;
}

dialer_core::action dialer_core::next(time_point now) {
  if (won_)
    return action(step::finished, 0, never);
  if (started_ == count_)
    return open_ == 0 ? action(step::failed, 0, never) : action(step::wait, 0, never);
  if (open_ > 0 && now < next_start_)
    return action(step::wait, 0, next_start_);
  ++open_;
  next_start_ = after(now, stagger_);
  return action(step::start, started_++, never);
}

void dialer_core::attempt_failed() {
  --open_;
  next_start_ = time_point::min();
}

bool dialer_core::attempt_succeeded() {
  --open_;
  if (won_)
    return false;
  won_ = true;
  return true;
}

} // namespace weir::inline v0::net
