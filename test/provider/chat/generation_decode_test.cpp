// Text generation, decoded: TGI's own streams and responses, and completions APIs.
#include <doctest/doctest.h>

#include <weir/task/text_generation.hpp>

#include "provider/transcript.hpp"

using namespace weir;

namespace {

provider::route route_of(std::string id) {
  provider::route r;
  r.provider = std::move(id);
  r.what = provider::task::text_generation;
  return r;
}

generation collect(std::string_view body, const char* id = "tgi") {
  auto d = provider::generation_decoder(route_of(id));
  const auto r = transcripts::run(*d, body);
  generation g;
  for (const auto& e : r.events)
    g.add(e);
  g.outcome = d->result();
  g.failure = d->failed();
  return g;
}

} // namespace

TEST_CASE("TGI's stream gives tokens, the server's text, the details and the counts") {
  const auto g = collect(transcripts::read("tgi_generate"));
  CHECK(g.text() == "salt water");
  CHECK(g.outcome == outcome::complete);
  CHECK(g.sequence.finish_reason == "eos_token");
  CHECK(g.sequence.seed == 15463699883243452000u);
  CHECK(g.sequence.generated_tokens == 3u);
  CHECK(g.sequence.input_length == 6u);
  REQUIRE(g.sequence.tokens.size() == 3);
  CHECK(g.sequence.tokens[2].special);
  CHECK_FALSE(g.sequence.tokens[1].logprob.has_value());
  REQUIRE(g.sequence.top_tokens.size() == 1);
  CHECK(g.sequence.top_tokens[0][1].text == " air");
  CHECK(g.usage.completion_tokens == 3u);
  CHECK(g.usage.total_tokens == 9u);
}

TEST_CASE("TGI's stream without its last event is truncated, whatever mark follows") {
  const std::string token = R"(data: {"token":{"id":1,"text":"a","logprob":-1,"special":false},"generated_text":null})"
                            "\n\n";
  CHECK(collect(token).outcome == outcome::truncated);
  CHECK(collect(token).text() == "a");
  // A special token is never part of the text.
  CHECK(collect(token + "data: {\"token\":{\"id\":2,\"text\":\"</s>\",\"special\":true}}\n\n").text() == "a");
  CHECK(collect(token + "data: {\"token\":\n\n").failure.code() == errc::malformed_event);
  const std::string last = R"(data: {"token":{"id":1,"text":"b","special":false},"generated_text":"ab","details":null})"
                           "\n\n";
  CHECK(collect(token + last + "data: [DONE]\n\n").outcome == outcome::complete);
  CHECK(collect(token + last).sequence.finish_reason.empty());
  CHECK(
      collect(
          token +
          R"(data: {"token":{"id":1,"text":"b"},"generated_text":"ab","details":{"finish_reason":"length","generated_tokens":2}})"
          "\n\n")
          .outcome == outcome::length);
}

TEST_CASE("TGI's errors arrive as data") {
  const auto g = collect("data:{\"error\":\"Input validation error: x\",\"error_type\":\"validation\"}\n\n");
  CHECK(g.outcome == outcome::in_band_error);
  CHECK(g.failure.code() == errc::bad_request);
  CHECK(g.failure.remote() == "Input validation error: x");
  CHECK(g.failure.remote_code() == "validation");
}

TEST_CASE("TGI's non-streamed response is an object or a list of one") {
  const std::string answer =
      R"({"generated_text":"ab","details":{"finish_reason":"length","generated_tokens":2,"seed":7,
      "prefill":[{"id":1,"text":"p","logprob":null}],"tokens":[{"id":2,"text":"a","logprob":-1,"special":false}],
      "top_tokens":[[{"id":2,"text":"a","logprob":-1,"special":false}]],
      "best_of_sequences":[{"generated_text":"cd","finish_reason":"eos_token","generated_tokens":1,"prefill":[],"tokens":[]}]}})";
  for (const auto& body : {answer, "[" + answer + "]"}) {
    const auto g = provider::decode_generation(route_of("tgi"), body);
    CHECK(g.text() == "ab");
    CHECK(g.outcome == outcome::length);
    CHECK(g.sequence.seed == 7u);
    CHECK(g.sequence.prefill.size() == 1);
    CHECK(g.sequence.tokens.size() == 1);
    CHECK(g.sequence.top_tokens.size() == 1);
    REQUIRE(g.best_of.size() == 1);
    CHECK(g.best_of[0].text == "cd");
    CHECK(g.best_of[0].finish_reason == "eos_token");
  }
  CHECK(provider::decode_generation(route_of("tgi"), R"([{"generated_text":"x"}])").text() == "x");
  CHECK(provider::decode_generation(route_of("tgi"), "[]").failure.failed());
  CHECK(provider::decode_generation(route_of("tgi"), R"({"error":"no","error_type":"overloaded"})").failure.code() ==
        errc::overloaded);
  CHECK(provider::decode_generation(route_of("tgi"), "<html>").failure.code() == errc::unexpected_content);
}

TEST_CASE("a plain JSON response to a streamed TGI call gives the same") {
  auto d = provider::generation_decoder(route_of("tgi"));
  std::vector<event> events;
  d->on_body(R"([{"generated_text":"ab"}])", events);
  CHECK(d->done());
  REQUIRE(events.size() == 2);
  CHECK(events[0].text() == "ab");
}

TEST_CASE("a completions API gives its text, streamed or not") {
  const auto g = collect("data: {\"choices\":[{\"index\":0,\"text\":\"a\",\"finish_reason\":\"\"}]}\n\n"
                         "data: {\"choices\":[{\"index\":1,\"text\":\"other\",\"finish_reason\":\"length\"}]}\n\n"
                         "data: "
                         "{\"choices\":[{\"index\":0,\"text\":\"b\",\"finish_reason\":\"stop\",\"seed\":5}],\"usage\":{"
                         "\"total_tokens\":4}}\n\n"
                         "data: [DONE]\n\n",
                         "together");
  CHECK(g.text() == "ab");
  CHECK(g.sequence.finish_reason == "stop");
  CHECK(g.sequence.seed == 5u);
  CHECK(g.usage.total_tokens == 4u);
  const auto whole = provider::decode_generation(
      route_of("custom"),
      R"({"choices":[{"index":0,"text":"ab","finish_reason":"length","logprobs":{"tokens":["a"],"token_logprobs":[-1]}}]})");
  CHECK(whole.text() == "ab");
  CHECK(whole.outcome == outcome::length);
  CHECK(provider::decode_generation(route_of("custom"), "{}").failure.failed());
}

TEST_CASE("text that only the last event has is emitted, even if a special token came with it") {
  const auto g =
      collect("data:{\"token\":{\"id\":2,\"text\":\"</s>\",\"special\":true},\"generated_text\":\"ab\"}\n\n", "tgi");
  CHECK(g.text() == "ab");
  CHECK(g.outcome == outcome::complete);
}
