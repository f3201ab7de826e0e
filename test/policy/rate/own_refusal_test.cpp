// A refusal of the local limiter is not the provider's: nothing above may count it against a target or a key.
#include <doctest/doctest.h>

#include "policy/alternatives/fallback_core.hpp"
#include "policy/breaker/breaker_core.hpp"
#include "policy/recover/retry_core.hpp"
#include "policy/select/key_pool.hpp"

using namespace weir;
using namespace std::chrono_literals;

namespace {

const failure ours = failure(errc::limit_reached, "the local rate limit").retry_after(60s);

} // namespace

TEST_CASE("a local limit opens no circuit") { CHECK(breaker_verdict_of(ours) == breaker_verdict::none); }

TEST_CASE("a local limit is not retried, and another target may be called") {
  CHECK(retry_kind_of(ours) == retry_kind::never);
  CHECK(fallback_core(fallback().to(target("a")).to(target("b"))).falls_back_on(ours.code()));
}

TEST_CASE("a local limit sends the call to the next key and suspends none") {
  key_pool_set keys(key_pool().keys("groq", {"a", "b"}));
  const auto pool = keys.of("groq");
  const time_point now{1s};
  CHECK(pool->note(0, "m", ours, now));
  CHECK(pool->state(0, now).usable);
  CHECK(pool->note(0, "m", failure(errc::rate_limited, "theirs").retry_after(60s), now));
  CHECK_FALSE(pool->state(0, now).usable);
}
