// Counts overlap differently in each dialect; the units that are charged for overlap in none.
#include <doctest/doctest.h>

#include <map>
#include <string>

#include "provider/answer/units.hpp"
#include "provider/chat/readings.hpp"

using namespace weir;
using transcripts::named;

namespace {

using counts = std::map<std::string, std::uint64_t>;

counts units_of(const usage& u) {
  counts all;
  for (std::size_t i = 0; i != usage_unit_count; ++i) {
    const auto unit = static_cast<usage_unit>(i);
    if (const auto n = u.units[unit])
      all[std::string(name_of(unit))] = *n;
  }
  return all;
}

usage openai(const std::string& counts, const std::string& id = "openai") {
  return transcripts::streamed(
             id, {transcripts::text("a"), transcripts::end(), R"({"choices":[],"usage":)" + counts + "}", "[DONE]"})
      .answer.usage;
}

usage anthropic(const std::string& first, const std::string& last) {
  return transcripts::streamed(
             "anthropic",
             {named("message_start", R"({"type":"message_start","message":{"id":"m","usage":)" + first + "}}"),
              named("content_block_start",
                    R"({"type":"content_block_start","index":0,"content_block":{"type":"text","text":"a"}})"),
              named("message_delta",
                    R"({"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":)" + last + "}"),
              named("message_stop", R"({"type":"message_stop"})")})
      .answer.usage;
}

usage gemini(const std::string& counts) {
  return transcripts::streamed(
             "gemini",
             {R"({"candidates":[{"content":{"parts":[{"text":"a"}]},"finishReason":"STOP"}],"usageMetadata":)" +
              counts + "}"})
      .answer.usage;
}

} // namespace

TEST_CASE("OpenAI's details are parts of the prompt and of the completion") {
  const auto u = openai(R"({"prompt_tokens":1000,"completion_tokens":300,"total_tokens":1300,)"
                        R"("prompt_tokens_details":{"cached_tokens":600,"cache_write_tokens":100,"audio_tokens":50},)"
                        R"("completion_tokens_details":{"reasoning_tokens":200,"audio_tokens":20}})");
  CHECK(units_of(u) == counts{{"input_text", 250},
                              {"input_audio", 50},
                              {"cache_read", 600},
                              {"cache_write_other", 100},
                              {"output_text", 80},
                              {"output_reasoning", 200},
                              {"output_audio", 20}});
  CHECK(u.units.input_tokens() == u.prompt_tokens);
  CHECK(u.units.output_tokens() == u.completion_tokens);
  CHECK(!u.inconsistent);
}

TEST_CASE("a part that is larger than its whole marks the usage, and is not clamped") {
  const auto u = openai(R"({"prompt_tokens":10,"completion_tokens":3,"prompt_tokens_details":{"cached_tokens":12}})");
  CHECK(u.inconsistent);
  CHECK(units_of(u) == counts{{"cache_read", 12}, {"output_text", 3}});
}

TEST_CASE("cached tokens of an image are not counted as an image again") {
  const auto u = openai(
      R"({"prompt_tokens":2000,"completion_tokens":5,"prompt_tokens_details":{"cached_tokens":1920,"image_tokens":1500}})");
  CHECK(!u.inconsistent);
  CHECK(units_of(u) == counts{{"input_text", 0}, {"input_image", 80}, {"cache_read", 1920}, {"output_text", 5}});
}

TEST_CASE("a count that was not sent is absent, and one of 0 is not") {
  CHECK(units_of(openai(R"({"prompt_tokens":10})")) == counts{{"input_text", 10}});
  CHECK(units_of(openai(R"({"prompt_tokens":10,"completion_tokens":0})")) ==
        counts{{"input_text", 10}, {"output_text", 0}});
}

TEST_CASE("reasoning that is counted apart from the completion is told by the total") {
  const auto apart = openai(
      R"({"prompt_tokens":10,"completion_tokens":5,"total_tokens":115,"completion_tokens_details":{"reasoning_tokens":100}})");
  CHECK(units_of(apart) == counts{{"input_text", 10}, {"output_text", 5}, {"output_reasoning", 100}});
  const auto part = openai(
      R"({"prompt_tokens":10,"completion_tokens":105,"total_tokens":115,"completion_tokens_details":{"reasoning_tokens":100}})");
  CHECK(units_of(part) == units_of(apart));
}

TEST_CASE("Anthropic's counts that a gateway passes on leave the cached tokens out of the prompt") {
  const auto u =
      openai(R"({"input_tokens":10,"output_tokens":5,"cache_creation_input_tokens":100,"cache_read_input_tokens":1000,)"
             R"("cache_creation":{"ephemeral_5m_input_tokens":60,"ephemeral_1h_input_tokens":40}})");
  CHECK(units_of(u) == counts{{"input_text", 10},
                              {"cache_read", 1000},
                              {"cache_write_5m", 60},
                              {"cache_write_1h", 40},
                              {"output_text", 5}});
  // Here the gateway has added them.
  const auto added = openai(
      R"({"prompt_tokens":1110,"completion_tokens":5,"total_tokens":1115,"cache_creation_input_tokens":100,"cache_read_input_tokens":1000})");
  CHECK(units_of(added) ==
        counts{{"input_text", 10}, {"cache_read", 1000}, {"cache_write_other", 100}, {"output_text", 5}});
}

