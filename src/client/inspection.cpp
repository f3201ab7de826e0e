#include <weir/client/inspection.hpp>

#include <string>

#include "core/time/in_seconds.hpp"

namespace weir::inline v0 {

namespace {

double number(std::uint64_t n) { return static_cast<double>(n); }

} // namespace

std::vector<gauge> gauges(const inspection& now) {
  std::vector<gauge> all;
  const auto add = [&all](const char* name, const char* help, double value, const char* label, const std::string& id) {
    all.push_back(gauge(name, value).help(help).label(label, id));
  };
  const auto connections = [&](const char* state, std::size_t n) {
    add("weir_pool_connections", "Connections by state.", number(n), "state", state);
  };
  connections("idle", now.pool.idle);
  connections("leased", now.pool.leased);
  connections("connecting", now.pool.connecting);
  add("weir_pool_waiting_calls", "Calls that wait for a connection.", number(now.pool.waiting), "pool", "all");
  add("weir_http2_downgraded_origins", "Origins spoken to in HTTP/1.1 for a while, because HTTP/2 did not work.",
      number(now.pool.downgraded), "pool", "all");
  for (const auto& q : now.quotas)
    add("weir_retry_quota_available", "What retries may still cost.", number(q.available), "target", q.id);
  for (const auto& b : now.breakers) {
    add("weir_breaker_open", "0: closed, 1: open, 0.5: half open.",
        b.state == breaker_state::phase::closed ? 0
        : b.state == breaker_state::phase::open ? 1
                                                : 0.5,
        "target", b.id);
    add("weir_breaker_refused_calls", "Calls that an open circuit did not let through.", number(b.refused), "target",
        b.id);
  }
  for (const auto& l : now.rate_limits) {
    add("weir_rate_limit_waiting_calls", "Calls that wait for the rate limit.",
        number(l.waiting_interactive + l.waiting_batch), "target", l.id);
    add("weir_rate_limit_suspended_seconds", "How long a 429 still holds calls back.", in_seconds(l.suspended),
        "target", l.id);
    add("weir_rate_limit_tokens_used", "Tokens granted within the last minute.", number(l.tokens_per_minute.used),
        "target", l.id);
    add("weir_rate_limit_requests_used", "Requests granted within the last minute.", number(l.requests_per_minute.used),
        "target", l.id);
  }
  for (const auto& c : now.concurrency) {
    add("weir_concurrency_limit", "How many calls may run at once.", number(c.limit), "target", c.id);
    add("weir_concurrency_running_calls", "How many calls run.", number(c.running), "target", c.id);
    add("weir_concurrency_waiting_calls", "Calls that wait for a permit.",
        number(c.waiting_interactive + c.waiting_batch), "target", c.id);
  }
  for (const auto& h : now.hedges)
    add("weir_hedge_p95_seconds", "The first-token time after which a call is hedged.", in_seconds(h.p95), "target",
        h.id);
  for (const auto& k : now.keys)
    add("weir_key_usable", "1 if the key is in use, 0 while it is suspended.", k.usable ? 1 : 0, "key",
        k.provider + '/' + k.name);
  for (const auto& r : now.routes) {
    add("weir_route_share", "What is left of a target's weight.", r.share, "target", r.target);
    add("weir_route_in_flight_calls", "Calls at a target.", number(r.in_flight), "target", r.target);
  }
  return all;
}

} // namespace weir::inline v0
