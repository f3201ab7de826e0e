#include "policy/recover/cold_start_core.hpp"

#include <algorithm>

#include <weir/core/backoff.hpp>

#include "policy/settings_error.hpp"

namespace weir::inline v0 {

namespace {

using namespace std::chrono_literals;

// Hugging Face's own client retries every 5 s.
constexpr backoff steps(1s, 5s);
constexpr duration least = 250ms;
constexpr duration longest_hint = 15s;
constexpr duration doubt = 1min;
// From the example in the endpoints' documentation; the proxy itself gives up after 20 minutes.
constexpr duration longest_hold = 10min;
constexpr duration margin = 2s;

duration part(duration d, double share) noexcept {
  return duration(static_cast<duration::rep>(static_cast<double>(d.count()) * share));
}

} // namespace

cold_start_sign cold_start_sign_of(const failure& f) noexcept {
  if (f.code() == errc::loading)
    return cold_start_sign::certain;
  if (!f.remote_code().empty())
    return cold_start_sign::none;
  if (f.code() == errc::overloaded && f.status() == 503)
    return cold_start_sign::certain;
  if (f.code() == errc::server_error && (f.status() == 500 || f.status() == 502))
    return cold_start_sign::perhaps;
  return cold_start_sign::none;
}

cold_start_core::decision cold_start_core::after(const failure& f, time_point now, duration took, duration left,
                                                 double random) noexcept {
  const auto sign = cold_start_sign_of(f);
  if (sign == cold_start_sign::none)
    return decision(verdict::not_starting, duration());
  if (since_ == never)
    since_ = now;
  certain_ = certain_ || sign == cold_start_sign::certain;
  const auto waited = now - since_;
  if (!certain_ && waited >= doubt)
    return decision(verdict::not_starting, duration());
  if (!settings_.wait())
    return decision(certain_ ? verdict::refused : verdict::not_starting, duration());

  const auto pace = steps.ceiling(++tries_);
  auto wait = part(pace, 0.75 + 0.25 * random);
  if (f.retry_after())
    wait = std::max(wait, std::min<duration>(*f.retry_after(), longest_hint));
  wait = std::max(wait - took, least);
  if (settings_.limit() > duration() && waited + wait > settings_.limit())
    return decision(verdict::limit, wait);
  return decision(wait >= left ? verdict::late : verdict::again, wait);
}

duration cold_start_core::hold(duration left) noexcept {
  return left > 2 * margin ? std::min(left == duration::max() ? longest_hold : left - margin, longest_hold)
                           : duration();
}

void cold_start::check(std::string_view path) const {
  if (limit_ < duration())
    throw_invalid_setting(path, "limit", "must not be negative");
}

} // namespace weir::inline v0
