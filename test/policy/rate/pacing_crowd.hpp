// A crowd of callers at a server that says 429 now and then, behind the gate: in simulated time, without any I/O.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <queue>
#include <vector>

#include <weir/core/random.hpp>

#include "policy/rate/rate_limit_core.hpp"

namespace weir::inline v0::test {

/// The server's response to a call at a given time: success, or 429 with or without a retry-after.
class verdict {
public:
  verdict() = default;
  static verdict refused(std::optional<duration> hint) {
    verdict v;
    v.taken = false;
    v.hint = hint;
    return v;
  }
  bool taken = true;
  std::optional<duration> hint;
};

/// Callers that begin another call as soon as they have their answer; a refused caller retries as the retry layer does.
class pacing_crowd {
public:
  pacing_crowd() = default;
  std::size_t callers = 12;
  duration answer = std::chrono::milliseconds(20), refusal = std::chrono::milliseconds(2);
  /// How much later than others a call may arrive.
  duration jitter{};
  /// Without a verdict before its end, like a response that is not streamed.
  bool whole = false;
  std::function<verdict(duration now)> server;
  /// Called for each call that is accepted or refused, with the time.
  std::function<void(duration now, bool taken)> seen;
  /// Set by it to stop the crowd.
  bool over = false;

  /// Runs for `length` at most.
  void play(duration length) {
    limits_.emplace(rate_limit());
    for (std::size_t i = 0; i < callers; ++i)
      enter(i);
    while (now_ < length && !over) {
      const auto turn = limits_->wake(at(now_));
      const auto due = turn == never ? duration::max() : turn - at({});
      if (!events_.empty() && events_.begin()->first <= due) {
        const auto e = events_.begin()->second;
        now_ = std::max(now_, events_.begin()->first);
        events_.erase(events_.begin());
        e();
      } else if (due != duration::max()) {
        now_ = std::max(now_, due);
      } else {
        return;
      }
      serve();
    }
  }

private:
  static time_point at(duration d) { return time_point(std::chrono::hours(24)) + d; }
  void later(duration d, std::function<void()> f) { events_.emplace(now_ + d, std::move(f)); }

  void enter(std::size_t caller) {
    const auto d = limits_->enter(at(now_), rate_limit_core::request());
    if (d.what == admission::granted)
      send(caller, d.held);
    else
      waiting_[d.waiter] = caller;
  }

  void serve() {
    while (const auto d = limits_->next(at(now_))) {
      const auto caller = waiting_.at(d->waiter);
      waiting_.erase(d->waiter);
      send(caller, d->held);
    }
  }

  void send(std::size_t caller, rate_limit_core::reservation held) {
    arrived_ = std::max(arrived_, now_ + part(jitter, dice_.uniform()));
    const auto v = server(arrived_);
    seen(arrived_, v.taken);
    if (!v.taken) {
      later(refusal, [this, caller, held, v] {
        limits_->throttled(at(now_), held, v.hint, dice_.uniform());
        limits_->settle(at(now_), held, 0);
        later(std::max(v.hint.value_or(duration()), part(std::chrono::seconds(1), dice_.uniform())),
              [this, caller] { enter(caller); });
      });
      return;
    }
    if (!whole)
      later(refusal, [this, held] { limits_->accepted(at(now_), held); });
    later(answer, [this, caller, held] {
      if (whole)
        limits_->accepted(at(now_), held);
      limits_->settle(at(now_), held, 0);
      enter(caller);
    });
  }

  static duration part(duration d, double share) {
    return duration(static_cast<duration::rep>(static_cast<double>(d.count()) * share));
  }

  std::optional<rate_limit_core> limits_;
  std::multimap<duration, std::function<void()>> events_;
  std::map<rate_limit_core::ticket, std::size_t> waiting_;
  duration now_{}, arrived_{};
  random_source dice_{7};
};

} // namespace weir::inline v0::test
