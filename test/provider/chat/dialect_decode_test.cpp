// The dialects other than OpenAI's: what their streams and responses mean, however the bytes are split.
#include <doctest/doctest.h>

#include <functional>

#include "codec/framing/ndjson.hpp"
#include "codec/json/json.hpp"
#include "provider/transcript.hpp"

using namespace weir;
using transcripts::outcome_of_decoding;

namespace {

provider::route route_of(std::string id) {
  provider::route r;
  r.provider = std::move(id);
  return r;
}

// As the client reads lines: the last one counts without its line end if it is complete.
outcome_of_decoding run_lines(provider::decoder& d, const std::vector<std::string_view>& pieces) {
  codec::ndjson_splitter lines;
  codec::sse_event e;
  std::vector<event> events;
  for (const auto p : pieces) {
    lines.feed(p);
    while (lines.next(e.data))
      d.on_event(e, events);
  }
  error_code ec;
  if (lines.finish(e.data) && (codec::parse_json(e.data, ec), !ec))
    d.on_event(e, events);
  return transcripts::settle(d, std::move(events));
}

outcome_of_decoding run_events(provider::decoder& d, const std::vector<std::string_view>& pieces) {
  codec::sse_decoder sse;
  codec::sse_event e;
  std::vector<event> events;
  for (const auto p : pieces) {
    sse.feed(p);
    while (sse.next(e))
      d.on_event(e, events);
  }
  return transcripts::settle(d, std::move(events));
}

outcome_of_decoding read(const std::string& id, const std::vector<std::string_view>& pieces) {
  const auto d = provider::chat_decoder(route_of(id));
  return id == "ollama" ? run_lines(*d, pieces) : run_events(*d, pieces);
}

outcome_of_decoding read(const std::string& id, std::string_view body) {
  return read(id, std::vector<std::string_view>{body});
}

class dialect {
public:
  std::string id, body, finish_reason, answer_id, last; // `last`: how the end of the answer begins
  std::vector<std::string> call_ids;
};

const std::vector<dialect>& dialects() {
  static const std::vector<dialect> all = {
      {"anthropic",
       transcripts::read("anthropic"),
       "tool_use",
       "msg_tide",
       "event: message_delta",
       {"toolu_1", "toolu_2"}},
      {"openai-responses",
       transcripts::read("responses"),
       "completed",
       "resp_tide",
       "event: response.completed",
       {"call_1", "call_2"}},
      {"gemini",
       transcripts::read("gemini"),
       "STOP",
       "gem-tide",
       "data: {\"candidates\":[{\"content\":{\"parts\":[{\"functionCall\":{\"id\"",
       {"call_0#c2ln", "own"}},
      {"cohere-v2", transcripts::read("cohere"), "TOOL_CALL", "co-tide", "event: message-end", {"gauge_1", "clock_1"}},
      {"ollama",
       transcripts::read("ollama", "ndjson"),
       "stop",
       "",
       "{\"model\":\"gauge-reader\",\"created_at\":\"2026-01-02T03:04:06.1Z\"",
       {"call_0", "own"}},
  };
  return all;
}

std::string squeezed(std::string text) {
  std::erase(text, ' ');
  return text;
}

void check_tide(const dialect& d, const outcome_of_decoding& r) {
  const auto& a = r.answer;
  CHECK(a.text() == "I shall look at the gauge. 🌊");
  CHECK(a.reasoning() == "Is it high water?");
  REQUIRE(a.tool_calls().size() == 2);
  CHECK(a.tool_calls()[0].id == d.call_ids[0]);
  CHECK(a.tool_calls()[0].name == "gauge");
  CHECK(squeezed(a.tool_calls()[0].arguments) == R"({"pegel":"Köln"})");
  CHECK(a.tool_calls()[1] == tool_call(d.call_ids[1], "clock", "{}"));
  CHECK(a.finish_reason() == d.finish_reason);
  CHECK(a.outcome == outcome::complete);
  CHECK_FALSE(a.failure.failed());
  CHECK(a.usage.prompt_tokens == 54u);
  CHECK(a.usage.completion_tokens == 29u);
  CHECK(a.usage.total_tokens == 83u);
  CHECK(a.info.id == d.answer_id);
}

} // namespace

