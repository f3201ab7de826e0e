#include "policy/alternatives/fallback_core.hpp"

#include <algorithm>
#include <string>

#include "policy/select/balance_core.hpp"
#include "policy/settings_error.hpp"

namespace weir::inline v0 {

void fallback::check(std::string_view path) const {
  for (std::size_t i = 0; i < targets_.size(); ++i) {
    const auto field = "targets[" + std::to_string(i) + "]";
    if (targets_[i] == target())
      throw_invalid_setting(path, field, "names no provider, model, base_url or key");
    for (std::size_t j = 0; j < i; ++j)
      if (targets_[j] == targets_[i])
        throw_invalid_setting(path, field,
                              "is the same target as targets[" + std::to_string(j) + "]: name each target once");
  }
  if (!(first_share_ >= 0 && first_share_ < 1))
    throw_invalid_setting(path, "first_share", "must be at least 0 and less than 1");
  if (patience_ < duration::zero())
    throw_invalid_setting(path, "patience", "must not be negative");
  if (max_continuations_ == 0 || max_continuations_ > 16)
    throw_invalid_setting(path, "max_continuations", "must be from 1 to 16");
  if (conditions_.contains(condition::local) || codes_.contains(errc::cancelled) ||
      codes_.contains(errc::deadline_exceeded))
    throw_invalid_setting(path, "on", "cannot be a cancellation or the call's own deadline");
}

bool about_target(const error_code& ec) noexcept {
  if (ec == condition::transient || ec == condition::throttled || ec == condition::quota_exhausted ||
      ec == condition::truncated)
    return true;
  static constexpr errc others[] = {errc::first_token_timeout,
                                    errc::stalled,
                                    errc::missing_key,
                                    errc::key_unavailable,
                                    errc::proxy_refused,
                                    errc::tls_failed,
                                    errc::certificate_rejected,
                                    errc::malformed_response,
                                    errc::response_too_large,
                                    errc::unexpected_redirect,
                                    errc::unexpected_content,
                                    errc::unauthorized,
                                    errc::forbidden,
                                    errc::not_found,
                                    errc::paused};
  return std::any_of(std::begin(others), std::end(others), [&](errc e) { return ec == e; });
}

std::vector<target> fallback_core::plan(const target& own) const {
  std::vector<target> all{own};
  for (const auto& t : settings_.targets()) {
    auto next = merged(t, own);
    if (std::find(all.begin(), all.end(), next) == all.end())
      all.push_back(std::move(next));
  }
  return all;
}

duration fallback_core::share(duration left, std::size_t rest) const noexcept {
  if (rest <= 1)
    return left;
  const auto patient = [this](duration d) {
    return settings_.patience() > duration::zero() ? std::min(d, settings_.patience()) : d;
  };
  if (left == duration::max())
    return patient(left);
  const auto equal = left / static_cast<duration::rep>(rest);
  const auto part = duration(static_cast<duration::rep>(static_cast<double>(left.count()) * settings_.first_share()));
  return patient(std::clamp(part, equal, std::max(equal, left)));
}

bool fallback_core::falls_back_on(const error_code& ec) const {
  if (ec == errc::cancelled || ec == errc::deadline_exceeded)
    return false;
  if (settings_.conditions().empty() && settings_.codes().empty())
    return about_target(ec);
  const auto matches = [&](auto v) { return ec == v; };
  return std::any_of(settings_.conditions().begin(), settings_.conditions().end(), matches) ||
         std::any_of(settings_.codes().begin(), settings_.codes().end(), matches);
}

failure all_failed(const std::vector<failed_target>& tried, bool verdict) {
  if (tried.size() == 1)
    return tried.front().why;
  const auto again = [](const failure& f) {
    return f.code() == condition::throttled || f.code() == condition::transient;
  };
  const failed_target* chosen = &tried.front();
  if (verdict) {
    chosen = &tried.back();
  } else {
    for (const auto& t : tried) {
      if (!again(t.why))
        continue;
      const auto wait = t.why.retry_after().value_or(duration::zero());
      if (!again(chosen->why) || wait < chosen->why.retry_after().value_or(duration::zero()))
        chosen = &t;
    }
  }
  std::string text = "all " + std::to_string(tried.size()) + " targets failed: ";
  if (verdict)
    text = std::to_string(tried.size()) + " targets failed, and the last failure is final: ";
  for (const auto& t : tried) {
    const auto& words = t.why.message();
    text.append(&t == &tried.front() ? "" : "; ").append(t.to.text()).append(": ");
    text += words.empty() ? t.why.code().message() : words;
  }
  failure f = chosen->why;
  f.message(std::move(text));
  return f;
}

} // namespace weir::inline v0
