// What a simulated provider can do at most.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>

#include <weir/core/time.hpp>

#include "core/time/in_seconds.hpp"
#include "sim/load/spread.hpp"

namespace weir::inline v0::sim {

class capacity {
public:
  capacity() = default;

  std::size_t slots = 0; ///< Requests served at a time; 0: no limit. Further ones wait.
  std::size_t queue = std::numeric_limits<std::size_t>::max(); ///< So many; beyond, 429.
  double requests_per_s = 0;           ///< Above it, 429. 0: no limit. A tenth of a second's may come at once.
  double tokens_per_s = 0;             ///< Of all streams together, shared evenly; 0: no limit.
  duration stall_every{}, stall_for{}; ///< Nothing is sent in the last `stall_for` of each `stall_every`.
  duration slow_start{}; ///< After the first request: first tokens begin ten times as late, and get as usual.
  std::optional<spread> first_token, gap; ///< In place of settings::first_token and gap.
};

/// When something may be sent that is due: after the stall that it falls into. `since`: the server's beginning.
inline duration after_stall(duration since, const capacity& c) noexcept {
  if (c.stall_every <= duration() || c.stall_for <= duration())
    return since;
  const auto within = since % c.stall_every;
  return within >= c.stall_every - c.stall_for ? since - within + c.stall_every : since;
}

/// The first token's time in a slow start: `since` the first request.
inline duration slowed(duration first, duration since, const capacity& c) noexcept {
  if (c.slow_start <= duration() || since >= c.slow_start)
    return first;
  const double left = 1 - static_cast<double>(since.count()) / static_cast<double>(c.slow_start.count());
  return first + duration(static_cast<duration::rep>(9 * left * static_cast<double>(first.count())));
}

/// Lets through what comes no faster than the rate.
class request_limit {
public:
  explicit request_limit(double per_s) : per_s_(per_s), bucket_(per_s < 10 ? 1 : per_s / 10), filled_(bucket_) {}
  bool lets_through(duration now) noexcept {
    if (per_s_ <= 0)
      return true;
    filled_ += per_s_ * in_seconds(now - last_);
    filled_ = filled_ < bucket_ ? filled_ : bucket_;
    last_ = now;
    if (filled_ < 1)
      return false;
    filled_ -= 1;
    return true;
  }

private:
  const double per_s_, bucket_;
  double filled_;
  duration last_{};
};

} // namespace weir::inline v0::sim
