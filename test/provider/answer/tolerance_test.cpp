// One odd event or member must not cost the answer, and no part of an answer may vanish.
#include <doctest/doctest.h>

#include "provider/chat/readings.hpp"

using namespace weir;
using namespace transcripts;

TEST_CASE("empty events and keep-alives are skipped") {
  const named idle[] = {"",
                        " ",
                        "\t",
                        "null",
                        "{}",
                        "[]",
                        "\"\"",
                        ": keepalive",
                        ":",
                        "ping",
                        "keep-alive",
                        "PING",
                        "[keepalive]",
                        named("ping", "{}"),
                        named("keepalive", ""),
                        named("heartbeat", "12:04"),
                        named("status", "queued")};
  for (const auto& e : idle) {
    CAPTURE(e.type);
    CAPTURE(e.data);
    const auto r = streamed("openai", {e, text("a"), e, text("b"), e, end(), e, "[DONE]"});
    CHECK(r.answer.text() == "ab");
    CHECK(r.answer.outcome == outcome::complete);
  }
  for (const auto& e : {named(""), named("ping", R"({"type":"ping"})"), named(": x"),
                        named("unheard_of", R"({"type":"unheard_of","x":1})")}) {
    const auto r =
        streamed("anthropic",
                 {e, R"({"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"a"}})", e,
                  R"({"type":"message_delta","delta":{"stop_reason":"end_turn"}})", e, R"({"type":"message_stop"})"});
    CHECK(r.answer.text() == "a");
    CHECK(r.answer.outcome == outcome::complete);
  }
}

TEST_CASE("events without blank lines between them are read line by line") {
  const auto r = streamed("openai", {text("a") + "\n" + text("b") + "\n\n" + end() + "\n[DONE]"});
  CHECK(r.answer.text() == "ab");
  CHECK(r.answer.outcome == outcome::complete);
  CHECK(r.done);
}

TEST_CASE("the halves of a character that arrive in two events are joined, lone ones replaced") {
  const std::string wave = "\xF0\x9F\x8C\x8A", odd = "\xEF\xBF\xBD";
  const auto said = [](std::vector<named> events) {
    events.emplace_back(end());
    const auto r = streamed("openai", events);
    CHECK(r.answer.outcome == outcome::complete);
    return r.answer.text();
  };
  CHECK(said({text("hi \\ud83c"), text("\\udf0a!")}) == "hi " + wave + "!");
  CHECK(said({text("hi \\ud83c"), text(" there")}) == "hi " + odd + " there");
  CHECK(said({text("\\ud83c"), text("\\udf0a")}) == wave);
  CHECK(said({text("hi \\ud83c")}) == "hi " + odd);
  CHECK(said({text("\\udf0a hi")}) == odd + " hi");
  CHECK(said({text("a\\ud83cb\\ud83c\\udf0ac")}) == "a" + odd + "b" + wave + "c");
  // Held back until the third piece settles the form.
  CHECK(said({text("hi"), text("hi \\ud83c"), text("x")}) == "hihi " + odd + "x");
  // The other choice's text, or another text of the same choice, is not a continuation.
  const auto two =
      streamed("openai", {text("x\\ud83c"), piece(R"({"reasoning":"hm"})"),
                          R"({"choices":[{"index":1,"delta":{"content":"y"}}]})", text("\\udf0a"), "[DONE]"});
  CHECK(two.answer.text() == "x" + wave);
  CHECK(two.answer.choices[1].text == "y");
}

TEST_CASE("lone surrogates are repaired in arguments, names and logprobs, streamed or not, in every dialect") {
  const std::string odd = "\xEF\xBF\xBD";
  const auto call =
      streamed("openai",
               {piece(R"({"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":"{\"x\":\"\ud83c"}}]})"),
                piece(R"({"tool_calls":[{"index":0,"function":{"arguments":"\udf0a\"}"}}]})"), end("tool_calls")});
  CHECK(call.answer.tool_calls()[0].arguments == "{\"x\":\"\xF0\x9F\x8C\x8A\"}");
  const auto odds = streamed(
      "openai",
      {R"({"choices":[{"index":0,"delta":{"content":"a"},"logprobs":{"content":[{"token":"\ud83c","logprob":NaN}]}}]})",
       end()});
  CHECK(odds.answer.choices[0].logprobs.at(0).token == odd);
  const std::pair<const char*, const char*> whole[] = {
      {"openai", R"({"choices":[{"message":{"content":"a\ud83c"},"finish_reason":"stop"}]})"},
      {"anthropic", R"({"content":[{"type":"text","text":"a\ud83c"}],"stop_reason":"end_turn"})"},
      {"openai-responses",
       R"({"status":"completed","output":[{"type":"message","content":[{"type":"output_text","text":"a\ud83c"}]}]})"},
      {"gemini", R"({"candidates":[{"content":{"parts":[{"text":"a\ud83c"}]},"finishReason":"STOP"}]})"},
      {"cohere-v2", R"({"message":{"content":[{"type":"text","text":"a\ud83c"}]},"finish_reason":"COMPLETE"})"},
      {"ollama", R"({"message":{"content":"a\ud83c"},"done":true})"},
  };
  for (const auto& [id, body] : whole) {
    CAPTURE(id);
    const auto a =
        std::string(id) == "openai" ? provider::decode_chat(body) : provider::decode_chat(route_of(id), body);
    CHECK(a.outcome == outcome::complete);
    CHECK(a.text() == "a" + odd);
  }
  const auto args = provider::decode_chat(
      route_of("ollama"),
      R"({"message":{"content":"","tool_calls":[{"function":{"name":"f","arguments":{"x":"\ud83c"}}}]},"done":true})");
  CHECK(args.tool_calls().at(0).arguments == "{\"x\":\"" + odd + "\"}");
}

