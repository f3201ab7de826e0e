#include "batch/output/answer_json.hpp"

#include <doctest/doctest.h>

#include "batch/output/answer_view.hpp"

using namespace weir;

namespace {

body_defaults defaults() {
  body_defaults d;
  d.id = "chatcmpl-1";
  d.model = "asked-model";
  d.created = 1700000000;
  return d;
}

completion answer(std::string text, std::string reason) {
  completion c;
  c.outcome = outcome::complete;
  c.choices.front().text = std::move(text);
  c.choices.front().finish_reason = std::move(reason);
  return c;
}

} // namespace

TEST_CASE("a completion becomes a chat.completion of OpenAI's") {
  auto c = answer("Hello", "end_turn");
  c.info.id = "msg_1";
  c.info.model = "claude";
  c.usage.prompt_tokens = 10;
  c.usage.completion_tokens = 5;
  c.usage.cached_tokens = 4;
  c.usage.reasoning_tokens = 2;
  CHECK(answer_body(c, defaults()) ==
        R"({"id":"msg_1","object":"chat.completion","created":1700000000,"model":"claude","choices":[)"
        R"({"index":0,"message":{"role":"assistant","content":"Hello","refusal":null},"logprobs":null,)"
        R"("finish_reason":"stop"}],"usage":{"prompt_tokens":10,"completion_tokens":5,"total_tokens":15,)"
        R"("prompt_tokens_details":{"cached_tokens":4},"completion_tokens_details":{"reasoning_tokens":2}}})");
}

TEST_CASE("what an answer does not say comes from the defaults, and no usage is null") {
  CHECK(answer_body(answer("", "stop"), defaults()) ==
        R"({"id":"chatcmpl-1","object":"chat.completion","created":1700000000,"model":"asked-model","choices":[)"
        R"({"index":0,"message":{"role":"assistant","content":"","refusal":null},"logprobs":null,)"
        R"("finish_reason":"stop"}],"usage":null})");
}

TEST_CASE("finish reasons are OpenAI's, whatever the provider calls them") {
  const auto reason = [](std::string sent, bool call = false, bool broken = false) {
    auto c = answer("x", std::move(sent));
    if (call)
      c.choices.front().tool_calls.emplace_back("id", "name", "{}");
    if (broken)
      c.failure = failure(errc::truncated, "cut off");
    return std::string(answer_view(answer_body(c, defaults())).finish_reason());
  };
  CHECK(reason("STOP") == "stop");
  CHECK(reason("eos_token") == "stop");
  CHECK(reason("MAX_TOKENS") == "length");
  CHECK(reason("SAFETY") == "content_filter");
  CHECK(reason("tool_use", true) == "tool_calls");
  CHECK(reason("COMPLETE", true) == "tool_calls");
  CHECK(reason("") == "stop");
  CHECK(reason("", false, true) == "");
  CHECK(reason("novel") == "novel");
}

TEST_CASE("reasoning, refusals, calls, odds and media keep their places") {
  auto c = answer("", "tool_calls");
  auto& one = c.choices.front();
  one.reasoning = "hm";
  one.reasoning_blocks.emplace_back(R"({"type":"thinking","signature":"s"})");
  one.tool_calls.emplace_back("call_1", "weather", R"({"city":"Bern"})");
  token_logprob odds("a", -0.5);
  odds.top.emplace_back("b", -1.0);
  one.logprobs.push_back(odds);
  one.media.emplace_back(std::string("\x89PNG\r\n\x1a\n"), "image/png");
  one.media.emplace_back(std::string("ab"), "audio/wav");
  const auto body = answer_body(c, defaults());
  CHECK(body.find(R"("message":{"role":"assistant","content":null,"refusal":null,"reasoning_content":"hm",)"
                  R"("reasoning_details":[{"type":"thinking","signature":"s"}],"tool_calls":[{"id":"call_1",)"
                  R"("type":"function","function":{"name":"weather","arguments":"{\"city\":\"Bern\"}"}}],)"
                  R"("audio":{"data":"YWI="},"images":[{"type":"image_url","image_url":)"
                  R"({"url":"data:image/png;base64,iVBORw0KGgo="}}]})") != body.npos);
  CHECK(body.find(R"("logprobs":{"content":[{"token":"a","logprob":-0.5,"bytes":null,"top_logprobs":[{"token":"b",)"
                  R"("logprob":-1.0,"bytes":null}]}]})") != body.npos);
}

