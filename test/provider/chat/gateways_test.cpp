// What gateways between two APIs turn events and responses into: read as what they were.
#include <doctest/doctest.h>

#include "readings.hpp"

using namespace weir;
using namespace transcripts;
using calls = std::vector<tool_call>;

namespace {

completion whole(const std::string& id, const std::string& body) {
  return id == "openai" ? provider::decode_chat(body) : provider::decode_chat(route_of(id), body);
}

calls called(const std::string& delta) {
  return streamed("openai", {piece(delta), end("tool_calls")}).answer.tool_calls();
}

} // namespace

TEST_CASE("events that were joined, or prefixed twice, are separated") {
  for (const auto& joined : {text("a") + text("b"), text("a") + " " + text("b"), "data: " + text("a") + text("b")}) {
    CAPTURE(joined);
    const auto r = streamed("openai", {joined, end(), "[DONE]"});
    CHECK(r.answer.text() == "ab");
    CHECK(r.answer.outcome == outcome::complete);
  }
  CHECK(streamed("openai", {"data: data: " + text("a"), end()}).answer.text() == "a");
  CHECK(whole("openai", text("a") + text("b") + end()).text() == "ab");
  CHECK(whole("openai", "[" + text("a") + "," + text("b") + "," + end() + "]").text() == "ab");
  CHECK(whole("openai", "[" + text("a") + ",{\"error\":\"no tide\"}]").failure.remote() == "no tide");
  CHECK(whole("gemini", R"([{"candidates":[{"content":{"parts":[{"text":"a"}]}}]},{"error":{"message":"no tide"}}])")
            .failure.remote() == "no tide");
  // One of them is cut, or something else stands between them.
  CHECK(streamed("openai", {text("a") + text("b").substr(0, 20)}).answer.failure.code() == errc::malformed_event);
  CHECK(streamed("openai", {text("a") + "x" + text("b")}).answer.failure.code() == errc::malformed_event);
}

TEST_CASE("numbers and markers that are not pieces are skipped") {
  for (const char* idle : {"0", "17", "true", "[START]", "[ping]"}) {
    CAPTURE(idle);
    const auto r = streamed("openai", {idle, text("a"), idle, end()});
    CHECK(r.answer.text() == "a");
    CHECK(r.answer.outcome == outcome::complete);
  }
  CHECK(streamed("openai", {text("a"), "[1,", end()}).answer.failure.code() == errc::malformed_event);
  CHECK(streamed("openai", {text("a"), "[ERROR]"}).answer.outcome == outcome::in_band_error);
}

TEST_CASE("a complete response may arrive as one event of a stream") {
  const std::pair<const char*, const char*> all[] = {
      {"openai", R"({"choices":[{"message":{"content":"ok"},"finish_reason":"stop"}]})"},
      {"anthropic", R"({"type":"message","content":[{"type":"text","text":"ok"}],"stop_reason":"end_turn"})"},
      {"openai-responses",
       R"({"object":"response","status":"completed","output":[{"type":"message","content":[{"type":"output_text","text":"ok"}]}]})"},
      {"gemini", R"({"candidates":[{"content":{"parts":[{"text":"ok"}]},"finishReason":"STOP"}]})"},
      {"cohere-v2", R"({"message":{"content":[{"type":"text","text":"ok"}]},"finish_reason":"COMPLETE"})"},
      {"ollama", R"({"message":{"content":"ok"},"done":true,"done_reason":"stop"})"},
  };
  for (const auto& [id, body] : all) {
    CAPTURE(id);
    const auto r = streamed(id, {body, "[DONE]"});
    CHECK(r.answer.text() == "ok");
    CHECK(r.answer.outcome == outcome::complete);
  }
}

TEST_CASE("an event's name gives its type if the data does not") {
  const auto a = streamed(
      "anthropic", {named("content_block_delta", R"({"index":0,"delta":{"type":"text_delta","text":"ok"}})"),
                    named("message_delta", R"({"delta":{"stop_reason":"end_turn"}})"), named("message_stop", "{ }")});
  CHECK(a.answer.text() == "ok");
  CHECK(a.answer.outcome == outcome::complete);
  const auto r =
      streamed("openai-responses", {named("response.output_text.delta", R"({"delta":"ok"})"),
                                    named("response.completed", R"({"response":{"status":"completed","output":[]}})")});
  CHECK(r.answer.text() == "ok");
  CHECK(r.answer.outcome == outcome::complete);
  const auto c = streamed("cohere-v2", {named("content-delta", R"({"delta":{"message":{"content":{"text":"ok"}}}})"),
                                        named("message-end", R"({"delta":{"finish_reason":"COMPLETE"}})")});
  CHECK(c.answer.text() == "ok");
  CHECK(c.answer.outcome == outcome::complete);
}

