// The chunk template: which chunks it may read without a parser, and that they mean the same.
#include "provider/chat/openai/chunk_template.hpp"

#include <random>

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

chunk_template learnt(std::string_view text) {
  chunk_template t;
  t.learn(chunk(text), "content", event(event::kind::text, std::string(text), 0));
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
  const auto t = learnt("Hello");
  CHECK(t.match(chunk(" world")) == " world");
  CHECK(t.match(chunk("\xc3\xa4")) == "\xc3\xa4");
  CHECK(t.match(chunk("Hello")) == "Hello");
}

TEST_CASE("any other difference is left to the parser") {
  const auto t = learnt("Hello");
  CHECK(t.match(chunk("")).empty());
  CHECK(t.match(chunk(R"(a\n)")).empty());
  CHECK(t.match(chunk("a\nb")).empty());
  CHECK(t.match(chunk(R"(x","content":"y)")).empty());
  CHECK(t.match(chunk("x", R"(},"finish_reason":"stop"}]})")).empty());
  CHECK(t.match(chunk("x") + " ").empty());
  CHECK(t.match("").empty());
  CHECK(t.match(chunk("x").substr(1)).empty());
  // The two ends may not overlap.
  CHECK(
      t.match(R"({"id":"c1","model":"m","choices":[{"index":0,"delta":{"content":"},"finish_reason":null}]})").empty());
}

TEST_CASE("a string that cannot be located for certain is not learnt") {
  chunk_template t;
  const std::string twice = R"({"content":"a","choices":[{"delta":{"content":"a"}}]})";
  t.learn(twice, "content", event(event::kind::text, "a", 0));
  CHECK(t.match(twice).empty());
  const std::string escaped = R"({"content":"\n"})";
  t.learn(escaped, "content", event(event::kind::text, "\n", 0));
  CHECK(t.match(escaped).empty());
  const std::string other = R"({"content":"ab"})";
  t.learn(other, "content", event(event::kind::text, "a", 0));
  CHECK(t.match(other).empty());
}

TEST_CASE("random streams decode the same with the template as without it") {
  const std::string_view texts[] = {"a",    " the", R"(\n)", R"(\")", "\xe2\x82\xac", "",
                                    R"(é)", "}",    "]",     ":",     "content"};
  const std::string_view tails[] = {R"(},"finish_reason":null}]})", R"(},"finish_reason":null,"logprobs":null}]})",
                                    R"(,"role":"assistant"}}]})", R"(,"reasoning":"why"}}]})", R"(}}],"usage":null})"};
  for (unsigned seed = 1; seed <= 500; ++seed) {
    std::mt19937 random(seed);
    std::vector<std::string> chunks;
    for (int i = 0; i < 40; ++i)
      chunks.push_back(
          chunk(texts[random() % std::size(texts)], tails[random() % 100 < 80 ? 0 : random() % std::size(tails)]));
    INFO("seed " << seed);
    REQUIRE(read_in_turn(chunks) == read_afresh(chunks));
  }
}
