// The limits, the gate and the queue of one key and model. Pure.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include <weir/policy/rate_limit.hpp>
#include <weir/task/attempt.hpp>

#include "policy/concurrency/waiter_queue.hpp"
#include "policy/rate/bucket.hpp"
#include "policy/rate/gate.hpp"

namespace weir::inline v0 {

/// A bound on what may be granted in total, learned from response headers: what remained when the answered call was
/// granted, plus what has been refilled since. Ages are those of an age_clock.
class learned_bound {
public:
  /// `granted` is the total granted so far, the answered call included.
  void learn(duration age, std::uint64_t granted, const rate_limit_status::bucket& told, duration window) noexcept;
  /// The earliest age at which a total of `granted` is within the bound.
  duration ready(duration age, std::uint64_t granted) const noexcept;

private:
  bool known_ = false;
  std::uint64_t newest_ = 0; ///< What had been granted when the newest answered call was.
  double bound_ = 0;         ///< At `from_`.
  double refill_ = 0;        ///< From `from_` to `until_`, after which nothing is known.
  duration from_{}, until_{};
};

/// Grants reservations in all limits at once or not at all, in the queue's order.
///
/// The holder of a grant ends it by exactly one of settle(), keep() and refund(), and reports exactly one of
/// accepted(), throttled() and withdrawn(), in any order. After each of them, and at wake(), next() is called until it
/// returns nothing.
/// Thread safety: none.
class rate_limit_core {
public:
  using ticket = waiter_queue::ticket;
  enum limit_kind : std::size_t { requests_minute, tokens_minute, requests_day, tokens_day, limit_kinds };

  class request {
  public:
    request() = default;
    std::uint64_t tokens = 0; ///< The estimate.
    weir::priority priority = priority::interactive;
    time_point deadline = never;
  };

  class reservation {
  public:
    reservation() = default;
    std::uint64_t tokens = 0;
    std::array<bucket_core::slot, limit_kinds> slots{};
    gate_core::ticket passed;
    std::uint64_t requests_granted = 0, tokens_granted = 0; ///< In total, this one included.
  };
  using held = reservation;
  using decision_type = decision<reservation>;

  explicit rate_limit_core(const rate_limit& settings);

  /// A grant without waiting, if nobody is waiting and all limits allow it.
  std::optional<reservation> try_enter(time_point now, const request& r);
  /// Granted, waiting or refused.
  decision_type enter(time_point now, const request& r);
  /// The next waiter that is granted, or refused after all; nothing if the front has to wait.
  std::optional<decision_type> next(time_point now);
  /// When the front may be granted; `never` if nobody waits.
  time_point wake(time_point now);
  /// The waiter whose turn it is; 0 if nobody waits.
  ticket front() const noexcept;
  void leave(ticket id) { queue_.erase(id); }
  /// A grant that nobody took: undone completely.
  void abandon(time_point now, const reservation& r);

  /// The answer completed and used this many tokens.
  void settle(time_point now, const reservation& r, std::uint64_t used) { finish(now, r, 1, used); }
  /// It broke off, or its usage is unknown: `least` is what is known.
  void keep(time_point now, const reservation& r, std::uint64_t least = 0) {
    finish(now, r, 1, std::max(least, r.tokens));
  }
  /// The provider was never called.
  void refund(time_point now, const reservation& r) { finish(now, r, 0, 0); }

  void accepted(time_point now, const reservation& r) noexcept { gate_.accepted(clock_.advance(now), r.passed); }
  void throttled(time_point now, const reservation& r, std::optional<duration> retry_after, double random) noexcept;
  void withdrawn(const reservation& r) noexcept { gate_.withdrawn(r.passed); }
  /// Whether the gate has seen a call served recently.
  bool serves(time_point now) noexcept { return gate_.serves(clock_.advance(now)); }
  bool limited() const noexcept;
  /// What the headers of the response to `r` said.
  void learn(time_point now, const reservation& r, const rate_limit_status& hints);

  bool counts_tokens() const noexcept { return buckets_[tokens_minute] || buckets_[tokens_day]; }
  /// The limit that `r` alone exceeds; limit_kinds if there is none.
  limit_kind larger_than(const request& r) const noexcept;
  std::uint64_t configured(limit_kind k) const noexcept { return buckets_[k] ? buckets_[k]->configured() : 0; }
  /// Nobody waits and nothing counts towards a limit any more.
  bool idle(time_point now);
  rate_limit_state state(time_point now);
  const bucket_core::account& totals(limit_kind k) const noexcept { return buckets_[k]->totals(); }
  std::size_t waiting() const noexcept { return queue_.size(); }

private:
  static bool is_tokens(std::size_t k) noexcept { return k == tokens_minute || k == tokens_day; }
  /// The age at which one call may go for certain, and the earliest possible one, which depends on the gate.
  duration ready_one(duration age, std::uint64_t tokens);
  duration soonest_one(duration age, std::uint64_t tokens);
  /// The earliest age at which the limits let one call go, or the last of several.
  duration allowed_one(duration age, std::uint64_t tokens);
  duration allowed_many(duration age, std::uint64_t requests, std::uint64_t tokens);
  reservation grant(duration age, std::uint64_t tokens, bool waited);
  void finish(time_point now, const reservation& r, std::uint64_t requests, std::uint64_t tokens);
  double size(std::uint64_t tokens) const noexcept;

  std::size_t max_waiting_;
  bool learn_, gated_;
  age_clock clock_;
  std::array<std::optional<bucket_core>, limit_kinds> buckets_;
  learned_bound requests_bound_, tokens_bound_;
  gate_core gate_;
  waiter_queue queue_;
  std::uint64_t requests_granted_ = 0, tokens_granted_ = 0;
  std::uint64_t throttled_ = 0, refused_ = 0;
};

} // namespace weir::inline v0
