#include "policy/gate.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>

#include <weir/core/backoff.hpp>

namespace weir {

namespace {

using namespace std::chrono_literals;

// Without hints. Not longer: a window that opens again is to be noticed.
constexpr backoff steps(1s, 8s);
// How many times as long as a refusal took one is waited for, before a call that tries is taken for served.
constexpr int patience = 4;
constexpr duration least_patience = 50ms, most_patience = 10s;
// A pace of which nothing is known begins so fast, and doubles in this time.
constexpr double unknown_pace = 4, least_pace = 0.02;
constexpr double doubling = 0.5;
// One that has met a 429 goes towards what it was then, stays a little below, and then tries more.
constexpr double below_ceiling = 0.95, cut = 0.85;
constexpr double approach = 2, hold = 10;
constexpr double no_pace = 5000;
constexpr duration quiet = 1min;
// Timers are late by about a millisecond: a fast pace may catch up by so much, a slow one by a part of a step.
constexpr duration fast_slack = 5ms;
constexpr int slow_slack = 4;
// What was served longer ago counts less and less.
constexpr duration memory = 20s;
constexpr duration served_lately = 10s;
// Of so many calls that passed after the one that was refused, and so few of them refused, 429s are scattered.
constexpr std::uint64_t enough = 8, one_in = 5, handful = 32, ends_at_one_in = 4;
// A pace that meets a 429 so often before it was held for its time does not meet the provider's pace: they are
// scattered too. Of so many served in between, at least.
constexpr unsigned many_short = 6;
constexpr double some_served = 4;

duration part(duration d, double share) noexcept {
  return duration(static_cast<duration::rep>(static_cast<double>(d.count()) * share));
}

double seconds(duration d) noexcept { return std::chrono::duration<double>(d).count(); }
duration span(double seconds) noexcept { return duration(static_cast<duration::rep>(seconds * 1e9)); }

// From one call to the next, at a pace that will be `soon` in a second: a slow pace must not outlast its own rise.
duration step(double now, double soon) noexcept {
  return now >= 1 ? span(1 / now) : std::max<duration>(1s, span(1 / std::max(now, soon)));
}

duration patience_for(duration refusal_takes) noexcept {
  return std::clamp(refusal_takes * patience, least_patience, most_patience);
}

} // namespace

bool gate_core::serves(duration age) const noexcept { return last_served_ && age - *last_served_ <= served_lately; }

double gate_core::pace(duration age) const noexcept {
  const auto t = seconds(age - paced_since_);
  if (ceiling_ == unknown)
    return first_pace_ * std::exp2(std::min(t / doubling, 100.0));
  const auto top = std::max(ceiling_ * below_ceiling, first_pace_);
  if (t < approach)
    return first_pace_ + (top - first_pace_) * t / approach;
  const auto beyond = std::max(t - approach - hold, 0.0);
  return top * (1 + 0.03 * beyond + 0.01 * beyond * beyond);
}

// Whether the 429 that closed it was one of few.
bool gate_core::scattered(duration age) const noexcept {
  return before_ != phase::trying && age >= closed_at_ + patience_for(refusal_takes_) && later_passed_ >= enough &&
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
    return std::max(age, tried_at_ + std::max(patience_for(refusal_takes_), first_step()));
  case phase::paced: return std::max(age, next_pass_);
  }
  return age;
}

void gate_core::count_pass(duration age) noexcept {
  if (!counted_since_)
    counted_since_ = age;
  if (age - *counted_since_ > memory && phase_ != phase::trying) {
    served_ *= seconds(memory / 2) / seconds(age - *counted_since_);
    counted_since_ = age - memory / 2;
    counted_from_ = passed_;
  }
  ++served_;
}

gate_core::ticket gate_core::pass(duration age) noexcept {
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
  if (phase_ == phase::paced) {
    const auto now = pace(age);
    if (now >= no_pace || age - paced_since_ > quiet) {
      phase_ = phase::open;
    } else {
      const auto next = step(now, pace(age + 1s));
      next_pass_ = std::max(next_pass_, age - (next < 2 * fast_slack ? fast_slack : next / slow_slack)) + next;
    }
  }
  count_pass(age);
  ticket t;
  t.era_ = era_;
  t.number_ = ++passed_;
  t.when_ = age;
  return t;
}

