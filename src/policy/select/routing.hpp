// The layer that spreads calls over equivalent targets, and the state that clients share.
#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include <weir/policy/handler.hpp>
#include <weir/policy/routing.hpp>

#include "policy/select/balance_core.hpp"

namespace weir::inline v0 {

/// Thread safety: safe.
class routing_set {
public:
  /// \throws as routing::check(), with the path `routing`.
  explicit routing_set(const routing& settings);

  std::size_t pick(time_point now, double first, double second);
  std::size_t pick_kept(time_point now, std::uint64_t key, const std::vector<std::size_t>& tried);
  std::size_t pick_other(time_point now, const std::vector<std::size_t>& tried);
  void first_token(std::size_t target, duration took, time_point now);
  void ended(std::size_t target, balance_core::verdict v, time_point now);
  std::vector<routing_state> inspect(time_point now) const;

private:
  std::vector<target> targets_;
  mutable std::mutex mutex_;
  balance_core core_;
};

/// Goes above fallback. No layer without targets. Calls of one chat::conversation() go to the same target, whose prompt
/// cache has their prefix, for as long as it is not down (balance_core::pick_kept()).
layer make_routing(routing settings, std::shared_ptr<routing_set> shared);

} // namespace weir::inline v0
