// Metrics as they are read: families of points, whatever format they are then written in.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace weir::inline v0 {

/// The bounds that OpenTelemetry's conventions for generative AI recommend (gen-ai-metrics.md): seconds, and tokens.
inline constexpr std::size_t bound_count = 14;
using histogram_bounds = std::array<double, bound_count>;
inline constexpr histogram_bounds duration_bounds{0.01, 0.02, 0.04, 0.08,  0.16,  0.32,  0.64,
                                                  1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92};
inline constexpr histogram_bounds token_bounds{1,     4,     16,     64,      256,     1024,     4096,
                                               16384, 65536, 262144, 1048576, 4194304, 16777216, 67108864};

/// Counts of values per bucket, not cumulative, the last one beyond all bounds.
class histogram {
public:
  histogram() = default;
  /// `times`: as if the value had been added that often.
  void add(const histogram_bounds& bounds, double v, std::uint64_t times = 1) noexcept {
    std::size_t i = 0;
    while (i < bound_count && v > bounds[i])
      ++i;
    counts[i] += times;
    sum += v * static_cast<double>(times);
  }
  std::uint64_t total() const noexcept {
    std::uint64_t n = 0;
    for (const auto c : counts)
      n += c;
    return n;
  }
  std::array<std::uint64_t, bound_count + 1> counts{};
  double sum = 0;
};

using metric_labels = std::vector<std::pair<std::string, std::string>>;

class metric_point {
public:
  metric_point() = default;
  metric_point(metric_labels l, double v) : labels(std::move(l)), value(v) {}
  metric_point(metric_labels l, const histogram& h) : labels(std::move(l)), distribution(h) {}
  metric_labels labels;
  double value = 0;       ///< Of a counter or a gauge.
  histogram distribution; ///< Of a histogram.
};

/// All points of one metric.
class metric_family {
public:
  enum class kind : std::uint8_t {
    counter, ///< Only grows, and counts whole things …
    amount,  ///< … or need not be whole.
    gauge,
    histogram,
  };

  metric_family(kind k, std::string name, std::string unit, std::string help)
      : type(k), name(std::move(name)), unit(std::move(unit)), help(std::move(help)) {}
  const histogram_bounds& bounds() const noexcept { return unit == "{token}" ? token_bounds : duration_bounds; }

  kind type;
  std::string name; ///< As OpenTelemetry writes it: `gen_ai.client.operation.duration`.
  std::string unit; ///< Of UCUM: `s`, `{token}`; empty for plain counts.
  std::string help;
  std::vector<metric_point> points;
};

} // namespace weir::inline v0
