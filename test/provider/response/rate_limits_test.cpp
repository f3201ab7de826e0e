// Rate limit headers of vendors and of the IETF drafts.
#include <doctest/doctest.h>

#include <initializer_list>
#include <string>
#include <utility>

#include <weir/core/random.hpp>

#include "provider/response/rate_limits.hpp"

using namespace std::chrono_literals;
using namespace weir;

namespace {

http::fields headers(std::initializer_list<std::pair<const char*, const char*>> list) {
  http::fields f;
  for (const auto& [name, value] : list)
    f.add(name, value);
  return f;
}

rate_limit_status read(std::initializer_list<std::pair<const char*, const char*>> list, std::string_view vendor = {}) {
  return provider::limits(headers(list), provider::parse_rfc3339("2026-08-22T10:00:00Z"), vendor);
}

} // namespace

TEST_CASE("request and token limits are read in OpenAI's names and durations") {
  const auto h = read({{"X-RateLimit-Limit-Requests", "60"},
                       {"x-ratelimit-remaining-requests", "59"},
                       {"x-ratelimit-reset-requests", "1s"},
                       {"x-ratelimit-limit-tokens", "150000"},
                       {"x-ratelimit-remaining-tokens", "149984"},
                       {"x-ratelimit-reset-tokens", "6m0s"}});
  CHECK(h.requests.limit == 60u);
  CHECK(h.requests.remaining == 59u);
  CHECK(h.requests.reset == 1s);
  CHECK(h.tokens.limit == 150000u);
  CHECK(h.tokens.remaining == 149984u);
  CHECK(h.tokens.reset == 6min);
  CHECK_FALSE(h.tokens.window);
}

TEST_CASE("Groq counts requests by the day and Cerebras names its windows") {
  const auto groq = read({{"x-ratelimit-limit-requests", "14400"},
                          {"x-ratelimit-remaining-requests", "14370"},
                          {"x-ratelimit-reset-requests", "2m59.56s"},
                          {"x-ratelimit-limit-tokens", "18000"}},
                         "groq");
  CHECK(groq.requests.window == 24h);
  CHECK(groq.requests.reset == 179560ms);
  CHECK_FALSE(groq.tokens.window);
  const auto cerebras = read({{"x-ratelimit-limit-requests-day", "14400"},
                              {"x-ratelimit-limit-tokens-minute", "60000"},
                              {"x-ratelimit-remaining-requests-day", "14399"},
                              {"x-ratelimit-remaining-tokens-minute", "59000"},
                              {"x-ratelimit-reset-requests-day", "33011.9336953163147"},
                              {"x-ratelimit-reset-tokens-minute", "11.9336953163147"}});
  CHECK(cerebras.requests.window == 24h);
  CHECK(cerebras.requests.remaining == 14399u);
  CHECK(cerebras.tokens.window == 1min);
  CHECK(cerebras.tokens.limit == 60000u);
  CHECK(*cerebras.tokens.reset > 11933ms);
  CHECK(*cerebras.tokens.reset < 11934ms);
}

TEST_CASE("Anthropic's limits have instants, and those for all tokens take precedence") {
  const auto h = read({{"anthropic-ratelimit-requests-limit", "50"},
                       {"anthropic-ratelimit-requests-remaining", "49"},
                       {"anthropic-ratelimit-requests-reset", "2026-08-22T10:00:02Z"},
                       {"anthropic-ratelimit-tokens-limit", "48000"},
                       {"anthropic-ratelimit-tokens-remaining", "47000"},
                       {"anthropic-ratelimit-tokens-reset", "2026-08-22T10:00:30Z"},
                       {"anthropic-ratelimit-input-tokens-limit", "40000"},
                       {"anthropic-ratelimit-input-tokens-remaining", "1"},
                       {"anthropic-ratelimit-output-tokens-limit", "8000"}});
  CHECK(h.requests.limit == 50u);
  CHECK(h.requests.reset == 2s);
  CHECK(h.requests.window == 1min);
  CHECK(h.tokens.limit == 48000u);
  CHECK(h.tokens.remaining == 47000u);
  CHECK(h.tokens.reset == 30s);
  CHECK(read({{"anthropic-ratelimit-input-tokens-remaining", "7"}}).tokens.remaining == 7u);
}

