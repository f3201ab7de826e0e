#include "cost/alerts/overrun_core.hpp"

#include <algorithm>

namespace weir::inline v0 {

namespace {

using namespace std::chrono_literals;

constexpr auto width = 10min;
constexpr std::size_t hour = 6, six_hours = 36, day = 144;
constexpr double rearm = 0.9;

} // namespace

void overrun_core::advance(time now) noexcept {
  const auto slot = std::chrono::floor<std::chrono::minutes>(now.time_since_epoch()) / width;
  if (!begun_ || slot < slot_) {
    begun_ = true;
    slot_ = slot;
    return;
  }
  const auto gone = static_cast<std::uint64_t>(slot - slot_);
  slot_ = slot;
  seen_ += gone;
  for (std::uint64_t i = 0; i < std::min<std::uint64_t>(gone, ring_.size()); ++i) {
    head_ = (head_ + 1) % ring_.size();
    ring_[head_] = 0;
  }
  if (gone == 0 || seen_ < hour)
    return;
  short_rate_ = std::min(rate(hour), rate(six_hours));
  // Of a day that has only been seen in part, the rest counts as nothing: it may have been the busy one.
  long_rate_ = std::min(short_rate_, rate(day) * double(std::min<std::uint64_t>(seen_, day)) / day);
}

void overrun_core::note(double share, time now) noexcept {
  advance(now);
  ring_[head_] += static_cast<float>(share);
}

void overrun_core::record(double share, time when) noexcept {
  const auto slot = std::chrono::floor<std::chrono::minutes>(when.time_since_epoch()) / width;
  if (!begun_ || slot >= slot_)
    return note(share, when);
  const auto back = static_cast<std::uint64_t>(slot_ - slot);
  if (back >= ring_.size())
    return;
  ring_[(head_ + ring_.size() - back) % ring_.size()] += static_cast<float>(share);
  seen_ = std::max(seen_, back);
}

double overrun_core::rate(std::size_t of) const noexcept {
  of = static_cast<std::size_t>(std::min<std::uint64_t>(of, seen_));
  double s = 0;
  for (std::size_t back = 1; back <= of; ++back)
    s += double(ring_[(head_ + ring_.size() - back) % ring_.size()]);
  return s / double(of);
}

double overrun_core::projected(double spent, std::chrono::nanoseconds ahead, time now) noexcept {
  advance(now);
  if (seen_ < hour)
    return 0;
  const double slots_ahead = double(ahead.count()) / double(std::chrono::nanoseconds(width).count());
  return spent + (ahead > 24h ? long_rate_ : short_rate_) * slots_ahead;
}

bool overrun_core::alarm(double spent, std::chrono::nanoseconds ahead, time now) noexcept {
  const double share = projected(spent, ahead, now);
  if (share < rearm)
    alarmed_ = false;
  if (alarmed_ || share <= 1 || spent >= 1)
    return false;
  return alarmed_ = true;
}

} // namespace weir::inline v0
