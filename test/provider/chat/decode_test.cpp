// OpenAI's chat, decoded: the ends of streams, errors, calls, usage and logprobs.
#include <doctest/doctest.h>

#include <algorithm>

#include "provider/transcript.hpp"

using namespace weir;
using transcripts::chat_body;
using transcripts::decoded;
using transcripts::read;

namespace {

// One choice with this delta and finish_reason.
std::string chunk(const std::string& delta, const std::string& finish = "null") {
  return R"({"choices":[{"index":0,"delta":)" + delta + R"(,"finish_reason":)" + finish + "}]}";
}

const std::string hello = chunk(R"({"content":"hello"})");
const std::string stop = chunk("{}", R"("stop")");
const std::string_view done = "[DONE]";

} // namespace

TEST_CASE("usage on the last chunk, a seed above INT64_MAX and doubled text are read") {
  const auto r = chat_body(read("usage_on_last_chunk"));
  CHECK(r.answer.text() == "The tide turns.");
  CHECK(r.answer.outcome == outcome::complete);
  CHECK(r.answer.finish_reason() == "eos");
  CHECK(r.answer.usage.prompt_tokens == 9u);
  CHECK(r.answer.usage.cached_tokens == 2u);
  CHECK_FALSE(r.answer.usage.reasoning_tokens.has_value());
  CHECK(r.answer.info.id == "gen-1");
  CHECK(r.answer.info.model == "v/small");
  CHECK(r.answer.info.created == 1700000001);
  CHECK(r.done);
  for (const auto& e : r.events)
    if (e.is(event::kind::text))
      CHECK(e.more() == nullptr);
    else if (e.is(event::kind::finish))
      CHECK(e.more()->seed == 17446744073709551615u);
}

TEST_CASE("parallel tool calls are distinguished by their index") {
  const auto r = chat_body(read("parallel_calls"));
  REQUIRE(r.answer.tool_calls().size() == 2);
  CHECK(r.answer.tool_calls()[0] == tool_call("call_A", "tide", R"({"port":"Brest"})"));
  CHECK(r.answer.tool_calls()[1] == tool_call("call_B", "wind", R"({"at":3})"));
  CHECK(r.answer.finish_reason() == "tool_calls");
  CHECK(r.answer.usage.reasoning_tokens == 5u);
  CHECK(r.answer.usage.cached_tokens == 16u);
  CHECK(r.answer.info.system_fingerprint == "fp_0a");
}

TEST_CASE("an error event ends the stream and keeps what arrived") {
  const auto r = chat_body(read("error_event"));
  CHECK(r.answer.reasoning() == "Let me");
  CHECK(r.answer.outcome == outcome::in_band_error);
  CHECK(r.answer.failure.code() == errc::in_band_error);
  CHECK(r.answer.failure.remote() == "the call does not fit its schema");
  CHECK(r.answer.failure.remote_code() == "tool_use_failed");
  CHECK_FALSE(r.done);
}

TEST_CASE("content that is a list of parts becomes reasoning and text") {
  const auto r = chat_body(read("thinking_parts"));
  CHECK(r.answer.reasoning() == "Low water?");
  CHECK(r.answer.text() == "At noon");
  CHECK(r.answer.usage.cached_tokens == 0u);
}

TEST_CASE("the end is recognized by the [DONE] mark, by a finish reason, or not at all") {
  CHECK(decoded({hello, stop, done}).answer.outcome == outcome::complete);
  CHECK(decoded({hello, stop}).answer.outcome == outcome::complete);
  CHECK_FALSE(decoded({hello, stop}).done);
  CHECK(decoded({hello, done}).answer.outcome == outcome::complete);
  CHECK(decoded({hello, " [DONE]\n"}).done);
  CHECK(decoded({hello}).answer.outcome == outcome::truncated);
  CHECK(decoded({}).answer.outcome == outcome::truncated);
  CHECK(decoded({hello, chunk("{}", R"("length")")}).answer.outcome == outcome::length);
  CHECK(decoded({hello, chunk("{}", R"("content_filter")")}).answer.outcome == outcome::filtered);
  // An empty reason on every chunk is not a reason.
  CHECK(decoded({chunk(R"({"content":"x"})", R"("")")}).answer.outcome == outcome::truncated);
}

