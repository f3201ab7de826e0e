// Retry decisions for every error code, and against a model.
#include <doctest/doctest.h>

#include <optional>
#include <set>
#include <string>

#include <weir/core/random.hpp>

#include "policy/recover/retry_core.hpp"
#include "policy/seed.hpp"

using namespace std::chrono_literals;
using weir::duration;
using weir::errc;
using weir::failure;
using weir::retry;
using weir::retry_core;
using weir::retry_kind;
using verdict = weir::retry_core::verdict;

namespace {

// Every error code, with the decision on it when nothing else is known.
const std::pair<errc, retry_kind> codes[] = {
    {errc::deadline_exceeded, retry_kind::never},
    {errc::cancelled, retry_kind::never},
    {errc::first_token_timeout, retry_kind::transient},
    {errc::stalled, retry_kind::transient},
    {errc::missing_key, retry_kind::never},
    {errc::malformed_key, retry_kind::never},
    {errc::unknown_provider, retry_kind::never},
    {errc::malformed_url, retry_kind::never},
    {errc::unsupported, retry_kind::never},
    {errc::invalid_argument, retry_kind::never},
    {errc::insecure, retry_kind::never},
    {errc::invalid_configuration, retry_kind::never},
    {errc::resolve_failed, retry_kind::transient},
    {errc::connect_failed, retry_kind::transient},
    {errc::connect_timeout, retry_kind::transient},
    {errc::proxy_refused, retry_kind::never},
    {errc::tls_failed, retry_kind::never},
    {errc::certificate_rejected, retry_kind::never},
    {errc::connection_lost, retry_kind::transient},
    {errc::pool_exhausted, retry_kind::never},
    {errc::malformed_response, retry_kind::never},
    {errc::response_too_large, retry_kind::never},
    {errc::unexpected_redirect, retry_kind::never},
    {errc::unexpected_content, retry_kind::never},
    {errc::bad_request, retry_kind::never},
    {errc::unauthorized, retry_kind::never},
    {errc::forbidden, retry_kind::never},
    {errc::quota_exhausted, retry_kind::never},
    {errc::not_found, retry_kind::never},
    {errc::rate_limited, retry_kind::throttled},
    {errc::overloaded, retry_kind::transient},
    {errc::loading, retry_kind::transient},
    {errc::server_error, retry_kind::transient},
    {errc::paused, retry_kind::never},
    {errc::circuit_open, retry_kind::never},
    {errc::limit_reached, retry_kind::never},
    {errc::over_budget, retry_kind::never},
    {errc::starting, retry_kind::never},
    {errc::out_of_resources, retry_kind::never},
    {errc::wrong_executor, retry_kind::never},
    {errc::key_unavailable, retry_kind::never},
    {errc::too_many_rounds, retry_kind::never},
    {errc::tool_failed, retry_kind::never},
    {errc::not_saved, retry_kind::never},
    {errc::unexpected, retry_kind::never},
    {errc::truncated, retry_kind::transient},
    {errc::in_band_error, retry_kind::never},
    {errc::malformed_event, retry_kind::never},
    {errc::filtered, retry_kind::never},
};

failure with_status(errc c, std::optional<bool> word) { return failure(c, "").status(400).should_retry(word); }

retry_core::decision once(const failure& f, duration left = duration::max(), retry settings = retry(),
                          double random = 0) {
  weir::quota_core quota(500);
  retry_core core{settings, weir::backoff()};
  retry_core::try_result r(f);
  r.left = left;
  return core.after(r, random, quota);
}

} // namespace

TEST_CASE("every error code has its retry decision") {
  for (const auto& [code, wanted] : codes) {
    CAPTURE(weir::name_of(code));
    CHECK(retry_kind_of(failure(code, "")) == wanted);
  }
  // None was forgotten.
  std::set<int> known;
  for (const auto& [code, wanted] : codes)
    known.insert(static_cast<int>(code));
  for (int i = 1; i < 200; ++i)
    CHECK((weir::name_of(errc(i)) != "none") == known.contains(i));
  CHECK(retry_kind_of(failure(make_error_code(boost::system::errc::timed_out), "")) == retry_kind::never);
}