TEST_CASE("each dialect's stream gives the same answer, whole, byte by byte and at every split") {
  for (const auto& d : dialects()) {
    CAPTURE(d.id);
    check_tide(d, read(d.id, d.body));
    std::vector<std::string_view> bytes;
    for (std::size_t i = 0; i < d.body.size(); ++i)
      bytes.push_back(std::string_view(d.body).substr(i, 1));
    check_tide(d, read(d.id, bytes));
    const auto wanted = read(d.id, d.body);
    for (std::size_t at = 0; at <= d.body.size(); ++at) {
      const auto r = read(d.id, {std::string_view(d.body).substr(0, at), std::string_view(d.body).substr(at)});
      INFO("split at " << at);
      REQUIRE(r.events.size() == wanted.events.size());
      REQUIRE(r.answer.text() == wanted.answer.text());
      REQUIRE(r.answer.tool_calls() == wanted.answer.tool_calls());
      REQUIRE(r.answer.outcome == outcome::complete);
    }
  }
}

TEST_CASE("a stream of any dialect that is cut before its end is truncated, and nothing is invented") {
  for (const auto& d : dialects()) {
    CAPTURE(d.id);
    const auto whole = read(d.id, d.body);
    const auto last = d.body.find(d.last);
    REQUIRE(last != std::string::npos);
    // The end counts once its event is complete: at its blank line, or for JSON lines at its last brace.
    const auto end =
        d.id == "ollama" ? d.body.rfind('}') + 1 : d.body.find(d.id == "gemini" ? "\r\n\r\n" : "\n\n", last) + 1;
    for (std::size_t cut = 0; cut < end; ++cut) {
      const auto r = read(d.id, std::string_view(d.body).substr(0, cut));
      INFO("cut at " << cut);
      REQUIRE(r.answer.outcome == outcome::truncated);
      REQUIRE_FALSE(r.done);
      REQUIRE(whole.answer.text().starts_with(r.answer.text()));
      REQUIRE(whole.answer.reasoning().starts_with(r.answer.reasoning()));
    }
  }
}

TEST_CASE("counts that only some dialects have are kept") {
  const auto& all = dialects();
  const auto anthropic = read("anthropic", all[0].body).answer.usage;
  CHECK(anthropic.cached_tokens == 40u);
  CHECK(anthropic.cache_write_tokens == 3u);
  for (std::size_t i = 1; i < 4; ++i)
    CHECK(read(all[i].id, all[i].body).answer.usage.cached_tokens == 40u);
  for (std::size_t i = 1; i < 3; ++i)
    CHECK(read(all[i].id, all[i].body).answer.usage.reasoning_tokens == 5u);
  CHECK_FALSE(read("ollama", all[4].body).answer.usage.cached_tokens.has_value());
}

TEST_CASE("the Responses API's logprobs arrive with their text") {
  const auto r = read("openai-responses", dialects()[1].body);
  const auto& odds = r.answer.choices.front().logprobs;
  REQUIRE(odds.size() == 1);
  CHECK(odds[0].token == "I shall look ");
  REQUIRE(odds[0].top.size() == 1);
  CHECK(odds[0].top[0].token == "You");
}

