#include "policy/concurrency/concurrency_core.hpp"

#include <algorithm>

namespace weir::inline v0 {

namespace {

constexpr double cut_when_throttled = 0.8;
constexpr double cut_when_slow = 0.95;
// The limit returns to this share of where it was cut as fast as it first grew.
constexpr double near_ceiling = 0.95;
// Errors rarer than one in this many calls are no sign of too many calls.
constexpr std::uint64_t one_in = 5, some = 3;
constexpr double unlimited = std::numeric_limits<double>::infinity();
// First token times that are compared: averages of the last few and of the last several hundred.
constexpr double recent_share = 0.2;
constexpr std::uint64_t usual_samples = 500;
constexpr std::uint64_t enough_samples = 20;

} // namespace

adaptive_limit::adaptive_limit(const concurrency& s)
    : min_(s.min()), max_(s.max()), episode_(s.episode()), slow_(s.slow_first_token()), limit_(s.initial()) {}

bool adaptive_limit::drifts(duration first_token) noexcept {
  const auto x = static_cast<double>(first_token.count());
  ++samples_;
  recent_ = samples_ == 1 ? x : recent_ + recent_share * (x - recent_);
  usual_ += (x - usual_) / static_cast<double>(std::min(samples_, usual_samples));
  // When first tokens became much faster the baseline follows quickly, so that a later slowdown is noticed.
  if (usual_ > slow_ * recent_)
    usual_ *= 0.95;
  return samples_ >= enough_samples && recent_ > slow_ * usual_;
}

void adaptive_limit::cut(duration age, double share) noexcept {
  ceiling_ = near_ceiling * static_cast<double>(limit_);
  successes_ = begun_ = bad_ = 0;
  limit_ = std::max(min_, static_cast<std::size_t>(static_cast<double>(limit_) * share));
  ++era_;
  next_cut_ = age + episode_;
}

void adaptive_limit::answered(duration age, era begun, bool busy, std::optional<duration> first_token) noexcept {
  if (first_token && drifts(*first_token)) {
    ceiling_ = std::min(ceiling_, static_cast<double>(limit_));
    // Only if this limit may be the cause.
    if (busy && begun == era_ && age >= next_cut_)
      cut(age, cut_when_slow);
    return;
  }
  if (!busy || begun != era_ || age < grows_from_ || limit_ >= max_)
    return;
  if (++successes_ < (static_cast<double>(limit_) < ceiling_ ? 1 : limit_))
    return;
  successes_ = 0;
  ++limit_;
}

void adaptive_limit::began() noexcept {
  // Only the last rounds count.
  if (++begun_ > 2 * limit_) {
    begun_ /= 2;
    bad_ /= 2;
  }
}

bool adaptive_limit::many_bad() noexcept { return ++bad_ * one_in >= begun_; }

void adaptive_limit::throttled(duration age, era begun) noexcept {
  if (begun != era_)
    return;
  const bool many = many_bad();
  // As many calls were sustained before: a few errors are not caused by them.
  const bool below = ceiling_ < unlimited && static_cast<double>(limit_) < ceiling_;
  if (!(many && bad_ >= some) && (scattered_ || below)) {
    strays_ += below;
    scattered_ = strays_ >= some;
    if (scattered_)
      ceiling_ = unlimited; // The earlier cut found no real limit.
    return;
  }
  scattered_ = false;
  strays_ = 0;
  if (age >= next_cut_) {
    cut(age, cut_when_throttled);
    return;
  }
  grows_from_ = std::max(grows_from_, next_cut_);
  if (ceiling_ < unlimited && limit_ > min_)
    --limit_;
}

void adaptive_limit::failed(duration age) noexcept {
  if (many_bad())
    grows_from_ = age + episode_;
}

concurrency_core::concurrency_core(const concurrency& s)
    : fixed_(s.adaptive() ? 0 : s.limit()), max_waiting_(s.max_waiting()), adaptive_(s), queue_(s.batch_share()) {}

concurrency_core::permit concurrency_core::grant() noexcept {
  ++running_;
  adaptive_.began();
  permit p;
  p.era = adaptive_.now();
  p.busy = 2 * running_ >= limit();
  return p;
}

std::optional<concurrency_core::permit> concurrency_core::try_enter(time_point now, const request& r) {
  if (!queue_.empty() || running_ >= limit() || now > r.deadline)
    return std::nullopt;
  return grant();
}

concurrency_core::decision_type concurrency_core::enter(time_point now, const request& r) {
  if (const auto granted = try_enter(now, r))
    return {0, *granted};
  const bool late = now > r.deadline;
  if (!late && queue_.size() < max_waiting_)
    return {admission::waiting, queue_.push(r.priority, 1, 0, r.deadline)};
  ++refused_;
  return {late ? admission::no_time : admission::full, 0};
}

std::optional<concurrency_core::decision_type> concurrency_core::next(time_point) {
  const auto* first = queue_.front();
  if (!first || running_ >= limit())
    return std::nullopt;
  const auto id = first->id;
  queue_.serve();
  return decision_type(id, grant());
}

concurrency_core::ticket concurrency_core::front() const noexcept {
  const auto* first = queue_.front();
  return first ? first->id : 0;
}

void concurrency_core::answered(time_point now, const permit& p, std::optional<duration> first_token) {
  adaptive_.answered(clock_.advance(now), p.era, p.busy, first_token);
}

void concurrency_core::throttled(time_point now, const permit& p) { adaptive_.throttled(clock_.advance(now), p.era); }

void concurrency_core::failed(time_point now) { adaptive_.failed(clock_.advance(now)); }

concurrency_state concurrency_core::state(time_point) const {
  concurrency_state s;
  s.limit = limit();
  s.running = running_;
  s.waiting_interactive = queue_.size(priority::interactive);
  s.waiting_batch = queue_.size(priority::batch);
  s.cuts = adaptive_.cuts();
  s.refused = refused_;
  return s;
}

} // namespace weir::inline v0