TEST_CASE("a message's stop reason is its end, and [DONE] ends a response in which nothing was left open") {
  const named said = R"({"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"ok"}})";
  const named stopped = R"({"type":"message_delta","delta":{"stop_reason":"end_turn"}})";
  CHECK(streamed("anthropic", {said, stopped}).answer.outcome == outcome::complete);
  CHECK(streamed("anthropic", {said, stopped, "[DONE]"}).answer.outcome == outcome::complete);
  CHECK(streamed("anthropic", {said, "[DONE]"}).answer.outcome == outcome::truncated);
  const named delta = R"({"type":"response.output_text.delta","output_index":0,"delta":"ok"})";
  const named done =
      R"({"type":"response.output_item.done","output_index":0,"item":{"type":"message","content":[{"type":"output_text","text":"ok"}]}})";
  CHECK(streamed("openai-responses", {delta, done, "[DONE]"}).answer.outcome == outcome::complete);
  CHECK(streamed("openai-responses", {delta, "[DONE]"}).answer.outcome == outcome::truncated);
  CHECK(streamed("openai-responses", {delta, done}).answer.outcome == outcome::truncated);
  CHECK(streamed("openai-responses", {delta, R"({"type":"response.completed"})"}).answer.outcome == outcome::complete);
  CHECK(streamed("openai-responses", {delta, R"({"type":"response.incomplete"})"}).answer.outcome ==
        outcome::truncated);
  CHECK(streamed("openai-responses", {delta, R"({"type":"response.failed"})"}).answer.outcome ==
        outcome::in_band_error);
}

TEST_CASE("an event that is not part of an answer is shown if the answer is missing") {
  for (const char* foreign :
       {R"({"header":{"code":10013,"message":"the dam broke"}})",
        R"({"Response":{"Error":{"Code":"X","Message":"the dam broke"}}})", R"({"tide":"the dam broke"})"}) {
    CAPTURE(foreign);
    for (const char* id : {"openai", "anthropic", "gemini", "cohere-v2", "ollama"}) {
      const auto r = streamed(id, {foreign});
      CHECK(r.answer.outcome == outcome::truncated);
      CHECK(r.answer.failure.remote().find("the dam broke") != std::string::npos);
    }
    CHECK(streamed("openai", {text("a"), foreign}).answer.failure.code() == errc::truncated);
    CHECK(streamed("openai", {foreign, text("a"), end()}).answer.outcome == outcome::complete);
  }
}

TEST_CASE("a message next to an empty list of choices is an error, and so are Bedrock's named exceptions") {
  for (const char* e : {R"({"id":"","choices":[],"message":"the dam broke","code":502})",
                        R"({"throttlingException":{"message":"the dam broke"}})", R"({"err":"the dam broke"})",
                        R"({"ErrorMsg":{"Msg":"the dam broke","Code":2001}})"}) {
    CAPTURE(e);
    CHECK(streamed("openai", {text("a"), e, "[DONE]"}).answer.outcome == outcome::in_band_error);
    CHECK(whole("openai", e).failure.remote().find("the dam broke") != std::string::npos);
  }
  CHECK(streamed("openai", {R"({"choices":[],"prompt_filter_results":[]})", text("a"), end()}).answer.outcome ==
        outcome::complete);
}

TEST_CASE("a finish reason that is an object keeps its message, and a null written as text ends nothing") {
  const auto r = streamed(
      "openai",
      {text("par"),
       R"({"choices":[{"index":0,"delta":{},"finish_reason":{"type":"abort","message":"the gate closed"}}]})"});
  CHECK(r.answer.outcome == outcome::in_band_error);
  CHECK(r.answer.failure.remote() == "the gate closed");
  for (const char* nothing : {"null", "None"}) {
    const auto said =
        streamed("openai", {piece(R"({"content":"o"})", '"' + std::string(nothing) + '"'), text("k"), end()});
    CHECK(said.answer.text() == "ok");
    CHECK(said.answer.finish_reason() == "stop");
    CHECK(streamed("openai", {piece(R"({"content":"o"})", '"' + std::string(nothing) + '"')}).answer.outcome ==
          outcome::truncated);
  }
}