TEST_CASE("an error inside a stream has its own code, or is in-band once tokens arrived") {
  class wrong {
  public:
    std::string id, token, error, words;
    errc first;
  };
  const std::vector<wrong> all = {
      {"anthropic",
       "data: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"a\"}}\n\n",
       "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"high "
       "tide\"}}\n\n",
       "high tide", errc::overloaded},
      {"openai-responses", "data: {\"type\":\"response.output_text.delta\",\"delta\":\"a\"}\n\n",
       "event: error\ndata: {\"type\":\"error\",\"code\":\"rate_limit_exceeded\",\"message\":\"high "
       "tide\",\"param\":null}\n\n",
       "high tide", errc::rate_limited},
      {"openai-responses", "data: {\"type\":\"response.output_text.delta\",\"delta\":\"a\"}\n\n",
       "data: {\"type\":\"response.failed\",\"response\":{\"status\":\"failed\",\"error\":{\"code\":\"server_error\","
       "\"message\":\"high tide\"}}}\n\n",
       "high tide", errc::server_error},
      {"gemini", "data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"a\"}]}}]}\n\n",
       "data: {\"error\":{\"code\":503,\"message\":\"high tide\",\"status\":\"UNAVAILABLE\"}}\n\n", "high tide",
       errc::overloaded},
      {"gemini", "data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"a\"}]}}]}\n\n",
       "data: {\"candidates\":[{\"finishReason\":\"MALFORMED_FUNCTION_CALL\",\"finishMessage\":\"no such "
       "gauge\"}]}\n\n",
       "no such gauge", errc::in_band_error},
      {"cohere-v2", "data: {\"type\":\"content-delta\",\"delta\":{\"message\":{\"content\":{\"text\":\"a\"}}}}\n\n",
       "data: {\"type\":\"message-end\",\"delta\":{\"finish_reason\":\"ERROR\",\"error\":\"high tide\"}}\n\n",
       "high tide", errc::server_error},
      {"ollama", "{\"message\":{\"content\":\"a\"},\"done\":false}\n", "{\"error\":\"high tide\"}\n", "high tide",
       errc::in_band_error},
  };
  for (const auto& w : all) {
    CAPTURE(w.id);
    const auto first = read(w.id, w.error);
    CHECK(first.answer.outcome == outcome::in_band_error);
    CHECK(first.answer.failure.code() == w.first);
    CHECK(first.answer.failure.remote() == w.words);
    const std::string both = w.token + w.error;
    const auto later = read(w.id, both);
    CHECK(later.answer.text() == "a");
    CHECK(later.answer.failure.code() == errc::in_band_error);
  }
}

TEST_CASE("an end reports whether a limit or a filter caused it") {
  const auto anthropic = [](const std::string& reason) {
    return read("anthropic", "data: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"" + reason +
                                 "\"}}\n\ndata: {\"type\":\"message_stop\"}\n\n");
  };
  CHECK(anthropic("max_tokens").answer.outcome == outcome::length);
  CHECK(anthropic("refusal").answer.outcome == outcome::filtered);
  CHECK(anthropic("stop_sequence").answer.outcome == outcome::complete);
  const auto responses = [](const std::string& reason) {
    return read("openai-responses", "data: {\"type\":\"response.incomplete\",\"response\":{\"status\":\"incomplete\","
                                    "\"incomplete_details\":{\"reason\":\"" +
                                        reason + "\"}}}\n\n");
  };
  CHECK(responses("max_output_tokens").answer.outcome == outcome::length);
  CHECK(responses("max_output_tokens").answer.finish_reason() == "max_output_tokens");
  CHECK(responses("content_filter").answer.outcome == outcome::filtered);
  const auto gemini = [](const std::string& reason) {
    return read("gemini", "data: {\"candidates\":[{\"finishReason\":\"" + reason + "\"}]}\n\n");
  };
  CHECK(gemini("MAX_TOKENS").answer.outcome == outcome::length);
  CHECK(gemini("SAFETY").answer.outcome == outcome::filtered);
  CHECK(gemini("RECITATION").answer.outcome == outcome::filtered);
  CHECK(read("gemini", "data: {\"promptFeedback\":{\"blockReason\":\"OTHER\"}}\n\n").answer.outcome ==
        outcome::filtered);
  CHECK(read("cohere-v2", "data: {\"type\":\"message-end\",\"delta\":{\"finish_reason\":\"MAX_TOKENS\"}}\n\n")
            .answer.outcome == outcome::length);
  CHECK(read("ollama", "{\"done\":true,\"done_reason\":\"length\"}\n").answer.outcome == outcome::length);
}

