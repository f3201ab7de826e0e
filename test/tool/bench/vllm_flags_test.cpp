// The flags of vllm bench serve, read as arguments of weir bench.
#include "tool/bench/vllm_flags.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <sstream>

#include <weir/core/error.hpp>

#include "tool/bench/said.hpp"

using namespace weir;

namespace {

std::vector<std::string> split(const std::string& line) {
  std::istringstream in(line);
  std::vector<std::string> words;
  for (std::string word; in >> word;)
    words.push_back(word);
  return words;
}

cli::vllm_arguments translated(const std::string& flags, const std::string& own = {}, bool has_key = false) {
  cli::vllm_surroundings around;
  around.stamp = "20261129-103000";
  around.has_openai_key = has_key;
  return cli::from_vllm_flags(split(flags), around, split(own));
}

bool has(const cli::vllm_arguments& a, const std::string& word) {
  return std::find(a.words.begin(), a.words.end(), word) != a.words.end();
}

bool notes(const cli::vllm_arguments& a, const std::string& text) {
  return std::any_of(a.notes.begin(), a.notes.end(),
                     [&text](const std::string& n) { return n.find(text) != std::string::npos; });
}

std::string refusal(const std::string& flags) {
  return test::refusal_of([&flags] { (void)translated(flags); });
}

using test::says;

} // namespace

TEST_CASE("vllm's defaults: a thousand made-up prompts, all at once, at port 8000") {
  const auto a = translated("--model org/m");
  CHECK(a.words == split("--base-url=http://127.0.0.1:8000/v1 --model=org/m --requests=1000 --concurrency=1000 "
                         "--input-tokens=1024 --output-tokens=128"));
  CHECK(notes(a, "/v1/chat/completions"));
  CHECK(translated("vllm bench serve --model org/m").words == a.words);
  CHECK(translated("--model=org/m").words == a.words);
}

TEST_CASE("without a rate the load is closed: as many as may be in flight, or as there are prompts") {
  CHECK(has(translated("--num-prompts 200"), "--concurrency=200"));
  CHECK(has(translated("--num_prompts 200 --max_concurrency 16"), "--concurrency=16"));
  CHECK(has(translated("--num-prompts 8 --max-concurrency 16"), "--concurrency=8"));
  CHECK(has(translated("--request-rate inf --max-concurrency 4"), "--concurrency=4"));
}

TEST_CASE("a rate is one of independent users, and no limit of requests in flight hides their waiting") {
  const auto a = translated("--request-rate 12.5 --max-concurrency 64 --num-prompts 100");
  CHECK(has(a, "--rate=12.5"));
  CHECK(has(a, "--poisson"));
  CHECK(has(a, "--requests=100"));
  CHECK(!has(a, "--concurrency=64"));
  CHECK(notes(a, "--max-concurrency is left out"));
  const auto bursty = translated("--request-rate 10 --burstiness 0.5");
  CHECK(has(bursty, "--burstiness=0.5"));
  CHECK(!has(bursty, "--poisson"));
  CHECK(has(translated("--ramp-up-strategy linear --ramp-up-start-rps 2 --ramp-up-end-rps 8 --num-prompts 100"),
            "--rate=2..8/20.000s"));
}

TEST_CASE("where it calls") {
  CHECK(has(translated("--base-url http://gpu:9000/ --endpoint /api/v1/chat/completions"),
            "--base-url=http://gpu:9000/api/v1"));
  CHECK(has(translated("--host gpu --port 9000 --backend openai-chat"), "--base-url=http://gpu:9000/v1"));
  CHECK(has(translated("--backend tgi --endpoint /generate_stream"), "--base-url=http://127.0.0.1:8000/v1"));
  CHECK(translated("--backend openai-chat").notes.empty());
  CHECK(has(translated("--model /models/m --served-model-name m"), "--model=m"));
  const auto a = translated("--header X-Team=a X-Key=b=c --model m");
  CHECK(has(a, "--header=X-Team: a"));
  CHECK(has(a, "--header=X-Key: b=c"));
  CHECK(has(translated("", "", true), "--api-key-env=OPENAI_API_KEY"));
}

