// Bodies of providers' APIs, read and encoded again: nothing is lost.
#include <doctest/doctest.h>

#include "codec/json/json.hpp"
#include "provider/chat/dialects.hpp"
#include "provider/chat/read/request_read.hpp"
#include "provider/offers.hpp"
#include "provider/tasks/openai_tasks.hpp"

using namespace weir;
namespace json = codec::json;

namespace {

json::object parsed(std::string_view text) { return codec::parse_argument(text, "the test").get_object(); }

// Integers and doubles of the same value are the same.
json::value plain(const json::value& v) {
  if (v.is_number())
    return v.to_number<double>();
  if (const auto* list = v.if_array()) {
    json::array out;
    for (const auto& one : *list)
      out.push_back(plain(one));
    return out;
  }
  if (const auto* o = v.if_object()) {
    json::object out;
    for (const auto& member : *o)
      out[member.key()] = plain(member.value());
    return out;
  }
  return v;
}

provider::route openai_route() {
  provider::route r;
  r.provider = "custom";
  r.model = "m";
  return r;
}

json::object body_of(const http::request& r) { return parsed(r.body); }

json::object chat_again(std::string_view text) {
  auto body = body_of(provider::encode_chat(provider::read_openai_chat(parsed(text), "it"), openai_route(), false));
  body.erase("stream");
  return body;
}

template <class F>
std::string refusal(F f) {
  try {
    f();
  } catch (const error& e) {
    CHECK(e.code() == errc::invalid_argument);
    return e.failure().message();
  }
  return {};
}

// Sets a member of a body and compares what comes back.
void check_member(std::string_view member) {
  CAPTURE(member);
  const auto text = R"({"model":"m","messages":[{"role":"user","content":"hi"}],)" + std::string(member) + "}";
  CHECK(plain(chat_again(text)) == plain(parsed(text)));
}

json::object dialect_again(const chat& ask, const provider::chat_dialect& dialect, const char* vendor) {
  provider::route r;
  r.provider = vendor;
  r.model = "m";
  auto body = body_of(dialect.encode(ask, r, false));
  body.erase("stream");
  return body;
}

} // namespace

TEST_CASE("every member of a chat completion is encoded again as it was") {
  for (
      const auto* member : {
          R"("frequency_penalty":0.5)",
          R"("presence_penalty":-1)",
          R"("logit_bias":{"50256":-100,"7":1.5})",
          R"("logprobs":true)",
          R"("top_logprobs":3)",
          R"("max_tokens":16)",
          R"("max_completion_tokens":17)",
          R"("n":2)",
          R"("response_format":{"type":"text"})",
          R"("response_format":{"type":"json_object"})",
          R"("response_format":{"type":"json_schema","json_schema":{"name":"a","description":"d","schema":{"type":"object"},"strict":true}})",
          R"("response_format":{"type":"json_schema","json_schema":{"name":"a","schema":{"type":"object"}}})",
          R"("response_format":{"type":"regex","value":"[0-9]+"})",
          R"("reasoning_effort":"low")",
          R"("seed":18446744073709551615)",
          R"("seed":-1)",
          R"("stop":["a","b"])",
          R"("temperature":0)",
          R"("temperature":"hot")",
          R"("top_p":0.1)",
          R"("tools":[{"type":"function","function":{"name":"f","description":"d","parameters":{"type":"object","properties":{}},"strict":false}},{"type":"function","function":{"name":"g"}}])",
          R"("tools":[{"type":"custom","custom":{"name":"c"}},{"type":"function","function":{"name":"g"}}])",
          R"("tools":[{"type":"function","function":{"name":"g"},"cache_control":{"type":"ephemeral"}}])",
          R"("tool_choice":"required")",
          R"("tool_choice":{"type":"function","function":{"name":"f"}})",
          R"("tool_choice":{"type":"allowed_tools","allowed_tools":{"mode":"auto","tools":[]}})",
          R"("tool_prompt":"x")",
          R"("parallel_tool_calls":false)",
          R"("user":"u")",
          R"("top_k":40)",
          R"("chat_template_kwargs":{"enable_thinking":false})",
          R"("metadata":{"a":"b"})",
          R"("prompt_cache_key":"k")",
      })
    check_member(member);
}