TEST_CASE("the pieces of a Cohere call that names no function belong to the call before it") {
  const std::string begin = R"(data: {"type":"tool-call-start","index":0,"delta":{"message":{"tool_calls":)";
  const auto r = read("cohere-v2", begin +
                                       R"({"id":"a","function":{"name":"f","arguments":""}}}}})"
                                       "\n\n" +
                                       begin +
                                       R"({"id":"b"}}}})"
                                       "\n\n"
                                       R"(data: {"type":"tool-call-delta","index":0,"delta":{"message":{"tool_calls":)"
                                       R"({"function":{"arguments":"{}"}}}}})"
                                       "\n\n"
                                       R"(data: {"type":"message-end","delta":{"finish_reason":"TOOL_CALL"}})"
                                       "\n\n");
  REQUIRE(r.answer.choices.size() == 1);
  REQUIRE(r.answer.choices[0].tool_calls.size() == 1);
  CHECK(r.answer.choices[0].tool_calls[0].arguments == "{}");
}

TEST_CASE("text that a Responses server sends only at the end is not lost") {
  const auto r =
      read("openai-responses",
           "data: {\"type\":\"response.completed\",\"response\":{\"status\":\"completed\",\"output\":[{\"type\":"
           "\"message\",\"content\":[{\"type\":\"output_text\",\"text\":\"all at once\"}]},{\"type\":\"function_call\","
           "\"call_id\":\"c\",\"name\":\"f\",\"arguments\":\"{}\"}]}}\n\n");
  CHECK(r.answer.text() == "all at once");
  REQUIRE(r.answer.tool_calls().size() == 1);
  CHECK(r.answer.tool_calls()[0] == tool_call("c", "f", "{}"));
}

TEST_CASE("reasoning in pieces does not hide an answer that arrives only at the end, and nothing is doubled") {
  const std::string end = "data: {\"type\":\"response.completed\",\"response\":{\"status\":\"completed\",\"output\":["
                          "{\"type\":\"reasoning\",\"summary\":[{\"type\":\"summary_text\",\"text\":\"hm\"}]},"
                          "{\"type\":\"message\",\"content\":[{\"type\":\"output_text\",\"text\":\"yes\"}]}]}}\n\n";
  const std::string thought = "data: {\"type\":\"response.reasoning_text.delta\",\"delta\":\"hm\"}\n\n";
  const std::string text = "data: {\"type\":\"response.output_text.delta\",\"delta\":\"yes\"}\n\n";
  for (const auto& body : {end, thought + end, text + end, thought + text + end}) {
    const auto r = read("openai-responses", body);
    CHECK(r.answer.text() == "yes");
    CHECK(r.answer.reasoning() == "hm");
  }
  const auto late =
      read("openai-responses",
           text + "data: {\"type\":\"response.completed\",\"response\":{\"status\":\"completed\",\"output\":["
                  "{\"type\":\"function_call\",\"call_id\":\"c\",\"name\":\"f\",\"arguments\":\"{}\"}]}}\n\n");
  CHECK(late.answer.text() == "yes");
  REQUIRE(late.answer.tool_calls().size() == 1);
  CHECK(late.answer.tool_calls()[0] == tool_call("c", "f", "{}"));
}