double gate_core::pace_to_begin_with() const noexcept {
  const auto measured = served_ / std::max(seconds(tried_at_ - counted_since_.value_or(tried_at_)), 1e-3);
  if (ceiling_ == unknown)
    return std::max(measured, unknown_pace);
  return std::clamp(std::sqrt(measured * cut * ceiling_), least_pace, std::max(below_ceiling * ceiling_, least_pace));
}

duration gate_core::first_step() const noexcept {
  const auto begin = pace_to_begin_with();
  const auto top = ceiling_ == unknown ? begin : std::max(ceiling_ * below_ceiling, begin);
  return step(begin, begin + (top - begin) / approach);
}

// The one that tried is served, or was not refused in time.
void gate_core::begin_pace() noexcept {
  const auto first = first_step();
  first_pace_ = pace_to_begin_with();
  phase_ = phase::paced;
  level_ = 0;
  last_served_ = tried_at_;
  paced_since_ = tried_at_;
  next_pass_ = tried_at_ + first;
  served_ = 0;
  counted_since_ = tried_at_;
  counted_from_ = passed_;
}

void gate_core::accepted(duration age, const ticket& t) noexcept {
  if (phase_ == phase::trying && t.number_ == trier_)
    begin_pace();
  last_served_ = age;
}

void gate_core::withdrawn(const ticket& t) noexcept {
  if (t.number_ > counted_from_)
    served_ = std::max(served_ - 1, 0.0);
  if (phase_ == phase::trying && t.number_ == trier_)
    phase_ = phase::closed;
}

void gate_core::begin_scattered() noexcept {
  scattered_ = true;
  handful_ = passed_ / handful;
  refused_now_ = refused_before_ = 0;
  short_paces_ = 0;
}

// Whether another one of those that do not close it is still no more than that.
bool gate_core::still_scattered(const ticket& t) noexcept {
  const auto now = t.number_ / handful;
  if (now != handful_) {
    refused_before_ = now == handful_ + 1 ? refused_now_ : 0;
    refused_now_ = 0;
    handful_ = std::max(now, handful_);
  }
  ++refused_now_;
  const auto calls = std::max<std::uint64_t>(passed_ - (handful_ > 0 ? (handful_ - 1) * handful : 0), handful);
  scattered_ = (refused_now_ + refused_before_) * ends_at_one_in <= calls;
  return scattered_;
}

// Jitter only later than asked for, so that processes with the same key do not return in one instant.
duration gate_core::wait_for(std::optional<duration> hint, double random) const noexcept {
  if (!hint)
    return std::min(part(steps.ceiling(level_ + 1), 0.5 + 0.5 * random), longest_);
  const auto least = std::clamp(*hint, duration::zero(), longest_);
  return std::min(least + std::min(part(least, 0.1 * random), duration(1s)), longest_);
}

void gate_core::throttled(duration age, const ticket& t, std::optional<duration> hint, double random) noexcept {
  if (t.number_ > counted_from_)
    served_ = std::max(served_ - 1, 0.0);
  const auto took = age - t.when_;
  const bool tried = phase_ == phase::trying && t.number_ == trier_;
  level_ += tried;
  const auto wait = wait_for(hint, random);
  if (phase_ == phase::open || phase_ == phase::paced) {
    if (scattered_ && still_scattered(t))
      return;
    if (t.era_ == era_ || phase_ == phase::open) {
      refusal_takes_ = took;
      close(age, t, wait);
    } else if (hint) {
      next_pass_ = std::max(next_pass_, age + wait);
    }
    return;
  }
  refusal_takes_ = std::max(refusal_takes_, took);
  if (tried) {
    close(age, t, wait);
    return;
  }
  later_refused_ += t.number_ > closed_by_;
  if (!hint)
    return;
  closed_until_ = std::max(closed_until_, age + wait);
  phase_ = phase::closed;
}

void gate_core::close(duration age, const ticket& t, duration wait) noexcept {
  if (phase_ == phase::paced) {
    ceiling_ = std::max(pace(age), least_pace);
    if (seconds(age - paced_since_) >= approach + hold)
      short_paces_ = 0;
    else if (served_ >= some_served)
      ++short_paces_;
    if (short_paces_ == many_short) {
      phase_ = phase::open;
      begin_scattered();
      return;
    }
  }
  if (phase_ == phase::open)
    ceiling_ = unknown;
  before_ = phase_;
  phase_ = phase::closed;
  scattered_ = false;
  ++era_;
  closed_at_ = age;
  closed_until_ = age + wait;
  closed_by_ = t.number_;
  later_passed_ = passed_ - t.number_;
  later_refused_ = 0;
}

} // namespace weir
