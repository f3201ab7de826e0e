#include "policy/rate/rate_limit_core.hpp"

#include <algorithm>

namespace weir::inline v0 {

namespace {

using namespace std::chrono_literals;

constexpr std::array<duration, rate_limit_core::limit_kinds> windows{1min, 1min, 24h, 24h};
// The most that one call can request, so that sums over the queue cannot overflow.
constexpr std::uint64_t most = std::uint64_t(1) << 48;

} // namespace

void learned_bound::learn(duration age, std::uint64_t granted, const rate_limit_status::bucket& told,
                          duration window) noexcept {
  // Answers overtake each other: only those of the most recently granted call are news.
  if (!told.remaining || granted < newest_)
    return;
  newest_ = granted;
  const auto span = std::clamp(told.reset.value_or(told.window.value_or(window)), duration(0), duration(24h));
  known_ = span > duration(0);
  bound_ = static_cast<double>(granted) + static_cast<double>(std::min(*told.remaining, most));
  refill_ = told.limit && *told.limit > *told.remaining ? static_cast<double>(*told.limit - *told.remaining) : 0;
  from_ = age;
  until_ = age + span;
}

duration learned_bound::ready(duration age, std::uint64_t granted) const noexcept {
  const auto missing = static_cast<double>(granted) - bound_;
  if (!known_ || age >= until_ || missing <= 0)
    return age;
  if (missing >= refill_)
    return until_;
  const auto span = static_cast<double>((until_ - from_).count());
  return std::max(age, from_ + duration(static_cast<duration::rep>(span * missing / refill_) + 1));
}

rate_limit_core::rate_limit_core(const rate_limit& s)
    : max_waiting_(s.max_waiting()), learn_(s.learn()), gated_(s.gate()), gate_(s.longest_gate()),
      queue_(s.batch_share()) {
  const std::array<std::uint64_t, limit_kinds> limits{s.requests_per_minute(), s.tokens_per_minute(),
                                                      s.requests_per_day(), s.tokens_per_day()};
  for (std::size_t k = 0; k < limit_kinds; ++k)
    if (limits[k] > 0)
      buckets_[k].emplace(limits[k], windows[k]);
}

duration rate_limit_core::allowed_one(duration age, std::uint64_t tokens) {
  auto at = age;
  // A learned limit may be lower than one call: then the call goes once nothing else counts.
  for (std::size_t k = 0; k < limit_kinds; ++k)
    if (auto& b = buckets_[k])
      at = std::max(at, b->ready(age, std::min(is_tokens(k) ? tokens : 1, b->limit())));
  at = std::max(at, requests_bound_.ready(age, requests_granted_ + 1));
  return std::max(at, tokens_bound_.ready(age, tokens_granted_ + tokens));
}

duration rate_limit_core::allowed_many(duration age, std::uint64_t requests, std::uint64_t tokens) {
  auto at = age;
  for (std::size_t k = 0; k < limit_kinds; ++k)
    if (buckets_[k])
      at = std::max(at, buckets_[k]->ready(age, is_tokens(k) ? tokens : requests));
  return at;
}

duration rate_limit_core::ready_one(duration age, std::uint64_t tokens) {
  return std::max(allowed_one(age, tokens), gated_ ? gate_.ready(age) : age);
}

duration rate_limit_core::soonest_one(duration age, std::uint64_t tokens) {
  return std::max(allowed_one(age, tokens), gated_ ? gate_.soonest(age) : age);
}

rate_limit_core::reservation rate_limit_core::grant(duration age, std::uint64_t tokens, bool waited) {
  reservation r;
  r.tokens = tokens;
  for (std::size_t k = 0; k < limit_kinds; ++k)
    if (buckets_[k])
      r.slots[k] = buckets_[k]->take(age, is_tokens(k) ? tokens : 1);
  r.passed = gate_.pass(age, waited);
  r.requests_granted = ++requests_granted_;
  r.tokens_granted = tokens_granted_ += tokens;
  return r;
}

double rate_limit_core::size(std::uint64_t tokens) const noexcept {
  double share = 0;
  bool limited = false;
  for (std::size_t k = 0; k < limit_kinds; ++k)
    if (buckets_[k]) {
      limited = true;
      const auto amount = static_cast<double>(is_tokens(k) ? tokens : 1);
      share = std::max(share, amount / static_cast<double>(buckets_[k]->configured()));
    }
  return limited ? share : 1;
}

rate_limit_core::limit_kind rate_limit_core::larger_than(const request& r) const noexcept {
  for (const auto k : {tokens_minute, tokens_day})
    if (buckets_[k] && r.tokens > buckets_[k]->configured())
      return k;
  return limit_kinds;
}

std::optional<rate_limit_core::reservation> rate_limit_core::try_enter(time_point now, const request& r) {
  const auto age = clock_.advance(now);
  if (!queue_.empty() || larger_than(r) != limit_kinds || now > r.deadline)
    return std::nullopt;
  const auto tokens = std::min(r.tokens, most);
  if (ready_one(age, tokens) > age)
    return std::nullopt;
  return grant(age, tokens, false);
}

rate_limit_core::decision_type rate_limit_core::enter(time_point now, const request& r) {
  if (auto granted = try_enter(now, r))
    return {0, *granted};
  const auto age = clock_.advance(now);
  const auto tokens = std::min(r.tokens, most);
  auto verdict = admission::waiting;
  duration wait{};
  if (larger_than(r) != limit_kinds) {
    verdict = admission::too_large;
  } else {
    const auto turn = std::max(soonest_one(age, tokens), allowed_many(age, queue_.ahead(r.priority) + 1,
                                                                      queue_.tokens_ahead(r.priority) + tokens));
    wait = turn - age;
    if (after(now, wait) > r.deadline)
      verdict = admission::no_time;
    else if (queue_.size() >= max_waiting_)
      verdict = admission::full;
  }
  if (verdict == admission::waiting)
    return {verdict, queue_.push(r.priority, size(tokens), tokens, r.deadline)};
  ++refused_;
  return {verdict, 0, wait};
}

std::optional<rate_limit_core::decision_type> rate_limit_core::next(time_point now) {
  const auto age = clock_.advance(now);
  const auto* first = queue_.front();
  if (!first)
    return std::nullopt;
  const auto id = first->id;
  if (ready_one(age, first->tokens) <= age) {
    const auto granted = grant(age, first->tokens, true);
    queue_.serve();
    return decision_type(id, granted);
  }
  const auto turn = soonest_one(age, first->tokens);
  if (clock_.at(turn) <= first->deadline)
    return std::nullopt;
  queue_.erase(id);
  ++refused_;
  return decision_type(admission::no_time, id, turn - age);
}

time_point rate_limit_core::wake(time_point now) {
  const auto* first = queue_.front();
  if (!first)
    return never;
  const auto age = clock_.advance(now);
  return clock_.at(ready_one(age, first->tokens));
}

rate_limit_core::ticket rate_limit_core::front() const noexcept {
  const auto* first = queue_.front();
  return first ? first->id : 0;
}

void rate_limit_core::abandon(time_point now, const reservation& r) {
  refund(now, r);
  withdrawn(r);
}

void rate_limit_core::finish(time_point now, const reservation& r, std::uint64_t requests, std::uint64_t tokens) {
  const auto age = clock_.advance(now);
  for (std::size_t k = 0; k < limit_kinds; ++k)
    if (buckets_[k])
      buckets_[k]->settle(age, r.slots[k], is_tokens(k) ? r.tokens : 1, is_tokens(k) ? tokens : requests);
}

void rate_limit_core::throttled(time_point now, const reservation& r, std::optional<duration> retry_after,
                                double random) noexcept {
  ++throttled_;
  gate_.throttled(clock_.advance(now), r.passed, retry_after, random);
}

void rate_limit_core::learn(time_point now, const reservation& r, const rate_limit_status& hints) {
  if (!learn_ || hints.empty())
    return;
  const auto age = clock_.advance(now);
  const auto hear = [&](const rate_limit_status::bucket& told, std::size_t minute, std::size_t day,
                        learned_bound& bound, std::uint64_t granted) {
    if (!buckets_[minute] && !buckets_[day])
      return;
    for (const auto k : {minute, day})
      if (auto& b = buckets_[k]; b && told.limit && told.window.value_or(1min) == b->window())
        b->learn(*told.limit);
    bound.learn(age, granted, told, buckets_[minute] ? 1min : duration(24h));
  };
  hear(hints.requests, requests_minute, requests_day, requests_bound_, r.requests_granted);
  hear(hints.tokens, tokens_minute, tokens_day, tokens_bound_, r.tokens_granted);
}

bool rate_limit_core::limited() const noexcept {
  return std::any_of(buckets_.begin(), buckets_.end(), [](const auto& b) { return b.has_value(); });
}

bool rate_limit_core::idle(time_point now) {
  const auto age = clock_.advance(now);
  if (!queue_.empty() || gate_.closed(age))
    return false;
  return std::all_of(buckets_.begin(), buckets_.end(), [age](auto& b) { return !b || b->used(age) == 0; });
}

rate_limit_state rate_limit_core::state(time_point now) {
  const auto age = clock_.advance(now);
  rate_limit_state s;
  const std::array<rate_limit_state::quota*, limit_kinds> quotas{&s.requests_per_minute, &s.tokens_per_minute,
                                                                 &s.requests_per_day, &s.tokens_per_day};
  for (std::size_t k = 0; k < limit_kinds; ++k)
    if (buckets_[k]) {
      quotas[k]->limit = buckets_[k]->limit();
      quotas[k]->used = buckets_[k]->used(age);
    }
  s.waiting_interactive = queue_.size(priority::interactive);
  s.waiting_batch = queue_.size(priority::batch);
  if (gate_.closed(age))
    s.suspended = gate_.soonest(age) - age;
  s.throttled = throttled_;
  s.refused = refused_;
  return s;
}

} // namespace weir::inline v0
