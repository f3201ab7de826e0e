// How many calls of one key and model may run at once, and which is next. Pure.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>

#include <weir/policy/concurrency.hpp>

#include "policy/concurrency/waiter_queue.hpp"
#include "policy/rate/bucket.hpp"

namespace weir::inline v0 {

/// A limit that follows what the provider sustains: additive increase and multiplicative decrease with a slow start, as
/// in TCP, and Netflix's rules that a limit which is not used does not grow and that latency is compared with its own
/// past. Thread safety: none.
class adaptive_limit {
public:
  /// A call belongs to the era in which it began; every cut begins a new one.
  using era = std::uint64_t;

  explicit adaptive_limit(const concurrency& settings);

  std::size_t limit() const noexcept { return limit_; }
  era now() const noexcept { return era_; }
  std::uint64_t cuts() const noexcept { return era_; }

  /// A first token (after `first_token`, if it was measured) or a complete response arrived. `busy`: at least half of
  /// the limit was in use when the call began. Ages as of an age_clock.
  void answered(duration age, era begun, bool busy, std::optional<duration> first_token) noexcept;
  void throttled(duration age, era begun) noexcept;
  void failed(duration age) noexcept;
  void began() noexcept;

private:
  /// Counts a failure; whether failures are now too many of the calls that began lately.
  bool many_bad() noexcept;
  bool drifts(duration first_token) noexcept;
  void cut(duration age, double share) noexcept;

  std::size_t min_, max_;
  duration episode_;
  double slow_;
  std::size_t limit_;
  double ceiling_ = std::numeric_limits<double>::infinity(); ///< It doubles from round to round up to this.
  std::size_t successes_ = 0;                                ///< Since the limit last grew.
  std::uint64_t begun_ = 0, bad_ = 0;                        ///< In this era, lately.
  std::uint64_t strays_ = 0;                                 ///< Throttled where more calls were sustained before.
  bool scattered_ = false;                                   ///< Throttling does not depend on the limit.
  era era_ = 0;
  duration next_cut_{}, grows_from_{};
  std::uint64_t samples_ = 0;
  double usual_ = 0, recent_ = 0; ///< First token times, in nanoseconds.
};

/// Grants permits in the queue's order. A holder gives its permit back with release(), once, and reports at most one of
/// answered(), throttled() and failed() before. After each, next() is called until it returns nothing.
/// Thread safety: none.
class concurrency_core {
public:
  using ticket = waiter_queue::ticket;

  class request {
  public:
    request() = default;
    weir::priority priority = priority::interactive;
    time_point deadline = never;
  };
  class permit {
  public:
    permit() = default;
    adaptive_limit::era era = 0;
    bool busy = false;
  };
  using held = permit;
  using decision_type = decision<permit>;

  explicit concurrency_core(const concurrency& settings);

  /// A permit without waiting, if nobody is waiting and one is free.
  std::optional<permit> try_enter(time_point now, const request& r);
  /// Granted, waiting or refused.
  decision_type enter(time_point now, const request& r);
  std::optional<decision_type> next(time_point now);
  /// Never: permits come back when calls end.
  time_point wake(time_point) const noexcept { return never; }
  ticket front() const noexcept;
  void leave(ticket id) { queue_.erase(id); }
  void abandon(time_point, const permit& p) { release(p); }
  void release(const permit&) noexcept { --running_; }

  void answered(time_point now, const permit& p, std::optional<duration> first_token);
  void throttled(time_point now, const permit& p);
  void failed(time_point now);

  std::size_t limit() const noexcept { return fixed_ > 0 ? fixed_ : adaptive_.limit(); }
  std::size_t running() const noexcept { return running_; }
  bool idle(time_point) const noexcept { return running_ == 0 && queue_.empty(); }
  concurrency_state state(time_point) const;

private:
  permit grant() noexcept;

  std::size_t fixed_;
  std::size_t max_waiting_;
  age_clock clock_;
  adaptive_limit adaptive_;
  waiter_queue queue_;
  std::size_t running_ = 0;
  std::uint64_t refused_ = 0;
};

} // namespace weir::inline v0
