#include "policy/rate/bucket.hpp"

#include <algorithm>

namespace weir::inline v0 {

namespace {

using namespace std::chrono_literals;

// Threads that read one clock may report slightly out of order; a step is more than that.
constexpr duration disorder = 1s;
constexpr int slots_per_window = 240;
constexpr int margins_per_window = 100;
// The most that one answer can be recorded as having used, so that sums cannot overflow.
constexpr std::uint64_t most = std::uint64_t(1) << 48;

} // namespace

duration age_clock::advance(time_point now) noexcept {
  if (!begun_) {
    begun_ = true;
    last_ = now;
  } else if (now >= last_) {
    age_ += now - last_;
    last_ = now;
  } else if (last_ - now > disorder) {
    last_ = now;
  }
  return age_;
}

bucket_core::bucket_core(std::uint64_t limit, duration window)
    : configured_(std::min(limit, most)), limit_(configured_), window_(window),
      slot_(std::max(duration(1), window / slots_per_window)), margin_(window / margins_per_window) {}

void bucket_core::learn(std::uint64_t limit) noexcept {
  if (limit > 0)
    limit_ = std::min(configured_, limit);
}

void bucket_core::expire(duration age) {
  while (!records_.empty() && leaves(records_.front().at) <= age) {
    used_ -= records_.front().amount;
    records_.pop_front();
  }
}

void bucket_core::add(duration age, std::uint64_t amount) {
  const slot at = age / slot_;
  if (records_.empty() || records_.back().at < at)
    records_.emplace_back(at, 0);
  records_.back().amount += amount;
  used_ += amount;
}

std::uint64_t bucket_core::used(duration age) {
  expire(age);
  return used_;
}

duration bucket_core::ready(duration age, std::uint64_t amount) {
  expire(age);
  amount = std::min(amount, most);
  const auto windows = amount > limit_ ? (amount - 1) / limit_ : 0;
  amount -= windows * limit_;
  const auto length = static_cast<double>(windows) * static_cast<double>((window_ + margin_).count());
  if (length > 1e18)
    return duration::max();
  const duration later(static_cast<duration::rep>(length));
  auto used = used_;
  auto at = age;
  for (auto it = records_.begin(); it != records_.end() && used + amount > limit_; ++it) {
    used -= it->amount;
    at = leaves(it->at);
  }
  return at + later;
}

bucket_core::slot bucket_core::take(duration age, std::uint64_t amount) {
  expire(age);
  amount = std::min(amount, most);
  add(age, amount);
  totals_.taken += amount;
  totals_.held += amount;
  return age / slot_;
}

void bucket_core::settle(duration age, slot at, std::uint64_t held, std::uint64_t used) {
  expire(age);
  held = std::min(held, most);
  used = std::min(used, most);
  const auto kept = std::min(held, used);
  totals_.held -= held;
  totals_.kept += kept;
  totals_.returned += held - kept;
  if (used > held) {
    totals_.excess += used - held;
    add(age, used - held);
  } else if (held > kept) {
    const auto found =
        std::lower_bound(records_.begin(), records_.end(), at, [](const record& r, slot s) { return r.at < s; });
    if (found != records_.end() && found->at == at) {
      found->amount -= held - kept;
      used_ -= held - kept;
    }
  }
}

} // namespace weir::inline v0