TEST_CASE("a call may lack its inner object or have other names, and its list may be an object") {
  const calls one{{"a", "f", R"({"x":1})"}};
  CHECK(called(R"({"tool_calls":[{"index":0,"id":"a","name":"f","arguments":"{\"x\":1}"}]})") == one);
  CHECK(called(R"({"tool_calls":[{"index":0,"call_id":"a","function":{"name":"f","arguments":"{\"x\":1}"}}]})") == one);
  CHECK(called(R"({"tool_calls":[{"index":0,"id":"a","type":"tool_use","name":"f","input":{"x":1}}]})") == one);
  CHECK(
      called(
          R"({"tool_calls":{"0":{"id":"a","function":{"name":"f","arguments":"{\"x\":1}"}},"1":{"id":"b","function":{"name":"g","arguments":"{}"}}}})") ==
      calls{{"a", "f", R"({"x":1})"}, {"b", "g", "{}"}});
  const auto beside = streamed(
      "openai",
      {R"({"choices":[{"index":0,"delta":{},"tool_calls":[{"id":"a","function":{"name":"f","arguments":"{\"x\":1}"}}]}]})",
       end()});
  CHECK(beside.answer.tool_calls() == one);
}

TEST_CASE("arguments may be an object or a string in every dialect") {
  const calls one{{"a", "f", R"({"x":1})"}};
  for (const char* x : {R"({"x":1})", R"("{\"x\":1}")"}) {
    CAPTURE(x);
    const std::string args = x;
    CHECK(whole("anthropic", R"({"content":[{"type":"tool_use","id":"a","name":"f","input":)" + args +
                                 R"(}],"stop_reason":"tool_use"})")
              .tool_calls() == one);
    CHECK(whole("openai-responses",
                R"({"status":"completed","output":[{"type":"function_call","call_id":"a","name":"f","arguments":)" +
                    args + "}]}")
              .tool_calls() == one);
    CHECK(whole("cohere-v2", R"({"message":{"tool_calls":[{"id":"a","function":{"name":"f","arguments":)" + args +
                                 R"(}}]},"finish_reason":"TOOL_CALL"})")
              .tool_calls() == one);
    CHECK(whole("ollama", R"({"message":{"content":"","tool_calls":[{"id":"a","function":{"name":"f","arguments":)" +
                              args + R"(}}]},"done":true})")
              .tool_calls() == one);
  }
}

TEST_CASE("an Anthropic block may continue after its stop, and one without arguments has an empty object") {
  const named begun =
      R"({"type":"content_block_start","index":0,"content_block":{"type":"tool_use","id":"a","name":"f","input":{}}})";
  const named stop = R"({"type":"content_block_stop","index":0})";
  const auto bit = [](const std::string& json) {
    return named(R"({"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":")" +
                 json + "\"}}");
  };
  const named finish = R"({"type":"message_delta","delta":{"stop_reason":"tool_use"}})",
              over = R"({"type":"message_stop"})";
  for (const auto& events : {std::vector<named>{begun, bit("{\\\"x\\\""), stop, bit(":1}"), finish, over},
                             {begun, stop, bit("{\\\"x\\\":1}"), finish, over}})
    CHECK(streamed("anthropic", events).answer.tool_calls() == calls{{"a", "f", R"({"x":1})"}});
  CHECK(streamed("anthropic", {begun, stop, finish, over}).answer.tool_calls() == calls{{"a", "f", "{}"}});
}

