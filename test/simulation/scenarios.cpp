#include "simulation/schedule.hpp"

namespace weir::simulation {

namespace {

using namespace std::chrono_literals;

weather flaky() {
  weather w;
  w.refused = w.throttled = w.busy = w.broken = 0.05;
  w.unreachable = w.silent = w.poor = 0.02;
  w.cut = w.ended = w.stuck = w.in_band = 0.05;
  w.slow = 0.05;
  return w;
}

} // namespace

const std::vector<scenario>& scenarios() {
  static const std::vector<scenario> all{
      scenario("bare", flaky(), [](options&, random_source&) {}),
  };
  return all;
}

} // namespace weir::simulation
