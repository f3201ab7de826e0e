// A figure of a result by its name.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <weir/bench/result.hpp>

namespace weir::inline v0::bench_record {

/// `ttft.p95`, `e2e.mean`, `itl.max`, `good_share`, `failures` (a share), `rate` and `goodput` (requests a second),
/// `output_rate` (tokens a second), `peak`.
class check_figure {
public:
  /// \throws weir::error errc::invalid_argument naming the figures that there are.
  explicit check_figure(std::string_view name);

  bool is_time() const noexcept { return kind_ == kind::time; }
  bool is_share() const noexcept { return kind_ == kind::share; }
  bool is_rate() const noexcept { return kind_ == kind::rate; }

  /// Times in nanoseconds.
  /// \param where for the message: ` in the baseline`.
  /// \throws weir::error errc::invalid_argument if it is not there.
  double of(const bench_result& r, std::size_t target, std::string_view where) const;
  /// For people.
  std::string text(double value) const;

private:
  enum class kind : std::uint8_t { time, share, rate };

  double time_of(const bench_result& r, std::size_t target, std::string_view where) const;

  std::string name_;
  kind kind_ = kind::time;
  bench_metric metric_ = bench_metric::ttft;
  double percentile_ = 0; // of a time: 0 is the mean, 1 the maximum
};

} // namespace weir::inline v0::bench_record
