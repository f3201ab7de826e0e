// What the dialects other than OpenAI's make of a request, and what they refuse rather than leave out.
#include <doctest/doctest.h>

#include "codec/json/json.hpp"
#include "provider/dialect.hpp"

using namespace weir;
using provider::task;

namespace {

namespace json = codec::json;

const std::vector<std::string> ids = {"anthropic", "openai-responses", "gemini", "cohere-v2", "ollama"};

provider::route route_of(const std::string& id) {
  provider::target t;
  t.provider = id;
  t.key = secret("own-key");
  t.model = "m";
  return provider::resolve(task::chat, t);
}

std::string body_of(const chat& c, const std::string& id, bool stream = false) {
  return provider::encode_chat(c, route_of(id), stream).body;
}

std::string member_of(const chat& c, const std::string& id, std::string_view key) {
  const auto v = codec::parse_argument(body_of(c, id), "body");
  const auto* m = codec::find(v, key);
  return m ? codec::to_text(*m) : std::string();
}

std::string refusal(const chat& c, const std::string& id) {
  try {
    body_of(c, id);
  } catch (const error& e) {
    CHECK((e.code() == errc::unsupported || e.code() == errc::invalid_argument));
    return e.failure().message();
  }
  return {};
}

bool refuses(const chat& c, const std::string& id, std::string_view field) {
  return refusal(c, id).find(field) != std::string::npos;
}

// A conversation with everything that all of them can express.
chat conversation() {
  auto looked = message::user("look");
  looked.part(content_part::image("png", "image/png"));
  chat c("m");
  c.system("be brief").add(std::move(looked));
  c.add(message::assistant_calls({tool_call("c1", "gauge", R"({"at":"Köln"})"), tool_call("c2", "clock", "")}));
  c.add(message::tool("c1", "3 m")).add(message::tool("c2", R"({"h":7})")).user("so?");
  c.tool(tool("gauge", "reads", R"({"type":"object","properties":{"at":{"type":"string"}}})"));
  c.max_tokens(9).temperature(0.5);
  return c;
}

} // namespace

TEST_CASE("a conversation with an image, calls and their results is encoded for Anthropic") {
  CHECK(
      body_of(conversation(), "anthropic", true) ==
      R"({"model":"m","max_tokens":9,"system":[{"type":"text","text":"be brief"}],"messages":[)"
      R"({"role":"user","content":[{"type":"text","text":"look"},{"type":"image","source":{"type":"base64","media_type":"image/png","data":"cG5n"}}]},)"
      R"({"role":"assistant","content":[{"type":"tool_use","id":"c1","name":"gauge","input":{"at":"Köln"}},{"type":"tool_use","id":"c2","name":"clock","input":{}}]},)"
      R"({"role":"user","content":[{"type":"tool_result","tool_use_id":"c1","content":[{"type":"text","text":"3 m"}]},)"
      R"({"type":"tool_result","tool_use_id":"c2","content":[{"type":"text","text":"{\"h\":7}"}]},{"type":"text","text":"so?"}]}],)"
      R"("temperature":0.5,"tools":[{"name":"gauge","description":"reads","input_schema":{"type":"object","properties":{"at":{"type":"string"}}}}],"stream":true})");
}

TEST_CASE("a conversation with an image, calls and their results is encoded for the Responses API") {
  CHECK(
      body_of(conversation(), "openai-responses", true) ==
      R"({"model":"m","instructions":"be brief","input":[)"
      R"({"role":"user","content":[{"type":"input_text","text":"look"},{"type":"input_image","image_url":"data:image/png;base64,cG5n"}]},)"
      R"({"type":"function_call","call_id":"c1","name":"gauge","arguments":"{\"at\":\"Köln\"}"},{"type":"function_call","call_id":"c2","name":"clock","arguments":""},)"
      R"({"type":"function_call_output","call_id":"c1","output":"3 m"},{"type":"function_call_output","call_id":"c2","output":"{\"h\":7}"},)"
      R"({"role":"user","content":"so?"}],)"
      R"("tools":[{"type":"function","name":"gauge","description":"reads","parameters":{"type":"object","properties":{"at":{"type":"string"}}},"strict":false}],)"
      R"("max_output_tokens":9,"temperature":0.5,"store":false,"stream":true})");
}

