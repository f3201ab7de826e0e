// Equivalent targets, and how calls are spread over them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <weir/core/time.hpp>
#include <weir/detail/abi.hpp>
#include <weir/task/target.hpp>

#include <weir/detail/fluent.hpp>

WEIR_BEGIN_NAMESPACE

/// Spreads calls over equivalent targets.
///
///     weir::routing().add(weir::target("groq/llama"), 2).add(weir::target("cerebras/llama"))
///
/// A target's share is its weight, reduced while it fails and for a while after it recovers: halved for each
/// consecutive failure, which is forgotten over decay(), and then raised in proportion to the time since its first
/// success until ramp() has passed.
class routing {
public:
  enum class strategy : std::uint8_t {
    weighted,        ///< At random, in proportion to the shares.
    least_in_flight, ///< The target with the fewest calls in flight relative to its share.
    /// The better of two at random by the time to their first token: the peak, which rises at
    /// once and decays exponentially, times the calls in flight, relative to the share. (Peak EWMA of Finagle;
    /// Mitzenmacher, "The Power of Two Choices in Randomized Load Balancing", 2001.)
    p2c_peak_ewma,
  };

  struct choice {
    choice(weir::target to, double weight) : to(std::move(to)), weight(weight) {}
    weir::target to;
    double weight;
  };

  routing() = default;

  /// A target, with its weight. Empty fields are the call's own: see merged().
  routing&& add(target to, double weight = 1) && { return std::move(add(std::move(to), weight)); }
  routing& add(target to, double weight = 1) & {
    targets_.emplace_back(std::move(to), weight);
    return *this;
  }
  const std::vector<choice>& targets() const noexcept { return targets_; }

  /// Default: p2c_peak_ewma.
  WEIR_VALUE(routing, strategy, by)
  /// The time in which an old first-token time, or a failure, loses 63 % of its effect. Default: 10 s.
  WEIR_VALUE(routing, duration, decay)
  /// How long a target that failed three times in a row takes to regain its full share. Default: 30 s.
  WEIR_VALUE(routing, duration, ramp)

  /// \throws weir::error errc::invalid_configuration naming the field below `path`.
  void check(std::string_view path) const;

private:
  std::vector<choice> targets_;
  strategy by_ = strategy::p2c_peak_ewma;
  duration decay_ = std::chrono::seconds(10);
  duration ramp_ = std::chrono::seconds(30);
};

/// The state of one target.
struct routing_state {
  routing_state() = default;
  std::string target; ///< target::text().
  double weight = 1;
  double share = 1; ///< What is left of the weight, 0 … 1.
  std::size_t in_flight = 0;
  duration first_token{}; ///< The decayed peak; zero if it is not known.
  unsigned failures = 0;  ///< Consecutive ones.
  std::uint64_t picked = 0;
};

/// `over`, with its empty fields taken from `base`. A target that names a provider or a base URL other than the base's
/// does not inherit the base's key and base URL: a key never goes to an origin that it was not chosen for.
target merged(const target& over, const target& base);

WEIR_END_NAMESPACE

#include <weir/detail/fluent.hpp>
