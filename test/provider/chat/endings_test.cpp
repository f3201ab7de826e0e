// What counts as a complete answer, and what is an error under another name.
#include <doctest/doctest.h>

#include "provider/answer/finish_words.hpp"
#include "provider/response/in_band_error.hpp"
#include "readings.hpp"

using namespace weir;
using namespace transcripts;
using provider::ending;

TEST_CASE("finish reasons mean the same regardless of spelling") {
  const std::pair<ending, std::vector<std::string_view>> all[] = {
      {ending::complete,
       {"stop", "STOP", "end_turn", "eos_token", "tool_calls", "TOOL_CALL", "COMPLETE", "function_call", "completed"}},
      {ending::length,
       {"length", "MAX_TOKENS", "max_output_tokens", "model_length", "model_context_window_exceeded", "max-new-tokens",
        "ERROR_LIMIT", "out_of_tokens", "output_limit"}},
      {ending::filtered,
       {"content_filter", "sensitive", "SAFETY", "refusal", "PROHIBITED_CONTENT", "guardrail_intervened",
        "content-filtered", "MODEL_ARMOR", "risk_control"}},
      {ending::failed,
       {"error", "abort", "network_error", "insufficient_system_resource", "ERROR", "TIMEOUT", "cancelled",
        "MALFORMED_FUNCTION_CALL"}},
      {ending::unknown, {"", "load", "repetition", "high_tide"}},
  };
  for (const auto& [meant, words] : all)
    for (const auto w : words) {
      CAPTURE(w);
      CHECK(provider::ending_of(w) == meant);
    }
}

TEST_CASE("a finish reason that means failure is an error that keeps what arrived") {
  for (const char* word : {"error", "network_error", "abort", "insufficient_system_resource"}) {
    CAPTURE(word);
    const auto r = streamed("openai", {text("par"), end(word), "[DONE]"});
    CHECK(r.answer.outcome == outcome::in_band_error);
    CHECK(r.answer.failure.code() == errc::in_band_error);
    CHECK(r.answer.failure.remote_code() == word);
    CHECK(r.answer.text() == "par");
    const auto plain = provider::decode_chat(R"({"choices":[{"message":{"content":"par"},"finish_reason":")" +
                                             std::string(word) + "\"}]}");
    CHECK(plain.outcome == outcome::in_band_error);
  }
  // Nothing was emitted yet: such a call can be retried.
  CHECK(streamed("openai", {end("network_error")}).answer.failure.code() == errc::server_error);
  CHECK(streamed("openai", {end("insufficient_system_resource")}).answer.failure.code() == errc::overloaded);
  CHECK(streamed("openai", {text("par"), end("sensitive")}).answer.outcome == outcome::filtered);
  CHECK(streamed("openai", {text("par"), end("model_context_window_exceeded")}).answer.outcome == outcome::length);
}

TEST_CASE("an unknown finish reason is kept and reported, and is a success only after an answer") {
  const auto r = streamed("openai", {text("a"), end("high_tide"), "[DONE]"});
  CHECK(r.answer.outcome == outcome::complete);
  CHECK(r.answer.finish_reason() == "high_tide");
  CHECK(r.answer.info.remark == "unknown finish reason \"high_tide\"");
  const auto empty = streamed("openai", {end("high_tide"), "[DONE]"});
  CHECK(empty.answer.outcome == outcome::truncated);
  CHECK(empty.answer.failure.code() == errc::truncated);
  CHECK(streamed("openai", {end("stop")}).answer.outcome == outcome::complete);
}

