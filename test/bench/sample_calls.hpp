// Calls as targets answer them, by dice, and the record of them.
#pragma once

#include <cmath>
#include <cstdint>
#include <functional>
#include <numbers>
#include <tuple>
#include <vector>

#include <weir/core/random.hpp>

#include "bench/measure/sample.hpp"
#include "bench/record/record.hpp"

namespace weir::test {

duration seconds(double s);

// How a target behaves.
struct behaviour {
  behaviour() = default;
  double ttft = 0.22;       // median, s
  double spread = 0.35;     // of its logarithm
  double token = 0.016;     // s
  double tokens = 90;       // on average
  double failures = 0.004;  // share
  double reasoning = 0.12;  // s before the first output
  double send_delay = 3e-4; // s, on average
};

class dice {
public:
  explicit dice(std::uint64_t seed) : random_(seed) {}
  double uniform() { return random_.uniform(); }
  double normal() { return std::sqrt(-2 * std::log(1 - uniform())) * std::cos(2 * std::numbers::pi * uniform()); }
  double exponential(double mean) { return -mean * std::log(1 - uniform()); }

private:
  random_source random_;
};

measure::sample failed(measure::sample s, errc why, int status, double after);
measure::sample call(dice& d, const behaviour& b, double meant, double slower);

// Windows and tallies of calls.
class collector {
public:
  using turns = std::function<std::uint32_t(double)>;

  /// `target_at`: whose turn it is.
  collector(bench_result::record& r, double window_length, double warm_up, double end, const turns& target_at = {});
  void add(const measure::sample& s);
  /// `health`: of each window.
  void finish(const std::function<void(bench_record::window&)>& health);

private:
  bench_record::window& at(duration t, std::uint32_t target);

  bench_result::record& r_;
  std::vector<std::tuple<duration, duration, std::uint32_t>> lived_;
};

} // namespace weir::test
