// The chunk template: which chunks it may read without a parser, and that they mean the same.
#include "provider/chat/openai/chunk_template.hpp"

#include <random>
#include <string>
#include <vector>

#include "codec/json/json.hpp"
#include "provider/dialect.hpp"

namespace {

using weir::event;
using weir::provider::chunk_template;

std::string chunk(std::string_view text, std::string_view tail = R"(},"finish_reason":null}]})") {
  std::string s = R"({"id":"c1","model":"m","choices":[{"index":0,"delta":{"content":")";
  s += text;
  s += "\"";
  s += tail;
  return s;
}

// The key as a part of the text, as a parser has it.
std::string_view key_in(std::string_view data, std::string_view key) {
  const auto at = data.find('"' + std::string(key) + '"');
  return data.substr(at + 1, key.size());
}

chunk_template learnt(std::string_view data, std::string_view text, std::vector<std::string_view> loose = {}) {
  chunk_template t;
  for (auto& key : loose)
    key = key_in(data, key);
  t.learn(data, key_in(data, "content"), loose, event(event::kind::text, std::string(text), 0));
  return t;
}

// Every event of a stream, with a fresh decoder for each chunk, so that it never has a template.
std::string read_afresh(const std::vector<std::string>& chunks) {
  std::string all;
  for (const auto& data : chunks) {
    weir::codec::sse_event frame;
    frame.data = data;
    std::vector<event> out;
    weir::provider::chat_decoder()->on_event(frame, out);
    for (const auto& e : out)
      all += std::string(name_of(e.type())) + std::to_string(e.choice()) + ":" + e.content() + "|";
  }
  return all;
}

std::string read_in_turn(const std::vector<std::string>& chunks) {
  std::string all;
  auto decoder = weir::provider::chat_decoder();
  for (const auto& data : chunks) {
    weir::codec::sse_event frame;
    frame.data = data;
    std::vector<event> out;
    decoder->on_event(frame, out);
    for (const auto& e : out)
      all += std::string(name_of(e.type())) + std::to_string(e.choice()) + ":" + e.content() + "|";
  }
  return all;
}

} // namespace

TEST_CASE("a chunk that differs only in its text is read by the template") {
  auto t = learnt(chunk("Hello"), "Hello");
  CHECK(t.match(chunk(" world")) == " world");
  CHECK(t.match(chunk("\xc3\xa4")) == "\xc3\xa4");
  CHECK(t.match(chunk("Hello")) == "Hello");
}

TEST_CASE("any other difference is left to the parser") {
  auto t = learnt(chunk("Hello"), "Hello");
  CHECK(t.match(chunk("")).empty());
  CHECK(t.match(chunk(R"(a\n)")).empty());
  CHECK(t.match(chunk("a\nb")).empty());
  CHECK(t.match(chunk("a\xffz")).empty());
  CHECK(t.match(chunk(R"(x","content":"y)")).empty());
  CHECK(t.match(chunk("x", R"(},"finish_reason":"stop"}]})")).empty());
  CHECK(t.match(chunk("x") + " ").empty());
  CHECK(t.match("").empty());
  CHECK(t.match(chunk("x").substr(1)).empty());
  for (std::size_t size = 0; size != chunk("x").size(); ++size)
    CHECK(t.match(chunk("x").substr(0, size)).empty());
}

TEST_CASE("what means nothing may be another in every chunk") {
  const auto with = [](std::string_view id, std::string_view created, std::string_view padding) {
    return R"({"id":")" + std::string(id) + R"(", "created" : )" + std::string(created) +
           R"(,"choices":[{"delta":{"content":"a"}}],"obfuscation":")" + std::string(padding) + "\"}";
  };
  const auto first = with("c1", "17", "");
  auto t = learnt(first, "a", {"obfuscation", "id", "created"});
  CHECK(t.match(with("chat-2", "18", "x9Kq")) == "a");
  CHECK(t.match(with("", "0", "x9Kq")) == "a");
  CHECK(t.match(with("c\\n", "17", "")).empty());
  CHECK(t.match(with("c\"", "17", "")).empty());
  CHECK(t.match(with("c", "17", "a\nb")).empty());
  for (const auto* number : {"", "-1", "017", "00", "1.5", "1e5", "1234567890123456789", "x", "null", "\"17\""})
    CHECK(t.match(with("c1", number, "")).empty());
  auto strict = learnt(first, "a");
  CHECK(strict.match(with("c2", "17", "")).empty());
  // Its value may grow beyond what is a number.
  const auto exponent = with("c1", "1e300", "");
  auto e = learnt(exponent, "a", {"created"});
  CHECK(e.match(with("c1", "999999999e300", "")).empty());
}

