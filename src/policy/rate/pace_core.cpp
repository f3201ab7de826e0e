#include "policy/rate/pace_core.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>

#include "core/time/in_seconds.hpp"

namespace weir::inline v0 {

namespace {

using namespace std::chrono_literals;

// A pace about which nothing is known begins at least this fast, and doubles in this time.
constexpr double unknown_pace = 4, least_pace = 0.02, doubling = 0.5;
constexpr double no_pace = 5000;
constexpr duration quiet = 1min;
// After a closing it begins at this part of the ceiling, and reaches it after a second.
constexpr double after_closing = 0.75, approach = 1;
// How long a ceiling is trusted: as long as it was measured, and as this many calls take.
constexpr duration least_hold = 1s, most_hold = 10s, longest_hold = 30s;
constexpr double least_calls = 12, confirmed = 0.06;
// After a refusal at a held pace: below it. After one beyond it: below where refusals began. Not much more than was
// served, except with windows, where nothing is lost by using them up early.
constexpr double below_held = 0.85, below_met = 0.95;
constexpr double most_lately = 1.6, most_row = 1.1, most_window = 2, much_more = 1.1;
// A row that comes this soon belongs to what was before.
constexpr std::uint64_t row_begins = 12;

// Timers are late: this much may be caught up from one call to the next. Once the provider's pace is known, no two
// calls come much closer than that.
constexpr duration fast_slack = 5ms, known_slack = 200us;
constexpr int slow_slack = 4;
constexpr double known_part = 0.05;
// Callers that do not use up a pace do not find its ceiling.
constexpr duration most_unused = 2ms;
// Calls that were served longer ago count less and less.
constexpr duration memory = 20s;

// Signs of the provider's pace: a row of refusals, or a share of the newest calls. At a fast pace more calls are
// considered, so that random refusals are not mistaken for it; beyond a ceiling below which there were none, fewer.
constexpr double fast = 30;
constexpr std::size_t row = 3, fast_row = 6;
constexpr std::size_t few = 6, handful = 32, many = 64, very_many = 192;
constexpr std::size_t lately = 16, streak = 12;
constexpr std::uint64_t clean = 32;
// A wait longer than rounding and the pace itself account for.
constexpr duration long_wait = 2s;
constexpr double long_steps = 4;
// After a row, the time that this many calls take.
constexpr duration least_wait = 100ms, most_wait = 1s;
constexpr double wait_calls = 8;
// A pace that is met this often where it had been served before, and that has dropped to this part meanwhile, is not
// the provider's. Counted if at least this many were served in between.
constexpr unsigned many_short = 4;
constexpr double comes_down_to = 0.5, some_served = 4;

duration part(duration d, double share) noexcept {
  return duration(static_cast<duration::rep>(static_cast<double>(d.count()) * share));
}

duration span(double seconds) noexcept { return duration(static_cast<duration::rep>(seconds * 1e9)); }

// The time to the next call, at a pace that will be `soon` in a second: the step of a slow pace must not outlast its
// rise.
duration step(double now, double soon) noexcept {
  return now >= 1 ? span(1 / now) : std::max<duration>(1s, span(1 / std::max(now, soon)));
}

} // namespace

double pace_core::at(duration age) const noexcept {
  const auto t = in_seconds(age - since_);
  if (ceiling_ == unknown)
    return first_ * std::exp2(std::min(t / doubling, 100.0));
  const auto top = std::max(ceiling_, first_);
  if (t < approach)
    return first_ + (top - first_) * t / approach;
  const auto beyond = std::max(t - approach - in_seconds(hold_), 0.0) / in_seconds(hold_);
  return top * (1 + 0.3 * beyond + 0.5 * beyond * beyond);
}

double pace_core::first(duration age) const noexcept {
  if (ceiling_ != unknown)
    return std::max(after_closing * ceiling_, least_pace);
  return std::max(served_ / std::max(in_seconds(age - counted_since_.value_or(age)), 1.0), unknown_pace);
}

duration pace_core::first_step(duration age) const noexcept {
  const auto begin = first(age);
  const auto top = ceiling_ == unknown ? begin : std::max(ceiling_, begin);
  return step(begin, begin + (top - begin) / approach);
}

void pace_core::begin(duration age, std::uint64_t number, duration idle, bool windowed) noexcept {
  next_ = age + first_step(age);
  first_ = first(age);
  since_ = found_ = age;
  windowed_ = windowed;
  count_from(age, number);
  idle_ = idle;
}

void pace_core::count_from(duration age, std::uint64_t last) noexcept {
  served_ = 0;
  counted_since_ = age;
  counted_from_ = last;
  idle_ = {};
  held_refused_ = 0;
  beyond_ = clean_ = false;
  refused_.forget(last);
}

bool pace_core::over(duration age) const noexcept { return at(age) >= no_pace || age - found_ > quiet; }

void pace_core::pass(duration age, std::uint64_t last, bool waited) noexcept {
  const auto now = at(age);
  if (!beyond_ && now > ceiling_) {
    beyond_ = true;
    clean_ = held_refused_ * clean <= last - counted_from_;
    refused_.forget(last);
  }
  if (const auto unused = age - next_; !waited && unused > std::max(most_unused, step(now, now)))
    since_ += unused;
  const auto next = step(now, at(age + 1s));
  const auto slack = ceiling_ != unknown     ? part(next, known_part) + known_slack
                     : next < 2 * fast_slack ? fast_slack
                                             : next / slow_slack;
  next_ = std::max(next_, age - slack) + next;
}

void pace_core::count(duration age, std::uint64_t last, bool frozen) noexcept {
  if (!counted_since_)
    counted_since_ = age;
  if (age - *counted_since_ > memory && !frozen) {
    served_ *= in_seconds(memory / 2) / in_seconds(age - *counted_since_);
    counted_since_ = age - memory / 2;
    counted_from_ = last;
    idle_ = {};
  }
  ++served_;
}

void pace_core::discount(std::uint64_t number) noexcept {
  if (number > counted_from_)
    served_ = std::max(served_ - 1, 0.0);
}

bool pace_core::is_row(double now) const noexcept {
  return refused_.all((beyond_ && clean_) || now < fast ? row : fast_row);
}

bool pace_core::met(double now) const noexcept {
  if (beyond_ && clean_)
    return refused_.one_in(8, handful) || (now < fast && refused_.among(4) >= 2);
  if (now < fast)
    return 2 * refused_.among(few) >= few || refused_.one_in(4, handful);
  return refused_.one_in(4, many) || refused_.one_in(6, very_many);
}

pace_core::finding pace_core::refused(duration when, std::uint64_t number, std::uint64_t last, bool whole) noexcept {
  const auto now = at(when);
  // The step before a call follows the pace at the call before it.
  if (!refused_.before(number, streak))
    met_at_ = at(std::max(when - span(1 / now), since_));
  refused_.add(number);
  ++held_refused_;
  const bool stop = whole || is_row(now);
  if (!stop && !met(now))
    return finding::nothing;
  if (not_it(now))
    return finding::not_it;
  measure(when, number, last, stop);
  if (stop)
    return finding::row;
  first_ = ceiling_;
  since_ = found_ = when;
  not_before(when + span(1 / ceiling_));
  count_from(when, last);
  return finding::slower;
}

bool pace_core::not_it(double now) noexcept {
  if (ceiling_ == unknown || now > ceiling_)
    short_ = 0;
  else if (served_ >= some_served && ++short_ == 1)
    before_ = now;
  if (short_ < many_short || now > comes_down_to * before_)
    return false;
  short_ = 0;
  return true;
}

// Between two refusals the provider served what it allows. The time in which nobody passed counts if the provider saves
// up unused calls, otherwise not: it may be either.
void pace_core::measure(duration when, std::uint64_t number, std::uint64_t last, bool row) noexcept {
  const bool closed_before = idle_ > duration::zero(); // And one call tried then, which is not counted.
  const auto served = std::max(served_ - static_cast<double>(last - number), closed_before ? 0 : 0.5);
  const auto time = std::max(in_seconds(when - counted_since_.value_or(when)), 1e-3);
  const auto now = at(when);
  const auto saved_up = (served + closed_before) / (time + in_seconds(idle_));
  const auto not_saved = std::min((served + 0.5 * closed_before) / time, now);
  const auto measured = windowed_ ? saved_up : std::sqrt(saved_up * not_saved);
  const auto newest = most_lately * std::max(measured, now * refused_.served(lately));
  const auto held = ceiling_;
  if (held == unknown && !windowed_)
    ceiling_ = std::min(below_met * met_at_, newest);
  else if (row && !closed_before && number < counted_from_ + row_begins)
    ceiling_ = held;
  else if (windowed_)
    ceiling_ = std::max(measured, std::min(below_held * now, most_window * measured));
  else if (row)
    ceiling_ = std::min((now <= held ? below_held : below_met) * now, most_row * measured);
  else if (now <= held)
    ceiling_ = std::max(std::min(measured, now), std::min(below_held * now, newest));
  else
    ceiling_ = std::max(measured, std::min(below_met * met_at_, measured > much_more * held ? newest : unknown));
  ceiling_ = std::max(ceiling_, least_pace);
  hold_ = now > held && std::abs(ceiling_ / held - 1) < confirmed
              ? std::min(2 * hold_, longest_hold)
              : std::clamp(span(std::max(time, least_calls / std::max(measured, least_pace))), least_hold, most_hold);
}

bool pace_core::is_long(duration age, duration wait) const noexcept {
  return wait > std::max(long_wait, span(long_steps / at(age)));
}

duration pace_core::first_wait() const noexcept {
  return std::clamp<duration>(span(wait_calls / ceiling_), least_wait, most_wait);
}

} // namespace weir::inline v0
