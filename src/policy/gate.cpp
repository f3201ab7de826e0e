#include "policy/gate.hpp"

#include <algorithm>

#include <weir/core/backoff.hpp>

namespace weir {

namespace {

using namespace std::chrono_literals;

constexpr duration patience = 10s;
constexpr std::size_t enough = 32;
constexpr backoff steps(1s, 60s);

duration part(duration d, double share) noexcept {
  return duration(static_cast<duration::rep>(static_cast<double>(d.count()) * share));
}

} // namespace

duration gate_core::ready(duration age) const noexcept {
  const auto first = soonest(age);
  return !easing_ || out_ < allowed_ ? first : std::max(first, last_passed_ + patience);
}

gate_core::era gate_core::pass(duration age) noexcept {
  if (easing_) {
    ++out_;
    last_passed_ = age;
  }
  return era_;
}

void gate_core::accepted(era passed) noexcept {
  if (!easing_ || passed != era_)
    return;
  --out_;
  if (++allowed_ > enough) {
    easing_ = false;
    level_ = 0;
  }
}

void gate_core::withdrawn(era passed) noexcept {
  if (easing_ && passed == era_)
    --out_;
}

void gate_core::throttled(duration age, era passed, std::optional<duration> hint, double random) noexcept {
  const bool known = passed != era_;
  if (known && !hint)
    return;
  // Jitter only later than asked for, so that processes with the same key do not return in one instant.
  duration wait;
  if (hint) {
    wait = std::clamp(*hint, duration::zero(), longest_);
    wait = std::min(wait + std::min(part(wait, 0.1 * random), duration(1s)), longest_);
  } else {
    wait = std::min(part(steps.ceiling(level_ + 1), 0.5 + 0.5 * random), longest_);
  }
  if (known && easing_) {
    closed_until_ = std::max(closed_until_, age + wait);
    return;
  }
  if (!known)
    ++level_;
  ++era_;
  easing_ = true;
  closed_until_ = age + wait;
  allowed_ = 1;
  out_ = 0;
}

} // namespace weir
