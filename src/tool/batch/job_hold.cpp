#include "tool/batch/job_hold.hpp"

#include <algorithm>
#include <ctime>

namespace weir::inline v0::cli {

namespace {

// Without an answer for as long as this, something may be wrong.
constexpr auto usual_silence = std::chrono::seconds(10);

// Shorter waits are the pace of calls.
constexpr auto named_wait = std::chrono::seconds(5);

std::tm local(std::chrono::system_clock::time_point at) {
  const auto t = std::chrono::system_clock::to_time_t(at);
  std::tm day{};
  ::localtime_r(&t, &day);
  return day;
}

hold until(held_by why, duration left, const job_moment& m) {
  hold h(why);
  h.left = left;
  h.until = clock_text(m.now + std::chrono::duration_cast<std::chrono::system_clock::duration>(left), m.now);
  return h;
}

hold outage_of(const breaker_state& circuit, const job_moment& m) {
  hold h(held_by::outage);
  h.since = circuit.since;
  const auto next = m.job.in_flight == 0 ? m.job.held.value_or(circuit.next_probe) : circuit.next_probe;
  if (next > duration())
    h.left = next;
  if (m.last_failure.code() && m.last_failure.code() != errc::circuit_open)
    h.what = m.last_failure.code().message();
  return h;
}

// Whether calls wait for a limit of the user's, and not for what the provider has named.
bool is_own_limit(const job_moment& m) {
  const auto& all = m.client.rate_limits;
  const auto limited = [](const rate_limit_state& s) {
    return s.suspended == duration() && (s.requests_per_minute.limit != 0 || s.tokens_per_minute.limit != 0 ||
                                         s.requests_per_day.limit != 0 || s.tokens_per_day.limit != 0);
  };
  return m.last_failure.code() == errc::limit_reached && std::any_of(all.begin(), all.end(), limited);
}

// The job as a whole waits for a time that it was told.
hold wait_of(const job_moment& m) {
  const auto& code = m.last_failure.code();
  if (code == errc::over_budget)
    return until(held_by::budget, *m.job.held, m);
  if (code == condition::throttled)
    return until(is_own_limit(m) ? held_by::rate_limit : held_by::provider, *m.job.held, m);
  hold h(held_by::outage);
  h.left = m.job.held;
  return h;
}

} // namespace

std::string clock_text(std::chrono::system_clock::time_point at, std::chrono::system_clock::time_point now) {
  const auto then = local(at), today = local(now);
  const bool same = then.tm_yday == today.tm_yday && then.tm_year == today.tm_year;
  char text[32];
  const auto n = std::strftime(text, sizeof text, same ? "%H:%M" : "%b %e %H:%M", &then);
  return {text, n};
}

hold hold_of(const job_moment& m) {
  for (const auto& circuit : m.client.breakers)
    if (circuit.state != breaker_state::phase::closed && m.job.calls_per_s < 1)
      return outage_of(circuit, m);
  if (m.job.held && m.job.in_flight == 0)
    return wait_of(m);
  for (const auto& limit : m.client.rate_limits) {
    // As long as it asks for, which may be an hour after its last 429.
    if (limit.suspended >= named_wait)
      return until(held_by::provider, limit.suspended, m);
    if (limit.suspended > duration())
      return held_by::provider;
    if (limit.waiting_interactive + limit.waiting_batch > 0)
      return held_by::rate_limit;
  }
  if (m.throttled)
    return held_by::provider;
  if (m.job.in_flight != 0 && m.silent >= usual_silence) {
    hold h(held_by::answers);
    h.since = m.silent;
    return h;
  }
  if (m.job.in_flight >= m.most_in_flight)
    return held_by::concurrency;
  if (m.ending || (m.job.total && m.job.read >= *m.job.total))
    return m.job.in_flight == 0 ? held_by::nothing : held_by::end;
  return m.job.again > 0 ? held_by::nothing : held_by::input;
}

} // namespace weir::inline v0::cli
