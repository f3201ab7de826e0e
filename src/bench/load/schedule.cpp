#include "bench/load/schedule.hpp"

namespace weir::inline v0::load {

namespace {

spacing spacing_of(bench_load::spacing how) noexcept {
  switch (how) {
  case bench_load::spacing::poisson: return spacing::poisson;
  case bench_load::spacing::gamma: return spacing::gamma;
  case bench_load::spacing::even: break;
  }
  return spacing::even;
}

} // namespace

profile profile_of(const bench_load& of) {
  profile p;
  for (const auto& s : of.stretches())
    p.add(s.from(), s.to(), s.over());
  return of.repeats() ? p.repeat() : p;
}

arrivals arrivals_of(const bench_load& of, std::uint64_t seed) {
  return arrivals(profile_of(of), spacing_of(of.spaced()), of.burstiness(), seed);
}

std::optional<duration> part_of::next() {
  for (auto skip = first_ ? before_ : before_ + after_; skip > 0; --skip)
    if (!all_.next())
      return std::nullopt;
  first_ = false;
  return all_.next();
}

} // namespace weir::inline v0::load
