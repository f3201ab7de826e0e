#include "batch/engine/batch_core.hpp"

#include <algorithm>
#include <string>

namespace weir::inline v0::batch_engine {

namespace {

// A job waits for a budget's next window as long as this; for a longer one it ends.
constexpr auto longest_hold = std::chrono::minutes(10);

// A provider that throttles names times up to a day ahead: a quota of the day. A wait as short as the other is left to
// the calls and their rounds.
constexpr auto longest_named = std::chrono::hours(24);
constexpr auto shortest_named = std::chrono::seconds(10);

// For each item that may be in flight, so many may wait for the answers of others.
constexpr std::size_t followers_each = 16;

// So many calls in a row are refused by an open circuit before the job waits for the target: where items name several
// targets, those of the others go on.
constexpr std::size_t refusals_of_an_outage = 8;

// Another try may succeed without anybody's doing.
bool may_pass(const failure& f) noexcept {
  return f.code() == condition::transient || f.code() == condition::throttled || f.code() == condition::truncated ||
         f.code() == errc::first_token_timeout || f.code() == errc::stalled;
}

// The job, or what is around it, ended the call.
bool was_ended(const failure& f) noexcept { return f.code() == errc::cancelled || f.code() == errc::wrong_executor; }

// Not the item's fault, and every other item's fate: a budget or an account without money, no key, no disk, no client.
bool ends_the_job(const failure& f) noexcept {
  return f.code() == condition::quota_exhausted || f.code() == errc::missing_key || f.code() == errc::malformed_key ||
         f.code() == errc::key_unavailable || f.code() == errc::not_saved || f.code() == errc::invalid_configuration ||
         was_ended(f);
}

} // namespace

bool batch_core::is_down() const noexcept { return refused_ >= std::min(refusals_of_an_outage, limits_.in_flight); }

bool batch_core::may_read(time_point now) const noexcept {
  return !is_held(now) && !input_ended_ && !draining_ && has_place() && postponed_ == 0 &&
         unwritten_ < 2 * limits_.in_flight && following_ < followers_each * limits_.in_flight && !window_is_full();
}

bool batch_core::may_start_again(time_point now) const noexcept {
  const auto at = again_at();
  return at && *at <= now && !is_held(now);
}

std::optional<time_point> batch_core::wakes_at(time_point now) const noexcept {
  if (draining_ || blocked_)
    return std::nullopt;
  if (now < held_until_)
    return held_until_;
  return again_at();
}

std::optional<time_point> batch_core::again_at() const noexcept {
  if (again_ == 0 || draining_ || !has_place())
    return std::nullopt;
  // The items that wait may be what holds the others back.
  const bool stuck = in_flight_ == 0 && (window_is_full() || following_ >= followers_each * limits_.in_flight);
  if (postponed_ == 0 && !input_ended_ && !stuck)
    return std::nullopt;
  return again_at_;
}

bool batch_core::finished() const noexcept {
  return in_flight_ == 0 && unwritten_ == 0 && (draining_ || (input_ended_ && again_ == 0));
}

verdict batch_core::answered(const failure& f, bool answer, unsigned round, std::size_t more, time_point now) {
  --in_flight_;
  if (f.code() == errc::over_budget && !draining_) {
    const bool soon = f.retry_after() && *f.retry_after() <= longest_hold;
    if (soon || in_flight_ > 0) {
      ++again_;
      ++postponed_;
      room_ = std::max<std::size_t>(1, in_flight_);
      // What is reserved for the calls in flight is mostly more than they will use.
      blocked_ = in_flight_ > 0;
      if (soon)
        held_until_ = std::max(held_until_, now + *f.retry_after());
      return verdict::postponed;
    }
  }
  blocked_ = false;
  // While a target is down, a try that fails says nothing of its item either.
  if ((f.code() == errc::circuit_open || (is_down() && may_pass(f))) && has_answered_ && !draining_ &&
      again_ < limits_.max_again && limits_.longest_outage > duration())
    return held_by_outage(f, more, now);
  if (const auto held = held_until_named_time(f, round, more, now))
    return *held;
  has_answered_ = has_answered_ || answer;
  if (answer || !may_pass(f))
    refused_ = 0;
  if (answer)
    named_.reset();
  // One more at a time, or all that wait would be refused again after each answer.
  if (room_ < limits_.in_flight)
    ++room_;
  if (answer) {
    in_a_row_ = 0;
    ++unsaved_;
    following_ -= more;
    unwritten_ += 1 + more;
    return verdict::final_result;
  }
  if (ends_the_job(f)) {
    following_ -= more;
    drain(f.describe());
    return verdict::given_up;
  }
  const bool passes = may_pass(f);
  if (passes && !draining_ && round < limits_.rounds && again_ < limits_.max_again) {
    ++again_;
    return verdict::again;
  }
  ++in_a_row_;
  ++unsaved_;
  following_ -= more;
  unwritten_ += 1 + more;
  if (limits_.max_failures_in_a_row != 0 && in_a_row_ >= limits_.max_failures_in_a_row)
    drain(std::to_string(in_a_row_) + " items in a row failed, the last one with: " + f.describe());
  return verdict::final_result;
}

// The target is asked for one item at a time until it answers.
verdict batch_core::held_by_outage(const failure& f, std::size_t more, time_point now) {
  if (refused_ == 0)
    down_since_ = now;
  ++refused_;
  if (now - down_since_ >= limits_.longest_outage) {
    following_ -= more;
    drain("the target has not recovered since its circuit opened: " + f.describe());
    return verdict::given_up;
  }
  if (is_down()) {
    room_ = 1;
    const auto wait = std::clamp<duration>(f.retry_after().value_or(duration()), std::chrono::seconds(1), longest_hold);
    held_until_ = std::max(held_until_, std::min(now + wait, down_since_ + limits_.longest_outage));
  }
  ++again_;
  return verdict::deferred;
}

// The provider takes no calls until a time that it has named: nothing further is started before, as far as no call in
// flight is answered in spite of it. What was not even sent for that reason has not had its try.
std::optional<verdict> batch_core::held_until_named_time(const failure& f, unsigned round, std::size_t more,
                                                         time_point now) {
  const bool unsent = f.code() == errc::limit_reached;
  const auto wait = std::clamp<duration>(f.retry_after().value_or(duration()), std::chrono::seconds(1), longest_named);
  if (f.code() != condition::throttled || !f.retry_after() || draining_ || limits_.longest_outage == duration() ||
      again_ >= limits_.max_again || (!unsent && (wait < shortest_named || round >= limits_.rounds)))
    return std::nullopt;
  if (named_ && now >= *named_ + limits_.longest_outage) {
    following_ -= more;
    drain("the provider takes no calls, long after the time that it had named: " + f.describe());
    return verdict::given_up;
  }
  room_ = std::max<std::size_t>(1, in_flight_);
  if (in_flight_ == 0)
    held_until_ = std::max(held_until_, now + wait);
  if (!named_)
    named_ = now + wait;
  ++again_;
  return unsent ? verdict::deferred : verdict::again;
}

time_point batch_core::not_before(const failure& f, unsigned round, time_point now) const noexcept {
  const auto own = std::chrono::seconds(1) * (1u << std::min(round, 5u));
  const duration most = f.code() == condition::throttled ? longest_named : std::chrono::minutes(5);
  const auto asked = f.retry_after() ? std::min<duration>(*f.retry_after(), most) : duration();
  return now + std::max<duration>(own, asked);
}

void batch_core::drain(std::string why) {
  if (std::exchange(draining_, true))
    return;
  why_ = std::move(why);
}

} // namespace weir::inline v0::batch_engine
