// How a client stands, live.
#pragma once

#include <cstddef>
#include <vector>

#include <weir/policy/breaker.hpp>
#include <weir/policy/concurrency.hpp>
#include <weir/policy/hedge.hpp>
#include <weir/policy/key_pool.hpp>
#include <weir/policy/metrics.hpp>
#include <weir/policy/rate_limit.hpp>
#include <weir/policy/retry.hpp>
#include <weir/policy/routing.hpp>

namespace weir {

/// Connections by state, over all origins: for health pages and leak checks.
class connections {
public:
  connections() = default;
  std::size_t idle = 0, leased = 0, connecting = 0, waiting = 0;
};

/// What the policies know and hold, at one instant. Each list is per target, key or model, as the
/// policy counts; what nothing was asked of yet is not there.
class inspection {
public:
  inspection() = default;
  connections pool;
  std::vector<quota_state> quotas;
  std::vector<breaker_state> breakers;
  std::vector<rate_limit_state> rate_limits;
  std::vector<concurrency_state> concurrency;
  std::vector<hedge_state> hedges;
  std::vector<key_state> keys;
  std::vector<routing_state> routes;
};

/// The same as gauges for metrics::gauges().
std::vector<gauge> gauges(const inspection& now);

} // namespace weir
