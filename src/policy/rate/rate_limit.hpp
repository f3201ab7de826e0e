// The layer that enforces rate limits, and the state that clients share.
#pragma once

#include <memory>
#include <vector>

#include <weir/policy/handler.hpp>
#include <weir/policy/rate_limit.hpp>

#include "policy/concurrency/wait_queue.hpp"
#include "policy/rate/rate_limit_core.hpp"

namespace weir::inline v0 {

/// The limits of all keys and models, shared by all clients that count together.
/// Thread safety: safe.
class rate_limit_set {
public:
  using room = wait_queue<rate_limit_core>;

  explicit rate_limit_set(rate_limit settings) : rooms_(std::move(settings)) {}
  const rate_limit& settings() const noexcept { return rooms_.settings(); }

  std::shared_ptr<room> of(const target& to, time_point now) {
    return rooms_.at(settings().models_together() ? to.credential_id() : to.model_id(), now);
  }
  std::vector<rate_limit_state> inspect(time_point now) const;

private:
  wait_queues<rate_limit_core, rate_limit> rooms_;
};

/// No layer without limits and gate.
layer make_rate_limit(std::shared_ptr<rate_limit_set> shared);

} // namespace weir::inline v0
