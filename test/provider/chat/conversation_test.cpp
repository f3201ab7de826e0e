// Conversations that go on: an answer becomes a message with what the provider wants back, and files go out in the form
// that each API has for them.
#include <doctest/doctest.h>

#include "codec/json/json.hpp"
#include "provider/chat/readings.hpp"

using namespace weir;
using transcripts::named;

namespace {

provider::route to(const std::string& id) {
  auto r = transcripts::route_of(id);
  r.model = "m";
  return r;
}

std::string messages_of(const chat& c, const std::string& id, std::string_view key = "messages") {
  const auto v = codec::parse_argument(provider::encode_chat(c, to(id), false).body, "body");
  return codec::to_text(*codec::find(v, key));
}

std::string refusal(const chat& c, const std::string& id) {
  try {
    (void)provider::encode_chat(c, to(id), false);
  } catch (const error& e) {
    CHECK(e.code() == errc::unsupported);
    return e.failure().message();
  }
  return {};
}

chat with_file(media m) { return chat("m").add(message::user("see").part(content_part::attachment(m))); }

media pdf() {
  media m("%PDF-1.7");
  m.name = "a.pdf";
  return m;
}

} // namespace

TEST_CASE("Anthropic's signed and hidden reasoning goes back with the answer, streamed or not") {
  const auto streamed = transcripts::streamed(
      "anthropic",
      {R"({"type":"message_start","message":{"id":"i","content":[]}})",
       R"({"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":"","signature":""}})",
       R"({"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"h"}})",
       R"({"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"m"}})",
       R"({"type":"content_block_delta","index":0,"delta":{"type":"signature_delta","signature":"s"}})",
       R"({"type":"content_block_stop","index":0})",
       R"({"type":"content_block_start","index":1,"content_block":{"type":"redacted_thinking","data":"x"}})",
       R"({"type":"content_block_stop","index":1})",
       R"({"type":"content_block_start","index":2,"content_block":{"type":"tool_use","id":"t","name":"f","input":{}}})",
       R"({"type":"content_block_delta","index":2,"delta":{"type":"input_json_delta","partial_json":"{\"a\":1}"}})",
       R"({"type":"content_block_stop","index":2})", R"({"type":"message_delta","delta":{"stop_reason":"tool_use"}})",
       R"({"type":"message_stop"})"});
  const auto whole = provider::decode_chat(
      to("anthropic"),
      R"({"id":"i","type":"message","content":[{"type":"thinking","thinking":"hm","signature":"s"},
          {"type":"redacted_thinking","data":"x"},{"type":"tool_use","id":"t","name":"f","input":{"a":1}}],
          "stop_reason":"tool_use"})");
  for (const auto& answer : {streamed.answer, whole}) {
    CHECK(answer.reasoning() == "hm");
    CHECK(messages_of(chat("m").add(message(answer)), "anthropic") ==
          R"([{"role":"assistant","content":[{"type":"thinking","thinking":"hm","signature":"s"},)"
          R"({"type":"redacted_thinking","data":"x"},{"type":"tool_use","id":"t","name":"f","input":{"a":1}}]}])");
  }
}

TEST_CASE("reasoning without a signature is not sent back: the API would refuse it") {
  const auto answer = provider::decode_chat(
      to("anthropic"), R"({"type":"message","content":[{"type":"thinking","thinking":"hm"},{"type":"text","text":"a"}],
                           "stop_reason":"end_turn"})");
  CHECK(message(answer).reasoning() == "hm");
  CHECK(message(answer).reasoning_blocks().empty());
}

TEST_CASE("the Responses API gets its encrypted reasoning back, before the calls that it led to, and once") {
  const auto item = R"({"type":"reasoning","id":"r","summary":[],"encrypted_content":"e","status":"completed"})";
  const auto call = R"({"type":"function_call","call_id":"t","name":"f","arguments":"{}"})";
  const auto seen = transcripts::streamed(
      "openai-responses", {R"({"type":"response.output_item.done","output_index":0,"item":)" + std::string(item) + "}",
                           R"({"type":"response.output_item.done","output_index":1,"item":)" + std::string(call) + "}",
                           R"({"type":"response.completed","response":{"status":"completed","output":[)" +
                               std::string(item) + ',' + call + "]}}"});
  CHECK(messages_of(chat("m").add(message(seen.answer)), "openai-responses", "input") ==
        R"([{"type":"reasoning","id":"r","summary":[],"encrypted_content":"e"},)"
        R"({"type":"function_call","call_id":"t","name":"f","arguments":"{}"}])");
}

TEST_CASE("OpenRouter's reasoning details are put together from a stream, and go to servers by URL alone") {
  const auto seen = transcripts::streamed(
      "openai",
      {transcripts::piece(R"({"reasoning":"h","reasoning_details":[{"type":"reasoning.text","text":"h","index":0}]})"),
       transcripts::piece(
           R"({"reasoning":"m","reasoning_details":[{"type":"reasoning.text","text":"m","index":0,"signature":"s"}]})"),
       transcripts::piece(R"({"reasoning_details":[{"type":"reasoning.encrypted","data":"x","index":1}]})"),
       transcripts::text("yes"), transcripts::end(), "[DONE]"});
  const auto c = chat("m").add(message(seen.answer));
  CHECK(messages_of(c, "custom") ==
        R"([{"role":"assistant","content":"yes","reasoning_details":[{"type":"reasoning.text","text":"hm","index":0,)"
        R"("signature":"s"},{"type":"reasoning.encrypted","data":"x","index":1}]}])");
  CHECK(messages_of(c, "openai") == R"([{"role":"assistant","content":"yes"}])");
  CHECK(messages_of(c, "anthropic") == R"([{"role":"assistant","content":[{"type":"text","text":"yes"}]}])");
}