TEST_CASE("a terminal event after nothing is not a success, in any dialect") {
  const std::pair<const char*, std::vector<named>> all[] = {
      {"openai", {"[DONE]"}},
      {"openai", {R"({"choices":[],"usage":{"prompt_tokens":3}})", "[DONE]"}},
      {"openai", {R"({"result":{"choices":[]},"success":true})", "[DONE]"}},
      {"openai", {piece(R"({"role":"assistant","content":""})"), "[DONE]"}},
      {"openai", {piece(R"({"reasoning":"hm"})"), "[DONE]"}},
      {"anthropic", {R"({"type":"message_stop"})"}},
      {"cohere-v2", {R"({"type":"message-end","delta":{}})"}},
      {"ollama", {R"({"done":true,"done_reason":"load"})"}},
      {"replicate", {named("done", "{}")}},
  };
  for (const auto& [id, events] : all) {
    CAPTURE(id);
    const auto r = streamed(id, events);
    CHECK(r.answer.outcome == outcome::truncated);
    CHECK(r.answer.failure.code() == (r.done ? errc::truncated : errc{}));
  }
  CHECK(provider::decode_chat(R"({"id":"x","choices":[]})").outcome == outcome::truncated);
  CHECK(provider::decode_chat(R"({"choices":[{"message":{"content":null},"finish_reason":null}]})").outcome ==
        outcome::truncated);
  CHECK(provider::decode_chat(
            R"({"choices":[],"prompt_filter_results":[{"content_filter_results":{"hate":{"filtered":true}}}]})")
            .outcome == outcome::filtered);
}

TEST_CASE("an error is recognized in every envelope, in every dialect, and its message is kept") {
  const named all[] = {R"({"code":500,"message":"the dam broke","success":false})",
                       R"({"type":"error","message":"the dam broke"})",
                       R"({"error":"the dam broke"})",
                       R"({"error":{"message":"the dam broke"}})",
                       R"({"errors":[{"message":"the dam broke"}]})",
                       R"({"object":"error","message":"the dam broke"})",
                       R"({"status":"failed","message":"the dam broke"})",
                       R"({"error":true,"message":"the dam broke"})",
                       R"({"code":"x","success":false,"detail":"the dam broke"})",
                       R"({"base_resp":{"status_code":1004,"status_msg":"the dam broke"}})",
                       R"({"error_code":18,"error_msg":"the dam broke"})",
                       named("error", R"({"message":"the dam broke"})"),
                       named("error", "the dam broke"),
                       named("exception", "the dam broke"),
                       "error: the dam broke"};
  for (const char* id : {"openai", "anthropic", "openai-responses", "gemini", "cohere-v2", "ollama"})
    for (const auto& e : all) {
      CAPTURE(id);
      CAPTURE(e.data);
      const auto r = streamed(id, {e, "[DONE]"});
      CHECK(r.answer.outcome == outcome::in_band_error);
      CHECK(r.answer.failure.remote().find("the dam broke") != std::string::npos);
    }
}

TEST_CASE("a message without an answer is an error if nothing better follows") {
  for (const char* words :
       {R"({"detail":"the dam broke"})", R"({"message":"the dam broke"})", R"({"title":"the dam broke"})"}) {
    CAPTURE(words);
    for (const auto& events : {std::vector<named>{words, "[DONE]"}, {text("a"), words}, {text("a"), words, "[DONE]"}}) {
      const auto r = streamed("openai", events);
      CHECK(r.answer.outcome == outcome::in_band_error);
      CHECK(r.answer.failure.remote() == "the dam broke");
    }
    CHECK(streamed("openai", {words, text("a"), end()}).answer.outcome == outcome::complete);
  }
}

TEST_CASE("an error inside a choice is an error") {
  const auto r = streamed(
      "openai",
      {text("par"),
       R"({"choices":[{"index":0,"delta":{},"finish_reason":"error","error":{"code":504,"message":"too late"}}]})",
       "[DONE]"});
  CHECK(r.answer.outcome == outcome::in_band_error);
  CHECK(r.answer.failure.remote() == "too late");
  CHECK(r.answer.text() == "par");
  CHECK(provider::decode_chat(R"({"choices":[{"message":{"content":"par"},"error":{"message":"too late"}}]})")
            .failure.remote() == "too late");
}

TEST_CASE("an unstructured event is shown") {
  const auto r = streamed("openai", {text("a"), "gate 3 is stuck", end()});
  CHECK(r.answer.failure.code() == errc::malformed_event);
  CHECK(r.answer.failure.remote() == "gate 3 is stuck");
}

TEST_CASE("an incomplete response without a reason is not a success") {
  const auto r = streamed("openai-responses", {R"({"type":"response.output_text.delta","delta":"a"})",
                                               R"({"type":"response.incomplete","response":{"status":"incomplete"}})"});
  CHECK(r.answer.outcome == outcome::truncated);
}