TEST_CASE("a conversation with an image, calls and their results is encoded for Gemini") {
  CHECK(
      body_of(conversation(), "gemini", true) ==
      R"({"systemInstruction":{"parts":[{"text":"be brief"}]},"contents":[)"
      R"({"role":"user","parts":[{"text":"look"},{"inlineData":{"mimeType":"image/png","data":"cG5n"}}]},)"
      R"({"role":"model","parts":[{"functionCall":{"name":"gauge","args":{"at":"Köln"}}},{"functionCall":{"name":"clock","args":{}}}]},)"
      R"({"role":"user","parts":[{"functionResponse":{"name":"gauge","response":{"result":"3 m"}}},{"functionResponse":{"name":"clock","response":{"h":7}}},{"text":"so?"}]}],)"
      R"("tools":[{"functionDeclarations":[{"name":"gauge","description":"reads","parametersJsonSchema":{"type":"object","properties":{"at":{"type":"string"}}}}]}],)"
      R"("generationConfig":{"temperature":0.5,"maxOutputTokens":9}})");
}

TEST_CASE("a conversation with an image, calls and their results is encoded for Ollama") {
  CHECK(
      body_of(conversation(), "ollama", true) ==
      R"({"model":"m","messages":[{"role":"system","content":"be brief"},{"role":"user","content":"look","images":["cG5n"]},)"
      R"({"role":"assistant","content":"","tool_calls":[{"function":{"name":"gauge","arguments":{"at":"Köln"}}},{"function":{"name":"clock","arguments":{}}}]},)"
      R"({"role":"tool","content":"3 m","tool_name":"gauge"},{"role":"tool","content":"{\"h\":7}","tool_name":"clock"},{"role":"user","content":"so?"}],)"
      R"("tools":[{"type":"function","function":{"name":"gauge","description":"reads","parameters":{"type":"object","properties":{"at":{"type":"string"}}}}}],)"
      R"("options":{"temperature":0.5,"num_predict":9},"stream":true})");
  CHECK(provider::encode_chat(conversation(), route_of("ollama"), true).headers.get("accept") ==
        "application/x-ndjson");
}

TEST_CASE("a conversation with an image, calls and their results is encoded for Cohere") {
  CHECK(
      body_of(conversation(), "cohere-v2", true) ==
      R"({"model":"m","messages":[{"role":"system","content":"be brief"},)"
      R"({"role":"user","content":[{"type":"text","text":"look"},{"type":"image_url","image_url":{"url":"data:image/png;base64,cG5n"}}]},)"
      R"({"role":"assistant","tool_calls":[{"id":"c1","type":"function","function":{"name":"gauge","arguments":"{\"at\":\"Köln\"}"}},{"id":"c2","type":"function","function":{"name":"clock","arguments":""}}]},)"
      R"({"role":"tool","content":"3 m","tool_call_id":"c1"},{"role":"tool","content":"{\"h\":7}","tool_call_id":"c2"},{"role":"user","content":"so?"}],)"
      R"("tools":[{"type":"function","function":{"name":"gauge","description":"reads","parameters":{"type":"object","properties":{"at":{"type":"string"}}}}}],)"
      R"("max_tokens":9,"temperature":0.5,"stream":true})");
}

TEST_CASE("Anthropic gets the max_tokens that it requires, even if the request has none") {
  CHECK(member_of(chat("m").user("u"), "anthropic", "max_tokens") == "4096");
  CHECK(member_of(chat("m").user("u").max_completion_tokens(7).max_tokens(9), "anthropic", "max_tokens") == "7");
}

TEST_CASE("a trailing assistant message stays last, for models that continue it") {
  const auto c = chat("m").user("count").assistant("one, ");
  CHECK(body_of(c, "anthropic").find(R"({"role":"assistant","content":[{"type":"text","text":"one, "}]}])") !=
        std::string::npos);
  CHECK(body_of(c, "ollama").find(R"({"role":"assistant","content":"one, "}])") != std::string::npos);
}