TEST_CASE("content may be a string, a part or a list of parts") {
  CHECK(whole("openai-responses", R"({"status":"completed","output":[{"type":"message","content":"ok"}]})").text() ==
        "ok");
  CHECK(whole("openai-responses", R"({"status":"completed","output":[],"output_text":"ok"})").text() == "ok");
  for (const char* content : {R"("ok")", R"({"type":"text","text":"ok"})", R"([{"type":"text","text":"ok"}])"}) {
    CAPTURE(content);
    const std::string c = content;
    CHECK(streamed("cohere-v2", {R"({"type":"content-delta","delta":{"message":{"content":)" + c + "}}}",
                                 R"({"type":"message-end","delta":{"finish_reason":"COMPLETE"}})"})
              .answer.text() == "ok");
    CHECK(whole("cohere-v2", R"({"message":{"content":)" + c + R"(},"finish_reason":"COMPLETE"})").text() == "ok");
  }
  CHECK(streamed("openai", {piece(R"({"text":"ok"})"), end()}).answer.text() == "ok");
  CHECK(streamed("openai", {piece(R"({"content":[{"type":"text","text":{"value":"ok"}}]})"), end()}).answer.text() ==
        "ok");
  CHECK(streamed("openai", {piece(R"({"images":["https://example.test/i.png"]})"), end()})
            .answer.choices[0]
            .media.at(0)
            .url == "https://example.test/i.png");
  CHECK(streamed("ollama", {R"({"response":"o","done":false})", R"({"response":"k","done":true})"}).answer.text() ==
        "ok");
  for (const char* delta : {R"({"thought":"hm"})", R"({"thinking_content":"hm"})", R"({"reasoning":{"content":"hm"}})"})
    CHECK(streamed("openai", {piece(delta), text("ok"), end()}).answer.reasoning() == "hm");
}

TEST_CASE("Gemini's members may have their protobuf names, its responses be wrapped, and its counts arrive early") {
  const auto snake = streamed(
      "gemini",
      {R"({"candidates":[{"content":{"parts":[{"function_call":{"name":"f","args":{"x":1}}}]},"finish_reason":"STOP"}],)"
       R"("usage_metadata":{"prompt_token_count":3,"candidates_token_count":2}})"});
  CHECK(snake.answer.tool_calls() == calls{{"call_0", "f", R"({"x":1})"}});
  CHECK(snake.answer.usage.prompt_tokens == 3u);
  const auto wrapped = streamed(
      "gemini",
      {R"({"response":{"candidates":[{"content":{"parts":[{"text":"o"}]}}],"usageMetadata":{"promptTokenCount":3}}})",
       R"({"response":{"candidates":[{"content":{"parts":[{"text":"k"}]},"finishReason":"STOP"}]}})"});
  CHECK(wrapped.answer.text() == "ok");
  CHECK(wrapped.answer.outcome == outcome::complete);
  CHECK(wrapped.answer.usage.prompt_tokens == 3u);
  const auto unspecified = streamed(
      "gemini",
      {R"({"candidates":[{"content":{"parts":[{"text":"ok"}]},"finishReason":"FINISH_REASON_UNSPECIFIED"}]})"});
  CHECK(unspecified.answer.outcome == outcome::truncated);
}

TEST_CASE("counts are read under the names and in the form of the API that they come from") {
  const auto counted = [](const std::string& usage) {
    return streamed("openai", {text("a"), end(), R"({"choices":[],"usage":)" + usage + "}", "[DONE]"}).answer.usage;
  };
  for (const char* u : {R"({"prompt_tokens":"3","completion_tokens":"2"})", R"({"input_tokens":3,"output_tokens":2})",
                        R"({"prompt_tokens":3.0,"completion_tokens":2})"}) {
    CAPTURE(u);
    CHECK(counted(u).prompt_tokens == 3u);
    CHECK(counted(u).completion_tokens == 2u);
  }
  const auto more = counted(
      R"({"prompt_tokens":9,"cache_read_input_tokens":4,"cache_creation_input_tokens":5,"reasoning_tokens":1,"cost":"0.25"})");
  CHECK(more.cached_tokens == 4u);
  CHECK(more.cache_write_tokens == 5u);
  CHECK(more.reasoning_tokens == 1u);
  CHECK(more.cost == 0.25);
  CHECK(counted(R"({"output_tokens_details":{"reasoning_tokens":1},"input_tokens_details":{"cached_tokens":2}})")
            .cached_tokens == 2u);
  CHECK_FALSE(counted(R"({"prompt_tokens":"3x","completion_tokens":"-2","cost":"inf"})").prompt_tokens);
}