TEST_CASE("reasoning is read under every name in use") {
  for (const char* delta : {R"({"reasoning":"hm"})", R"({"reasoning_content":"hm"})", R"({"reasoning_text":"hm"})",
                            R"({"thinking":"hm"})", R"({"reasoning_details":[{"type":"reasoning.text","text":"hm"}]})",
                            R"({"reasoning_details":[{"type":"reasoning.summary","summary":"hm"}]})",
                            R"({"reasoning":"hm","reasoning_details":[{"type":"reasoning.text","text":"hm"}]})",
                            R"({"thinking_blocks":[{"type":"thinking","thinking":"hm"}],"reasoning_content":"hm"})",
                            R"({"content":[{"type":"reasoning","text":"hm"}]})"}) {
    CAPTURE(delta);
    CHECK(streamed("openai", {piece(delta), end()}).answer.reasoning() == "hm");
    CHECK(provider::decode_chat(R"({"choices":[{"message":)" + std::string(delta) + R"(,"finish_reason":"stop"}]})")
              .reasoning() == "hm");
  }
}

TEST_CASE("images and audio are emitted, in pieces or complete") {
  const auto r = streamed(
      "openai",
      {piece(R"({"images":[{"type":"image_url","image_url":{"url":"data:image/png;base64,AQID"}}]})"),
       piece(R"({"content":[{"type":"image_url","image_url":{"url":"https://example.test/i.png"}}]})"), end()});
  const auto& media = r.answer.choices[0].media;
  REQUIRE(media.size() == 2);
  CHECK(media[0].bytes == "\x01\x02\x03");
  CHECK(media[0].content_type == "image/png");
  CHECK(media[1].url == "https://example.test/i.png");
  CHECK(r.answer.outcome == outcome::complete);
  const auto sound = streamed("openai", {piece(R"({"audio":{"id":"s","transcript":"ebb"}})"),
                                         piece(R"({"audio":{"id":"s","data":"AQID"}})"),
                                         piece(R"({"audio":{"id":"s","data":"BAU="}})"), end()});
  REQUIRE(sound.answer.choices[0].media.size() == 1);
  CHECK(sound.answer.choices[0].media[0].bytes == "\x01\x02\x03\x04\x05");
  CHECK(sound.answer.text() == "ebb");
  const auto gemini = provider::decode_chat(
      route_of("gemini"),
      R"({"candidates":[{"content":{"parts":[{"inlineData":{"mimeType":"image/png","data":"AQID"}}]},"finishReason":"STOP"}]})");
  REQUIRE(gemini.choices[0].media.size() == 1);
  CHECK(gemini.choices[0].media[0].content_type == "image/png");
}

TEST_CASE("text without a delta, and further choices with the same number, are not lost") {
  CHECK(streamed("openai", {R"({"choices":[{"index":0,"text":"ok","finish_reason":null}]})", end()}).answer.text() ==
        "ok");
  const auto c = provider::decode_chat(
      R"({"choices":[{"index":0,"message":{"content":"a"},"finish_reason":"stop"},{"index":0,"message":{"content":"b"},"finish_reason":"stop"}]})");
  REQUIRE(c.choices.size() == 2);
  CHECK(c.choices[1].text == "b");
  const auto g = streamed(
      "gemini",
      {R"({"candidates":[{"content":{"parts":[{"text":"a"}]},"finishReason":"STOP"},{"index":1,"content":{"parts":[{"text":"b"}]},"finishReason":"STOP"}]})"});
  REQUIRE(g.answer.choices.size() == 2);
  CHECK(g.answer.choices[1].text == "b");
}

TEST_CASE("usage is read from a choice, and a later zero does not override a count") {
  const auto r = streamed(
      "openai",
      {text("a"),
       R"({"choices":[{"index":0,"delta":{},"finish_reason":"stop","usage":{"prompt_tokens":15,"completion_tokens":5}}]})",
       R"({"choices":[],"usage":{"prompt_tokens":0,"completion_tokens":0}})", "[DONE]"});
  CHECK(r.answer.usage.prompt_tokens == 15u);
  CHECK(r.answer.usage.completion_tokens == 5u);
}