TEST_CASE("every kind of message of a chat completion is encoded again as it was") {
  for (
      const auto* messages : {
          R"([{"role":"system","content":"a"},{"role":"user","content":"b","name":"n"}])",
          R"([{"role":"user","content":[{"type":"text","text":"a"},{"type":"image_url","image_url":{"url":"https://h/i","detail":"low"}}]}])",
          R"([{"role":"user","content":[{"type":"text","text":"a","cache_control":{"type":"ephemeral"}}]}])",
          R"([{"role":"user","content":[{"type":"image_url","image_url":{"url":"https://h/i","format":"png"}}]}])",
          R"([{"role":"user","content":[{"type":"input_audio","input_audio":{"data":"AAAA","format":"wav"}},{"type":"input_audio","input_audio":{"data":"AAAA","format":"pcm16"}}]}])",
          R"([{"role":"user","content":[{"type":"file","file":{"filename":"d.pdf","file_data":"data:application/pdf;base64,JVBERi0xLjc="}},{"type":"file","file":{"file_id":"f"}}]}])",
          R"([{"role":"user","content":[{"type":"video_url","video_url":{"url":"https://h/v"}}]}])",
          R"([{"role":"assistant","tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{}"}}]},{"role":"tool","content":"r","tool_call_id":"c"}])",
          R"([{"role":"assistant","content":"look","tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{}"}}]},{"role":"tool","content":[{"type":"text","text":"a"},{"type":"text","text":"b"}],"tool_call_id":"c"}])",
          R"([{"role":"assistant","tool_calls":[{"id":"c","type":"custom","custom":{"name":"f","input":"x"}}]}])",
          R"([{"role":"assistant","audio":{"id":"x"}}])",
          R"([{"role":"assistant","content":"a","reasoning_content":"b","prefix":true}])",
      }) {
    CAPTURE(messages);
    const auto text = R"({"model":"m","messages":)" + std::string(messages) + "}";
    CHECK(plain(chat_again(text)) == plain(parsed(text)));
  }
}

TEST_CASE("arguments of a call that stand as an object are not lost") {
  const auto ask = provider::read_openai_chat(
      parsed(
          R"({"messages":[{"role":"assistant","tool_calls":[{"id":"c","function":{"name":"f","arguments":{"a":1}}}]}]})"),
      "it");
  CHECK(ask.messages().front().tool_calls().front().arguments == R"({"a":1})");
}

TEST_CASE("what weir sets itself, and nulls, are left out") {
  CHECK(
      chat_again(
          R"({"model":"m","messages":[{"role":"user","content":"hi"}],"stream":true,"stream_options":{"include_usage":true},"stop":null,"top_k":null})") ==
      parsed(R"({"model":"m","messages":[{"role":"user","content":"hi"}]})"));
  CHECK(chat_again(R"({"model":"m","messages":[{"role":"user","content":"hi"}],"stop":"x"})") ==
        parsed(R"({"model":"m","messages":[{"role":"user","content":"hi"}],"stop":["x"]})"));
}

TEST_CASE("the setters are used, so that another provider gets its own form") {
  const auto ask = provider::read_openai_chat(
      parsed(
          R"({"model":"x/y","messages":[{"role":"user","content":"hi"}],"temperature":1,"seed":3,"user":"u","max_tokens":5,"stop":"s","logit_bias":{"1":2},"tools":[{"type":"function","function":{"name":"f"}}],"tool_choice":{"type":"function","function":{"name":"f"}}})"),
      "it");
  CHECK(ask.model() == "x/y");
  CHECK(ask.temperature() == 1.0);
  CHECK(ask.seed() == 3u);
  CHECK(ask.end_user() == "u");
  CHECK(ask.max_tokens() == 5);
  CHECK(ask.stop().size() == 1);
  CHECK(ask.logit_bias().at("1") == 2.0);
  CHECK(ask.tools().size() == 1);
  CHECK(ask.tool_choice() == "f");
  CHECK(ask.extra_body().empty());
}

