// The other policies in a configuration file.

#include <doctest/doctest.h>

#include <map>

#include "client/config/config_policies.hpp"
#include "client/config/config_support.hpp"

using namespace std::chrono_literals;
using namespace weir;
using namespace weir::test;

TEST_CASE("retry can be set in the file") {
  const auto r = section("retry", R"({"attempts": 5, "quota_capacity": 100, "cost": 10, "throttling_cost": 2,
                                      "retry_billed": false, "throttling_base": "2s", "max_retry_after": "1m"})",
                         read_retry);
  CHECK(r.attempts() == 5);
  CHECK(r.quota_capacity() == 100);
  CHECK(r.cost() == 10);
  CHECK(r.throttling_cost() == 2);
  CHECK_FALSE(r.retry_billed());
  CHECK(r.throttling_base() == 2s);
  CHECK(r.max_retry_after() == 1min);
  CHECK(section("retry", "{}", read_retry).attempts() == retry().attempts());

  CHECK(refused("retry", R"({"attempts": -3})", read_retry) ==
        "weir.json: retry.attempts: must be a whole number of at least 1, not -3");
  CHECK(refused("retry", R"({"attempts": 0})", read_retry) ==
        "weir.json: retry.attempts: must be a whole number of at least 1, not 0");
  CHECK(refused("retry", R"({"attempts": 1e99})", read_retry) ==
        "weir.json: retry.attempts: must be a whole number of at least 1, not 1e+99");
  CHECK(refused("retry", R"({"attempts": 4294967296})", read_retry) ==
        "weir.json: retry.attempts: must be a whole number from 1 to 4294967295, not 4294967296");
  CHECK(refused("retry", R"({"atempts": 3})", read_retry) ==
        "weir.json: retry.atempts: no such setting; did you mean \"attempts\"?");
  CHECK(refused("retry", R"({"retry_billed": 1})", read_retry) ==
        "weir.json: retry.retry_billed: must be true or false, not 1");
  CHECK(refused("retry", R"(3)", read_retry) == "weir.json: retry: must be an object, not 3");
}

TEST_CASE("the breaker can be set in the file, and its own checks apply") {
  const auto b = section("breaker", R"({"enabled": false, "consecutive_failures": 3, "consecutive_span": "1s",
                                        "consecutive_share": 0.25, "wait": false, "min_success": 0.5,
                                        "min_requests": 10, "window": "10s", "open_for": "2s",
                                        "open_for_at_most": "1m", "slow_first_token": "3s"})",
                         read_breaker);
  CHECK_FALSE(b.enabled());
  CHECK(b.consecutive_failures() == 3);
  CHECK(b.consecutive_span() == 1s);
  CHECK(b.consecutive_share() == 0.25);
  CHECK_FALSE(b.wait());
  CHECK(b.min_success() == 0.5);
  CHECK(b.min_requests() == 10);
  CHECK(b.window() == 10s);
  CHECK(b.open_for() == 2s);
  CHECK(b.open_for_at_most() == 1min);
  CHECK(b.slow_first_token() == 3s);

  CHECK(refused("breaker", R"({"min_success": 1.5})", read_breaker).starts_with("weir.json: breaker.min_success: "));
  CHECK(refused("breaker", R"({"min_success": "half"})", read_breaker) ==
        "weir.json: breaker.min_success: must be a number, not \"half\"");
}

TEST_CASE("hedging can be set in the file, by a delay or by the percentile") {
  const auto h =
      section("hedge", R"({"after": "800ms", "max_extra_load": 0.05, "min_samples": 50, "window": "2m"})", read_hedge);
  CHECK(h.enabled());
  CHECK_FALSE(h.adaptive());
  CHECK(h.delay() == 800ms);
  CHECK(h.max_extra_load() == 0.05);
  CHECK(h.min_samples() == 50);
  CHECK(h.window() == 2min);
  CHECK(section("hedge", R"({"after": "p95"})", read_hedge).adaptive());

  CHECK(refused("hedge", "{}", read_hedge) == "weir.json: hedge: must have \"after\": a duration, or \"p95\"");
  CHECK(refused("hedge", R"({"after": "p95", "max_extra_load": -1})", read_hedge)
            .starts_with("weir.json: hedge.max_extra_load: "));
}

