#include "bench/stats/trend.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <vector>

#include <weir/core/random.hpp>

namespace weir::inline v0::trend {

namespace {

double median(std::vector<double>& values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  if (values.size() % 2 == 1)
    return *middle;
  return (*middle + *std::max_element(values.begin(), middle)) / 2;
}

// The quantile of Student's t distribution at 0.975, by Cornish and Fisher.
double student(double freedom) noexcept {
  constexpr double z = 1.959964, z2 = z * z;
  const double first = z * (z2 + 1) / 4, second = z * ((5 * z2 + 16) * z2 + 3) / 96,
               third = z * (((3 * z2 + 19) * z2 + 17) * z2 - 15) / 384;
  return z + (first + (second + third / freedom) / freedom) / freedom;
}

// How many of the draws are beyond each end. Of few pairs the draws vary too little: the interval is widened as much as
// that of a mean of as many values is (Hesterberg 2015, the expanded percentile interval).
std::size_t beyond(std::size_t draws, std::size_t pairs) noexcept {
  const auto n = static_cast<double>(pairs);
  const double share = std::erfc(std::sqrt(n / (n - 1)) * student(n - 1) / std::sqrt(2.0)) / 2;
  return static_cast<std::size_t>(share * static_cast<double>(draws));
}

} // namespace

double slope(std::span<const double> values) {
  std::vector<double> slopes;
  for (std::size_t i = 0; i < values.size(); ++i)
    for (std::size_t k = i + 1; k < values.size(); ++k)
      slopes.push_back((values[k] - values[i]) / static_cast<double>(k - i));
  return slopes.empty() ? 0 : median(slopes);
}

bool grows(std::span<const double> values) {
  if (values.size() < 5)
    return false;
  double score = 0;
  for (std::size_t i = 0; i < values.size(); ++i)
    for (std::size_t k = i + 1; k < values.size(); ++k)
      score += (values[k] > values[i]) - (values[k] < values[i]);
  std::map<double, double> equal;
  for (const double v : values)
    ++equal[v];
  const auto n = static_cast<double>(values.size());
  double variance = n * (n - 1) * (2 * n + 5);
  for (const auto& [value, times] : equal)
    variance -= times * (times - 1) * (2 * times + 5);
  constexpr double z = 1.6449; // 0.95 of the normal distribution
  return variance > 0 && (score - 1) / std::sqrt(variance / 18) > z;
}

std::optional<ratio> compare(std::span<const std::pair<double, double>> pairs, std::uint64_t seed) {
  constexpr std::size_t draws = 2000;
  if (pairs.size() < 5)
    return std::nullopt;
  const auto of = [&pairs](auto&& pick) {
    double first = 0, second = 0;
    for (std::size_t i = 0; i < pairs.size(); ++i) {
      const auto& p = pairs[pick(i)];
      first += p.first;
      second += p.second;
    }
    return std::pair(first, second);
  };
  const auto [first, second] = of([](std::size_t i) { return i; });
  if (!(first > 0) || !(second > 0))
    return std::nullopt;
  random_source random(seed);
  std::vector<double> all;
  all.reserve(draws);
  for (std::size_t i = 0; i < draws; ++i) {
    const auto [a, b] = of([&](std::size_t) { return random.below(pairs.size()); });
    // A draw without anything on one side says nothing about the ratio's other end.
    all.push_back(b > 0 ? a / b : HUGE_VAL);
  }
  std::sort(all.begin(), all.end());
  ratio r;
  r.value = first / second;
  const auto outside = beyond(draws, pairs.size());
  r.between = {all[outside], all[draws - 1 - outside]};
  return r;
}

} // namespace weir::inline v0::trend
