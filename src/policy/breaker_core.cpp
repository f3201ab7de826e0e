#include "policy/breaker_core.hpp"

#include <algorithm>

namespace weir {

namespace {

// Instants read by two threads arrive out of order by less than this; more is a clock that was set.
constexpr duration disorder = std::chrono::seconds(1);
// Positive only, as Linkerd's backoff has it: a probe never comes early.
constexpr double jitter = 0.5;

} // namespace

breaker_verdict breaker_verdict_of(const failure& f) noexcept {
  if (f.code().category() != error_category())
    return breaker_verdict::none;
  switch (static_cast<errc>(f.code().value())) {
  case errc::rate_limited: return breaker_verdict::throttled;
  case errc::resolve_failed:
  case errc::connect_failed:
  case errc::connect_timeout:
  case errc::proxy_refused:
  case errc::tls_failed:
  case errc::certificate_rejected: return breaker_verdict::unreachable;
  case errc::first_token_timeout:
  case errc::stalled:
  case errc::connection_lost:
  case errc::malformed_response:
  case errc::unexpected_redirect:
  case errc::unexpected_content:
  case errc::overloaded:
  case errc::loading:
  case errc::server_error:
  case errc::truncated:
  case errc::in_band_error:
  case errc::malformed_event: return breaker_verdict::failure;
  default: return breaker_verdict::none;
  }
}

void result_window::roll(duration now) noexcept {
  const std::int64_t newest = now / width_;
  if (newest - current_ >= static_cast<std::int64_t>(buckets)) {
    clear();
    current_ = newest;
  }
  while (current_ < newest) {
    auto& oldest = ring_[static_cast<std::size_t>(++current_) % buckets];
    good_ -= oldest.good;
    bad_ -= oldest.bad;
    oldest = bucket();
  }
}

void result_window::add(bool good, duration now) noexcept {
  roll(now);
  auto& b = ring_[static_cast<std::size_t>(current_) % buckets];
  ++(good ? b.good : b.bad);
  ++(good ? good_ : bad_);
}

void result_window::clear() noexcept {
  ring_.fill(bucket());
  good_ = bad_ = 0;
}

breaker_core::breaker_core(const breaker& settings) noexcept : settings_(settings), window_(settings.window()) {}

duration breaker_core::at(time_point now) noexcept {
  if (const auto behind = time_ - (now - origin_); behind <= duration::zero())
    time_ -= behind;
  else if (behind > disorder)
    origin_ = now - time_;
  return time_;
}

std::optional<breaker_core::ticket> breaker_core::admit(time_point now) noexcept {
  const auto time = at(now);
  ticket t;
  if (phase_ != phase::closed) {
    if (probing_ || time < until_) {
      ++refused_;
      return std::nullopt;
    }
    phase_ = phase::half_open;
    probing_ = true;
    t.probe = true;
  }
  ++running_;
  t.era_ = era_;
  return t;
}

breaker_core::refusal breaker_core::why(time_point now) noexcept {
  const auto t = at(now);
  refusal r;
  r.open_for = t - since_;
  if (!probing_)
    r.wait = std::max(until_ - t, duration::zero());
  return r;
}

void breaker_core::first_token(ticket& t, time_point now) noexcept {
  at(now);
  if (!t.probe)
    return;
  t.probe = false;
  close();
  t.era_ = era_;
}

void breaker_core::result(const ticket& t, breaker_verdict v, time_point now, double random) noexcept {
  --running_;
  const bool counts = t.era_ == era_;
  if (counts && t.probe) {
    probing_ = false;
    phase_ = phase::open; // its time is over: without a verdict, the next call is the next probe
  }
  if (v == breaker_verdict::none)
    return;
  const auto time = at(now);
  if (!counts)
    return;
  if (!t.probe) {
    if (count(v, time))
      open(time, random);
  } else if (v == breaker_verdict::success) {
    close();
    backoff_step_ = 0;
  } else {
    open(time, random);
  }
}

bool breaker_core::count(breaker_verdict v, duration now) noexcept {
  const auto in_a_row = settings_.consecutive_failures();
  if (v == breaker_verdict::unreachable)
    return ++unreachable_ >= in_a_row && in_a_row > 0;
  unreachable_ = 0;
  window_.add(v == breaker_verdict::success, now);
  // That good results grow old must not make one more good result the last straw.
  if (v == breaker_verdict::success) {
    failures_ = 0;
    backoff_step_ = 0;
    return false;
  }
  if (v == breaker_verdict::failure && ++failures_ >= in_a_row && in_a_row > 0)
    return true;
  const auto all = window_.good() + window_.bad();
  return all >= settings_.min_requests() &&
         static_cast<double>(window_.good()) < settings_.min_success() * static_cast<double>(all);
}

void breaker_core::open(duration now, double random) noexcept {
  if (phase_ == phase::closed) {
    ++era_;
    since_ = now;
  }
  phase_ = phase::open;
  duration least = settings_.open_for();
  for (unsigned i = 0; i < backoff_step_ && least < settings_.open_for_at_most(); ++i)
    least *= 2;
  least = std::min(least, settings_.open_for_at_most());
  until_ = now + least + duration(static_cast<duration::rep>(static_cast<double>(least.count()) * jitter * random));
  ++backoff_step_;
  ++opened_;
}

void breaker_core::close() noexcept {
  ++era_;
  phase_ = phase::closed;
  probing_ = false;
  failures_ = unreachable_ = 0;
  window_.clear();
}

breaker_state breaker_core::inspect(time_point now) noexcept {
  const auto t = at(now);
  window_.roll(t);
  breaker_state s;
  s.state = phase_;
  if (phase_ != phase::closed)
    s.since = t - since_;
  if (phase_ == phase::open)
    s.next_probe = std::max(until_ - t, duration::zero());
  s.failures_in_a_row = failures_;
  s.failed_connects_in_a_row = unreachable_;
  s.succeeded = window_.good();
  s.failed = window_.bad();
  s.opened = opened_;
  s.refused = refused_;
  s.running = running_;
  return s;
}

} // namespace weir
