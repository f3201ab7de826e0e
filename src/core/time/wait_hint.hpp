// How long a server asks the client to wait: a count, a duration or a date, as text. Pure.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace weir::inline v0 {

using wall_time = std::chrono::system_clock::time_point;
using wait_hint = std::optional<std::chrono::nanoseconds>;

/// The longest wait that is kept; a longer one becomes this, which is more than any call waits.
inline constexpr std::chrono::hours longest_hint{24 * 7};

/// `2`, `0.25`, `33.9336953163147`: a count of `unit`, up to longest_hint. No sign, exponent, `inf` or `nan`.
wait_hint parse_count(std::string_view text, std::chrono::nanoseconds unit) noexcept;
/// `12ms`, `1s`, `6m0s`, `1h30m`, `1.5s`: Go's time.Duration.String().
wait_hint parse_go_duration(std::string_view text) noexcept;
/// The three forms of RFC 9110, 5.6.7: IMF-fixdate, RFC 850 and asctime. `century` resolves a two-digit year: it is
/// taken to be at most 50 years after it. The weekday must be a valid name, in the form's own length, but is not
/// checked against the date. What lies after 2261 becomes the last second of that year.
std::optional<wall_time> parse_http_date(std::string_view text, wall_time century) noexcept;
/// `2026-08-22T10:00:00Z`, with a fraction or an offset (RFC 3339).
std::optional<wall_time> parse_rfc3339(std::string_view text) noexcept;

/// A `…-reset` header in any notation: Go duration, seconds, unix time (in seconds or milliseconds) or RFC 3339. A time
/// in the past gives zero.
wait_hint parse_reset(std::string_view text, std::optional<wall_time> now) noexcept;

/// The longer of two; an absent one does not count.
wait_hint longer(wait_hint a, wait_hint b) noexcept;
/// From `now` on; zero for a time in the past.
wait_hint time_until(std::optional<wall_time> when, std::optional<wall_time> now) noexcept;

/// A `Retry-After` in seconds or as a date, which is measured from the response's own `Date`, or from `now` if it has
/// none.
wait_hint retry_after(std::string_view value, std::string_view date, std::optional<wall_time> now) noexcept;

} // namespace weir::inline v0