TEST_CASE("the provider's no is final, its yes counts only if the failure was the provider's") {
  for (const auto& [code, kind] : codes) {
    CAPTURE(weir::name_of(code));
    CHECK(retry_kind_of(with_status(code, false)) == retry_kind::never);
    CHECK((retry_kind_of(failure(code, "").should_retry(true)) == kind));
    const auto f = with_status(code, true);
    const bool firm = f.code() == weir::condition::quota_exhausted || f.code() == weir::condition::configuration ||
                      code == errc::cancelled || code == errc::deadline_exceeded;
    CHECK((retry_kind_of(f) == retry_kind::never) == firm);
  }
}

TEST_CASE("an error inside the stream is retried if its own code says that it will pass") {
  const auto of = [](const char* code) { return retry_kind_of(failure(errc::in_band_error, "").remote_code(code)); };
  CHECK(of("overloaded_error") == retry_kind::transient);
  CHECK(of("internal_server_error") == retry_kind::transient);
  CHECK(of("service_unavailable") == retry_kind::transient);
  CHECK(of("rate_limit_exceeded") == retry_kind::throttled);
  CHECK(of("context_length_exceeded") == retry_kind::never);
  CHECK(of("") == retry_kind::never);
}

TEST_CASE("a wait is the backoff, with a base of a second after throttling, and at least the retry-after") {
  const failure busy(errc::overloaded, ""), limited(errc::rate_limited, "");
  CHECK(once(busy, duration::max(), retry(), 0.5).wait == 25ms);
  CHECK(once(limited, duration::max(), retry(), 0.5).wait == 500ms);
  CHECK(once(failure(busy).retry_after(3s), duration::max(), retry(), 0.5).wait == 3150ms);
  CHECK(once(failure(busy).retry_after(0s), duration::max(), retry(), 0.5).wait == 25ms);

  weir::quota_core quota(500);
  retry_core slow{retry().attempts(10), weir::backoff(4s, 20s)};
  for (const duration most : {4s, 8s, 16s, 20s, 20s}) {
    retry_core::try_result r(limited);
    CHECK(slow.after(r, 0.5, quota).wait == most / 2);
  }
}

TEST_CASE("a wait that does not fit is not begun, and costs nothing") {
  const auto hinted = failure(errc::rate_limited, "").retry_after(30s);
  CHECK(once(hinted, 30s).what == verdict::too_long);
  CHECK(once(hinted, 30s).wait == 30s);
  CHECK(once(hinted, 30s + 1ns).what == verdict::again);
  CHECK(once(hinted, 10min).what == verdict::again);
  CHECK(once(failure(hinted).retry_after(5min + 1ns)).what == verdict::too_long);
  CHECK(once(failure(hinted).retry_after(5min)).what == verdict::again);
  CHECK(once(failure(hinted).retry_after(5min + 1ns), 1h).what == verdict::again);
  CHECK(once(failure(errc::server_error, ""), 0s).what == verdict::too_long);

  weir::quota_core quota(500);
  retry_core core{retry(), weir::backoff()};
  retry_core::try_result r(hinted);
  r.left = 1s;
  core.after(r, 0, quota);
  CHECK(quota.available() == 500);
}

TEST_CASE("after the last attempt, and for a bill that must not double, there is no retry") {
  const failure f(errc::connection_lost, "");
  weir::quota_core quota(500);
  retry_core::try_result r(f);

  retry_core three{retry(), weir::backoff()};
  CHECK(three.after(r, 0, quota).what == verdict::again);
  CHECK(three.after(r, 0, quota).what == verdict::again);
  CHECK(three.after(r, 0, quota).what == verdict::attempts);
  CHECK(quota.available() == 500 - 28);

  CHECK(retry_core(retry().attempts(1), weir::backoff()).after(r, 0, quota).what == verdict::attempts);
  r.maybe_billed = true;
  CHECK(retry_core(retry(), weir::backoff()).after(r, 0, quota).what == verdict::again);
  CHECK(retry_core(retry().retry_billed(false), weir::backoff()).after(r, 0, quota).what == verdict::billed);
}

TEST_CASE("the quota gets back the last retry's cost, one for a call that was not retried") {
  weir::quota_core quota(30);
  retry_core core{retry().attempts(9), weir::backoff()};
  CHECK(core.refund() == 1);
  const failure busy(errc::overloaded, ""), limited(errc::rate_limited, "");
  CHECK(core.after(retry_core::try_result(busy), 0, quota).what == verdict::again);
  CHECK(core.refund() == 14);
  CHECK(core.after(retry_core::try_result(limited), 0, quota).what == verdict::again);
  CHECK(core.refund() == 5);
  CHECK(quota.available() == 11);
  CHECK(core.after(retry_core::try_result(busy), 0, quota).what == verdict::no_quota);
  CHECK(quota.available() == 11);
}