TEST_CASE("the signature that Gemini sent with a call is returned with it") {
  const auto c = chat("m").user("u").add(message::assistant_calls({tool_call("call_0#c2ln", "f", "{}")}));
  CHECK(body_of(c, "gemini").find(R"({"functionCall":{"name":"f","args":{}},"thoughtSignature":"c2ln"})") !=
        std::string::npos);
}

TEST_CASE("sampling, stop sequences and seeds go where each dialect has them") {
  const auto c = chat("m").user("u").top_p(0.25).stop("a").stop("b");
  CHECK(member_of(c, "anthropic", "stop_sequences") == R"(["a","b"])");
  CHECK(member_of(c, "anthropic", "top_p") == "0.25");
  CHECK(member_of(c, "gemini", "generationConfig") == R"({"topP":0.25,"stopSequences":["a","b"]})");
  CHECK(member_of(c, "cohere-v2", "stop_sequences") == R"(["a","b"])");
  CHECK(member_of(c, "cohere-v2", "p") == "0.25");
  CHECK(member_of(c, "ollama", "options") == R"({"top_p":0.25,"stop":["a","b"]})");
  CHECK(refuses(c, "openai-responses", "stop"));
  const auto s = chat("m").user("u").seed(5).presence_penalty(1);
  CHECK(member_of(s, "gemini", "generationConfig") == R"({"seed":5,"presencePenalty":1.0})");
  CHECK(member_of(s, "cohere-v2", "seed") == "5");
  CHECK(member_of(s, "ollama", "options").find(R"("seed":5)") != std::string::npos);
  CHECK_FALSE(refusal(s, "anthropic").empty());
}

TEST_CASE("a JSON Schema goes where each dialect has it") {
  const auto c = chat("m").user("u").response_format(response_format::json_schema("T", R"({"type":"object"})"));
  CHECK(member_of(c, "anthropic", "output_config") ==
        R"({"format":{"type":"json_schema","schema":{"type":"object"}}})");
  CHECK(member_of(c, "openai-responses", "text") ==
        R"({"format":{"type":"json_schema","name":"T","schema":{"type":"object"}}})");
  CHECK(member_of(c, "gemini", "generationConfig") ==
        R"({"responseJsonSchema":{"type":"object"},"responseMimeType":"application/json"})");
  CHECK(member_of(c, "cohere-v2", "response_format") == R"({"type":"json_object","json_schema":{"type":"object"}})");
  CHECK(member_of(c, "ollama", "format") == R"({"type":"object"})");
  CHECK(refuses(chat("m").user("u").response_format(response_format::json_object()), "anthropic", "json_object"));
}

TEST_CASE("a tool choice is encoded in each dialect's terms, or refused") {
  const auto with = [](const char* choice) { return conversation().tool_choice(choice); };
  CHECK(member_of(with("required"), "anthropic", "tool_choice") == R"({"type":"any"})");
  CHECK(member_of(with("gauge"), "anthropic", "tool_choice") == R"({"type":"tool","name":"gauge"})");
  CHECK(member_of(conversation().parallel_tool_calls(false), "anthropic", "tool_choice") ==
        R"({"type":"auto","disable_parallel_tool_use":true})");
  CHECK(member_of(with("gauge"), "openai-responses", "tool_choice") == R"({"type":"function","name":"gauge"})");
  CHECK(member_of(with("gauge"), "gemini", "toolConfig") ==
        R"({"functionCallingConfig":{"mode":"ANY","allowedFunctionNames":["gauge"]}})");
  CHECK(member_of(with("required"), "cohere-v2", "tool_choice") == R"("REQUIRED")");
  CHECK(refuses(with("gauge"), "cohere-v2", "tool_choice"));
  CHECK(refuses(with("required"), "ollama", "tool_choice"));
  CHECK(refusal(with("auto"), "ollama").empty());
}

