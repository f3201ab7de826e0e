#include "policy/retry_core.hpp"

#include <algorithm>
#include <string_view>

namespace weir {

namespace {

bool mentions(const std::string& code, std::string_view word) noexcept { return code.find(word) != std::string::npos; }

// The stream's own error names no status, so its words are all there is.
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

// Whether an answer of the provider's, and not something on this side or on the way, is the failure.
bool is_providers_answer(const failure& f) noexcept {
  return f.code() != condition::out_of_money && f.code() != condition::configuration && f.status() != 0;
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
  ++failures_;
  const auto kind = retry_kind_of(*r.why);
  if (kind == retry_kind::never)
    return {verdict::not_retryable, {}};
  if (failures_ >= settings_.attempts())
    return {verdict::attempts, {}};
  if (r.maybe_billed && !settings_.retry_billed())
    return {verdict::billed, {}};

  const bool throttled = kind == retry_kind::throttled;
  const auto hint = r.why->retry_after();
  const auto base = throttled ? std::max(pace_.base(), settings_.throttling_base()) : pace_.base();
  const auto wait = backoff(base, std::max(base, pace_.cap())).delay(failures_, random, hint);
  const bool bounded = r.left != duration::max();
  if (bounded ? wait >= r.left : hint && *hint > settings_.max_hint())
    return {verdict::too_long, wait};

  const std::uint64_t cost = throttled ? settings_.throttling_cost() : settings_.cost();
  if (!quota.take(cost))
    return {verdict::no_quota, {}};
  refund_ = cost;
  return {verdict::again, wait};
}

} // namespace weir
