// Data sets of prompts and conversations.
#include <doctest/doctest.h>

#include "bench/prompt_reading.hpp"

using namespace prompts;
using namespace std::chrono_literals;

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