TEST_CASE("without [DONE] every choice that began must have finished") {
  const std::string other = R"({"choices":[{"index":1,"delta":{"content":"b"},"finish_reason":null}]})";
  CHECK(decoded({hello, other, stop}).answer.outcome == outcome::truncated);
  CHECK(decoded({hello, other, stop, R"({"choices":[{"index":1,"delta":{},"finish_reason":"length"}]})"})
            .answer.outcome == outcome::length);
}

TEST_CASE("without [DONE] as many choices must have finished as were requested") {
  const std::string one = "data: " + hello + "\n\ndata: " + stop + "\n\n";
  CHECK(chat_body(one, 1).answer.outcome == outcome::complete);
  CHECK(chat_body(one, 2).answer.outcome == outcome::truncated);
  CHECK(chat_body(one + "data: [DONE]\n\n", 2).answer.outcome == outcome::complete);
}

TEST_CASE("nothing after the end is read, and a finish reason is emitted once") {
  CHECK(decoded({hello, stop, done, hello, "junk"}).answer.text() == "hello");
  CHECK_FALSE(decoded({hello, stop, done, "junk"}).answer.failure.failed());
  CHECK(decoded({hello, stop, "junk"}).answer.outcome == outcome::complete);
  const auto r = decoded({hello, stop, stop, done});
  CHECK(std::count_if(r.events.begin(), r.events.end(), [](const event& e) { return e.is(event::kind::finish); }) == 1);
}

TEST_CASE("a malformed event is a failure that keeps what arrived") {
  for (const char* bad : {"{\"choices\":[", "not json", "[1]", "\"text\"", "{} x"}) {
    CAPTURE(bad);
    const auto r = decoded({hello, bad, stop, done});
    CHECK(r.answer.failure.code() == errc::malformed_event);
    CHECK(r.answer.outcome == outcome::truncated);
    CHECK(r.answer.text() == "hello");
  }
}

TEST_CASE("in-band errors are recognized in every form") {
  class row {
  public:
    row(const char* chunk, errc wanted, const char* remote) : chunk(chunk), wanted(wanted), remote(remote) {}
    std::string chunk;
    errc wanted;
    std::string remote;
  };
  const row rows[] = {
      {R"({"error":"broken"})", errc::in_band_error, "broken"},
      {R"({"error":"Model is overloaded","error_type":"overloaded"})", errc::overloaded, "Model is overloaded"},
      {R"({"error":"Input validation error: x","error_type":"validation"})", errc::bad_request,
       "Input validation error: x"},
      {R"({"error":{"message":"m","http_status_code":422}})", errc::bad_request, "m"},
      {R"({"error":{"message":"m","code":429},"choices":[]})", errc::rate_limited, "m"},
      {R"({"error":{"message":"m","code":"insufficient_quota"}})", errc::quota_exhausted, "m"},
      {R"({"object":"error","message":"m","code":500})", errc::server_error, "m"},
      {R"({"error":{}})", errc::in_band_error, R"({"error":{}})"},
  };
  for (const auto& r : rows) {
    CAPTURE(r.chunk);
    const auto first = decoded({r.chunk});
    CHECK(first.answer.outcome == outcome::in_band_error);
    CHECK(first.answer.failure.code() == r.wanted);
    CHECK(first.answer.failure.remote() == r.remote);
    // Once a token was emitted, the call must not look retryable.
    const auto later = decoded({hello, r.chunk, done});
    CHECK(later.answer.failure.code() == errc::in_band_error);
    CHECK(later.answer.outcome == outcome::in_band_error);
    CHECK(later.answer.text() == "hello");
    CHECK(later.done);
  }
  for (const char* fine : {R"({"error":null,"choices":[]})", R"({"error":"","choices":[]})"})
    CHECK(decoded({hello, fine, stop}).answer.outcome == outcome::complete);
}

TEST_CASE("reasoning is read under both names, once if a server sends both") {
  CHECK(decoded({chunk(R"({"reasoning":"a"})")}).answer.reasoning() == "a");
  CHECK(decoded({chunk(R"({"reasoning_content":"a","content":null})")}).answer.reasoning() == "a");
  CHECK(decoded({chunk(R"({"reasoning":"a","reasoning_content":"a"})")}).answer.reasoning() == "a");
  CHECK(decoded({chunk(R"({"reasoning":null,"reasoning_content":"a"})")}).answer.reasoning() == "a");
  CHECK(decoded({chunk(R"({"content":"<think>a</think>b"})")}).answer.text() == "<think>a</think>b");
  CHECK(decoded({chunk(R"({"refusal":"no"})")}).answer.choices[0].refusal == "no");
}

