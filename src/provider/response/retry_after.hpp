// How long a server asks the client to wait, in every notation (docs/providers.md, "Rate limits"). Pure.
#pragma once

#include <optional>
#include <string_view>

#include "core/time/wait_hint.hpp"
#include "http/message/types.hpp"

namespace weir::inline v0::provider {

using weir::longest_hint;
using weir::parse_count;
using weir::parse_go_duration;
using weir::parse_http_date;
using weir::parse_reset;
using weir::parse_rfc3339;
using weir::wait_hint;
using weir::wall_time;

/// The wait that the headers of an error response request: `retry-after-ms`, `retry-after` (seconds or a date), the
/// IETF draft's `ratelimit` when nothing remains, the `x-ratelimit-reset-*` of what is used up. The longest of several.
/// Dates are relative to the response's `date` header, or else `now`. Not for 2xx responses, on which some providers
/// send `retry-after` without meaning it.
wait_hint wait_asked_for(const http::fields& headers, std::optional<wall_time> now) noexcept;

} // namespace weir::inline v0::provider
