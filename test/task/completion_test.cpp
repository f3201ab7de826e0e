// Assembling a completion from events.
#include <doctest/doctest.h>

#include <weir/task/completion.hpp>

using weir::completion;
using weir::event;

namespace {

event call(std::uint32_t choice, std::uint32_t index, std::string id, std::string name, std::string arguments) {
  auto more = std::make_shared<event::details>();
  more->tool_index = index;
  more->tool_id = std::move(id);
  more->tool_name = std::move(name);
  return event(event::kind::tool_call, std::move(arguments), choice, std::move(more));
}

event finish(std::uint32_t choice, std::string reason) {
  auto more = std::make_shared<event::details>();
  more->finish_reason = std::move(reason);
  return event(event::kind::finish, std::string(), choice, std::move(more));
}

} // namespace

TEST_CASE("a fresh completion has one empty answer and is truncated") {
  completion c;
  CHECK(c.choices.size() == 1);
  CHECK(c.text().empty());
  CHECK(c.outcome == weir::outcome::truncated);
}

TEST_CASE("pieces of text, reasoning and refusal are joined by kind and choice") {
  completion c;
  c.add(event(event::kind::reasoning, "hm"));
  c.add(event(event::kind::text, "a", 1));
  c.add(event(event::kind::text, "x"));
  c.add(event(event::kind::text, "y"));
  c.add(event(event::kind::refusal, "no", 1));
  c.add(finish(1, "stop"));
  REQUIRE(c.choices.size() == 2);
  CHECK(c.text() == "xy");
  CHECK(c.reasoning() == "hm");
  CHECK(c.finish_reason().empty());
  CHECK(c.choices[1].text == "a");
  CHECK(c.choices[1].refusal == "no");
  CHECK(c.choices[1].finish_reason == "stop");
}

TEST_CASE("choices are kept in the order of their index, and a wild index adds only one choice") {
  completion c;
  c.add(event(event::kind::text, "far", 4000000000u));
  c.add(event(event::kind::text, "two", 2));
  REQUIRE(c.choices.size() == 3);
  CHECK(c.choices[0].index == 0);
  CHECK(c.choices[1].text == "two");
  CHECK(c.choices[2].text == "far");
}

TEST_CASE("interleaved tool calls are assembled by index, their arguments as raw text") {
  completion c;
  c.add(call(0, 0, "a", "first", "{\"x\""));
  c.add(call(0, 1, "b", "second", ""));
  c.add(call(0, 1, "", "", "[1"));
  c.add(call(0, 0, "", "", ":1"));
  c.add(call(0, 0, "a", "", "}"));
  c.add(call(0, 1, "", "", ",not json"));
  REQUIRE(c.tool_calls().size() == 2);
  CHECK(c.tool_calls()[0] == weir::tool_call("a", "first", "{\"x\":1}"));
  CHECK(c.tool_calls()[1] == weir::tool_call("b", "second", "[1,not json"));
}

TEST_CASE("a call without an id takes it from a later piece, and one beyond the end opens the next") {
  completion c;
  c.add(call(0, 0, "", "f", "{"));
  c.add(call(0, 0, "late", "", "}"));
  c.add(call(0, 4000000000u, "z", "g", ""));
  REQUIRE(c.tool_calls().size() == 2);
  CHECK(c.tool_calls()[0] == weir::tool_call("late", "f", "{}"));
  CHECK(c.tool_calls()[1].id == "z");
}

TEST_CASE("usage and log probabilities are collected") {
  completion c;
  auto counts = std::make_shared<event::details>();
  counts->usage.total_tokens = 7;
  c.add(event(event::kind::usage, std::string(), 0, counts));
  auto odds = std::make_shared<event::details>();
  odds->logprobs.emplace_back("x", -0.5);
  c.add(event(event::kind::text, "x", 0, odds));
  c.add(event(event::kind::text, "x", 0, odds));
  CHECK(c.usage.total_tokens == 7u);
  CHECK(c.choices[0].logprobs.size() == 2);
  CHECK(c.choices.size() == 1);
}

TEST_CASE("a text event is small and carries nothing besides its text") {
  const event e(event::kind::text, "word");
  CHECK(sizeof(event) <= 64);
  CHECK(e.more() == nullptr);
  CHECK(e.text() == "word");
  CHECK(e.is_token());
  CHECK(event(event::kind::text, "word", 1).text().empty());
  CHECK(event(event::kind::reasoning, "word").text().empty());
  CHECK_FALSE(finish(0, "stop").is_token());
}

TEST_CASE("every outcome and every kind of event has a name of its own") {
  CHECK(name_of(weir::outcome::in_band_error) == "in_band_error");
  CHECK(name_of(weir::outcome::failed) == "failed");
  CHECK(name_of(event::kind::tool_call) == "tool_call");
  CHECK(name_of(static_cast<weir::outcome>(99)) == "unknown");
}

TEST_CASE("pieces of one image or audio are joined, others stay separate") {
  completion c;
  const auto piece = [](std::uint32_t at, std::string bytes) {
    auto more = std::make_shared<event::details>();
    more->media = weir::media(std::move(bytes), "audio/wav");
    more->media_index = at;
    return event(event::kind::media, std::string(), 0, std::move(more));
  };
  c.add(piece(0, "ab"));
  c.add(piece(0, "c"));
  c.add(piece(1, "d"));
  REQUIRE(c.choices[0].media.size() == 2);
  CHECK(c.choices[0].media[0].bytes == "abc");
  CHECK(c.choices[0].media[1].bytes == "d");
  CHECK(piece(0, "").is_token());
  CHECK(name_of(event::kind::media) == "media");
}