TEST_CASE("fallback targets are strings or objects, and conditions go by name") {
  const auto list =
      section("fallback", R"(["groq/llama", {"provider": "openai", "model": "gpt", "key": "GROQ_B"}])", read_fallback);
  REQUIRE(list.targets().size() == 2);
  CHECK(list.targets()[0] == target("groq/llama"));
  CHECK(list.targets()[1] == target("openai/gpt").key("GROQ_B"));

  const auto f = section("fallback", R"({"targets": ["together/meta-llama/x", {"base_url": "http://127.0.0.1:8000/v1"}],
                                         "on": ["transient", "quota_exhausted", "stalled"], "first_share": 0.7,
                                         "patience": "5s", "resume_interrupted": true, "max_continuations": 2})",
                         read_fallback);
  CHECK(f.targets()[0].model() == "meta-llama/x");
  CHECK(f.conditions() == std::set<condition>{condition::transient, condition::quota_exhausted});
  CHECK(f.codes() == std::set<errc>{errc::stalled});
  CHECK(f.first_share() == 0.7);
  CHECK(f.patience() == 5s);
  CHECK(f.resume_interrupted());
  CHECK(f.max_continuations() == 2);

  const auto wrong = [](const std::string& text) { return refused("fallback", text, read_fallback); };
  CHECK(wrong("{}") == "weir.json: fallback: must have \"targets\"");
  CHECK(wrong("[]") == "weir.json: fallback: must name at least one target");
  CHECK(wrong(R"(["groq/a", {"provider": "grok"}])") ==
        "weir.json: fallback[1].provider: no such provider; did you mean \"groq\"?");
  CHECK(wrong(R"({"targets": ["groq/a", "grok/b"]})") ==
        "weir.json: fallback.targets[1]: no such provider; did you mean \"groq\"?");
  CHECK(wrong(R"({"targets": [{"provider": "groq", "mode": "x"}]})") ==
        "weir.json: fallback.targets[0].mode: no such setting; did you mean \"model\"?");
  CHECK(wrong(R"({"targets": [{}]})") == "weir.json: fallback.targets[0]: must name a provider, a model or a base_url");
  CHECK(wrong(R"({"targets": [7]})") ==
        "weir.json: fallback.targets[0]: must be a text \"provider/model\" or an object, not 7");
  CHECK(wrong(R"(["groq/a", "openai/b", "groq/a"])") ==
        "weir.json: fallback[2]: names the same target as one before it");
  CHECK(wrong(R"([{"provider": "groq", "key": "not a variable"}])") ==
        "weir.json: fallback[0].key: must be the name of an environment variable, such as GROQ_API_KEY");
  CHECK(wrong(R"({"targets": ["groq/a"], "on": ["transiet"]})") ==
        "weir.json: fallback.on[0]: no such condition or error; did you mean \"transient\"?");
  CHECK(wrong(R"({"targets": ["groq/a"], "on": "???"})") ==
        "weir.json: fallback.on: no such condition or error; name one such as transient or rate_limited");
  CHECK(wrong(R"({"targets": ["groq/a"], "first_share": 2})").starts_with("weir.json: fallback.first_share: "));
}

TEST_CASE("routing can be set in the file") {
  const auto r = section("routing", R"({"targets": ["groq/a", {"provider": "cerebras", "model": "a", "weight": 2.5}],
                                        "by": "weighted", "decay": "5s", "ramp": "1m"})",
                         read_routing);
  REQUIRE(r.targets().size() == 2);
  CHECK(r.targets()[0].weight == 1);
  CHECK(r.targets()[1].to == target("cerebras/a"));
  CHECK(r.targets()[1].weight == 2.5);
  CHECK(r.by() == routing::strategy::weighted);
  CHECK(r.decay() == 5s);
  CHECK(r.ramp() == 1min);
  CHECK(refused("routing", R"({"targets": ["groq/a"], "by": "random"})", read_routing) ==
        "weir.json: routing.by: must be one of weighted, least_in_flight, p2c_peak_ewma, not \"random\"");
  CHECK(refused("routing", R"({"by": "weighted"})", read_routing) == "weir.json: routing: must have \"targets\"");
  CHECK(refused("routing", R"({"targets": [{"provider": "groq", "weight": -1}]})", read_routing)
            .starts_with("weir.json: routing.targets[0]"));
}

TEST_CASE("tiers are a list of names and targets") {
  const auto t = section("tiers", R"([{"name": "small", "target": "groq/8b"},
                                      {"name": "large", "provider": "groq", "model": "70b"}])",
                         read_tiers);
  REQUIRE(t.list().size() == 2);
  CHECK(t.list()[0].name == "small");
  CHECK(t.list()[0].to == target("groq/8b"));
  CHECK(t.list()[1].to == target("groq/70b"));
  CHECK(refused("tiers", R"([{"target": "groq/8b"}])", read_tiers) == "weir.json: tiers[0]: must have a \"name\"");
  CHECK(refused("tiers", R"({"small": "groq/8b"})", read_tiers) == "weir.json: tiers: must be a list, not an object");
}

TEST_CASE("the rotation of a key pool can be set in the file") {
  key_pool p;
  const auto read = [&](const config_value& v) {
    read_key_pool(v, p);
    return 0;
  };
  section("key_pool", R"({"by": "least_recently_throttled", "pause": "9s", "disabled_for": "1h"})", read);
  CHECK(p.by() == key_pool::order::least_recently_throttled);
  CHECK(p.pause() == 9s);
  CHECK(p.disabled_for() == 1h);
  CHECK(refused("key_pool", R"({"by": "turns"})", read) ==
        "weir.json: key_pool.by: must be one of round_robin, least_recently_throttled, not \"turns\"");
}

TEST_CASE("the wait for endpoints that are starting can be set in the file") {
  const auto w = section("cold_start", R"({"wait": false, "limit": "5m", "any_host": true})", read_cold_start);
  CHECK_FALSE(w.wait());
  CHECK(w.limit() == 5min);
  CHECK(w.any_host());
  CHECK(section("cold_start", "{}", read_cold_start).wait());
  CHECK(refused("cold_start", R"({"wait": "no"})", read_cold_start) ==
        "weir.json: cold_start.wait: must be true or false, not \"no\"");
}