TEST_CASE("retry decisions are those of their model, over a million random failures") {
  const auto seed = weir::test::seed();
  weir::random_source random(seed);
  weir::quota_core quota(500);
  std::int64_t purse = 500;
  std::string wrong;
  std::uint64_t again = 0, steps = 0;
  while (steps < 1'000'000 && wrong.empty()) {
    const auto settings = retry().attempts(static_cast<unsigned>(1 + random.below(6))).retry_billed(random.below(2));
    const weir::backoff pace(duration(random.below(3'000'000'000)), duration(random.below(30'000'000'000)));
    retry_core core{settings, pace};
    std::int64_t last_cost = 1;
    for (unsigned made = 1;; ++made, ++steps) {
      const auto& [code, kind] = codes[random.below(std::size(codes))];
      failure f(code, "");
      if (random.below(3) == 0)
        f.retry_after(duration(random.below(400'000'000'000)));
      retry_core::try_result r(f);
      r.maybe_billed = random.below(4) == 0;
      if (random.below(2))
        r.left = duration(random.below(60'000'000'000));
      const double x = random.uniform();
      const auto d = core.after(r, x, quota);

      const bool limited = kind == retry_kind::throttled;
      const double base = limited && pace.base() < 1s ? 1e9 : static_cast<double>(pace.base().count());
      const double cap = std::max(base, static_cast<double>(pace.cap().count()));
      double wait = x * std::min(cap, base * static_cast<double>(1u << (made - 1)));
      const auto hint = f.retry_after();
      if (hint && *hint > 0s)
        wait = std::max(wait, static_cast<double>(hint->count()) * (1 + 0.1 * x) -
                                  (*hint > 10s ? (static_cast<double>(hint->count()) / 10 - 1e9) * x : 0));
      const std::int64_t cost = limited ? 5 : 14;
      verdict expected = verdict::again;
      if (kind == retry_kind::never)
        expected = verdict::not_retryable;
      else if (made >= settings.attempts())
        expected = verdict::attempts;
      else if (r.maybe_billed && !settings.retry_billed())
        expected = verdict::billed;
      else if (r.left != duration::max() ? d.wait >= r.left : hint && *hint > 5min)
        expected = verdict::too_long;
      else if (purse < cost)
        expected = verdict::no_quota;

      if (d.what != expected)
        wrong = "verdict " + std::to_string(int(d.what)) + " instead of " + std::to_string(int(expected));
      const bool has_wait = expected == verdict::again || expected == verdict::too_long;
      if (has_wait && std::abs(static_cast<double>(d.wait.count()) - wait) > 1000)
        wrong = "wait " + std::to_string(d.wait.count()) + " instead of " + std::to_string(wait);
      if (hint && has_wait && d.wait < *hint)
        wrong = "before the hint";
      if (expected == verdict::again) {
        ++again;
        purse -= cost;
        last_cost = cost;
      }
      if (static_cast<std::int64_t>(quota.available()) != purse ||
          static_cast<std::int64_t>(core.refund()) != last_cost)
        wrong = "purse";
      if (expected != verdict::again || random.below(3) == 0)
        break;
    }
    ++steps;
    if (random.below(3) != 0) {
      quota.give_back(core.refund());
      purse = std::min<std::int64_t>(500, purse + last_cost);
    }
  }
  CHECK_MESSAGE(wrong.empty(), wrong << " at step " << steps << "; "
                                     << weir::test::replay(seed, "retry decisions are those of their model*"));
  CHECK(again > 50'000);
}

TEST_CASE("retry settings that make no sense are refused, with the field's path") {
  const auto message = [](const retry& r) -> std::string {
    try {
      r.check("retry");
    } catch (const weir::error& e) {
      CHECK(e.code() == errc::invalid_configuration);
      return e.what();
    }
    return "";
  };
  CHECK(message(retry()) == "");
  CHECK(message(retry().attempts(0)).starts_with("retry.attempts: "));
  CHECK(message(retry().attempts(101)).starts_with("retry.attempts: "));
  CHECK(message(retry().throttling_base(-1ns)).starts_with("retry.throttling_base: "));
  CHECK(message(retry().max_retry_after(-1ns)).starts_with("retry.max_retry_after: "));
  CHECK(message(retry().cost(2'000'000)).starts_with("retry.cost: "));
}
