// Rate limits and concurrency in a configuration file.

#include <doctest/doctest.h>

#include "client/config/config_limits.hpp"
#include "client/config/config_support.hpp"

using namespace std::chrono_literals;
using namespace weir;
using namespace weir::test;

TEST_CASE("one rate limit for all can be set in the file") {
  const auto all = section("rate_limit", R"({"requests_per_minute": 60, "tokens_per_minute": 100000,
      "requests_per_day": 1000, "tokens_per_day": 5000000, "counted": "prompt", "batch_share": 0.25,
      "max_waiting": 10, "learn": false, "gate": false, "longest_gate": "5m", "models_together": true})",
                           read_rate_limits);
  REQUIRE(all.size() == 1);
  CHECK(all[0].first == target());
  const auto& r = all[0].second;
  CHECK(r.requests_per_minute() == 60);
  CHECK(r.tokens_per_minute() == 100'000);
  CHECK(r.requests_per_day() == 1000);
  CHECK(r.tokens_per_day() == 5'000'000);
  CHECK(r.counted() == counted_tokens::prompt);
  CHECK(r.batch_share() == 0.25);
  CHECK(r.max_waiting() == 10);
  CHECK_FALSE(r.learn());
  CHECK_FALSE(r.gate());
  CHECK(r.longest_gate() == 5min);
  CHECK(r.models_together());
}

TEST_CASE("rate limits can be set for one target each") {
  const auto all = section("rate_limit", R"([{"target": "groq/llama", "requests_per_minute": 30},
                                             {"target": {"provider": "openai"}, "tokens_per_minute": 9},
                                             {"requests_per_minute": 600}])",
                           read_rate_limits);
  REQUIRE(all.size() == 3);
  CHECK(all[0].first == target("groq/llama"));
  CHECK(all[1].first == target("openai"));
  CHECK(all[2].first == target());
  CHECK(all[2].second.requests_per_minute() == 600);

  const auto wrong = [](const std::string& text) { return refused("rate_limit", text, read_rate_limits); };
  CHECK(wrong(R"([{"target": "groq/a"}, {"target": "groq/a"}])") ==
        "weir.json: rate_limit[1]: is for the same target as one before it");
  CHECK(wrong(R"([{"target": "groq/a", "requests_per_minute": -1}])") ==
        "weir.json: rate_limit[0].requests_per_minute: must be a whole number of at least 0, not -1");
  CHECK(wrong(R"({"request_per_minute": 1})") ==
        "weir.json: rate_limit.request_per_minute: no such setting; did you mean \"requests_per_minute\"?");
  CHECK(wrong(R"({"counted": "both"})") ==
        "weir.json: rate_limit.counted: must be one of all, prompt, completion, not \"both\"");
  CHECK(wrong(R"({"batch_share": 1})").starts_with("weir.json: rate_limit.batch_share: "));
  CHECK(wrong(R"([{"target": "groq", "batch_share": 1}])").starts_with("weir.json: rate_limit[0].batch_share: "));
}

TEST_CASE("concurrency can be set in the file") {
  const auto all = section("concurrency", R"({"adaptive": true, "initial": 4, "min": 2, "max": 64, "episode": "10s",
      "slow_first_token": 3, "batch_share": 0.2, "max_waiting": 5})",
                           read_concurrency);
  const auto& c = all.at(0).second;
  CHECK(c.adaptive());
  CHECK(c.initial() == 4);
  CHECK(c.min() == 2);
  CHECK(c.max() == 64);
  CHECK(c.episode() == 10s);
  CHECK(c.slow_first_token() == 3);
  CHECK(c.batch_share() == 0.2);
  CHECK(c.max_waiting() == 5);
  CHECK(section("concurrency", R"({"limit": 16})", read_concurrency).at(0).second.limit() == 16);
  CHECK(refused("concurrency", R"({"limit": 3, "adaptive": true})", read_concurrency)
            .starts_with("weir.json: concurrency"));
}
