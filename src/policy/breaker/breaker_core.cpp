#include "policy/breaker/breaker_core.hpp"

#include <algorithm>

namespace weir::inline v0 {

namespace {

// Instants read by two threads are out of order by less than this; more means that the clock was set.
constexpr duration disorder = std::chrono::seconds(1);
// Positive only, as in Linkerd's backoff: a probe never comes early.
constexpr double jitter = 0.5;
// How long after its last token an open stream still counts as a sign of life.
constexpr duration speaks_for = std::chrono::seconds(5);
// How many results within the window it takes to judge a target, and the share of good ones that makes it healthy.
constexpr std::uint64_t enough = 20;
constexpr double good_share = 0.75;

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
  ++waiting_;
  t.era_ = era_;
  t.number_ = ++begun_;
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

bool breaker_core::delivers(duration now) const noexcept { return delivering_ > 0 && now - last_token_ <= speaks_for; }

bool breaker_core::complete(const failure_row& row, duration now) const noexcept {
  const auto in_a_row = settings_.consecutive_failures();
  return in_a_row > 0 && row.count() >= in_a_row && now - row.since() >= settings_.consecutive_span() &&
         row.count() >= settings_.consecutive_share() * static_cast<double>(row.count() + waiting_) && !delivers(now);
}

bool breaker_core::possible(const failure_row& row) const noexcept {
  const auto in_a_row = settings_.consecutive_failures();
  return in_a_row > 0 && row.count() > 0 && row.count() + waiting_ >= in_a_row;
}

bool breaker_core::share_is_below(double least, std::uint64_t of, std::uint64_t undecided) const noexcept {
  const auto all = window_.good() + window_.bad();
  return all >= of && static_cast<double>(window_.good() + undecided) < least * static_cast<double>(all + undecided);
}

void breaker_core::sign_of_life(ticket& t, duration now) noexcept {
  failures_.refute(begun_);
  unreachable_.refute(begun_);
  if (phase_ != phase::closed && (by_row_ || (t.probe && t.era_ == era_))) {
    close();
    t.era_ = era_;
  }
  t.probe = false;
  if (t.era_ == era_)
    window_.add(true, now);
}

void breaker_core::alive(ticket& t, time_point now) noexcept {
  const auto time = at(now);
  if (t.alive_)
    return;
  t.alive_ = true;
  --waiting_;
  ++delivering_;
  last_token_ = time;
  sign_of_life(t, time);
}

void breaker_core::token(time_point now) noexcept {
  last_token_ = at(now);
  failures_.refute(begun_);
  unreachable_.refute(begun_);
}

void breaker_core::result(ticket t, breaker_verdict v, time_point now, double random) noexcept {
  --(t.alive_ ? delivering_ : waiting_);
  if (t.era_ == era_ && t.probe) {
    probing_ = false;
    phase_ = phase::open; // its time is over: without a verdict, the next call is the next probe
  }
  if (v == breaker_verdict::none)
    return;
  const auto time = at(now);
  if (v == breaker_verdict::success) {
    if (!t.alive_)
      sign_of_life(t, time);
    failures_.refute(begun_);
    unreachable_.refute(begun_);
    if (t.era_ == era_)
      backoff_step_ = 0;
  } else if (t.era_ == era_ && t.probe) {
    open(time, random, by_row_);
  } else if (t.era_ == era_) {
    count(t, v, time, random);
  }
}

void breaker_core::count(const ticket& t, breaker_verdict v, duration now, double random) noexcept {
  if (v == breaker_verdict::unreachable) {
    unreachable_.add(t.number_, now);
    if (complete(unreachable_, now))
      open(now, random, true);
    return;
  }
  // Whatever it answered, it was reached.
  unreachable_.refute(begun_);
  if (v != breaker_verdict::failure)
    return;
  window_.add(false, now);
  failures_.add(t.number_, now);
  if (complete(failures_, now))
    open(now, random, true);
  else if (share_is_below(settings_.min_success(), settings_.min_requests(), waiting_) && !delivers(now))
    open(now, random, false);
}

target_health::view breaker_core::look(time_point now, double random) noexcept {
  const auto time = at(now);
  window_.roll(time);
  target_health::view v;
  if (phase_ == phase::closed && (complete(failures_, time) || complete(unreachable_, time)))
    open(time, random, true);
  if (phase_ != phase::closed) {
    v.state = target_health::state::down;
    v.wait = probing_ ? duration::zero() : std::max(until_ - time, duration::zero());
    return v;
  }
  if (!delivers(time) && (possible(failures_) || possible(unreachable_)))
    v.state = target_health::state::doubtful;
  v.well = window_.good() + window_.bad() >= enough && !share_is_below(good_share, enough, 0);
  return v;
}

void breaker_core::open(duration now, double random, bool by_row) noexcept {
  if (phase_ == phase::closed) {
    ++era_;
    since_ = now;
  }
  phase_ = phase::open;
  by_row_ = by_row;
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
  failures_.refute(begun_);
  unreachable_.refute(begun_);
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
  s.failures_in_a_row = failures_.count();
  s.failed_connects_in_a_row = unreachable_.count();
  s.succeeded = window_.good();
  s.failed = window_.bad();
  s.opened = opened_;
  s.refused = refused_;
  s.running = waiting_ + delivering_;
  return s;
}

} // namespace weir::inline v0
