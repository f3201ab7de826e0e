#include "policy/rate/gate.hpp"

#include <algorithm>
#include <chrono>

#include <weir/core/backoff.hpp>

namespace weir::inline v0 {

namespace {

using namespace std::chrono_literals;

// Waits without a retry-after. No longer, so that a window that opens again is noticed.
constexpr backoff steps(1s, 4s);
// A retry-after this long means that the provider counts in windows, and so does this many tries without success.
constexpr duration long_hint = 2s;
constexpr unsigned many_tries = 2;
// A call that tries counts as served when no refusal has come in this many times what the last refusal took.
constexpr int patience = 4;
constexpr duration least_patience = 50ms, most_patience = 10s;
constexpr duration served_lately = 10s;
// 429s are scattered when at least `enough` calls passed after the refused one and at most one in `one_in` of them was
// refused, and no longer when one in `ends_at_one_in` of the last ones is.
constexpr std::uint64_t enough = 8, one_in = 5;
constexpr std::size_t ends_at_one_in = 4, last_ones = 64;

duration part(duration d, double share) noexcept {
  return duration(static_cast<duration::rep>(static_cast<double>(d.count()) * share));
}

duration patience_for(duration refusal_takes) noexcept {
  return std::clamp(refusal_takes * patience, least_patience, most_patience);
}

} // namespace

bool gate_core::serves(duration age) const noexcept { return last_served_ && age - *last_served_ <= served_lately; }

// Whether the 429 that closed the gate was one of few.
bool gate_core::scattered(duration age) const noexcept {
  return before_ == phase::open && age >= closed_at_ + patience_for(refusal_takes_) && later_passed_ >= enough &&
         (later_refused_ + 1) * one_in <= later_passed_ + 1;
}

duration gate_core::ready(duration age) const noexcept {
  switch (phase_) {
  case phase::open: break;
  case phase::closed: {
    const auto known = std::min(closed_at_ + patience_for(refusal_takes_), closed_until_);
    return std::max(age, scattered(known) ? known : closed_until_);
  }
  case phase::trying:
    return std::max(age, tried_at_ + std::max(patience_for(refusal_takes_), pace_.first_step(tried_at_)));
  case phase::paced: return std::max(age, pace_.next());
  }
  return age;
}

gate_core::ticket gate_core::pass(duration age, bool waited) noexcept {
  if (phase_ == phase::closed && age < closed_until_ && scattered(age)) {
    phase_ = before_;
    begin_scattered();
  } else if (phase_ == phase::closed) {
    phase_ = phase::trying;
    tried_at_ = age;
    trier_ = passed_ + 1;
  } else if (phase_ == phase::trying) {
    begin_pace();
  }
  if (phase_ == phase::paced && pace_.over(age)) {
    phase_ = phase::open;
    if (pace_.refused_some())
      begin_scattered();
  }
  if (phase_ == phase::paced)
    pace_.pass(age, passed_, waited);
  pace_.count(age, passed_, phase_ == phase::trying);
  ticket t;
  t.era_ = era_;
  t.number_ = ++passed_;
  t.when_ = age;
  return t;
}

// The call that tried was served, or was not refused in time.
void gate_core::begin_pace() noexcept {
  pace_.begin(tried_at_, passed_, tried_at_ - closed_at_, level_ >= many_tries || long_hint_);
  phase_ = phase::paced;
  level_ = 0;
  last_served_ = tried_at_;
}

void gate_core::accepted(duration age, const ticket& t) noexcept {
  if (phase_ == phase::trying && t.number_ == trier_)
    begin_pace();
  last_served_ = age;
}

void gate_core::withdrawn(const ticket& t) noexcept {
  pace_.discount(t.number_);
  if (phase_ == phase::trying && t.number_ == trier_)
    phase_ = phase::closed;
}

void gate_core::begin_scattered() noexcept {
  scattered_ = true;
  refused_.forget(passed_);
}

// Jitter only ever adds to the wait that the provider asks for, so that processes with the same key do not return at
// the same instant.
duration gate_core::wait_for(std::optional<duration> retry_after, double random) const noexcept {
  if (!retry_after)
    return std::min(part(backoff(first_wait_, steps.cap()).ceiling(level_ + 1), 0.5 + 0.5 * random), longest_);
  const auto least = std::clamp(*retry_after, duration::zero(), longest_);
  return std::min(least + std::min(part(least, 0.1 * random), duration(1s)), longest_);
}

void gate_core::throttled(duration age, const ticket& t, std::optional<duration> retry_after, double random) noexcept {
  pace_.discount(t.number_);
  const auto took = age - t.when_;
  const bool tried = phase_ == phase::trying && t.number_ == trier_;
  level_ += tried;
  if (phase_ == phase::paced) {
    refused_at_pace(age, t, retry_after, random);
    return;
  }
  if (phase_ == phase::open) {
    if (scattered_) {
      refused_.add(t.number_);
      if (!refused_.one_in(ends_at_one_in, last_ones))
        return;
    }
    refusal_takes_ = took;
    pace_.forget();
    first_wait_ = steps.base();
    close(age, t, retry_after, random);
    return;
  }
  refusal_takes_ = std::max(refusal_takes_, took);
  if (tried) {
    close(age, t, retry_after, random);
    return;
  }
  later_refused_ += t.number_ > closed_by_;
  if (!retry_after)
    return;
  closed_until_ = std::max(closed_until_, age + wait_for(retry_after, random));
  phase_ = phase::closed;
}

void gate_core::refused_at_pace(duration age, const ticket& t, std::optional<duration> retry_after,
                                double random) noexcept {
  const bool long_one = retry_after && pace_.is_long(age, *retry_after);
  if (t.era_ != era_) {
    if (long_one)
      pace_.not_before(age + wait_for(retry_after, random));
    return;
  }
  const auto found = pace_.refused(t.when_, t.number_, passed_, long_one);
  if (found == pace_core::finding::nothing)
    return;
  refusal_takes_ = age - t.when_;
  if (found == pace_core::finding::not_it) {
    phase_ = phase::open;
    begin_scattered();
  } else if (found == pace_core::finding::slower) {
    ++era_;
  } else {
    first_wait_ = pace_.first_wait();
    close(age, t, retry_after, random);
  }
}

void gate_core::close(duration age, const ticket& t, std::optional<duration> retry_after, double random) noexcept {
  before_ = phase_;
  phase_ = phase::closed;
  scattered_ = false;
  ++era_;
  const bool again = before_ == phase::trying;
  long_hint_ = (again && long_hint_) || (retry_after && *retry_after > long_hint);
  closed_at_ = again ? closed_at_ : age;
  closed_until_ = age + wait_for(retry_after, random);
  closed_by_ = t.number_;
  later_passed_ = passed_ - t.number_;
  later_refused_ = 0;
}

} // namespace weir::inline v0
