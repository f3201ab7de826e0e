// The command line of weir bench, as a plan.
#include "tool/bench/bench_arguments.hpp"

#include <doctest/doctest.h>

#include <algorithm>

#include <weir/core/error.hpp>

#include "tool/bench/said.hpp"

using namespace weir;
using namespace std::chrono_literals;

namespace {

// As the command reads them; throws what a plan, its targets and checks throw.
cli::bench_arguments parsed(std::vector<std::string> words) {
  cli::bench_arguments args;
  CLI::App app("", "weir bench");
  args.add_to(app);
  std::reverse(words.begin(), words.end());
  words.insert(words.begin(), {"none", "--config"}); // reversed as well: `--config none` comes last
  app.parse(words);
  // The options refer to `args`, which must not move while they are parsed; its values may.
  return args;
}

bench_options plan(std::vector<std::string> words) { return parsed(std::move(words)).plan(); }

std::string refusal(std::vector<std::string> words) {
  return test::refusal_of([&words] {
    const auto args = parsed(std::move(words));
    (void)args.plan();
    (void)args.multiples();
    (void)args.targets();
    (void)args.checks();
    (void)args.exports();
  });
}

using test::says;

} // namespace

TEST_CASE("without a load, one request after the other") {
  const auto o = plan({});
  CHECK(o.load() == bench_load());
  CHECK(o.requests() == 0);
  CHECK(o.length() == duration());
  CHECK(o.streamed());
}

TEST_CASE("loads") {
  CHECK(plan({"-c", "8"}).load() == bench_load::at_once(8));
  CHECK(plan({"-c", "8", "--rise", "4s"}).load() == bench_load::at_once(8, 4s));
  CHECK(plan({"--rate", "20"}).load() == bench_load::rate(20));
  CHECK(plan({"--rate", "20", "--poisson"}).load() == bench_load::rate(20).poisson());
  CHECK(plan({"--rate", "20", "--burstiness", "0.5"}).load() == bench_load::rate(20).gamma(0.5));
  CHECK(plan({"--rate", "1..10/60s,10/30s"}).load() == parse_bench_load("1..10/60s,10/30s"));
  CHECK(plan({"--replay", "--data", "t.jsonl"}).load() == bench_load::recorded());
  CHECK(plan({"--speed", "2", "--data", "t.jsonl"}).load() == bench_load::recorded(2));
}

TEST_CASE("the rest of a plan") {
  const auto o = plan({"--rate",       "20",          "-d",         "1m",      "-n",
                       "500",          "--warm-up",   "3s",         "--drain", "5s",
                       "--window",     "2s",          "--cancel",   "5%:2s",   "--split",
                       "2/8",          "--load-seed", "7",          "--slo",   "ttft<500ms,e2e<10s",
                       "--good-share", "99%",         "--no-stream"});
  CHECK(o.length() == 1min);
  CHECK(o.requests() == 500);
  CHECK(o.warm_up() == 3s);
  CHECK(o.drain() == 5s);
  CHECK(o.window() == 2s);
  CHECK(o.cancel_share() == doctest::Approx(0.05));
  CHECK(o.cancel_after() == 2s);
  CHECK(o.part() == std::pair(2u, 8u));
  CHECK(o.seed() == 7);
  CHECK(o.objectives() == parse_slos("ttft<500ms,e2e<10s"));
  CHECK(o.good_share() == doctest::Approx(0.99));
  CHECK(!o.streamed());
  CHECK(parsed({"--peak", "50"}).multiples() == std::vector<double>({50, 100, 150}));
}

TEST_CASE("targets have names, and a policy of their own only where that is wanted") {
  const auto one = parsed({"--base-url", "http://h:1/v1", "-m", "m"}).targets();
  REQUIRE(one.size() == 1);
  CHECK(one[0].name == "http://h:1/v1/m");
  CHECK(one[0].settings.retry().attempts() == 1);
  CHECK(parsed({"--base-url", "http://h:1/v1", "--with-policies"}).targets()[0].settings.retry().attempts() > 1);
  const auto two = parsed({"--target", "old=http://a:1/v1", "--target", "groq/llama-3.1-8b-instant"}).targets();
  REQUIRE(two.size() == 2);
  CHECK(two[0].name == "old");
  CHECK(two[0].settings.base_url() == "http://a:1/v1");
  CHECK(two[1].name == "groq/llama-3.1-8b-instant");
  CHECK(two[1].settings.provider() == "groq");
  CHECK(two[1].settings.model() == "llama-3.1-8b-instant");
}

TEST_CASE("what cannot be used is refused with the option's name") {
  CHECK(says(refusal({"--rate", "0"}), "--rate"));
  CHECK(says(refusal({"--rate", "-1"}), "--rate"));
  CHECK(says(refusal({"--rate", "often"}), "--rate"));
  CHECK(says(refusal({"-c", "0"}), "--concurrency"));
  CHECK(says(refusal({"-c", "4", "--rate", "4"}), "different loads"));
  CHECK(says(refusal({"--rate", "4", "--find-peak"}), "leave --rate out"));
  CHECK(says(refusal({"-c", "4", "--peak", "4"}), "leave --concurrency out"));
  CHECK(says(refusal({"--peak", "4", "--find-peak"}), "give one of them"));
  CHECK(says(refusal({"--poisson"}), "--rate"));
  CHECK(says(refusal({"--replay"}), "--data"));
  CHECK(says(refusal({"--speed", "0", "--data", "x"}), "--speed"));
  CHECK(says(refusal({"--duration", "0s"}), "--duration"));
  CHECK(says(refusal({"--duration", "long"}), "--duration"));
  CHECK(says(refusal({"--slo", "speed<1s"}), "there is no metric \"speed\""));
  CHECK(says(refusal({"--slo", "ttft<1s", "--good-share", "95"}), "--good-share"));
  CHECK(says(refusal({"--cancel", "5%"}), "--cancel"));
  CHECK(says(refusal({"--split", "3/2"}), "--split"));
  CHECK(says(refusal({"--split", "0/2"}), "--split"));
  CHECK(says(refusal({"--fail-if", "ttft.p95"}), "--fail-if"));
  CHECK(says(refusal({"--fail-if", "speed > 1"}), "there is no figure \"speed\""));
  CHECK(says(refusal({"--export", "excel=f"}), "--export"));
  CHECK(says(refusal({"--target", "a=http://x/v1", "--target", "a=http://y/v1"}), "two targets have the name a"));
  CHECK(says(refusal({"--target", "=x"}), "--target"));
  CHECK(says(refusal({"--vllm-flags"}), "--vllm-flags"));
}