TEST_CASE("a body without messages, or with broken ones, is refused with its place") {
  CHECK(refusal([] { provider::read_openai_chat(parsed(R"({"model":"m"})"), "in.jsonl:7"); }) ==
        "in.jsonl:7: the request has no messages");
  CHECK(refusal([] { provider::read_openai_chat(parsed(R"({"messages":[{"content":"x"}]})"), "in.jsonl:7"); }) ==
        "in.jsonl:7: message 1 has no role");
  CHECK(refusal([] { provider::read_anthropic(parsed(R"({"model":"m"})"), "f:1"); }) ==
        "f:1: the request has no messages");
  CHECK(refusal([] { provider::read_gemini(parsed(R"({"contents":[]})"), "f:1"); }) ==
        "f:1: the request has no contents");
  CHECK(refusal([] { provider::read_responses(parsed(R"({"model":"m"})"), "f:1"); }) ==
        "f:1: the request's input is neither a text nor a list of messages");
  CHECK(refusal([] { provider::read_completion(parsed(R"({"prompt":["a","b"]})"), "f:1"); }) ==
        "f:1: the request has several prompts: give each a line of its own");
  CHECK(refusal([] { provider::read_embedding(parsed(R"({"input":[[1,2]]})"), "f:1"); }) ==
        "f:1: the request's input is neither a text nor a list of texts");
}

TEST_CASE("a completion is encoded again as it was") {
  auto to = openai_route();
  to.provider = "openai";
  to.what = provider::task::text_generation;
  const auto* text =
      R"({"model":"m","prompt":"once","best_of":2,"frequency_penalty":0.5,"max_tokens":9,"repetition_penalty":1.1,"seed":4,"stop":["a"],"temperature":0.1,"top_k":5,"top_p":0.5,"echo":true,"suffix":"s"})";
  auto body = body_of(provider::encode_generation(provider::read_completion(parsed(text), "it"), to, false));
  body.erase("stream");
  CHECK(plain(body) == plain(parsed(text)));
}

TEST_CASE("embeddings, images and speech are encoded again as they were") {
  const auto* embedding =
      R"({"model":"m","input":["a","b"],"dimensions":8,"encoding_format":"float","user":"u","input_type":"query"})";
  CHECK(plain(body_of(provider::openai_embeddings(provider::read_embedding(parsed(embedding), "it"),
                                                  openai_route()))) == plain(parsed(embedding)));
  const auto* image = R"({"model":"m","prompt":"a cat","n":1,"size":"64x64","quality":"low"})";
  CHECK(plain(body_of(provider::openai_image(
            provider::read_media_task(task_kind::text_to_image, "prompt", parsed(image), "it"), openai_route()))) ==
        plain(parsed(image)));
  const auto* speech = R"({"model":"m","input":"hello","voice":"alloy"})";
  CHECK(plain(body_of(provider::openai_speech(
            provider::read_media_task(task_kind::text_to_speech, "input", parsed(speech), "it"), openai_route()))) ==
        plain(parsed(speech)));
}

TEST_CASE("Anthropic's params are encoded again as they were, and every member counts") {
  for (
      const auto* member : {
          R"("temperature":0.5)",
          R"("top_p":0.5)",
          R"("top_k":5)",
          R"("stop_sequences":["a"])",
          R"("tools":[{"name":"f","description":"d","input_schema":{"type":"object"},"strict":true}])",
          R"("tools":[{"name":"f","input_schema":{"type":"object"}},{"name":"g","input_schema":{"type":"object"},"cache_control":{"type":"ephemeral"}}])",
          R"("tools":[{"type":"web_search_20250305","name":"web_search"}])",
          R"("tool_choice":{"type":"any"})",
          R"("tool_choice":{"type":"tool","name":"f","disable_parallel_tool_use":true})",
          R"("thinking":{"type":"enabled","budget_tokens":2000})",
          R"("output_config":{"format":{"type":"json_schema","schema":{"type":"object"}}})",
          R"("output_config":{"effort":"low"})",
          R"("metadata":{"user_id":"u"})",
          R"("metadata":{"user_id":"u","x":1})",
          R"("service_tier":"auto")",
          R"("system":[{"type":"text","text":"a"},{"type":"text","text":"b","cache_control":{"type":"ephemeral","ttl":"1h"}}])",
          R"("system":[{"type":"text","text":"a","citations":{"enabled":true}}])",
      }) {
    CAPTURE(member);
    const auto text =
        R"({"model":"m","max_tokens":8,"messages":[{"role":"user","content":[{"type":"text","text":"hi"}]}],)" +
        std::string(member) + "}";
    const auto ask = provider::read_anthropic(parsed(text), "it");
    CHECK(plain(dialect_again(ask, provider::anthropic_messages, "anthropic")) == plain(parsed(text)));
  }
}

