// Files of prompts: what a batch reads, and what all have in common.
#include <doctest/doctest.h>

#include <set>

#include <weir/core/base64.hpp>
#include <weir/core/error.hpp>

#include "bench/prompt_reading.hpp"

using namespace prompts;
using namespace std::chrono_literals;

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
  for (const auto& p : all)
    CHECK(p.fingerprint() == batch_fingerprint(p.request()));

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