TEST_CASE("a reasoning effort is encoded in each dialect's terms, or refused") {
  const auto with = [](const char* effort) { return chat("m").user("u").reasoning_effort(effort); };
  CHECK(member_of(with("high"), "anthropic", "output_config") == R"({"effort":"high"})");
  CHECK(member_of(with("high"), "anthropic", "thinking") == R"({"type":"adaptive"})");
  CHECK(member_of(with("none"), "anthropic", "thinking") == R"({"type":"disabled"})");
  CHECK(member_of(with("low"), "openai-responses", "reasoning") == R"({"effort":"low"})");
  CHECK(member_of(with("none"), "gemini", "generationConfig") ==
        R"({"thinkingConfig":{"thinkingBudget":0,"includeThoughts":false}})");
  CHECK(member_of(with("none"), "ollama", "think") == "false");
  CHECK(member_of(with("high"), "ollama", "think") == R"("high")");
  CHECK(member_of(with("none"), "cohere-v2", "thinking") == R"({"type":"disabled"})");
  CHECK(refuses(with("high"), "cohere-v2", "reasoning_effort"));
  CHECK(refuses(with("minimal"), "ollama", "reasoning_effort"));
}

TEST_CASE("what none of these dialects can express is refused by name, never left out") {
  for (const auto& id : ids) {
    CAPTURE(id);
    CHECK(refuses(chat("m").user("u").n(2), id, "n:"));
    CHECK(refuses(chat("m").user("u").logit_bias("1", 2), id, "logit_bias"));
    CHECK(refuses(chat("m").user("u").tool_prompt("t"), id, "tool_prompt"));
    CHECK(refuses(chat("m").add(message::user("u").name("Ann")), id, "name"));
    CHECK(refuses(chat("m").add(message("narrator", "x")), id, "narrator"));
    CHECK(refusal(chat("m").user("u").n(1).include_usage(false).parallel_tool_calls(true), id).empty());
    CHECK_FALSE(refusal(chat("m").user("u").extra_body("model", "1"), id).empty());
    CHECK_FALSE(refusal(chat("m").user("u").temperature(0.0 / 0.0), id).empty());
  }
  for (const char* id : {"anthropic", "gemini"})
    CHECK(refuses(chat("m").user("u").system("late"), id, "system message"));
  CHECK(refuses(chat("m").add(message("user").part(content_part::image_url("https://example.org/a.png"))), "ollama",
                "URL"));
  for (const char* id : {"gemini", "ollama", "anthropic"}) {
    CAPTURE(id);
    CHECK_FALSE(
        refusal(chat("m").add(message("user").part(content_part::image_url("data:image/png,raw"))), id).empty());
    CHECK_FALSE(refusal(chat("m").user("u").add(message::assistant_calls({tool_call("c", "f", "[1]")})), id).empty());
  }
  for (const char* id : {"gemini", "ollama"})
    CHECK(refuses(chat("m").user("u").add(message::tool("never-made", "x")), id, "id"));
}

TEST_CASE("extra members reach the body in each dialect") {
  for (const auto& id : ids)
    CHECK(member_of(chat("m").user("u").extra_body("k", "[1]"), id, "k") == "[1]");
}

TEST_CASE("each dialect's requests go to its own path, with its own key header") {
  const auto sent = [](const std::string& id, bool stream) {
    return provider::encode_chat(chat("m").user("u"), route_of(id), stream);
  };
  const auto anthropic = sent("anthropic", true);
  CHECK(anthropic.target == "/v1/messages");
  CHECK(anthropic.headers.get("anthropic-version") == "2023-06-01");
  CHECK(route_of("anthropic").auth->header == "x-api-key");
  CHECK(route_of("anthropic").auth->scheme.empty());
  CHECK(sent("gemini", false).target == "/v1beta/models/m:generateContent");
  CHECK(sent("gemini", true).target == "/v1beta/models/m:streamGenerateContent?alt=sse");
  CHECK(route_of("gemini").auth->header == "x-goog-api-key");
  CHECK(sent("openai-responses", true).target == "/v1/responses");
  CHECK(sent("cohere-v2", true).target == "/v2/chat");
  CHECK(sent("ollama", true).target == "/api/chat");
}