TEST_CASE("Anthropic's blocks are encoded again as they were") {
  for (
      const auto* turns : {
          R"([{"role":"user","content":[{"type":"text","text":"a"},{"type":"image","source":{"type":"base64","media_type":"image/png","data":"AAAA"}},{"type":"image","source":{"type":"url","url":"https://h/i"}}]}])",
          R"([{"role":"user","content":[{"type":"document","source":{"type":"base64","media_type":"application/pdf","data":"AAAA"},"title":"t"},{"type":"document","source":{"type":"text","media_type":"text/plain","data":"x"}}]}])",
          R"([{"role":"user","content":[{"type":"text","text":"a","cache_control":{"type":"ephemeral"}},{"type":"text","text":"b"}]}])",
          R"([{"role":"user","content":[{"type":"text","text":"q"}]},{"role":"assistant","content":[{"type":"thinking","thinking":"hm","signature":"s"},{"type":"text","text":"a"},{"type":"tool_use","id":"c","name":"f","input":{"x":1}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"c","content":[{"type":"text","text":"r"}]},{"type":"text","text":"go on"}]}])",
          R"([{"role":"user","content":[{"type":"text","text":"q"}]},{"role":"assistant","content":[{"type":"tool_use","id":"c","name":"f","input":{}},{"type":"text","text":"between"},{"type":"tool_use","id":"d","name":"f","input":{}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"c","content":[{"type":"text","text":"r"}],"is_error":true},{"type":"tool_result","tool_use_id":"d","content":[{"type":"image","source":{"type":"url","url":"https://h/i"}}]}]}])",
          R"([{"role":"user","content":[{"type":"text","text":"q"}]},{"role":"assistant","content":[{"type":"server_tool_use","id":"s","name":"web_search","input":{"query":"x"}},{"type":"text","text":"a","citations":[]}]}])",
      }) {
    CAPTURE(turns);
    const auto text = R"({"model":"m","max_tokens":8,"messages":)" + std::string(turns) + "}";
    const auto ask = provider::read_anthropic(parsed(text), "it");
    CHECK(plain(dialect_again(ask, provider::anthropic_messages, "anthropic")) == plain(parsed(text)));
  }
}

TEST_CASE("Anthropic's params become a chat that other providers can be asked") {
  const auto ask = provider::read_anthropic(
      parsed(R"({"model":"claude","max_tokens":8,"system":"be brief","messages":[{"role":"user","content":"hi"},
        {"role":"assistant","content":[{"type":"tool_use","id":"c","name":"f","input":{"x":1}}]},
        {"role":"user","content":[{"type":"tool_result","tool_use_id":"c","content":"r"}]}],"tool_choice":{"type":"any"}})"),
      "it");
  auto body = body_of(provider::encode_chat(ask, openai_route(), false));
  CHECK(
      codec::to_text(body["messages"]) ==
      R"([{"role":"system","content":"be brief"},{"role":"user","content":"hi"},{"role":"assistant","tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{\"x\":1}"}}]},{"role":"tool","content":"r","tool_call_id":"c"}])");
  CHECK(body["tool_choice"] == "required");
}

TEST_CASE("Gemini's requests are encoded again as they were") {
  for (
      const auto* member : {
          R"("generationConfig":{"temperature":0.5,"topP":0.5,"maxOutputTokens":9,"stopSequences":["a"],"seed":1,"presencePenalty":0.5,"frequencyPenalty":0.5})",
          R"("generationConfig":{"temperature":0.5,"topK":4,"candidateCount":1})",
          R"("generationConfig":{"responseMimeType":"application/json"})",
          R"("generationConfig":{"responseMimeType":"application/json","responseJsonSchema":{"type":"object"}})",
          R"("generationConfig":{"responseMimeType":"application/json","responseSchema":{"type":"OBJECT"}})",
          R"("systemInstruction":{"parts":[{"text":"a"},{"text":"b"}]})",
          R"("tools":[{"functionDeclarations":[{"name":"f","description":"d","parametersJsonSchema":{"type":"object"}},{"name":"g"}]}])",
          R"("tools":[{"googleSearch":{}}])",
          R"("toolConfig":{"functionCallingConfig":{"mode":"ANY","allowedFunctionNames":["f"]}})",
          R"("toolConfig":{"functionCallingConfig":{"mode":"VALIDATED"}})",
          R"("safetySettings":[{"category":"X","threshold":"BLOCK_NONE"}])",
          R"("cachedContent":"cachedContents/1")",
      }) {
    CAPTURE(member);
    const auto text = R"({"contents":[{"role":"user","parts":[{"text":"hi"}]}],)" + std::string(member) + "}";
    const auto ask = provider::read_gemini(parsed(text), "it");
    CHECK(plain(dialect_again(ask, provider::gemini_content, "google")) == plain(parsed(text)));
  }
  const auto* turns =
      R"({"contents":[{"role":"user","parts":[{"text":"q"},{"inlineData":{"mimeType":"image/png","data":"AAAA"}},{"inlineData":{"mimeType":"application/pdf","data":"AAAA"}},{"fileData":{"fileUri":"https://h/f"}},{"fileData":{"fileUri":"gs://f","mimeType":"video/mp4"}}]},{"role":"model","parts":[{"text":"a"},{"functionCall":{"name":"f","args":{"x":1}},"thoughtSignature":"sig"},{"functionCall":{"name":"f","args":{}}}]},{"role":"user","parts":[{"functionResponse":{"name":"f","response":{"r":1}}},{"functionResponse":{"name":"f","response":{"r":2}}}]}]})";
  CHECK(dialect_again(provider::read_gemini(parsed(turns), "it"), provider::gemini_content, "google") == parsed(turns));
}

