// The layer that limits how many calls run at once, and the state that clients share.
#pragma once

#include <memory>
#include <vector>

#include <weir/policy/concurrency.hpp>
#include <weir/policy/handler.hpp>

#include "policy/concurrency/concurrency_core.hpp"
#include "policy/concurrency/wait_queue.hpp"

namespace weir::inline v0 {

/// The permits of all keys and models, shared by all clients that count together.
/// Thread safety: safe.
class concurrency_set {
public:
  using room = wait_queue<concurrency_core>;

  explicit concurrency_set(concurrency settings) : rooms_(std::move(settings)) {}
  const concurrency& settings() const noexcept { return rooms_.settings(); }

  std::shared_ptr<room> of(const target& to, time_point now) { return rooms_.at(to.model_id(), now); }
  std::vector<concurrency_state> inspect(time_point now) const;

private:
  wait_queues<concurrency_core, concurrency> rooms_;
};

/// No layer without a limit.
layer make_concurrency(std::shared_ptr<concurrency_set> shared);

} // namespace weir::inline v0