TEST_CASE("a PDF goes out in each API's own form, or is refused by name") {
  const auto c = with_file(pdf());
  CHECK(messages_of(c, "openai") ==
        R"([{"role":"user","content":[{"type":"text","text":"see"},{"type":"file","file":{"filename":"a.pdf",)"
        R"("file_data":"data:application/pdf;base64,JVBERi0xLjc="}}]}])");
  CHECK(messages_of(c, "anthropic") ==
        R"([{"role":"user","content":[{"type":"text","text":"see"},{"type":"document","source":{"type":"base64",)"
        R"("media_type":"application/pdf","data":"JVBERi0xLjc="},"title":"a.pdf"}]}])");
  CHECK(messages_of(c, "openai-responses", "input") ==
        R"([{"role":"user","content":[{"type":"input_text","text":"see"},{"type":"input_file",)"
        R"("file_data":"data:application/pdf;base64,JVBERi0xLjc=","filename":"a.pdf"}]}])");
  CHECK(
      messages_of(c, "gemini", "contents") ==
      R"([{"role":"user","parts":[{"text":"see"},{"inlineData":{"mimeType":"application/pdf","data":"JVBERi0xLjc="}}]}])");
  for (const auto* id : {"ollama", "cohere-v2", "replicate"})
    CHECK(refusal(c, id).find("cannot express") != std::string::npos);
}

TEST_CASE("audio goes out as input_audio, and an image as an image") {
  CHECK(messages_of(with_file(media("RIFF", "audio/wav")), "openai") ==
        R"([{"role":"user","content":[{"type":"text","text":"see"},{"type":"input_audio","input_audio":)"
        R"({"data":"UklGRg==","format":"wav"}}]}])");
  CHECK(with_file(media("png", "image/png")).messages()[0].parts()[0].type() == content_part::kind::image_url);
  CHECK(refusal(with_file(media("RIFF", "audio/wav")), "anthropic").find("audio/wav") != std::string::npos);
}

TEST_CASE("an attachment without bytes or a type is refused when it is made") {
  CHECK_THROWS_AS(content_part::attachment(media("some text")), error);
  CHECK_THROWS_AS(content_part::attachment(media::at("https://a.example/x.pdf")), error);
  CHECK_THROWS_AS(content_part::file("/nowhere/at/all"), error);
  CHECK(content_part::attachment(media::at("data:application/pdf;base64,AA==")).type() == content_part::kind::file);
}

TEST_CASE("a message of an answer keeps its text and calls, and one of no answer is empty") {
  completion c;
  c.choices.front().text = "yes";
  c.choices.front().tool_calls.emplace_back("t", "f", "{}");
  CHECK(message(c).content() == "yes");
  CHECK(message(c).tool_calls().size() == 1);
  c.choices.front().text.clear();
  CHECK_FALSE(message(c).content());
  CHECK(message(c, 5).tool_calls().empty());
}

TEST_CASE("Anthropic's blocks of reasoning that interleave each keep their text and signature") {
  const auto start = [](int i) {
    return named("content_block_start", R"({"type":"content_block_start","index":)" + std::to_string(i) +
                                            R"(,"content_block":{"type":"thinking","thinking":""}})");
  };
  const auto piece = [](int i, const std::string& delta) {
    return named("content_block_delta",
                 R"({"type":"content_block_delta","index":)" + std::to_string(i) + R"(,"delta":)" + delta + "}");
  };
  const auto thought = [&](int i, const std::string& text) {
    return piece(i, R"({"type":"thinking_delta","thinking":")" + text + "\"}");
  };
  const auto sign = [&](int i, const std::string& text) {
    return piece(i, R"({"type":"signature_delta","signature":")" + text + "\"}");
  };
  const auto answer = transcripts::streamed(
      "anthropic", {named("message_start", R"({"type":"message_start","message":{"id":"m"}})"), start(0),
                    thought(0, "a"), start(1), thought(1, "x"), thought(0, "b"), sign(0, "s0"), thought(1, "y"),
                    sign(1, "s1"), named("content_block_stop", R"({"type":"content_block_stop","index":1})"),
                    named("content_block_stop", R"({"type":"content_block_stop","index":0})"),
                    named("message_delta", R"({"type":"message_delta","delta":{"stop_reason":"end_turn"}})"),
                    named("message_stop", R"({"type":"message_stop"})")});
  const auto& blocks = answer.answer.choices.front().reasoning_blocks;
  REQUIRE(blocks.size() == 2);
  CHECK(blocks[0] == R"({"type":"thinking","thinking":"xy","signature":"s1"})");
  CHECK(blocks[1] == R"({"type":"thinking","thinking":"ab","signature":"s0"})");
}
