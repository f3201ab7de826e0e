// Runs schedules of the simulation, scenario by scenario, seed by seed.
//
//     simulation [--schedules N] [--seed FIRST] [--scenario NAME] [--share I/N]
//
// A schedule that fails prints what went wrong and the command that replays it alone.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include "simulation/schedule.hpp"

namespace {

using namespace weir::simulation;

class settings {
public:
  settings() = default;
  std::uint64_t schedules = 1000, first = 1, share = 0, shares = 1;
  std::string only;
};

settings read(int argc, char** argv) {
  settings s;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string name = argv[i];
    const char* value = argv[i + 1];
    if (name == "--schedules")
      s.schedules = std::strtoull(value, nullptr, 10);
    else if (name == "--seed")
      s.first = std::strtoull(value, nullptr, 10);
    else if (name == "--scenario")
      s.only = value;
    else if (name == "--share" && std::strchr(value, '/')) {
      s.share = std::strtoull(value, nullptr, 10);
      s.shares = std::strtoull(std::strchr(value, '/') + 1, nullptr, 10);
    } else {
      std::fprintf(stderr, "simulation: unknown option %s\n", name.c_str());
      std::exit(2);
    }
  }
  return s;
}

} // namespace

int main(int argc, char** argv) {
  const auto s = read(argc, argv);
  std::uint64_t failed = 0;
  std::size_t chosen = 0;
  for (const auto& sc : scenarios())
    chosen += s.only.empty() || s.only == sc.name;
  if (chosen == 0 || s.shares == 0) {
    std::fprintf(stderr, "simulation: no such scenario or share\n");
    return 2;
  }
  for (const auto& sc : scenarios()) {
    if (!s.only.empty() && s.only != sc.name)
      continue;
    totals sum;
    const auto begin = std::chrono::steady_clock::now();
    // A crowd's schedule is as much work as many others together.
    const auto parts = chosen * (sc.crowd ? 50 : 1);
    for (std::uint64_t i = s.share; i < s.schedules / parts + (s.schedules < parts); i += s.shares) {
      const auto seed = s.first + i;
      const auto wrong = play(sc, seed, sum);
      if (wrong.empty())
        continue;
      std::printf("%sreplay: %s --schedules 1 --scenario %s --seed %llu\n", wrong.c_str(), argv[0],
                  std::string(sc.name).c_str(), static_cast<unsigned long long>(seed));
      if (++failed == 10)
        return 1;
    }
    const auto took = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    std::printf("%-14s %8llu schedules  %9llu calls  %5.1f %% complete  %9llu requests  %6.1f s\n",
                std::string(sc.name).c_str(), static_cast<unsigned long long>(sum.schedules),
                static_cast<unsigned long long>(sum.calls),
                sum.calls ? 100.0 * static_cast<double>(sum.complete) / static_cast<double>(sum.calls) : 0.0,
                static_cast<unsigned long long>(sum.attempts), took);
  }
  return failed == 0 ? 0 : 1;
}