TEST_CASE("its data sets") {
  const auto random = translated("--random-input-len 100 --random-output-len 50 --random-range-ratio 0.2 "
                                 "--random-prefix-len 30");
  CHECK(has(random, "--input-tokens=80..120"));
  CHECK(has(random, "--output-tokens=40..60"));
  CHECK(has(random, "--prefix-tokens=30"));
  CHECK(has(translated("--random-input-len 10 --random-range-ratio {\"input\":0.5}"), "--input-tokens=5..15"));
  CHECK(has(translated("--input-len 7 --random-input-len 10"), "--input-tokens=7"));
  const auto share = translated("--dataset-name sharegpt --dataset-path s.json --sharegpt-output-len 64 --seed 4");
  CHECK(has(share, "--data=s.json"));
  CHECK(has(share, "--output-tokens=64"));
  CHECK(has(share, "--shuffle=5"));
  CHECK(has(share, "--load-seed=4"));
  const auto custom = translated("--dataset-name custom --dataset-path p.jsonl --disable-shuffle");
  CHECK(has(custom, "--output-tokens=256"));
  CHECK(!has(custom, "--shuffle=1"));
  CHECK(!has(translated("--dataset-name custom --dataset-path p.jsonl --custom-output-len -1"), "--output-tokens=-1"));
  const auto trace = translated("--dataset-name timed_trace --dataset-path t.jsonl");
  CHECK(has(trace, "--replay"));
  CHECK(!has(trace, "--poisson"));
  CHECK(has(translated("--dataset-name timed_trace --dataset-path t.jsonl --no-self-timed --request-rate 3"),
            "--rate=3"));
  CHECK(has(translated("--dataset-name prefix_repetition"), "--prefixes=10"));
}

TEST_CASE("limits, parameters and results") {
  CHECK(has(translated("--goodput ttft:500 tpot:50"), "--slo=ttft:500 tpot:50"));
  const auto a = translated("--temperature 0 --top-k 20 --ignore-eos --extra-body {\"n\":1,\"stop\":[\"x\"]}");
  for (const auto* word :
       {"--temperature=0", "--param=top_k=20", "--ignore-eos", "--param=n=1", "--param=stop=[\"x\"]"})
    CHECK_MESSAGE(has(a, word), word);
  CHECK(has(translated("--save-result --result-dir out --result-filename r.json"), "--export=vllm=out/r.json"));
  CHECK(has(translated("--save-result --model org/m --request-rate 2 --max-concurrency 3"),
            "--export=vllm=openai-2.0qps-concurrency3-m-20261129-103000.json"));
  CHECK(notes(translated("--num-warmups 3"), "--warm-up"));
  CHECK(!notes(translated("--num-warmups 0"), "--warm-up"));
}

TEST_CASE("what has no meaning here is taken, and what is missed is told in one line") {
  const auto quiet =
      translated("--backend openai-chat --disable-tqdm --tokenizer t --trust-remote-code "
                 "--percentile-metrics ttft,tpot --metric-percentiles 50,99 --ready-check-timeout-sec 0");
  CHECK(quiet.notes.empty());
  const auto told = translated("--backend openai-chat --save-detailed --metadata a=b c=d --plot-timeline");
  REQUIRE(told.notes.size() == 1);
  CHECK(told.notes[0] == "no part of what weir bench does: --metadata, --plot-timeline, --save-detailed");
}

TEST_CASE("what cannot be done is refused in one line that names it") {
  CHECK(says(refusal("--modle m --num-promts 5"), "--modle, --num-promts"));
  CHECK(says(refusal("--profile --lora-modules a b"), "--profile, --lora-modules"));
  CHECK(says(refusal("--dataset-name sonnet"), "it has random,"));
  CHECK(says(refusal("--dataset-name sharegpt"), "--dataset-path"));
  CHECK(says(refusal("--backend openai-embeddings"), "--task"));
  CHECK(says(refusal("--endpoint /v1/embeddings"), "/v1/embeddings"));
  CHECK(says(refusal("--request-rate fast"), "'fast'"));
  CHECK(says(refusal("--model"), "--model has no value"));
  CHECK(says(refusal("--ramp-up-strategy exponential --ramp-up-start-rps 1 --ramp-up-end-rps 2"), "exponential"));
  CHECK(says(refusal("--random-range-ratio 1"), "below 1"));
}

TEST_CASE("arguments of weir's own win") {
  const auto searched = translated("--request-rate 5 --num-prompts 100 --model m", "bench --find-peak --model other");
  CHECK(!has(searched, "--rate=5"));
  CHECK(!has(searched, "--requests=100"));
  CHECK(!has(searched, "--model=m"));
  const auto shorter = translated("--num-prompts 100 --model m", "bench -m other -n 5");
  CHECK(!has(shorter, "--requests=100"));
  CHECK(!has(shorter, "--model=m"));
  CHECK(!has(translated("--dataset-name sonnet", "bench --data=mine.jsonl"), "--input-tokens=1024"));
}

TEST_CASE("a command line is translated from --vllm-flags on, and only of weir bench") {
  const auto line = cli::with_vllm_flags(split("weir bench --report r.html --vllm-flags --backend openai-chat"));
  REQUIRE(line.size() > 5);
  CHECK(line[2] == "--report");
  CHECK(line[4] == "--base-url=http://127.0.0.1:8000/v1");
  const auto other = split("weir chat -- bench --vllm-flags");
  CHECK(cli::with_vllm_flags(other) == other);
  const auto prompt = split("weir bench -- --vllm-flags");
  CHECK(cli::with_vllm_flags(prompt) == prompt);
}