TEST_CASE("a failure without an answer has no body, one with a part of it has") {
  completion nothing;
  nothing.failure = failure(errc::rate_limited, "slow down");
  CHECK(answer_body(nothing, defaults()).empty());
  nothing.choices.front().text = "The begin";
  CHECK(answer_view(answer_body(nothing, defaults())).text() == "The begin");
  generation none;
  none.failure = failure(errc::rate_limited, "slow down");
  CHECK(answer_body(none, defaults()).empty());
}

TEST_CASE("a generation becomes a text_completion with its tokens") {
  generation g;
  g.outcome = outcome::complete;
  g.sequence.text = "four";
  g.sequence.finish_reason = "eos_token";
  g.best_of.emplace_back().text = "vier";
  token_info t;
  t.id = 9;
  t.text = "four";
  g.sequence.tokens.push_back(t);
  CHECK(answer_body(g, defaults()) ==
        R"({"id":"chatcmpl-1","object":"text_completion","created":1700000000,"model":"asked-model","choices":[)"
        R"({"index":0,"text":"four","logprobs":null,"finish_reason":"stop"},)"
        R"({"index":1,"text":"vier","logprobs":null,"finish_reason":"stop"}],"usage":null,)"
        R"("details":{"tokens":[{"id":9,"text":"four","logprob":null}],"best_of_sequences":[{"text":"vier",)"
        R"("finish_reason":"","tokens":[]}]}})");
}

TEST_CASE("embeddings become OpenAI's list, in the digits of floats") {
  embeddings e;
  e.values = {0.1f, -2.0f, 1e-7f, 3.0f};
  e.shape = {2, 2};
  e.usage.prompt_tokens = 3;
  CHECK(answer_body(e, defaults()) ==
        R"({"object":"list","data":[{"object":"embedding","index":0,"embedding":[0.1,-2.0]},)"
        R"({"object":"embedding","index":1,"embedding":[1e-07,3.0]}],"model":"asked-model",)"
        R"("usage":{"prompt_tokens":3,"completion_tokens":0,"total_tokens":3}})");
  e.shape = {1, 2, 2};
  CHECK(answer_body(e, defaults())
            .find(R"("data":[{"object":"embedding","index":0,"embedding":[[0.1,-2.0],[1e-07,3.0]]}])") !=
        std::string::npos);
  e.shape = {2, 2};
  e.counts = {0, 2};
  CHECK(
      answer_body(e, defaults())
          .find(R"([{"object":"embedding","index":0,"embedding":[]},{"object":"embedding","index":1,"embedding":[[)") !=
      std::string::npos);
}

TEST_CASE("the results of other tasks are what weir run --json prints") {
  text_result r;
  r.texts = {"short"};
  CHECK(answer_body(std::any(r), defaults()) == R"({"texts":["short"]})");
  media_result images;
  images.items.emplace_back();
  images.items.back().path = "images/1.png";
  images.items.back().content_type = "image/png";
  CHECK(answer_body(std::any(images), defaults()) ==
        R"({"items":[{"content_type":"image/png","path":"images/1.png"}]})");
  CHECK(answer_body(std::any(), defaults()).empty());
  CHECK(answer_view(answer_body(std::any(answer("x", "stop")), defaults())).text() == "x");
}

TEST_CASE("a body is read back: text, finish reason, model and usage") {
  auto c = answer("Hello", "length");
  c.usage.prompt_tokens = 10;
  c.usage.completion_tokens = 5;
  c.usage.cached_tokens = 4;
  const answer_view v(answer_body(c, defaults()));
  CHECK(v.text() == "Hello");
  CHECK(v.finish_reason() == "length");
  CHECK(v.model() == "asked-model");
  CHECK(v.usage().prompt_tokens == 10);
  CHECK(v.usage().cached_tokens == 4);
  CHECK(v.usage().units[usage_unit::input_text] == 6);
  const answer_view none("not JSON");
  CHECK(!none.text());
  CHECK(none.usage().empty());
  CHECK(none.finish_reason().empty());
}

TEST_CASE("the text of an answer is found whatever the task") {
  const auto text = [](const char* body) {
    const answer_view v(body);
    return v.text() ? std::optional<std::string>(*v.text()) : std::nullopt;
  };
  CHECK(text(R"({"choices":[{"text":"a"}]})") == "a");
  CHECK(text(R"({"text":"a","chunks":[]})") == "a");
  CHECK(text(R"({"texts":["a","b"]})") == "a");
  CHECK(text(R"({"answers":[{"answer":"a"}]})") == "a");
  CHECK(text(R"({"answer":"a","cells":[]})") == "a");
  CHECK(!text(R"({"choices":[{"message":{"content":null}}]})"));
  CHECK(!text(R"({"choices":[]})"));
  CHECK(!text(R"({"object":"list","data":[]})"));
  CHECK(!text("[]"));
  CHECK(!text(""));
}
