// Files of prompts, in all the forms that are known.
#include <doctest/doctest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include <weir/bench/prompts.hpp>
#include <weir/core/base64.hpp>
#include <weir/core/error.hpp>

#include "batch/input/reading.hpp"

namespace {

using namespace weir;
using namespace std::chrono_literals;
using reading::folder;
using reading::has;
using strings = std::vector<std::string>;

std::unique_ptr<bench_prompts> open(bench_data o) { return reading::run(open_bench_data(std::move(o))); }
std::unique_ptr<bench_prompts> open(const std::string& path) { return open(bench_data(path)); }

std::string refusal(bench_data o) {
  return reading::refusal([&] { open(std::move(o)); });
}
std::string refusal(const std::string& path) { return refusal(bench_data(path)); }

std::vector<bench_prompt> take(bench_prompts& from, std::size_t most = 100) {
  std::vector<bench_prompt> all;
  while (all.size() < most) {
    auto p = from.next();
    if (!p)
      break;
    all.push_back(*std::move(p));
  }
  return all;
}

const chat& chat_of(const bench_prompt& p) { return std::get<chat>(p.request()); }
const chat& chat_of(const bench_turn& t) { return std::get<chat>(*t.request()); }
std::string text_of(const chat& c) { return c.messages().back().content().value_or(""); }
std::string text_of(const bench_prompt& p) { return text_of(chat_of(p)); }
std::string text_of(const bench_turn& t) { return t.messages().back().content().value_or(""); }

strings texts(bench_prompts& from, std::size_t most = 100) {
  strings all;
  for (const auto& p : take(from, most))
    all.push_back(text_of(p));
  return all;
}

std::size_t words(const std::string& text) {
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), ' '));
}

std::vector<duration> times(bench_prompts& from) {
  std::vector<duration> all;
  for (const auto& p : take(from))
    all.push_back(p.at().value());
  return all;
}

} // namespace