TEST_CASE("tool calls survive what servers do to their ids, indexes and arguments") {
  const auto calls = [](std::initializer_list<std::string_view> chunks) { return decoded(chunks).answer.tool_calls(); };
  const auto delta = [](const std::string& call) { return chunk(R"({"tool_calls":[)" + call + "]}"); };

  // A numeric id, arguments as an object, no type.
  CHECK(calls({delta(R"({"index":0,"id":0,"function":{"name":"f","arguments":{"a":1}}})")}) ==
        std::vector{tool_call("0", "f", R"({"a":1})")});
  // The id on each piece, the name null after the first.
  CHECK(calls({delta(R"({"index":0,"id":"0","function":{"name":"f","arguments":"{"}})"),
               delta(R"({"index":0,"id":"0","function":{"name":null,"arguments":"}"}})")}) ==
        std::vector{tool_call("0", "f", "{}")});
  // No index: pieces without an id continue a call, a new id or name starts the next.
  CHECK(
      calls({delta(R"({"id":"a","function":{"name":"f","arguments":"1"}})"), delta(R"({"function":{"arguments":"2"}})"),
             delta(R"({"id":"b","function":{"name":"g","arguments":"3"}})"),
             delta(R"({"id":"a","function":{"arguments":"4"}})")}) ==
      std::vector{tool_call("a", "f", "124"), tool_call("b", "g", "3")});
  CHECK(
      calls({delta(
          R"({"id":"","function":{"name":"f","arguments":"1"}},{"id":"","function":{"name":"g","arguments":"2"}})")}) ==
      std::vector{tool_call("", "f", "1"), tool_call("", "g", "2")});
  // Every call has index 0, but its own id and name.
  CHECK(calls({delta(R"({"index":0,"id":"a","function":{"name":"f","arguments":"1"}})"),
               delta(R"({"index":0,"id":"b","function":{"name":"g","arguments":"2"}})")}) ==
        std::vector{tool_call("a", "f", "1"), tool_call("b", "g", "2")});
  // Indexes with gaps are packed.
  CHECK(calls({delta(R"({"index":7,"id":"a","function":{"name":"f","arguments":""}})"),
               delta(R"({"index":4294967295,"id":"b","function":{"name":"g","arguments":""}})")}) ==
        std::vector{tool_call("a", "f", ""), tool_call("b", "g", "")});
  CHECK(calls({delta("null"), delta("7"), chunk(R"({"tool_calls":null})"), chunk(R"({"tool_calls":{}})")}).empty());
}

TEST_CASE("what a hostile stream can make the decoder keep is bounded") {
  std::string many;
  for (int i = 0; i < 1025; ++i)
    many += std::string(i ? "," : "") + R"({"index":)" + std::to_string(i) + R"(,"delta":{"content":"x"}})";
  CHECK(decoded({"{\"choices\":[" + many + "]}"}).answer.failure.code() == errc::malformed_event);
  many.clear();
  for (int i = 0; i < 1025; ++i)
    many += std::string(i ? "," : "") + R"({"index":)" + std::to_string(i) + R"(,"function":{"name":"f"}})";
  const auto r = decoded({chunk("{\"tool_calls\":[" + many + "]}")});
  CHECK(r.answer.failure.code() == errc::malformed_event);
  CHECK(r.answer.tool_calls().size() == 1024);
}

TEST_CASE("usage is read from its five places and reported again only if it changed") {
  const std::string counts = R"({"prompt_tokens":1,"completion_tokens":2,"total_tokens":3})";
  const auto usages = [](const transcripts::outcome_of_decoding& r) {
    return std::count_if(r.events.begin(), r.events.end(), [](const event& e) { return e.is(event::kind::usage); });
  };
  CHECK(decoded({hello, stop, R"({"choices":[],"usage":)" + counts + "}", done}).answer.usage.total_tokens == 3u);
  CHECK(decoded({hello, stop, R"({"choices":[],"x_groq":{"usage":)" + counts + "}}", done}).answer.usage.total_tokens ==
        3u);
  const std::string each = R"({"choices":[{"index":0,"delta":{"content":"x"}}],"usage":)" + counts + "}";
  CHECK(usages(decoded({each, each, each, done})) == 1);
  CHECK(usages(decoded({each, R"({"choices":[],"usage":{"completion_tokens":9}})", done})) == 2);
  CHECK(usages(decoded({hello, stop, R"({"choices":[],"usage":null})", R"({"choices":[],"usage":{}})"})) == 0);
  CHECK(decoded({hello, stop}).answer.usage.empty());
}