TEST_CASE("Gemini's other spelling is read as well") {
  const auto ask = provider::read_gemini(
      parsed(
          R"({"system_instruction":{"parts":[{"text":"s"}]},"contents":[{"parts":[{"inline_data":{"mime_type":"image/png","data":"AAAA"}}]}],"generation_config":{"max_output_tokens":3}})"),
      "it");
  REQUIRE(ask.messages().size() == 2);
  CHECK(ask.messages()[0].content() == "s");
  CHECK(ask.messages()[1].parts()[0].value() == "data:image/png;base64,AAAA");
  CHECK(ask.max_tokens() == 3);
}

TEST_CASE("requests of the Responses API are encoded again as they were") {
  for (
      const auto* member : {
          R"("max_output_tokens":9)",
          R"("temperature":0.5)",
          R"("top_p":0.5)",
          R"("reasoning":{"effort":"low"})",
          R"("reasoning":{"effort":"low","summary":"auto"})",
          R"("text":{"format":{"type":"json_schema","name":"a","schema":{"type":"object"},"strict":true}})",
          R"("text":{"format":{"type":"text"},"verbosity":"low"})",
          R"("tools":[{"type":"function","name":"f","description":"d","parameters":{"type":"object"},"strict":false}])",
          R"("tools":[{"type":"web_search"}])",
          R"("tool_choice":{"type":"function","name":"f"})",
          R"("parallel_tool_calls":false)",
          R"("user":"u")",
          R"("instructions":"be brief")",
          R"("metadata":{"a":"b"})",
          R"("previous_response_id":"r")",
          R"("truncation":"auto")",
      }) {
    CAPTURE(member);
    const auto text =
        R"({"model":"m","store":false,"input":[{"role":"user","content":"hi"}],)" + std::string(member) + "}";
    const auto ask = provider::read_responses(parsed(text), "it");
    CHECK(plain(dialect_again(ask, provider::openai_responses, "openai")) == plain(parsed(text)));
  }
  for (
      const auto* input : {
          R"([{"role":"user","content":[{"type":"input_text","text":"a"},{"type":"input_image","image_url":"https://h/i","detail":"low"},{"type":"input_image","file_id":"f"},{"type":"input_file","file_data":"data:application/pdf;base64,AAAA","filename":"d.pdf"}]}])",
          R"([{"role":"user","content":"q"},{"role":"assistant","content":[{"type":"output_text","text":"a"}]},{"type":"function_call","call_id":"c","name":"f","arguments":"{}"},{"type":"function_call","call_id":"d","name":"f","arguments":"{}"},{"type":"function_call_output","call_id":"c","output":"r"},{"type":"function_call_output","call_id":"d","output":"s"}])",
          R"([{"role":"user","content":"q"},{"type":"item_reference","id":"x"}])",
          R"([{"type":"message","role":"user","content":"q"}])",
      }) {
    CAPTURE(input);
    const auto text = R"({"model":"m","store":true,"input":)" + std::string(input) + "}";
    const auto ask = provider::read_responses(parsed(text), "it");
    CHECK(plain(dialect_again(ask, provider::openai_responses, "openai")) == plain(parsed(text)));
  }
  const auto ask = provider::read_responses(parsed(R"({"model":"m","input":"hi"})"), "it");
  CHECK(ask.messages().front().content() == "hi");
}