TEST_CASE("whatever a batch reads is asked over and over") {
  const folder dir;
  auto from = open(dir.put("a.jsonl", R"({"prompt":"one","max_tokens":9}
{"custom_id":"x","body":{"messages":[{"role":"user","content":"two"}]}}
{"custom_id":"y","url":"/v1/embeddings","body":{"input":"three"}}
)"));
  CHECK(from->text() == dir.at("a.jsonl") + " (3 prompts)");
  const auto all = take(*from, 7);
  REQUIRE(all.size() == 7);
  CHECK(text_of(all[0]) == "one");
  CHECK(chat_of(all[0]).max_tokens() == 9);
  CHECK(all[0].output_tokens() == 0); // a limit, and not what is expected
  CHECK(text_of(all[1]) == "two");
  CHECK(std::get<task_request>(all[2].request()).texts() == strings{"three"});
  CHECK(text_of(all[3]) == "one");
  CHECK(text_of(all[6]) == "one");

  CHECK(texts(*open(dir.put("b.txt", "red\n\ngreen\n")), 3) == strings{"red", "green", "red"});
  auto table =
      open(bench_data(batch_input(dir.put("c.csv", "n,text\n1,a\n2,b\n")).prompt("{{n}}: {{text}}").model("m/n")));
  const auto rows = take(*table, 2);
  CHECK(text_of(rows[1]) == "2: b");
  CHECK(chat_of(rows[1]).model() == "m/n");
  auto two = open(bench_data(batch_input(dir.at("b.txt")).path(dir.at("a.jsonl")).limit(3)));
  CHECK(two->text() == dir.at("b.txt") + " and 1 more (3 prompts)");
}

TEST_CASE("limits of answers are set where the data have none, and common parameters everywhere") {
  const folder dir;
  const auto path = dir.put("a.jsonl", R"({"prompt":"one","max_tokens":9}
{"prompt":"two"}
{"custom_id":"x","url":"/v1/completions","body":{"prompt":"three"}}
)");
  auto o = bench_data(batch_input(path).each([](batch_item& item) {
             if (auto* ask = std::get_if<chat>(&item.request()))
               ask->temperature(0.5);
           }))
               .output_tokens(70)
               .ignore_eos(true);
  const auto all = take(*open(std::move(o)), 3);
  CHECK(chat_of(all[0]).max_tokens() == 9);
  CHECK(chat_of(all[1]).max_tokens() == 70);
  CHECK(chat_of(all[1]).temperature() == 0.5);
  CHECK(chat_of(all[1]).extra_body().empty()); // nobody knows how long it was
  CHECK(std::get<text_generation>(all[2].request()).max_new_tokens() == 70);
  // Also of what is made up when it is asked.
  const auto lengths = dir.put("t.jsonl", R"({"timestamp":0,"input_length":5,"output_length":3})");
  auto p = bench_data(batch_input(lengths).model("m").system("Be brief.").each([](batch_item& item) {
             std::get<chat>(item.request()).temperature(0.25);
           })).ignore_eos(true);
  const auto made = take(*open(std::move(p)), 1);
  CHECK(chat_of(made[0]).temperature() == 0.25);
  CHECK(chat_of(made[0]).model() == "m");
  CHECK(chat_of(made[0]).messages().front().content() == "Be brief.");
  CHECK(chat_of(made[0]).max_tokens() == 3);
  CHECK(chat_of(made[0]).extra_body().size() == 1);
}

TEST_CASE("data without prompts, and lines that cannot be read, are refused with their place") {
  const folder dir;
  CHECK(has(refusal(bench_data(batch_input())), "name a file"));
  CHECK(has(refusal(dir.at("none.jsonl")), "No such file"));
  CHECK(refusal(dir.put("e.jsonl", "")) == dir.at("e.jsonl") + " has no prompts");
  CHECK(has(refusal(dir.put("a.jsonl", "{\"prompt\":\"x\"}\n{\"prompt\":\n")), dir.at("a.jsonl") + ":2: not JSON"));
  CHECK(has(refusal(dir.put("b.jsonl", "{\"prompt\":\"x\"}\n\n{\"what\":1}\n")),
            dir.at("b.jsonl") + ":3: the row is no"));
  CHECK(
      has(refusal(dir.put("c.jsonl", "{\"timestamp\":1,\"input_length\":2}\n{\"timestamp\":-1,\"input_length\":2}\n")),
          dir.at("c.jsonl") + ":2: \"timestamp\" is not a time"));
  CHECK(has(refusal(dir.put("d.json", R"([{"conversations":[{"from":"human"}]}])")),
            dir.at("d.json") + ":1: \"conversations\""));
  CHECK(has(refusal(dir.put("f.jsonl", "{\"turns\":[]}\n")), dir.at("f.jsonl") + ":1: \"turns\" is empty"));
  CHECK(has(refusal(dir.put("g.jsonl", "{\"text\":\"x\",\"image\":\"/no/such.png\"}\n")),
            dir.at("g.jsonl") + ":1: cannot read /no/such.png"));
  CHECK(has(refusal(dir.put("h.jsonl", "{\"payload\":{\"x\":1}}\n")),
            dir.at("h.jsonl") + ":1: the request has neither messages"));
  CHECK(has(refusal(dir.put("trace", "Timestamp,Model,Request tokens,Response tokens\n1,m,2,3\n")),
            dir.at("trace") + ":1: the header of a table: set"));
  const auto good = dir.put("good.txt", "x\n");
  CHECK(has(refusal(bench_data(good).limit(0)), "at least 1"));
  CHECK(has(refusal(bench_data(good).from(5s).to(5s)), "ends after it begins"));
  CHECK(has(refusal(bench_data(good).from(5s)), "of recorded loads"));
  CHECK(has(refusal(bench_data(good).output_tokens(1'000'001)), "1,000,000"));
  CHECK(has(refusal(bench_data(batch_input(good).prefix_window(5))), "prefixes"));
}

TEST_CASE("ShareGPT: what the user said, with the later messages as turns") {
  const folder dir;
  auto from = open(dir.put("s.json", R"([
{"id":"a","conversations":[{"from":"system","value":"Be kind."},{"from":"human","value":"one"},
  {"from":"gpt","value":"An answer of 24 letters."},{"from":"human","value":"two"},{"from":"human","value":"and"},
  {"from":"gpt","value":"12345678"},{"from":"human","value":"three"}]},
{"id":"b","conversations":[{"from":"gpt","value":"unasked"},{"from":"user","value":"four"},{"from":"chatgpt","value":"x"}]},
{"id":"c","conversations":[]},
{"id":"d","conversations":[{"from":"gpt","value":"unasked"}]}])"));
  CHECK(from->text() == dir.at("s.json") + " (ShareGPT, 2 conversations, 2 left out)");
  const auto all = take(*from, 3);
  const auto& a = chat_of(all[0]);
  REQUIRE(a.messages().size() == 2);
  CHECK(a.messages()[0].role() == "system");
  CHECK(a.messages()[0].content() == "Be kind.");
  CHECK(text_of(a) == "one");
  CHECK(a.max_tokens() == 6);
  CHECK(all[0].output_tokens() == 6);
  REQUIRE(all[0].turns().size() == 2);
  REQUIRE(all[0].turns()[0].messages().size() == 2);
  CHECK(text_of(all[0].turns()[0]) == "and");
  CHECK(all[0].turns()[0].output_tokens() == 2);
  CHECK(text_of(all[0].turns()[1]) == "three");
  CHECK(all[0].turns()[1].output_tokens() == 0);
  CHECK(text_of(all[1]) == "four");
  CHECK(all[1].turns().empty());
  CHECK(text_of(all[2]) == "one"); // over and over
  CHECK(has(refusal(dir.put("n.json", R"([{"conversations":[]}])")), "has no prompts: its 1 row"));
}

TEST_CASE("AIPerf: single turns with media, limits and parameters of their own") {
  const folder dir;
  const auto image = dir.put("x.png", "\x89PNG\r\n\x1a\n0000");
  const auto sound = dir.put("x.wav", std::string("RIFF\x24\0\0\0WAVEfmt ", 16));
  auto from = open(dir.put("a.jsonl", R"({"text":"plain","output_length":7,"extra":{"top_k":5}}
{"texts":["one",{"name":"q","contents":["two","three"]}]}
{"text":"look","image":")" + image + R"("}
{"text":"look","images":["https://a.test/b.png"]}
{"text":"hear","audio":")" + sound + R"("}
{"text":"hear","audios":["wav,QUJD"]}
{"text":"see","video":"https://a.test/b.mp4"}
)"));
  CHECK(from->text() == dir.at("a.jsonl") + " (AIPerf, 7 prompts)");
  const auto all = take(*from, 8);
  CHECK(text_of(all[0]) == "plain");
  CHECK(chat_of(all[0]).max_tokens() == 7);
  CHECK(all[0].output_tokens() == 7);
  CHECK(chat_of(all[0]).extra_body() == std::vector<std::pair<std::string, std::string>>{{"top_k", "5"}});
  const auto parts = [&all](std::size_t i) { return chat_of(all[i]).messages().back().parts(); };
  REQUIRE(parts(1).size() == 3);
  CHECK(parts(1)[2].value() == "three");
  CHECK(parts(2)[0].value() == "look");
  CHECK(has(parts(2)[1].value(), "data:image/png;base64,"));
  CHECK(parts(3)[1].type() == content_part::kind::image_url);
  CHECK(parts(3)[1].value() == "https://a.test/b.png");
  CHECK(has(parts(4)[1].value(), "data:audio/wav;base64,"));
  CHECK(has(parts(5)[1].value(), "QUJD"));
  CHECK(has(parts(6)[1].value(), "video_url"));
  CHECK(text_of(all[7]) == "plain");
  CHECK(has(refusal(dir.put("b.jsonl", R"({"text":"x","output_length":0})")), ":1: \"output_length\""));
  CHECK(has(refusal(dir.put("c.jsonl", R"({"texts":"x"})")), ":1: \"texts\" is not a list"));
  CHECK(has(refusal(dir.put("d.jsonl", R"({"texts":[7]})")), ":1: \"texts\" is not a text"));
}

TEST_CASE("AIPerf: conversations in one line, and sessions over several") {
  const folder dir;
  const auto all = take(
      *open(dir.put(
          "m.jsonl",
          R"({"session_id":"s","turns":[{"text":"one","output_length":5},{"text":"two","delay":1500,"output_length":6},{"text":"three"}]}
{"session_id":"t","text":"a","output_length":1}
{"session_id":"u","text":"b","output_length":2}
{"session_id":"t","text":"c","delay":250,"output_length":3}
)")),
      4);
  REQUIRE(all[0].turns().size() == 2);
  CHECK(text_of(all[0]) == "one");
  CHECK(text_of(all[0].turns()[0]) == "two");
  CHECK(all[0].turns()[0].delay() == 1500ms);
  CHECK(all[0].turns()[0].output_tokens() == 6);
  CHECK_FALSE(all[0].turns()[0].request());
  CHECK(text_of(all[0].turns()[1]) == "three");
  // Lines of a session follow each other, each as it is.
  CHECK(text_of(all[1]) == "a");
  REQUIRE(all[1].turns().size() == 1);
  REQUIRE(all[1].turns()[0].request());
  CHECK(text_of(chat_of(all[1].turns()[0])) == "c");
  CHECK(chat_of(all[1].turns()[0]).max_tokens() == 3);
  CHECK(all[1].turns()[0].delay() == 250ms);
  CHECK(text_of(all[2]) == "b");
  CHECK(text_of(all[3]) == "one");
}

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

TEST_CASE("shuffled prompts are all there, in another order that a seed gives") {
  const folder dir;
  std::string lines;
  for (int i = 0; i < 50; ++i)
    lines += "p" + std::to_string(i) + "\n";
  const auto path = dir.put("a.txt", lines);
  const auto own = texts(*open(path), 50);
  const auto mixed = texts(*open(bench_data(path).shuffle(1)), 100);
  CHECK(strings(mixed.begin(), mixed.begin() + 50) != own);
  CHECK(std::set<std::string>(mixed.begin(), mixed.begin() + 50).size() == 50);
  CHECK(std::set<std::string>(mixed.begin() + 50, mixed.end()).size() == 50);
  CHECK(strings(mixed.begin(), mixed.begin() + 50) != strings(mixed.begin() + 50, mixed.end()));
  CHECK(texts(*open(bench_data(path).shuffle(1)), 100) == mixed);
  CHECK(texts(*open(bench_data(path).shuffle(2)), 100) != mixed);
  CHECK(mixed[0] == "p38");
  // The times of a recorded load stay.
  std::string trace;
  for (int i = 0; i < 50; ++i)
    trace += "{\"timestamp\":" + std::to_string(i * 1000) + ",\"text_input\":\"p" + std::to_string(i) + "\"}\n";
  const auto recorded = dir.put("t.jsonl", trace);
  const auto all = take(*open(bench_data(recorded).shuffle(1)));
  REQUIRE(all.size() == 50);
  strings order;
  for (std::size_t i = 0; i < 50; ++i) {
    CHECK(all[i].at() == std::chrono::seconds(i));
    order.push_back(text_of(all[i]));
  }
  CHECK(order == strings(mixed.begin(), mixed.begin() + 50));
}

TEST_CASE("images and audio are the inputs of their tasks") {
  const folder dir;
  dir.put("a.png", "\x89PNG\r\n\x1a\n0001");
  dir.put("b.png", "\x89PNG\r\n\x1a\n0002");
  auto from = open(bench_data(batch_input(dir.at("*.png")).task(task_kind::image_classification)));
  CHECK(from->text() == dir.at("a.png") + " and 1 more (2 prompts)");
  const auto all = take(*from, 3);
  const auto& image = std::get<task_request>(all[1].request());
  CHECK(image.what() == task_kind::image_classification);
  CHECK(image.inputs().front().bytes == "\x89PNG\r\n\x1a\n0002");
  // Rows that name them, for a chat about each.
  const auto table = dir.put("t.csv", "picture\n" + dir.at("a.png") + "\n");
  const auto chats = take(*open(bench_data(batch_input(table).prompt("What is it?").media("picture"))), 1);
  CHECK(has(chat_of(chats[0]).messages().back().parts().back().value(), "data:image/png"));
}

TEST_CASE("packed data are unpacked") {
  // printf '{"timestamp":0,"text_input":"packed"}\n' | gzip -n | base64
  const auto packed = decode_base64("H4sIAAAAAAAAA6tWKsnMTS0uScwtULIy0FEqSa0oic/MKygtUbJSKkhMzk5NUarlAgCZWiE0JgAAAA==");
  REQUIRE(packed);
  const folder dir;
  const auto path = dir.put("t.jsonl.gz", *packed);
  try {
    CHECK(texts(*open(path)) == strings{"packed"});
  } catch (const error& e) {
    CHECK(e.code() == errc::unsupported); // by a weir without zlib
  }
}
