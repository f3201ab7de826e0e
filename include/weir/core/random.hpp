// Seeded randomness as a service of the execution context.
#pragma once

#include <weir/core/asio.hpp>
#include <weir/detail/abi.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/execution_context.hpp>

#include <cstdint>

WEIR_BEGIN_NAMESPACE

/// A small, fast generator of pseudo-random numbers (xoshiro256**, Blackman and
/// Vigna 2018, seeded by splitmix64). Not for keys.
/// Thread safety: distinct objects only.
class random_source {
public:
  explicit random_source(std::uint64_t seed) noexcept;

  std::uint64_t next() noexcept;
  /// Uniform in [0, 1).
  double uniform() noexcept;
  /// Uniform in [0, bound); 0 if bound is 0.
  std::uint64_t below(std::uint64_t bound) noexcept;

private:
  std::uint64_t state_[4];
};

/// A number for jitter from the context's generator, uniform in [0, 1).
/// The generator is seeded from the system unless seed_random() was called.
/// Thread safety: safe.
double random_uniform(boost::asio::execution_context& context);
double random_uniform(const boost::asio::any_io_executor& executor);

/// Makes a context's random numbers repeatable; for tests.
void seed_random(boost::asio::execution_context& context, std::uint64_t seed);

WEIR_END_NAMESPACE
