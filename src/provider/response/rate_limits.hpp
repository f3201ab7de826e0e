// What an answer's headers tell about the provider's rate limits (docs/providers.md, "Rate limits"). Pure.
#pragma once

#include <optional>
#include <string_view>

#include <weir/task/attempt.hpp>

#include "http/message/types.hpp"
#include "provider/response/retry_after.hpp"

namespace weir::inline v0::provider {

/// Reads `x-ratelimit-{limit,remaining,reset}-{requests,tokens}` with or without a window suffix,
/// `anthropic-ratelimit-{requests,tokens,input-tokens}-{limit,remaining,reset}`, and the IETF drafts' `ratelimit`,
/// `ratelimit-policy` and `ratelimit-{limit,remaining,reset}`; what counts neither requests nor tokens is taken as
/// requests. Implausible values are treated as absent: Azure's -1 and limits of 0, limits below what remains. Instants
/// are relative to the response's `date`, or else `now`. `vendor` is the id of the responding vendor, if known: some
/// count by the day without saying so.
rate_limit_status limits(const http::fields& headers, std::optional<wall_time> now,
                         std::string_view vendor = {}) noexcept;

} // namespace weir::inline v0::provider
