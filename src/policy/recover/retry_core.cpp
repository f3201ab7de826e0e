#include "policy/recover/retry_core.hpp"

#include <algorithm>
#include <string_view>

namespace weir::inline v0 {

namespace {

using namespace std::chrono_literals;

// How soon to look again while a probe is in flight, and while the results of other calls are not known yet.
constexpr backoff probe_steps(250ms, 4s);
constexpr backoff doubt_steps(25ms, 1s);
constexpr duration longest_doubt = 10s, most_of_doubt = 8s, longest_without_quota = 2s;
// How often a refusal does not count against a call because the target serves others meanwhile.
constexpr unsigned most_turns = 50;

duration part(duration d, double share) noexcept {
  return duration(static_cast<duration::rep>(static_cast<double>(d.count()) * share));
}

bool mentions(const std::string& code, std::string_view word) noexcept { return code.find(word) != std::string::npos; }

// An error inside the stream has no status, so its code is all there is.
retry_kind in_band(const failure& f) noexcept {
  const auto& code = f.remote_code();
  if (mentions(code, "rate_limit") || mentions(code, "too_many_requests"))
    return retry_kind::throttled;
  for (const std::string_view word : {"overloaded", "server_error", "internal", "unavailable", "timeout", "api_error"})
    if (mentions(code, word))
      return retry_kind::transient;
  return retry_kind::never;
}

retry_kind by_code(const failure& f) noexcept {
  switch (static_cast<errc>(f.code().value())) {
  case errc::first_token_timeout:
  case errc::stalled:
  case errc::truncated:
  case errc::resolve_failed:
  case errc::connect_failed:
  case errc::connect_timeout:
  case errc::connection_lost:
  case errc::overloaded:
  case errc::loading:
  case errc::server_error: return retry_kind::transient;
  case errc::rate_limited: return retry_kind::throttled;
  case errc::in_band_error: return in_band(f);
  default: return retry_kind::never;
  }
}

// Whether the failure is a response of the provider's, and not local or on the network.
bool is_providers_answer(const failure& f) noexcept {
  return f.code() != condition::quota_exhausted && f.code() != condition::configuration && f.status() != 0;
}

bool stands_well(const retry_core::try_result& r) noexcept {
  return r.health && r.health->well && r.health->state != target_health::state::doubtful;
}

} // namespace

retry_kind retry_kind_of(const failure& f) noexcept {
  if (f.code().category() != error_category() || f.should_retry() == false)
    return retry_kind::never;
  const auto kind = by_code(f);
  if (kind == retry_kind::never && f.should_retry() == true && is_providers_answer(f) && f.code() != errc::cancelled &&
      f.code() != errc::deadline_exceeded)
    return retry_kind::transient;
  return kind;
}

retry_core::decision retry_core::after(const try_result& r, double random, quota_core& quota) {
  looks_ = 0;
  doubted_ = {};
  const bool unlucky = r.paced && r.served_others && turns_ < most_turns;
  if (unlucky)
    ++turns_;
  else if (r.why->code() != errc::circuit_open)
    ++failures_;
  return decide(r, random, quota);
}

retry_core::decision retry_core::when_up(const try_result& r, double random) {
  failures_ = 0;
  const auto until_probe = r.health->wait;
  // The first to come is the probe. The others come later, at random, and then find the circuit closed or look again.
  auto wait = until_probe > duration::zero() ? until_probe + part(std::clamp<duration>(until_probe, 50ms, 10s), random)
                                             : part(probe_steps.ceiling(++polls_), 0.5 + 0.5 * random);
  if (until_probe > duration::zero())
    polls_ = 0;
  if (r.why->code() != errc::circuit_open)
    wait = std::max<duration>(wait, r.why->retry_after().value_or(0ns));
  if (r.left != duration::max()) {
    // A wait that is too long only by its jitter, or whose length is unknown, is cut to what is left.
    if (wait >= r.left && std::max(until_probe, duration(10ms)) < r.left)
      wait = until_probe + part(r.left - until_probe, 0.5);
    if (wait >= r.left)
      return {verdict::too_long, wait};
  } else if (waited_ + wait > settings_.max_retry_after()) {
    return {verdict::too_long, wait};
  }
  waited_ += wait;
  return {verdict::when_up, wait};
}

retry_core::decision retry_core::in_doubt(const try_result& r, double random, verdict otherwise) {
  const bool doubtful = r.health && r.health->state == target_health::state::doubtful;
  // A used-up quota may refill while most results are not known yet.
  if (!doubtful && !(r.health && otherwise == verdict::no_quota))
    return {otherwise, {}};
  const auto wait = part(doubt_steps.ceiling(++looks_), 0.5 + 0.5 * random);
  if (wait >= r.left || doubted_ + wait > (doubtful ? longest_doubt : longest_without_quota))
    return {otherwise, {}};
  doubted_ += wait;
  return {verdict::look_again, wait};
}

retry_core::decision retry_core::decide(const try_result& r, double random, quota_core& quota) {
  const auto kind = retry_kind_of(*r.why);
  const bool unsent = r.why->code() == errc::circuit_open;
  if (unsent ? !r.health : kind == retry_kind::never)
    return {verdict::not_retryable, {}};
  if (r.maybe_billed && !settings_.retry_billed())
    return {failures_ >= settings_.attempts() ? verdict::attempts : verdict::billed, {}};
  if (unsent || (r.health && r.health->state == target_health::state::down))
    return when_up(r, random);
  if (failures_ >= settings_.attempts()) {
    const auto d = in_doubt(r, random, verdict::attempts);
    // The doubtful target turned out to be healthy: failures meanwhile do not count.
    if (d.what != verdict::attempts || doubted_ == duration::zero() || !stands_well(r))
      return d;
    failures_ = 1;
  }

  const bool throttled = kind == retry_kind::throttled;
  const auto retry_after = r.why->retry_after();
  const auto base = throttled ? std::max(pace_.base(), settings_.throttling_base()) : pace_.base();
  const auto wait = backoff(base, std::max(base, pace_.cap())).delay(std::max(failures_, 1u), random, retry_after);
  const bool bounded = r.left != duration::max();
  if (bounded ? wait >= r.left : retry_after && *retry_after > settings_.max_retry_after())
    return {verdict::too_long, wait};

  const std::uint64_t cost = throttled ? settings_.throttling_cost() : settings_.cost();
  // The gate's pace, and a target that serves most calls well, bound what retries add; the quota need not.
  if (r.paced)
    return {verdict::again, wait};
  if (quota.take(cost))
    refund_ = cost;
  else if (!stands_well(r)) {
    // If rounds of calls begin and end together, a doubt may outlast them all. A target that served most calls until
    // then would have been found down by now.
    const auto d = in_doubt(r, random, verdict::no_quota);
    if (d.what != verdict::no_quota || doubted_ < most_of_doubt || !r.health->well)
      return d;
  }
  return {verdict::again, wait};
}

} // namespace weir::inline v0
