// From values to places in a picture.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace weir::inline v0::bench_report {

/// A linear or a logarithmic axis. Values beyond its ends are drawn at its ends.
class axis {
public:
  /// `from` < `to`; of a logarithmic one both above 0. Other ends are mended.
  axis(double from, double to, bool logarithmic = false);
  /// From 0, or for a logarithmic one a round number below, to a round number above. `values` that are not finite, or
  /// of a logarithmic one not above 0, do not count.
  static axis around(const std::vector<double>& values, bool logarithmic);

  axis& on(double from_pixel, double to_pixel) noexcept {
    from_pixel_ = from_pixel;
    to_pixel_ = to_pixel;
    return *this;
  }
  double operator()(double value) const noexcept;
  double from() const noexcept { return from_; }
  double to() const noexcept { return to_; }
  bool logarithmic() const noexcept { return logarithmic_; }

  /// Round values, at most so many.
  std::vector<double> ticks(std::size_t most) const;

private:
  std::vector<double> decades(std::size_t most) const;

  double from_, to_;
  bool logarithmic_;
  double from_pixel_ = 0, to_pixel_ = 1;
};

/// `200 µs`, `50 ms`, `1.5 s`, `2 m`: a round number of seconds, in full.
std::string tick_time(double seconds);
/// `0.5`, `20`, `1,500`, `2.5M`
std::string tick_number(double n);

} // namespace weir::inline v0::bench_report