TEST_CASE("log probabilities are attached to the text that they belong to") {
  const auto r = decoded({R"({"choices":[{"index":0,"delta":{"content":"hi"},"logprobs":{"content":[
      {"token":"hi","logprob":-0.5,"bytes":[104,105],"top_logprobs":[{"token":"hi","logprob":-0.5},{"token":"yo","logprob":null}]}]}}]})"});
  REQUIRE(r.events.size() == 1);
  CHECK(r.events[0].text() == "hi");
  const auto& odds = r.answer.choices[0].logprobs;
  REQUIRE(odds.size() == 1);
  CHECK(odds[0].bytes == std::vector<std::uint8_t>{104, 105});
  REQUIRE(odds[0].top.size() == 2);
  CHECK_FALSE(odds[0].top[1].logprob.has_value());
  CHECK(
      decoded({R"({"choices":[{"index":0,"delta":{"content":"x"},"logprobs":{"content":null}}]})"}).events[0].more() ==
      nullptr);
}

TEST_CASE("odd but harmless chunks are skipped") {
  const auto r = decoded({"{}", R"({"choices":null})", R"({"choices":[null,1,"x"]})", R"({"choices":[{}]})",
                          R"({"choices":[{"index":-1,"delta":{"content":7,"reasoning":[],"refusal":{}}}]})",
                          R"({"choices":[{"index":0,"delta":null,"finish_reason":7}],"usage":7,"id":7,"created":"x"})",
                          hello, stop});
  CHECK(r.answer.text() == "hello");
  CHECK(r.answer.outcome == outcome::complete);
}

TEST_CASE("a non-streamed response is read as a whole") {
  const auto c = provider::decode_chat(R"({"id":"a","created":5,"model":"m","choices":[
      {"index":0,"message":{"role":"assistant","content":"x","reasoning_content":"r","tool_calls":[
         {"id":"0","function":{"name":"f","arguments":{"k":[1]}}},{"id":"0","function":{"name":"f","arguments":""}}]},"finish_reason":"tool_calls"},
      {"index":1,"message":{"content":null,"refusal":"no"},"finish_reason":""}],
      "usage":{"prompt_tokens":1,"cost":0.25}})");
  CHECK(c.outcome == outcome::complete);
  CHECK(c.text() == "x");
  CHECK(c.reasoning() == "r");
  CHECK(c.tool_calls() == std::vector{tool_call("0", "f", R"({"k":[1]})"), tool_call("0", "f", "")});
  REQUIRE(c.choices.size() == 2);
  CHECK(c.choices[1].refusal == "no");
  CHECK(c.usage.cost == 0.25);
  CHECK(c.info.created == 5);
}

TEST_CASE("a body that is not an answer is a failure, whatever it is") {
  CHECK(provider::decode_chat("").failure.code() == errc::unexpected_content);
  CHECK(provider::decode_chat("<html>").failure.code() == errc::unexpected_content);
  CHECK(provider::decode_chat("[]").failure.code() == errc::unexpected_content);
  CHECK(provider::decode_chat("{}").failure.code() == errc::in_band_error);
  const auto c = provider::decode_chat(R"({"error":{"message":"no","code":"insufficient_quota"}})");
  CHECK(c.failure.code() == errc::quota_exhausted);
  CHECK(c.outcome == outcome::in_band_error);
}

TEST_CASE("a plain JSON response to a streamed call gives the same events, or the error") {
  auto d = provider::chat_decoder();
  std::vector<event> events;
  d->on_body(R"({"choices":[{"index":0,"message":{"content":"x"},"finish_reason":"length"}]})", events);
  CHECK(d->result() == outcome::length);
  CHECK(d->done());
  REQUIRE(events.size() == 2);
  CHECK(events[0].text() == "x");
  auto failing = provider::chat_decoder();
  failing->on_body(R"({"error":"down"})", events);
  CHECK(failing->result() == outcome::in_band_error);
  CHECK(failing->failed().remote() == "down");
}
