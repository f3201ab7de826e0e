// A live view of a client's state.
#pragma once

#include <cstddef>
#include <vector>

#include <weir/detail/abi.hpp>
#include <weir/policy/breaker.hpp>
#include <weir/policy/concurrency.hpp>
#include <weir/policy/hedge.hpp>
#include <weir/policy/key_pool.hpp>
#include <weir/policy/observe/metrics.hpp>
#include <weir/policy/rate_limit.hpp>
#include <weir/policy/retry.hpp>
#include <weir/policy/routing.hpp>

WEIR_BEGIN_NAMESPACE

/// Connections by state, over all origins: for health pages and leak checks.
struct connections {
  connections() = default;
  std::size_t idle = 0, leased = 0, connecting = 0, waiting = 0;
  /// Origins that are spoken to in HTTP/1.1 for a while, because HTTP/2 did not work.
  std::size_t downgraded = 0;
};

/// The state of the pool and the policies at one instant. Each list has an entry per target, key or model, as the
/// policy counts; what has not been called yet is absent.
struct inspection {
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

class shared_policies;

/// The policies' part, for what several clients share (options::share()); the pool is left empty. `now`: of the time
/// source that the calls use. Thread safety: safe, unlike client::inspect().
inspection inspect(const shared_policies& shared, time_point now = std::chrono::steady_clock::now());

/// The same as gauges for metrics::gauges(), which reads them on the thread of metrics::prometheus(). Gauges of several
/// clients are added up, so clients that share their policies should report them once, by inspect(shared).
std::vector<gauge> gauges(const inspection& now);

WEIR_END_NAMESPACE
