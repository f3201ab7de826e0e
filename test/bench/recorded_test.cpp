// Recorded loads.
#include <doctest/doctest.h>

#include <weir/bench/load.hpp>

#include "bench/prompt_reading.hpp"

using namespace prompts;
using namespace std::chrono_literals;

TEST_CASE("a recorded load is given once, in the order of its times, which begin at 0") {
  const folder dir;
  auto from = open(dir.put("t.jsonl", R"({"timestamp":61000,"input_length":700,"output_length":52,"hash_ids":[1,2]}
{"timestamp":60000,"input_length":20,"output_length":4}
{"timestamp":3600000,"input_length":600,"output_length":9,"hash_ids":[1,3]}
)"));
  CHECK(from->text() == dir.at("t.jsonl") + " (Mooncake, 3 requests over 59 min)");
  const auto all = take(*from);
  REQUIRE(all.size() == 3);
  CHECK(all[0].at() == 0s);
  CHECK(all[1].at() == 1s);
  CHECK(all[2].at() == 3540s);
  CHECK(words(text_of(all[0])) == 20);
  CHECK(words(text_of(all[1])) == 700);
  CHECK(all[1].input_tokens() == 700);
  CHECK(all[1].output_tokens() == 52);
  CHECK(chat_of(all[1]).max_tokens() == 52);
  // The first block of 512 words is the same.
  std::size_t end = 0;
  for (int i = 0; i < 512; ++i)
    end = text_of(all[1]).find(' ', end + 1);
  CHECK(text_of(all[1]).substr(0, end) == text_of(all[2]).substr(0, end));
  CHECK(text_of(all[1]).substr(0, end + 60) != text_of(all[2]).substr(0, end + 60));
}

TEST_CASE("the traces that are known, each in its units") {
  const folder dir;
  auto bailian = open(dir.put(
      "b.jsonl",
      R"({"chat_id":1,"parent_chat_id":-1,"timestamp":61.5,"input_length":32,"output_length":5,"type":"text","turn":1,"hash_ids":[1,2]}
{"chat_id":2,"parent_chat_id":1,"timestamp":64,"input_length":48,"output_length":5,"type":"text","turn":2,"hash_ids":[1,2,3]}
)"));
  CHECK(has(bailian->text(), "(Bailian, 2 requests over 2 s)"));
  const auto b = take(*bailian);
  CHECK(b[1].at() == 2500ms);
  CHECK(b[1].turns().empty());
  CHECK(text_of(b[1]).substr(0, text_of(b[0]).size()) == text_of(b[0]));

  auto burst = open(dir.put("g.csv", "Timestamp,Model,Request tokens,Response tokens,Total tokens,Log Type\n"
                                     "5,ChatGPT,472,18,490,Conversation log\n45,GPT-4,1087,0,1087,API log\n"
                                     "118.5,GPT-4,417,276,693,Conversation log\n"));
  CHECK(has(burst->text(), "(BurstGPT, 2 requests over 113 s, 1 left out)"));
  CHECK(times(*burst) == std::vector<duration>{0s, 113'500ms});

  auto azure = open(dir.put("z.csv", "TIMESTAMP,ContextTokens,GeneratedTokens\n"
                                     "2023-11-16 18:17:03.9799600,4808,10\n2023-11-16 18:17:04.0319600,3180,8\n"));
  CHECK(has(azure->text(), "(Azure, 2 requests over 0 s)"));
  const auto z = take(*azure);
  CHECK((*z[1].at() + 500ns) / 1us == 52'000);
  CHECK(words(text_of(z[0])) == 4808);
  CHECK(text_of(z[0]).substr(0, 40) != text_of(z[1]).substr(0, 40));

  // AIPerf's: prompts, messages, whole bodies; and logs of one's own with dates.
  const auto own = take(*open(dir.put("o.jsonl", R"({"timestamp":0,"text_input":"hello","output_length":3}
{"timestamp":10,"messages":[{"role":"user","content":"hi"}],"tools":[{"type":"function","function":{"name":"f"}}],"extra":{"temperature":0,"top_k":4}}
{"timestamp":20,"payload":{"model":"m","messages":[{"role":"user","content":"raw"}],"max_tokens":4,"stream":true,"odd":[1]},"output_length":9}
{"timestamp":30,"input_length":5,"output_length":2,"extra":{"seed":7}}
)")));
  REQUIRE(own.size() == 4);
  CHECK(text_of(own[0]) == "hello");
  CHECK(chat_of(own[0]).max_tokens() == 3);
  CHECK(text_of(own[1]) == "hi");
  CHECK(chat_of(own[1]).tools().size() == 1);
  CHECK(chat_of(own[1]).temperature() == 0);
  CHECK(chat_of(own[1]).extra_body().size() == 1);
  CHECK(chat_of(own[2]).model() == "m");
  CHECK(chat_of(own[2]).max_tokens() == 4);
  CHECK(chat_of(own[2]).extra_body() == std::vector<std::pair<std::string, std::string>>{{"odd", "[1]"}});
  CHECK(chat_of(own[3]).seed() == 7);
  CHECK(words(text_of(own[3])) == 5);
  auto log = open(dir.put("l.jsonl", R"({"timestamp":"2026-01-02T03:04:05Z","messages":[{"role":"user","content":"a"}]}
{"timestamp":"2026-01-02T03:04:06.5+00:00","messages":[{"role":"user","content":"b"}]}
)"));
  CHECK(log->text() == dir.at("l.jsonl") + " (2 requests over 1 s)");
  CHECK(times(*log) == std::vector<duration>{0s, 1500ms});
}

TEST_CASE("sessions of traces become turns, with what was said before or without") {
  const folder dir;
  const auto all = take(*open(bench_data(batch_input(dir.put("s.jsonl",
                                                             R"({"session_id":"a","input_length":30,"output_length":4}
{"session_id":"b","text_input":"first","output_length":5}
{"session_id":"a","delay":2000,"input_length":15,"output_length":2}
{"session_id":"c","messages":[{"role":"user","content":"x"}],"output_length":6}
{"session_id":"b","delay":500,"text_input":"second"}
{"session_id":"c","messages":[{"role":"user","content":"x"},{"role":"assistant","content":"y"},{"role":"user","content":"z"}],"output_length":7}
{"session_id":"d","input_length":8,"output_length":1,"context_mode":"message_array_with_responses"}
{"session_id":"d","input_length":9,"output_length":1,"context_mode":"message_array_with_responses"}
)"))
                                             .system("Be kind."))
                                  .output_tokens(40)),
                        4);
  REQUIRE(all.size() == 4);
  for (const auto& p : all) {
    CHECK(chat_of(p).messages().front().content() == "Be kind.");
    REQUIRE(p.turns().size() == 1);
  }
  const auto turn = [&all](std::size_t i) { return all[i].turns().front(); };
  CHECK(words(text_of(all[0])) == 30);
  CHECK(words(text_of(turn(0))) == 15);
  CHECK(turn(0).delay() == 2s);
  CHECK(turn(0).output_tokens() == 2);
  CHECK(turn(0).messages().size() == 1); // no second system message
  CHECK(text_of(all[1]) == "first");
  CHECK(text_of(turn(1)) == "second");
  CHECK(turn(1).messages().size() == 1);
  CHECK(turn(1).output_tokens() == 40);
  REQUIRE(turn(2).request());
  CHECK(chat_of(turn(2)).messages().size() == 4);
  CHECK(chat_of(turn(2)).max_tokens() == 7);
  REQUIRE(turn(3).request());
  CHECK(words(text_of(chat_of(turn(3)))) == 9);
  CHECK(chat_of(turn(3)).max_tokens() == 1);

  // With times of their own: the first one's counts, and what lay between them is waited for.
  auto timed = open(dir.put("t.jsonl", R"({"session_id":"a","timestamp":5000,"text_input":"one"}
{"session_id":"b","timestamp":6000,"messages":[{"role":"user","content":"x"}]}
{"session_id":"a","timestamp":9000,"text_input":"two"}
{"session_id":"b","timestamp":8000,"messages":[{"role":"user","content":"y"}]}
)"));
  CHECK(has(timed->text(), "(4 requests over 3 s)"));
  const auto t = take(*timed);
  REQUIRE(t.size() == 3);
  CHECK(t[0].turns().front().delay() == 4s);
  CHECK(t[1].turns().empty());
  CHECK(t[2].at() == 3s);
  CHECK(has(refusal(dir.put("m.jsonl", "{\"timestamp\":1,\"text_input\":\"a\"}\n{\"text_input\":\"b\"}\n")),
            dir.at("m.jsonl") + ":2: this row has no time"));
  CHECK(has(refusal(dir.put("n.jsonl", "{\"text_input\":\"a\"}\n{\"timestamp\":1,\"text_input\":\"b\"}\n")),
            ":2: this row has a time"));
}

TEST_CASE("a part of a recorded load by time begins with it") {
  const folder dir;
  std::string lines;
  for (int i = 0; i < 60; ++i)
    lines += "{\"timestamp\":" + std::to_string(1'000'000 + i * 1000) + ",\"input_length\":3}\n";
  const auto path = dir.put("t.jsonl", lines);
  auto part = open(bench_data(path).from(9500ms).to(12s));
  CHECK(has(part->text(), "(Mooncake, 2 requests over 1 s)"));
  CHECK(times(*part) == std::vector<duration>{500ms, 1500ms});
  CHECK(times(*open(bench_data(path).to(1s))) == std::vector<duration>{0s});
  CHECK(has(refusal(bench_data(path).from(60s)), "its last one is 59.0 s after its first one"));
  auto few = open(bench_data(path).limit(5));
  CHECK(has(few->text(), "(Mooncake, 5 requests over 4 s, not all of it)"));
  CHECK(take(*few).size() == 5);
  CHECK(has(open(bench_data(path).limit(60))->text(), "(Mooncake, 60 requests over 59 s)"));
  // A line behind the limit is not looked at.
  CHECK(
      take(*open(bench_data(dir.put("u.jsonl", lines + "{\"timestamp\":-1,\"input_length\":3}\n")).limit(60))).size() ==
      60);
}

TEST_CASE("samples and parts of batches hold for recorded loads too") {
  const folder dir;
  std::string lines;
  for (int i = 0; i < 200; ++i)
    lines += "{\"timestamp\":" + std::to_string(i * 1000) + ",\"input_length\":3}\n";
  const auto path = dir.put("t.jsonl", lines);
  CHECK(take(*open(bench_data(batch_input(path).sample(20))), 1000).size() == 20);
  std::size_t all = 0;
  for (const unsigned k : {1u, 2u, 3u})
    all += take(*open(bench_data(batch_input(path).part(k, 3))), 1000).size();
  CHECK(all == 200);
}

TEST_CASE("what docs/bench-data.md shows runs") {
  const folder dir;
  const auto path =
      dir.put("t.jsonl", "{\"timestamp\":0,\"input_length\":3}\n{\"timestamp\":700000,\"input_length\":3}\n");
  auto load = weir::parse_bench_load("1..50/2m,50/30s").poisson();
  auto made = weir::make_synthetic_prompts(
      weir::synthetic_prompts().input(weir::parse_bench_length("normal(512,64)")).output(128).shared_prefix(1000));
  auto read = reading::run(weir::open_bench_data(weir::bench_data(path).from(10min).to(20min)));
  CHECK(load.text() == "1..50 requests/s for 2m, then 50 for 30s, Poisson");
  CHECK(made->text() == "synthetic: normal(512,64) in, 128 out, after 1000 shared by all");
  CHECK(read->text() == path + " (Mooncake, 1 request over 0 s)");
}
