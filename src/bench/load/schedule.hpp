// Loads as starts of requests. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <utility>

#include <weir/bench/load.hpp>

#include "bench/load/arrivals.hpp"

namespace weir::inline v0::load {

/// Of an open load its rates; of another one nothing.
profile profile_of(const bench_load& of);
/// The starts of an open load: none of another one.
arrivals arrivals_of(const bench_load& of, std::uint64_t seed);

/// Every n-th of the starts, so that n machines with the same load and seed make it together: each start is in exactly
/// one part.
class part_of {
public:
  /// \pre 1 ≤ k ≤ n
  part_of(arrivals all, unsigned k, unsigned n) : all_(std::move(all)), before_(k - 1), after_(n - k) {}
  /// The next start; empty after the last one.
  std::optional<duration> next();

private:
  arrivals all_;
  unsigned before_, after_; // starts of other parts around each of this one
  bool first_ = true;
};

} // namespace weir::inline v0::load
