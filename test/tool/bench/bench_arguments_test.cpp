// The command line of weir bench, as a plan.
#include "tool/bench/bench_arguments.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <iterator>
#include <sstream>

#include <weir/core/error.hpp>

#include "tool/bench/option_rules.hpp"
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
  cli::check_options(app);
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

std::vector<std::string> split(const std::string& line) {
  std::istringstream in(line);
  return {std::istream_iterator<std::string>(in), std::istream_iterator<std::string>()};
}

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
                       "2/8",          "--load-seed", "7",          "--slo",   "ttfb<500ms,e2e<10s",
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
  CHECK(o.objectives() == parse_slos("ttfb<500ms,e2e<10s"));
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
  CHECK(says(refusal({"--speed", "0", "--data", "x"}), "--speed"));
  CHECK(says(refusal({"--duration", "0s"}), "--duration"));
  CHECK(says(refusal({"--duration", "long"}), "--duration"));
  CHECK(says(refusal({"--duration", "9000h"}), "at most a year"));
  CHECK(says(refusal({"--find-peak", "--duration", "200ms"}), "--duration takes at least 300ms"));
  CHECK(says(refusal({"--window", "50ms"}), "--window takes at least 100ms"));
  CHECK(says(refusal({"--window", "100ms", "--duration", "1h"}), "--window is too short"));
  CHECK(says(refusal({"--slo", "speed<1s"}), "there is no metric \"speed\""));
  CHECK(says(refusal({"--slo", "ttft<1s", "--good-share", "95"}), "--good-share"));
  CHECK(says(refusal({"--slo", "ttft<1s", "--good-share", "0"}), "--good-share"));
  CHECK(says(refusal({"--find-peak", "--first-rate", "5", "--max-rate", "4"}), "--first-rate is above --max-rate"));
  CHECK(says(refusal({"--cancel", "5%"}), "--cancel"));
  CHECK(says(refusal({"--cancel", "5%:0s"}), "--cancel"));
  CHECK(says(refusal({"--split", "3/2"}), "--split"));
  CHECK(says(refusal({"--split", "0/2"}), "--split"));
  CHECK(says(refusal({"--split", "1/20000"}), "--split"));
  CHECK(says(refusal({"-c", "2", "--split", "1/3"}), "--split 1/3 needs a --concurrency of at least 3"));
  CHECK(says(refusal({"--fail-if", "ttft.p95"}), "--fail-if"));
  CHECK(says(refusal({"--fail-if", "speed > 1"}), "there is no figure \"speed\""));
  CHECK(says(refusal({"--fail-if", "peak < 50"}), "needs --find-peak or --peak"));
  CHECK(says(refusal({"--export", "excel=f"}), "--export"));
  CHECK(says(refusal({"--target", "a=http://x/v1", "--target", "a=http://y/v1"}), "two targets have the name a"));
  CHECK(says(refusal({"--target", "=x"}), "--target"));
  CHECK(says(refusal({"--vllm-flags"}), "--vllm-flags"));
}

TEST_CASE("an option that would change nothing names the option that it needs") {
  const std::vector<std::pair<std::string, std::string>> all = {
      {"--rise 1s", "--rise needs --concurrency"},
      {"--rate 1 --rise 1s", "--rise needs --concurrency"},
      {"--poisson", "--poisson needs --rate, --find-peak or --peak"},
      {"-c 2 --burstiness 2", "--burstiness needs --rate, --find-peak or --peak"},
      {"--replay", "--replay needs --data"},
      {"--speed 2", "--speed needs --data"},
      {"--turn 1s", "--turn needs --target"},
      {"--turn 1s --target a=http://x/v1", "--turn needs several --target"},
      {"--first-rate 2", "--first-rate needs --find-peak"},
      {"--rate 5 --max-rate 9", "--max-rate needs --find-peak"},
      {"--peak 5 --max-rate 9", "--max-rate needs --find-peak"},
      {"--good-share 99%", "--good-share needs --slo, --find-peak or --peak"},
      {"--from 1s", "--from needs --data"},
      {"--to 1s", "--to needs --data"},
      {"--shuffle 1", "--shuffle needs --data"},
      {"--template x", "--template needs --data"},
      {"--task text-to-image", "--task needs --data"},
      {"--media x", "--media needs --data"},
      {"--data-format csv", "--data-format needs --data"},
      {"--prefixes 4", "--prefixes needs --prefix-tokens"},
      {"--think 1s", "--think needs --turns"},
      {"--max-tokens 5", "--max-tokens needs --data or a PROMPT"},
      {"--retries 3", "--retries needs --with-policies"},
      {"--hedge 1s", "--hedge needs --with-policies"},
      {"--fallback groq/x", "--fallback needs --with-policies"},
      {"--baseline x", "--baseline needs --fail-if"},
  };
  for (const auto& [given, wanted] : all) {
    INFO(given);
    CHECK(refusal(split(given)).starts_with(wanted));
  }
}

TEST_CASE("options that exclude each other are named, with the reason") {
  const std::vector<std::pair<std::string, std::string>> all = {
      {"-c 4 --rate 4", "--concurrency and --rate exclude each other: they are different loads"},
      {"--rate 4 --speed 2 --data x", "--rate and --speed exclude each other"},
      {"--rate 4 --find-peak", "--find-peak and --rate exclude each other"},
      {"-c 4 --peak 4", "--peak and --concurrency exclude each other"},
      {"--peak 4 --find-peak", "--find-peak and --peak exclude each other"},
      {"--peak 4 -n 100", "--peak and --requests exclude each other"},
      {"--find-peak --split 1/2", "--find-peak and --split exclude each other"},
      {"--rate 5 --poisson --burstiness 2", "--poisson and --burstiness exclude each other"},
      {"--target a=http://x/v1 --base-url http://y", "--target and --base-url exclude each other"},
      {"--target a=http://x/v1 -p groq", "--target and --provider exclude each other"},
      {"--data x hello", "a PROMPT and --data exclude each other"},
      {"--data x --turns 3", "--data and --turns exclude each other"},
      {"--input-tokens 9 hello", "a PROMPT and --input-tokens exclude each other"},
      {"--ignore-eos hello", "a PROMPT and --ignore-eos exclude each other"},
      {"--data x --output-tokens 5 --max-tokens 5", "--output-tokens and --max-tokens exclude each other"},
      {"--data x --task text-to-image --temperature 1", "--task and --temperature exclude each other"},
  };
  for (const auto& [given, wanted] : all) {
    INFO(given);
    CHECK(refusal(split(given)).starts_with(wanted));
  }
}

TEST_CASE("a metric that no answer would have is refused, with those that there are") {
  const auto said = refusal({"--no-stream", "--slo", "ttft<1s"});
  CHECK(said == "--slo: ttft needs a stream, which --no-stream turns off; without one there are send_delay, connect, "
                "ttfb, tpot_incl_first, e2e, e2e_wire");
  CHECK(says(refusal({"--no-stream", "--fail-if", "itl.p95 > 1s"}), "--fail-if: itl needs a stream"));
  CHECK(says(refusal({"--data", "x", "--task", "text-to-image", "--slo", "tpot<1s"}), "--task text-to-image has not"));
  CHECK(refusal({"--no-stream", "--slo", "e2e<1s", "--fail-if", "ttfb.p50 > 1s"}) == "it is taken");
}