TEST_CASE("Anthropic's cache is written for five minutes unless it says for an hour, and counts are cumulative") {
  const auto u = anthropic(
      R"({"input_tokens":10,"cache_read_input_tokens":1000,"cache_creation_input_tokens":300,)"
      R"("cache_creation":{"ephemeral_5m_input_tokens":100,"ephemeral_1h_input_tokens":200},"output_tokens":1})",
      R"({"output_tokens":50,"output_tokens_details":{"thinking_tokens":30},"server_tool_use":{"web_search_requests":2}})");
  CHECK(units_of(u) == counts{{"input_text", 10},
                              {"cache_read", 1000},
                              {"cache_write_5m", 100},
                              {"cache_write_1h", 200},
                              {"output_text", 20},
                              {"output_reasoning", 30},
                              {"searches", 2}});
  CHECK(u.prompt_tokens == 1310);
  CHECK(u.units.input_tokens() == u.prompt_tokens);
  CHECK(units_of(anthropic(R"({"input_tokens":1,"cache_creation_input_tokens":300})", R"({"output_tokens":5})")) ==
        counts{{"input_text", 1}, {"cache_write_5m", 300}, {"output_text", 5}});
}

TEST_CASE("Gemini's thoughts are output beside the candidates, and its cached tokens are part of the prompt") {
  const auto u = gemini(
      R"({"promptTokenCount":1000,"cachedContentTokenCount":600,"candidatesTokenCount":40,"thoughtsTokenCount":60,)"
      R"("toolUsePromptTokenCount":7,"totalTokenCount":1107,"trafficType":"ON_DEMAND_FLEX",)"
      R"("promptTokensDetails":[{"modality":"TEXT","tokenCount":700},{"modality":"AUDIO","tokenCount":300}],)"
      R"("cacheTokensDetails":[{"modality":"AUDIO","tokenCount":200},{"modality":"TEXT","tokenCount":400}]})");
  CHECK(units_of(u) == counts{{"input_text", 307},
                              {"input_audio", 100},
                              {"cache_read", 600},
                              {"output_text", 40},
                              {"output_reasoning", 60}});
  CHECK(*u.units.input_tokens() + *u.units.output_tokens() == u.total_tokens);
}

TEST_CASE("Cohere charges for billed units") {
  const auto answer = transcripts::streamed(
      "cohere-v2",
      {R"({"type":"content-delta","index":0,"delta":{"message":{"content":{"text":"a"}}}})",
       R"({"type":"message-end","delta":{"finish_reason":"COMPLETE","usage":{"billed_units":{"input_tokens":5,)"
       R"("output_tokens":7,"search_units":1},"tokens":{"input_tokens":70,"output_tokens":7}}}})"});
  CHECK(units_of(answer.answer.usage) == counts{{"input_text", 5}, {"output_text", 7}, {"searches", 1}});
  CHECK(answer.answer.usage.prompt_tokens == 70);
}

TEST_CASE("a cost that is told in parts is read by its total") {
  CHECK(openai(R"({"prompt_tokens":1,"cost":{"input_tokens_cost":0.1,"total_cost":0.25}})").cost == 0.25);
}

TEST_CASE("later counts replace the units together, unless they say the same in less detail") {
  usage u;
  u.units.set(usage_unit::input_text, 100);
  usage later;
  later.units.set(usage_unit::input_text, 0);
  later.units.set(usage_unit::cache_read, 100);
  u.merge(later);
  CHECK(units_of(u) == counts{{"input_text", 0}, {"cache_read", 100}});
  usage coarse;
  coarse.units.set(usage_unit::input_text, 100);
  later.units.set(usage_unit::input_text, 40);
  later.units.set(usage_unit::cache_read, 60);
  u = later;
  u.merge(coarse);
  CHECK(units_of(u) == counts{{"input_text", 40}, {"cache_read", 60}});
  usage zeros;
  zeros.units.set(usage_unit::input_text, 0);
  u.merge(zeros);
  CHECK(u.units.input_tokens() == 100u);
}

TEST_CASE("the units of results without counts are what can be counted of them") {
  media_result pictures;
  pictures.items.resize(2);
  pictures.items[0].content_type = "image/png";
  pictures.items[1].content_type = "image/webp";
  CHECK(units_of(provider::usage_of(pictures)) == counts{{"images", 2}});
  transcription words;
  words.duration = 12.5;
  CHECK(units_of(provider::usage_of(words)) == counts{{"input_milliseconds", 12500}});
  CHECK(provider::usage_of(detections()).empty());
}

TEST_CASE("every unit has a name of its own") {
  for (std::size_t i = 0; i != usage_unit_count; ++i) {
    const auto unit = static_cast<usage_unit>(i);
    CHECK(usage_unit_of(name_of(unit)) == unit);
  }
  CHECK(!usage_unit_of("input"));
}
