#include "bench/stats/confidence.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include <boost/math/distributions/binomial.hpp>
#include <boost/math/distributions/normal.hpp>
#include <boost/math/distributions/students_t.hpp>

namespace weir::inline v0::confidence {

namespace {

namespace math = boost::math;

// How probable it is that at most `beyond` of `samples` lie beyond the percentile.
double chance(std::uint64_t samples, double share, std::uint64_t beyond) {
  return math::cdf(math::binomial(static_cast<double>(samples), 1 - share), static_cast<double>(beyond));
}

} // namespace

std::uint64_t samples_needed(double share) noexcept {
  if (!(share > 0) || !(share < 1))
    return 1;
  // (1 + n q / p) p^n falls with n from there on.
  const auto by_chance = [p = share](double n) {
    return std::exp(n * std::log(p)) * (1 + n * (1 - p) / p) > 1 - claim;
  };
  std::uint64_t low = 1, high = 2;
  for (; by_chance(static_cast<double>(high)); high *= 2)
    low = high;
  while (low + 1 < high) {
    const auto middle = low + (high - low) / 2;
    (by_chance(static_cast<double>(middle)) ? low : high) = middle;
  }
  return high;
}

std::optional<std::uint64_t> upper_rank(std::uint64_t samples, double share) {
  if (!(share > 0) || !(share < 1) || samples < samples_needed(share))
    return std::nullopt;
  std::uint64_t low = 1, high = samples;
  while (low + 1 < high) {
    const auto middle = low + (high - low) / 2;
    (chance(samples, share, middle) <= 1 - claim ? low : high) = middle;
  }
  return samples - low;
}

std::optional<ranks> interval_of(std::uint64_t samples, double share) {
  if (samples == 0 || !(share > 0) || !(share < 1))
    return std::nullopt;
  // P(x[low] <= percentile < x[high]) = P(low <= B < high) for the number B of samples below it.
  const math::binomial below(static_cast<double>(samples), share);
  const double side = (1 - level) / 2;
  const auto least = [&below, samples](double probability) { // smallest k with P(B <= k) >= probability
    std::uint64_t low = 0, high = samples;
    while (low < high) {
      const auto middle = low + (high - low) / 2;
      if (math::cdf(below, static_cast<double>(middle)) >= probability)
        high = middle;
      else
        low = middle + 1;
    }
    return low;
  };
  const auto low = least(side);
  const auto high = least(1 - side) + 1;
  if (low < 1 || high > samples)
    return std::nullopt;
  return ranks(low, high);
}

range share_of(std::uint64_t good, std::uint64_t all) {
  if (all == 0)
    return {0, 1};
  const double z = math::quantile(math::normal(), (1 + level) / 2);
  const double n = static_cast<double>(all), p = static_cast<double>(std::min(good, all)) / n;
  const double scale = 1 + z * z / n, middle = p + z * z / (2 * n);
  const double half = z * std::sqrt(p * (1 - p) / n + z * z / (4 * n * n));
  return {std::max(0.0, (middle - half) / scale), std::min(1.0, (middle + half) / scale)};
}

std::optional<range> mean_of(std::span<const double> values) {
  if (values.size() < 3)
    return std::nullopt;
  const auto n = static_cast<double>(values.size());
  const double mean = std::accumulate(values.begin(), values.end(), 0.0) / n;
  double squares = 0;
  for (const double v : values)
    squares += (v - mean) * (v - mean);
  const double t = math::quantile(math::students_t(n - 1), (1 + level) / 2);
  const double half = t * std::sqrt(squares / (n - 1) / n);
  return range(mean - half, mean + half);
}

} // namespace weir::inline v0::confidence
