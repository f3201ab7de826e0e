// When the requests of a load are meant to start. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <random>
#include <vector>

#include <weir/core/time.hpp>

namespace weir::inline v0::load {

/// A rate over time, in requests a second: stretches, each from one rate to another in a straight line.
class profile {
public:
  profile() = default;

  /// Adds a stretch. `from` and `to` must be at least 0 and finite, `over` above 0.
  profile& add(double from, double to, duration over);
  /// Begins again after the last stretch. Without it the last rate stays.
  profile& repeat() noexcept;

  /// When the integral of the rate reaches `n`; empty if it never does. `n` must not fall from call to call.
  std::optional<duration> reaches(double n) noexcept;
  double rate_at(duration t) const noexcept;

private:
  void skip_cycles(double n) noexcept;

  class stretch {
  public:
    stretch(double r0, double r1, double length) : from(r0), to(r1), seconds(length) {}
    double from, to, seconds;
    double requests() const noexcept { return (from + to) / 2 * seconds; }
  };

  std::vector<stretch> stretches_;
  bool repeats_ = false;
  std::size_t at_ = 0;                      // the stretch that the next request is looked for in
  double requests_before_ = 0, begins_ = 0; // of it
};

/// How the gaps between requests vary around what the rate asks for.
enum class spacing {
  even,    ///< Not at all.
  poisson, ///< As those of independent users do: exponentially.
  gamma, ///< Burstier than that below a burstiness of 1, more evenly above it: Gamma with it as the shape, as in vLLM.
};

/// The starts of the requests of a load, in ascending order from 0. The same for the same seed in every process.
class arrivals {
public:
  arrivals(profile rate, spacing how, double burstiness, std::uint64_t seed);

  /// The next start; empty after the last one.
  std::optional<duration> next();

private:
  double gap();

  profile rate_;
  spacing spacing_;
  double shape_;
  std::mt19937_64 random_;
  double place_ = 0; // of the next request, in requests
  bool first_ = true;
};

} // namespace weir::inline v0::load
