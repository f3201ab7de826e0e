// From options to the stack of policies.
#pragma once

#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include <weir/client/inspection.hpp>
#include <weir/client/options.hpp>

#include "policy/alternatives/hedge.hpp"
#include "policy/breaker/breaker_set.hpp"
#include "policy/concurrency/concurrency.hpp"
#include "policy/rate/rate_limit.hpp"
#include "policy/recover/quota_set.hpp"
#include "policy/select/key_pool.hpp"
#include "policy/select/routing.hpp"

namespace weir::inline v0 {

/// \throws weir::error errc::invalid_configuration with the path of the first wrong field.
void check(const options& o);

/// Thread safety: safe.
class shared_policies {
public:
  explicit shared_policies(const options& o);

  /// The policies outermost first, without those that have nothing to do. `cache`: the response cache's; may be empty.
  std::vector<layer> layers(const options& o, const layer& cache = layer()) const;
  /// Those for requests other than tasks: look-ups of models, of an endpoint.
  std::vector<layer> lookup_layers(const options& o) const;
  /// All but the pool.
  inspection inspect(time_point now) const;

private:
  template <class Set>
  using by_target = std::vector<std::pair<target, std::shared_ptr<Set>>>;

  std::shared_ptr<quota_set> quotas_ = std::make_shared<quota_set>();
  std::shared_ptr<breaker_set> breakers_ = std::make_shared<breaker_set>();
  std::shared_ptr<hedge_set> hedges_;
  std::shared_ptr<key_pool_set> keys_;
  std::shared_ptr<routing_set> routes_;
  // The general one last: an empty target fits all.
  by_target<rate_limit_set> rate_limits_;
  by_target<rate_limit_set> gates_;
  by_target<concurrency_set> concurrency_;
};

} // namespace weir::inline v0