TEST_CASE("non-streamed responses of each dialect are decoded") {
  class whole {
  public:
    std::string id, body;
  };
  const std::vector<whole> all = {
      {"anthropic",
       R"({"id":"i","type":"message","role":"assistant","model":"m","content":[{"type":"thinking","thinking":"hm","signature":"s"},
           {"type":"text","text":"yes"},{"type":"tool_use","id":"t","name":"f","input":{"a":1}}],"stop_reason":"tool_use",
           "usage":{"input_tokens":2,"output_tokens":3}})"},
      {"openai-responses",
       R"({"id":"i","object":"response","created_at":5,"status":"completed","model":"m","error":null,"output":[
           {"type":"reasoning","summary":[{"type":"summary_text","text":"hm"}]},
           {"type":"message","content":[{"type":"output_text","text":"yes"}]},
           {"type":"function_call","call_id":"t","name":"f","arguments":"{\"a\":1}"}],
           "usage":{"input_tokens":2,"output_tokens":3,"total_tokens":5}})"},
      {"gemini",
       R"({"candidates":[{"content":{"parts":[{"text":"hm","thought":true},{"text":"yes"},
           {"functionCall":{"id":"t","name":"f","args":{"a":1}}}]},"finishReason":"STOP"}],
           "usageMetadata":{"promptTokenCount":2,"candidatesTokenCount":3,"totalTokenCount":5},"responseId":"i","modelVersion":"m"})"},
      {"cohere-v2",
       R"({"id":"i","finish_reason":"TOOL_CALL","message":{"role":"assistant","tool_plan":"hm","content":[{"type":"text","text":"yes"}],
           "tool_calls":[{"id":"t","type":"function","function":{"name":"f","arguments":"{\"a\":1}"}}]},
           "usage":{"tokens":{"input_tokens":2,"output_tokens":3}}})"},
      {"ollama",
       R"({"model":"m","message":{"role":"assistant","thinking":"hm","content":"yes","tool_calls":[
           {"id":"t","function":{"name":"f","arguments":{"a":1}}}]},"done":true,"done_reason":"stop","prompt_eval_count":2,"eval_count":3})"},
  };
  for (const auto& w : all) {
    CAPTURE(w.id);
    const auto a = provider::decode_chat(route_of(w.id), w.body);
    CHECK(a.failure.describe() == failure().describe());
    CHECK(a.outcome == outcome::complete);
    CHECK(a.text() == "yes");
    CHECK(a.reasoning() == "hm");
    REQUIRE(a.tool_calls().size() == 1);
    CHECK(a.tool_calls()[0] == tool_call("t", "f", R"({"a":1})"));
    CHECK(a.usage.prompt_tokens == 2u);
    CHECK(a.usage.total_tokens == 5u);
    CHECK_FALSE(a.finish_reason().empty());

    const auto wrong =
        provider::decode_chat(route_of(w.id), R"({"error":{"message":"no","type":"invalid_request_error"}})");
    CHECK(wrong.outcome == outcome::in_band_error);
    CHECK(wrong.failure.remote() == "no");
    CHECK(provider::decode_chat(route_of(w.id), "[]").failure.code() == errc::unexpected_content);
    CHECK(provider::decode_chat(route_of(w.id), "{}").outcome == outcome::in_band_error);
    CHECK(provider::decode_chat(route_of(w.id), "<html>").failure.code() == errc::unexpected_content);
  }
}

TEST_CASE("damaged events of any dialect are never a success") {
  for (const auto& d : dialects()) {
    CAPTURE(d.id);
    const std::string body =
        d.id == "ollama" ? std::string("{\"message\":{\"con\n") : std::string("data: {\"type\":\"con\n\n");
    const auto r = read(d.id, body);
    CHECK(r.answer.failure.code() == errc::malformed_event);
    CHECK(r.answer.outcome == outcome::truncated);
    for (std::size_t at = 0; at < d.body.size(); at += 7) {
      auto broken = d.body;
      broken[at] = '\x01';
      const auto b = read(d.id, broken);
      if (b.answer.failure.failed())
        CHECK((b.answer.outcome == outcome::truncated || b.answer.outcome == outcome::in_band_error));
    }
  }
}
