// How often a batch is looked at. Pure.
#pragma once

#include <chrono>
#include <optional>

#include <weir/core/time.hpp>

namespace weir::inline v0::vendor_batch {

/// First often, because most batches of some providers are done in minutes; then in proportion to the batch's age.
class poll_pace {
public:
  poll_pace() = default;
  duration first = std::chrono::seconds(5); ///< Doubled with each poll, up to `early`.
  duration early = std::chrono::seconds(60);
  duration longest = std::chrono::minutes(5);
  double share = 0.05; ///< Of the batch's age, beyond `early`.

  /// The wait after poll number `polls` (from 0). `random`: uniform in [0, 1), for 10 % of jitter either way.
  duration wait(unsigned polls, duration age, double random, std::optional<duration> retry_after = std::nullopt) const;
};

/// The wait before another try of a request that failed `failures` (≥ 1) times in a row: exponential, half of it
/// jitter, up to a minute, and not before what the server asked for.
duration retry_wait(unsigned failures, double random, std::optional<duration> retry_after = std::nullopt);

} // namespace weir::inline v0::vendor_batch