TEST_CASE("instants are relative to the response's own date") {
  const auto h =
      read({{"date", "Sat, 22 Aug 2026 09:59:50 GMT"}, {"anthropic-ratelimit-requests-reset", "2026-08-22T10:00:00Z"}});
  CHECK(h.requests.reset == 10s);
}

TEST_CASE("the IETF drafts' headers count requests") {
  const auto hub =
      read({{"ratelimit", "\"api\";r=999;t=295"}, {"ratelimit-policy", "\"fixed window\";\"api\";q=1000;w=300"}});
  CHECK(hub.requests.limit == 1000u);
  CHECK(hub.requests.remaining == 999u);
  CHECK(hub.requests.reset == 295s);
  CHECK(hub.requests.window == 300s);
  const auto two = read({{"ratelimit", "\"minute\";r=50;t=30, \"day\";r=3;t=4000"}});
  CHECK(two.requests.remaining == 3u);
  CHECK(two.requests.reset == 4000s);
  const auto old = read({{"ratelimit", "limit=100, remaining=5, reset=3"}});
  CHECK(old.requests.limit == 100u);
  CHECK(old.requests.remaining == 5u);
  CHECK(old.requests.reset == 3s);
  const auto replicate =
      read({{"ratelimit-remaining", "599"}, {"ratelimit-reset", "1"}, {"ratelimit-limit", "600, 600;w=60"}});
  CHECK(replicate.requests.limit == 600u);
  CHECK(replicate.requests.remaining == 599u);
  CHECK(replicate.requests.reset == 1s);
}

TEST_CASE("implausible values are treated as absent") {
  const auto azure = read({{"x-ratelimit-limit-requests", "0"},
                           {"x-ratelimit-remaining-requests", "-1"},
                           {"x-ratelimit-limit-tokens", "-1"},
                           {"x-ratelimit-remaining-tokens", "-1"}});
  CHECK(azure.empty());
  CHECK(read({{"x-ratelimit-limit-requests", "0"}, {"x-ratelimit-remaining-requests", "0"}}).empty());
  const auto together = read({{"x-ratelimit", "false"},
                              {"x-ratelimit-limit", "100"},
                              {"x-ratelimit-remaining", "199"},
                              {"x-ratelimit-reset", "2"},
                              {"x-ratelimit-limit-tokens", "1000"},
                              {"x-ratelimit-remaining-tokens", "1000"}});
  CHECK_FALSE(together.requests.limit);
  CHECK(together.requests.remaining == 199u);
  CHECK(together.tokens.limit == 1000u);
  for (const char* odd : {"", "many", "1e3", "inf", "99999999999999999999999", "12abc", " ", "+3", "0x10"}) {
    CAPTURE(odd);
    CHECK(read({{"x-ratelimit-limit-requests", odd}, {"x-ratelimit-remaining-tokens", odd}}).empty());
    CHECK(read({{"ratelimit", odd}, {"x-ratelimit-reset", odd}}).empty());
  }
  CHECK(read({{"x-ratelimit-over-limit", "no"}, {"x-ratelimit-limit-tokens-prompt", "60000"}}).empty());
  CHECK(read({{"content-type", "text/event-stream"}, {"x-request-id", "1"}, {"retry-after", "5"}}).empty());
}

TEST_CASE("arbitrary headers are read without harm") {
  random_source dice(7);
  const char* names[] = {"ratelimit",
                         "ratelimit-policy",
                         "x-ratelimit-limit-requests",
                         "x-ratelimit-reset",
                         "anthropic-ratelimit-tokens-reset",
                         "x-ratelimit-",
                         "ratelimit-",
                         "anthropic-ratelimit-"};
  for (int i = 0; i < 20000; ++i) {
    http::fields f;
    for (int n = 0; n < 3; ++n) {
      std::string value;
      for (auto length = dice.below(20); length > 0; --length)
        value += "019;,=rtqw\" -.smhZT:"[dice.below(20)];
      f.add(names[dice.below(8)], value);
    }
    const auto h = provider::limits(f, std::nullopt);
    for (const auto& b : {h.requests, h.tokens}) {
      REQUIRE((!b.reset || (*b.reset >= 0s && *b.reset <= provider::longest_hint)));
      REQUIRE((!b.limit || *b.limit > 0));
    }
  }
}
