// One seeded run of the whole client on simulated time and network, and its invariants.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <weir/client/options.hpp>
#include <weir/core/random.hpp>

#include "simulation/provider.hpp"

namespace weir::inline v0::simulation {

/// A kind of run: the faults, and how the client is set up.
class scenario {
public:
  using setup = std::function<void(options&, random_source&)>;
  scenario(std::string_view name, weather bad, setup configure)
      : name(name), bad(bad), configure(std::move(configure)) {}
  std::string_view name;
  weather bad;
  setup configure;
  /// This many calls at once, none of them cancelled, of which hardly one may fail; 0: a few calls of all sorts.
  std::size_t crowd = 0;
  scenario& of(std::size_t calls) {
    crowd = calls;
    return *this;
  }
};

const std::vector<scenario>& scenarios();

/// The totals of all runs of a scenario.
class totals {
public:
  totals() = default;
  std::uint64_t schedules = 0, calls = 0, complete = 0, attempts = 0, tokens = 0, cancelled = 0;
};

/// Plays one schedule: some calls at random times, of which some are dropped, cancelled or cut
/// short by deadlines, under the scenario's weather; then good weather, in which every
/// call must succeed.
/// \returns what went wrong, one problem per line; empty if nothing did.
std::string play(const scenario& what, std::uint64_t seed, totals& sum);

} // namespace weir::inline v0::simulation
