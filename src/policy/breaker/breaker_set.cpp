#include "policy/breaker/breaker_set.hpp"

#include <algorithm>

namespace weir::inline v0 {

breaker_permit::~breaker_permit() { report(breaker_verdict::none, {}, 0); }

void breaker_permit::alive(time_point now) noexcept {
  if (!from_)
    return;
  std::lock_guard lock(from_->mutex_);
  from_->core_.alive(ticket_, now);
}

void breaker_permit::token(time_point now) noexcept {
  if (!from_)
    return;
  std::lock_guard lock(from_->mutex_);
  from_->core_.token(now);
}

void breaker_permit::report(breaker_verdict v, time_point now, double random) noexcept {
  if (const auto to = std::exchange(from_, nullptr)) {
    std::lock_guard lock(to->mutex_);
    to->core_.result(ticket_, v, now, random);
  }
}

std::optional<breaker_permit> circuit::admit(time_point now, breaker_core::refusal& why) {
  std::unique_lock lock(mutex_);
  if (const auto t = core_.admit(now)) {
    lock.unlock();
    return breaker_permit(shared_from_this(), *t);
  }
  why = core_.why(now);
  return std::nullopt;
}

target_health::view circuit::look(time_point now, double random) {
  std::lock_guard lock(mutex_);
  return core_.look(now, random);
}

breaker_state circuit::inspect(time_point now) {
  std::lock_guard lock(mutex_);
  auto s = core_.inspect(now);
  s.id = id_;
  return s;
}

bool circuit::idle() const noexcept {
  std::lock_guard lock(mutex_);
  return core_.idle();
}

std::vector<breaker_state> breaker_set::inspect(time_point now) const {
  std::vector<breaker_state> list;
  for (const auto& [id, c] : all_.all())
    list.push_back(c->inspect(now));
  std::sort(list.begin(), list.end(), [](const breaker_state& a, const breaker_state& b) { return a.id < b.id; });
  return list;
}

} // namespace weir::inline v0
