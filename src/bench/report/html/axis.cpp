#include "bench/report/html/axis.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "batch/report/numbers.hpp"
#include "bench/report/words.hpp"

namespace weir::inline v0::bench_report {

namespace {

// The smallest of 1, 2, 5, 10 … that is at least `n`.
double round_up(double n) {
  const double unit = std::pow(10, std::floor(std::log10(n)));
  for (const double step : {1.0, 2.0, 5.0})
    if (n <= step * unit * (1 + 1e-9))
      return step * unit;
  return 10 * unit;
}

double round_down(double n) {
  const double unit = std::pow(10, std::floor(std::log10(n) + 1e-9));
  for (const double step : {5.0, 2.0})
    if (n >= step * unit * (1 - 1e-9))
      return step * unit;
  return unit;
}

// Without zeros at the end.
std::string plain(double n) {
  auto text = fixed(n, std::abs(n) < 1 ? 3 : std::abs(n) < 10 ? 2 : 1);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.ends_with('.'))
    text.pop_back();
  return text;
}

} // namespace

axis::axis(double from, double to, bool logarithmic) : from_(from), to_(to), logarithmic_(logarithmic) {
  if (logarithmic_ && !(from_ > 0))
    from_ = 1e-6;
  if (!(to_ > from_))
    to_ = logarithmic_ ? from_ * 10 : from_ + 1;
}

axis axis::around(const std::vector<double>& values, bool logarithmic) {
  double least = HUGE_VAL, most = 0;
  for (const double v : values)
    if (std::isfinite(v) && (v > 0 || !logarithmic)) {
      least = std::min(least, v);
      most = std::max(most, v);
    }
  if (!(most > 0))
    return {logarithmic ? 1e-3 : 0.0, 1, logarithmic};
  if (logarithmic)
    return {round_down(least), std::max(round_up(most), 2 * round_down(least)), true};
  // A step of the axis above the highest value, so that it does not touch the edge.
  const double step = round_up(most / 5);
  return {0, step * std::ceil(most / step * (1 - 1e-9)), false};
}

double axis::operator()(double value) const noexcept {
  value = std::clamp(std::isnan(value) ? from_ : value, from_, to_);
  const double at = logarithmic_ ? std::log(value / from_) / std::log(to_ / from_) : (value - from_) / (to_ - from_);
  return from_pixel_ + at * (to_pixel_ - from_pixel_);
}

std::vector<double> axis::ticks(std::size_t most) const {
  // Between two values that are close there is hardly a round one of 1, 2 and 5.
  if (logarithmic_ && to_ > 3 * from_)
    return decades(most);
  const double step = round_up((to_ - from_) / static_cast<double>(most));
  std::vector<double> all;
  for (double at = std::ceil(from_ / step - 1e-9); at * step <= to_ + step * 1e-6 && all.size() <= most; ++at)
    all.push_back(at * step);
  return all;
}

std::vector<double> axis::decades(std::size_t most) const {
  const auto within = [this](const std::vector<double>& steps) {
    std::vector<double> all;
    for (double unit = std::pow(10, std::floor(std::log10(from_) + 1e-9)); unit <= to_ * (1 + 1e-9); unit *= 10)
      for (const double step : steps)
        if (step * unit >= from_ * (1 - 1e-9) && step * unit <= to_ * (1 + 1e-9))
          all.push_back(step * unit);
    return all;
  };
  auto all = within({1, 2, 5});
  if (all.size() < 4)
    all = within({1, 1.5, 2, 3, 5, 7});
  if (all.size() > most)
    all = within({1, 3});
  if (all.size() > most)
    all = within({1});
  std::vector<double> some;
  const auto every = (all.size() + most - 1) / most;
  for (std::size_t i = 0; i < all.size(); i += std::max<std::size_t>(every, 1))
    some.push_back(all[i]);
  return some;
}

std::string tick_time(double s) {
  const double size = std::abs(s);
  if (size == 0)
    return "0";
  if (size < 0.9995e-3)
    return plain(s * 1e6) + " µs";
  if (size < 0.9995)
    return plain(s * 1e3) + " ms";
  return size < 120 ? plain(s) + " s" : size < 7200 ? plain(s / 60) + " min" : plain(s / 3600) + " h";
}

std::string tick_number(double n) {
  if (n >= 1e6)
    return plain(n / 1e6) + "M";
  return n >= 1000 ? grouped(static_cast<std::uint64_t>(std::llround(n))) : plain(n);
}

} // namespace weir::inline v0::bench_report
