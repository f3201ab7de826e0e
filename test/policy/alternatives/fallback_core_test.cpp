// The decisions of a fallback: parts of the deadline, which failures fall back, the final error.
#include <doctest/doctest.h>

#include <limits>
#include <random>
#include <vector>

#include "policy/alternatives/fallback_core.hpp"
#include "policy/select/balance_random.hpp"

using namespace std::chrono_literals;
using namespace weir;

namespace {

std::vector<failed_target> tried(const std::vector<std::pair<std::string, failure>>& list) {
  std::vector<failed_target> all;
  for (const auto& [to, why] : list)
    all.emplace_back(target(to), why);
  return all;
}

} // namespace

TEST_CASE("the parts of a deadline never exceed it, leave time for the next target, and the last gets all") {
  const auto seed = test::seed_or(75);
  std::mt19937_64 rng(seed);
  std::uniform_real_distribution<double> uniform(0, 1);
  for (std::uint64_t step = 0; step < 1'000'000; ++step) {
    const auto line = [&] { return test::replay(seed, "the parts of a deadline never exceed it*", step); };
    const double first = rng() % 4 == 0 ? 0 : uniform(rng) * 0.999;
    const fallback_core core(
        fallback().first_share(first).patience(rng() % 3 == 0 ? duration(rng() % 1'000'000'000) : 0ns));
    const std::size_t n = 1 + rng() % 8;
    const duration whole(static_cast<duration::rep>(rng() % (rng() % 2 ? 1000 : 3'600'000'000'000)));
    duration left = whole;
    for (std::size_t rest = n; rest != 0; --rest) {
      const auto part = core.share(left, rest);
      test::agree(part >= 0ns, line);
      test::agree(part <= left, line);
      if (rest == 1)
        test::agree(part == left, line);
      else if (core.settings().patience() == 0ns)
        test::agree(part >= left / static_cast<duration::rep>(rest), line);
      else
        test::agree(part <= core.settings().patience(), line);
      if (rest > 1 && left > 1us)
        test::agree(part < left, line);
      // A target may fail before its part is used up.
      left -= rng() % 2 ? part : duration(static_cast<duration::rep>(double(part.count()) * uniform(rng)));
    }
    test::agree(left >= 0ns, line);
  }
}

TEST_CASE("of one minute the first of two targets gets 30 s, the first of three 30, 15 and what is left") {
  const fallback_core core{fallback()};
  CHECK(core.share(60s, 2) == 30s);
  CHECK(core.share(60s, 3) == 30s);
  CHECK(core.share(30s, 2) == 15s);
  CHECK(core.share(15s, 1) == 15s);
  CHECK(fallback_core(fallback().first_share(0)).share(60s, 3) == 20s);
  CHECK(fallback_core(fallback().patience(5s)).share(60s, 3) == 5s);
  CHECK(fallback_core(fallback().patience(5s)).share(60s, 1) == 60s);
}

TEST_CASE("without a deadline only patience limits a target") {
  CHECK(fallback_core(fallback()).share(duration::max(), 3) == duration::max());
  CHECK(fallback_core(fallback().patience(5s)).share(duration::max(), 3) == 5s);
}

TEST_CASE("what is about the target falls back, what is about the request or the caller does not") {
  const fallback_core core{fallback()};
  for (const auto e : {errc::overloaded, errc::server_error, errc::loading, errc::connect_failed, errc::rate_limited,
                       errc::quota_exhausted, errc::unauthorized, errc::forbidden, errc::not_found, errc::missing_key,
                       errc::first_token_timeout, errc::truncated, errc::paused, errc::certificate_rejected})
    CHECK_MESSAGE(core.falls_back_on(e), name_of(e));
  for (const auto e :
       {errc::bad_request, errc::invalid_argument, errc::malformed_key, errc::malformed_url, errc::insecure,
        errc::invalid_configuration, errc::cancelled, errc::deadline_exceeded, errc::filtered})
    CHECK_MESSAGE(!core.falls_back_on(e), name_of(e));
}

TEST_CASE("chosen conditions replace the default") {
  const fallback_core core(fallback().on(condition::throttled).on(errc::server_error));
  CHECK(core.falls_back_on(errc::rate_limited));
  CHECK(core.falls_back_on(errc::server_error));
  CHECK_FALSE(core.falls_back_on(errc::overloaded));
  CHECK_FALSE(core.falls_back_on(errc::unauthorized));
}

TEST_CASE("the call's own target comes first, and none comes twice") {
  const fallback_core core(fallback().to(target("groq/llama")).to(target("cerebras")).to(target().model("llama")));
  const auto plan = core.plan(target("groq/llama").key("mine"));
  REQUIRE(plan.size() == 2);
  CHECK(plan[0] == target("groq/llama").key("mine"));
  CHECK(plan[1] == target("cerebras/llama"));
}

TEST_CASE("when all targets failed one line names each, and the code says what to do") {
  const auto f = all_failed(tried({{"groq/llama", failure(errc::unauthorized, "the key was not accepted").status(401)},
                                   {"openai/gpt", failure(errc::rate_limited, "slow down").retry_after(20s)},
                                   {"cerebras/llama", failure(errc::rate_limited, "slow down too").retry_after(3s)}}),
                            false);
  CHECK(f.code() == errc::rate_limited);
  CHECK(f.retry_after() == std::optional<duration>(3s));
  CHECK(f.message() == "all 3 targets failed: groq/llama: the key was not accepted; openai/gpt: slow down; "
                       "cerebras/llama: slow down too");
  const auto hopeless =
      all_failed(tried({{"a", failure(errc::quota_exhausted, "")}, {"b", failure(errc::not_found, "")}}), false);
  CHECK(hopeless.code() == errc::quota_exhausted);
  CHECK(hopeless.message() == "all 2 targets failed: a: credit or quota is used up; b: no such model or route");
  const auto single = all_failed(tried({{"a", failure(errc::not_found, "as it was")}}), false);
  CHECK(single.message() == "as it was");
  const auto refused =
      all_failed(tried({{"a", failure(errc::overloaded, "busy")}, {"b", failure(errc::bad_request, "no")}}), true);
  CHECK(refused.code() == errc::bad_request);
}

TEST_CASE("fallback settings that make no sense are refused by name") {
  const auto refused = [](const fallback& s, std::string_view field) {
    try {
      s.check("fallback");
    } catch (const error& e) {
      return e.code() == errc::invalid_configuration && std::string_view(e.what()).starts_with(field);
    }
    return false;
  };
  fallback().to(target("a/b")).to(target("a/c")).check("fallback");
  CHECK(refused(fallback().to(target("a/b")).to(target("a/b")), "fallback.targets[1]: "));
  CHECK(refused(fallback().to(target()), "fallback.targets[0]: "));
  CHECK(refused(fallback().first_share(1), "fallback.first_share: "));
  CHECK(refused(fallback().first_share(-0.1), "fallback.first_share: "));
  CHECK(refused(fallback().first_share(std::numeric_limits<double>::quiet_NaN()), "fallback.first_share: "));
  CHECK(refused(fallback().patience(-1s), "fallback.patience: "));
  CHECK(refused(fallback().max_continuations(0), "fallback.max_continuations: "));
  CHECK(refused(fallback().on(errc::cancelled), "fallback.on: "));
  CHECK(refused(fallback().on(condition::local), "fallback.on: "));
}
