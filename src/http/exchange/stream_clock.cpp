#include "http/exchange/stream_clock.hpp"

namespace weir::inline v0::http {

void stream_clock::waits(time_point now) noexcept {
  waiting_ = true;
  if (token_wait_ == never)
    token_wait_ = now;
  if (byte_wait_ == never)
    byte_wait_ = now;
}

void stream_clock::bytes() noexcept {
  waiting_ = false;
  byte_wait_ = never;
}

void stream_clock::token() noexcept {
  first_seen_ = true;
  token_wait_ = never;
}

stream_clock::alarm stream_clock::earliest() const noexcept {
  alarm first(after(started_, limits_.total), errc::deadline_exceeded);
  const auto consider = [&first](time_point since, duration limit, errc verdict) {
    if (const auto when = after(since, limit); when < first.when)
      first = alarm(when, verdict);
  };
  if (!waiting_)
    return first;
  if (!first_seen_)
    consider(started_, limits_.first_token, errc::first_token_timeout);
  else if (token_wait_ != never)
    consider(token_wait_, limits_.gap, errc::stalled);
  if (byte_wait_ != never)
    consider(byte_wait_, limits_.idle, errc::stalled);
  return first;
}

time_point stream_clock::next() const noexcept { return earliest().when; }

errc stream_clock::check(time_point now) const noexcept {
  const auto first = earliest();
  return first.when != never && now >= first.when ? first.verdict : errc{};
}

} // namespace weir::inline v0::http
