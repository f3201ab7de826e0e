// How many calls may run at once.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include <weir/core/time.hpp>
#include <weir/detail/abi.hpp>

#include <weir/detail/fluent.hpp>

WEIR_BEGIN_NAMESPACE

/// A limit on the calls that run at once, per key and model. A call runs until its answer has ended.
/// Others wait in order, interactive calls before batch calls.
///
/// The adaptive limit finds out what the provider sustains: it doubles from round to round until the provider throttles
/// (429, 503, 529) or first tokens arrive later and later. Throttling lowers it by a fifth, once per episode: calls
/// already in flight at the cut do not lower it further. The limit then quickly returns to near where it was cut, and
/// from there grows by one per round. Throttling below a limit that was sustained before would happen at any
/// concurrency: it counts only once it hits a fifth of the calls, and so do other 5xx, which stop the growth for a
/// while. How long a complete answer takes never matters: that depends on the request.
class concurrency {
public:
  concurrency() = default;

  /// A fixed limit; 0: none. Not together with `adaptive`. Default: 0.
  WEIR_FIELD(concurrency, std::size_t, limit)
  /// Default: false.
  WEIR_FIELD(concurrency, bool, adaptive)
  /// Where an adaptive limit begins, and its bounds. Default: 8, 1 and 1024.
  WEIR_FIELD(concurrency, std::size_t, initial)
  WEIR_FIELD(concurrency, std::size_t, min)
  WEIR_FIELD(concurrency, std::size_t, max)
  /// The minimum time between two cuts, and how long frequent 5xx stop the growth. Default: 15 s.
  WEIR_FIELD(concurrency, duration, episode)
  /// First tokens that take this many times as long as they used to are a sign of too many calls; above 1.
  /// Default: 2.
  WEIR_FIELD(concurrency, double, slow_first_token)
  /// The share of the permits that batch calls get while interactive ones wait too; above 0, below 1.
  /// Default: 0.1.
  WEIR_FIELD(concurrency, double, batch_share)
  /// Calls that may wait, per key and model; more fail at once with errc::pool_exhausted. Default: 10,000.
  WEIR_FIELD(concurrency, std::size_t, max_waiting)

  bool limited() const noexcept { return limit_ > 0 || adaptive_; }
  /// \throws weir::error errc::invalid_configuration, naming the wrong field under `path`.
  void check(std::string_view path) const;

private:
  std::size_t limit_ = 0;
  bool adaptive_ = false;
  std::size_t initial_ = 8, min_ = 1, max_ = 1024;
  duration episode_ = std::chrono::seconds(15);
  double slow_first_token_ = 2;
  double batch_share_ = 0.1;
  std::size_t max_waiting_ = 10'000;
};

/// The state of the concurrency limit of one key and model.
struct concurrency_state {
  concurrency_state() = default;
  std::string id; ///< Of the origin, the key's name and the model; never the key.
  std::size_t limit = 0;
  std::size_t running = 0;
  std::size_t waiting_interactive = 0;
  std::size_t waiting_batch = 0;
  std::uint64_t cuts = 0;    ///< How often an adaptive limit was lowered, since the start.
  std::uint64_t refused = 0; ///< Calls that were not allowed to wait, since the start.
};

WEIR_END_NAMESPACE

#include <weir/detail/fluent.hpp>