TEST_CASE("a string with escapes is not learnt") {
  const std::string escaped = R"({"content":"\n"})";
  CHECK(learnt(escaped, "\n").match(escaped).empty());
  const std::string other = R"({"content":"ab"})";
  CHECK(learnt(other, "a").match(other).empty());
  const std::string number = R"({"content":17})";
  CHECK(learnt(number, "17").match(number).empty());
  chunk_template t;
  const std::string_view elsewhere = "content";
  t.learn(other, elsewhere, {}, event(event::kind::text, "ab", 0));
  CHECK(t.match(other).empty());
}

TEST_CASE("what cannot be learnt leaves what was learnt") {
  auto t = learnt(chunk("a"), "a");
  const auto escaped = chunk(R"(\n)");
  t.learn(escaped, key_in(escaped, "content"), {}, event(event::kind::text, "\n", 0));
  CHECK(t.match(chunk("b")) == "b");
}

TEST_CASE("ids that change are matched after a few, for the rest of the stream") {
  chunk_template t;
  t.missed();
  CHECK_FALSE(t.is_loose());
  t.missed();
  CHECK(t.is_loose());
  const auto data = chunk("a");
  t.learn(data, key_in(data, "content"), {}, event(event::kind::text, "a", 0));
  CHECK(t.match(data) == "a");
  CHECK(t.is_loose());
}

TEST_CASE("a stream that never fits is seldom learnt") {
  chunk_template t;
  int learnt = 0, strict = 0;
  for (int i = 0; i < 256; ++i) {
    learnt += t.is_eager() ? 1 : 0;
    strict += t.is_loose() ? 0 : 1;
    t.missed();
  }
  CHECK(learnt == 7);
  CHECK(strict == 2);
  const auto data = chunk("a");
  t.learn(data, key_in(data, "content"), {}, event(event::kind::text, "a", 0));
  t.missed();
  CHECK_FALSE(t.is_eager());
  CHECK(t.match(data) == "a");
  CHECK(t.is_eager());
}

TEST_CASE("random streams decode the same with the template as without it") {
  const std::string_view texts[] = {"a",    " the", R"(\n)", R"(\")", "\xe2\x82\xac", "",
                                    R"(é)", "}",    "]",     ":",     "content"};
  const std::string_view tails[] = {
      R"(},"finish_reason":null}]})", R"(},"finish_reason":null,"logprobs":null}]})",
      R"(,"role":"assistant"}}]})",   R"(,"reasoning":"why"}}]})",
      R"(}}],"usage":null})",         R"(}}],"obfuscation":"~"})",
      R"(}}],"created":~})",          R"(,"reasoning_details":[{"type":"reasoning.text","text":"x"}]}}]})"};
  for (unsigned seed = 1; seed <= 500; ++seed) {
    std::mt19937 random(seed);
    std::vector<std::string> chunks;
    const auto usual = random() % std::size(tails);
    for (int i = 0; i < 40; ++i) {
      std::string tail(tails[random() % 100 < 80 ? usual : random() % std::size(tails)]);
      if (const auto at = tail.find('~'); at != tail.npos)
        tail.replace(at, 1, std::to_string(random() % 100));
      chunks.push_back(chunk(texts[random() % std::size(texts)], tail));
    }
    INFO("seed " << seed);
    REQUIRE(read_in_turn(chunks) == read_afresh(chunks));
  }
}

TEST_CASE("reasoning is read by the template too") {
  std::vector<std::string> chunks;
  for (const auto* word : {"so", " it", " is", "\\n", " now"})
    chunks.push_back(std::string(R"({"id":")") + word + R"(","choices":[{"delta":{"content":"","reasoning":")" + word +
                     "\"}}]}");
  CHECK(read_in_turn(chunks) == "reasoning0:so|reasoning0: it|reasoning0: is|reasoning0:\n|reasoning0: now|");
  CHECK(read_in_turn(chunks) == read_afresh(chunks));
}

TEST_CASE("an id that comes late is kept") {
  auto decoder = weir::provider::chat_decoder();
  std::vector<event> out;
  for (const auto* id : {"", "", "", "c1", "c2"}) {
    const auto data = std::string(R"({"id":")") + id + R"(","choices":[{"delta":{"content":"a"}}]})";
    weir::codec::sse_event frame;
    frame.data = data;
    decoder->on_event(frame, out);
  }
  CHECK(decoder->info().id == "c1");
}
