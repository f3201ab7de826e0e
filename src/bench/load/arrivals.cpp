#include "bench/load/arrivals.hpp"

#include <algorithm>
#include <cmath>

// Unlike the standard library's, whose numbers differ between implementations.
#include <boost/random/exponential_distribution.hpp>
#include <boost/random/gamma_distribution.hpp>

#include "core/time/in_seconds.hpp"

namespace weir::inline v0::load {

namespace {

duration in_time(double seconds) noexcept {
  constexpr double most = 9e9; // of what a duration can hold
  return duration(static_cast<duration::rep>(std::llround(std::min(seconds, most) * 1e9)));
}

} // namespace

profile& profile::add(double from, double to, duration over) {
  stretches_.emplace_back(from, to, in_seconds(over));
  return *this;
}

profile& profile::repeat() noexcept {
  repeats_ = true;
  return *this;
}

std::optional<duration> profile::reaches(double n) noexcept {
  std::size_t empty = 0; // stretches in a row without a request, so that a load of none ends
  for (;;) {
    if (at_ >= stretches_.size()) {
      if (stretches_.empty())
        return std::nullopt;
      if (!repeats_) {
        const double rate = stretches_.back().to;
        if (rate <= 0)
          return std::nullopt;
        return in_time(begins_ + (n - requests_before_) / rate);
      }
      at_ = 0;
      skip_cycles(n);
    }
    const auto& s = stretches_[at_];
    const double left = n - requests_before_;
    if (s.requests() > 0 && left <= s.requests()) {
      // Of rate * t + slope / 2 * t^2 = left, in the form that does not cancel out.
      const double root = s.from * s.from + 2 * left * (s.to - s.from) / s.seconds;
      const double divisor = s.from + std::sqrt(std::max(0.0, root));
      return in_time(begins_ + (divisor > 0 ? std::min(s.seconds, 2 * left / divisor) : 0));
    }
    empty = s.requests() > 0 ? 0 : empty + 1;
    if (repeats_ && empty > stretches_.size())
      return std::nullopt;
    requests_before_ += s.requests();
    begins_ += s.seconds;
    ++at_;
  }
}

// Whole repetitions that end before the n-th request: of short ones with few requests there may be very many.
void profile::skip_cycles(double n) noexcept {
  double requests = 0, seconds = 0;
  for (const auto& s : stretches_) {
    requests += s.requests();
    seconds += s.seconds;
  }
  const double cycles = requests > 0 ? std::floor((n - requests_before_) / requests) - 1 : 0;
  if (cycles < 1)
    return;
  requests_before_ += cycles * requests;
  begins_ += cycles * seconds;
}

double profile::rate_at(duration t) const noexcept {
  if (stretches_.empty())
    return 0;
  double left = in_seconds(t), all = 0;
  for (const auto& s : stretches_)
    all += s.seconds;
  if (repeats_)
    left = std::fmod(left, all);
  for (const auto& s : stretches_) {
    if (left < s.seconds)
      return s.from + (s.to - s.from) * left / s.seconds;
    left -= s.seconds;
  }
  return stretches_.back().to;
}

arrivals::arrivals(profile rate, spacing how, double burstiness, std::uint64_t seed)
    : rate_(std::move(rate)), spacing_(how), shape_(burstiness), random_(seed) {}

double arrivals::gap() {
  switch (spacing_) {
  case spacing::poisson: return boost::random::exponential_distribution<double>(1)(random_);
  case spacing::gamma: return boost::random::gamma_distribution<double>(shape_, 1 / shape_)(random_);
  case spacing::even: break;
  }
  return 1;
}

std::optional<duration> arrivals::next() {
  // Even ones begin at once; of the others a gap comes before the first too, or all seeds would begin alike.
  if (!first_ || spacing_ != spacing::even)
    place_ += gap();
  first_ = false;
  return rate_.reaches(place_);
}

} // namespace weir::inline v0::load
