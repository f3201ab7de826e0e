// OpenAI's chat and text generation, encoded: which members go out, under which names.
#include <doctest/doctest.h>

#include <limits>

#include "codec/json/json.hpp"
#include "provider/dialect.hpp"

using namespace weir;
using provider::task;

namespace {

namespace json = codec::json;

provider::route route_of(std::string id, std::string model = "m") {
  provider::route r;
  r.provider = std::move(id);
  r.model = std::move(model);
  r.to = net::origin("https", "api.example.org", 443);
  r.target = "/v1/chat/completions";
  return r;
}

std::string body_of(const chat& c, bool stream = false, std::string id = "custom") {
  return provider::encode_chat(c, route_of(std::move(id)), stream).body;
}

std::string generation_body(const text_generation& g, std::string id, bool stream = false) {
  return provider::encode_generation(g, route_of(std::move(id)), stream).body;
}

chat with_schema() {
  return chat("m").response_format(
      response_format::json_schema("T", R"({"type":"object"})").strict(true).description("d"));
}

std::string format_in(const chat& c, std::string id) {
  return codec::to_text(codec::parse_argument(body_of(c, false, std::move(id)), "body").at("response_format"));
}

} // namespace

TEST_CASE("a plain chat is as small as possible and begins with the model") {
  CHECK(body_of(chat("m").system("s").user("u")) ==
        R"({"model":"m","messages":[{"role":"system","content":"s"},{"role":"user","content":"u"}],"stream":false})");
}

TEST_CASE("a stream requests its usage unless disabled") {
  CHECK(body_of(chat("m").user("u"), true).ends_with(R"("stream":true,"stream_options":{"include_usage":true}})"));
  CHECK(body_of(chat("m").user("u").include_usage(false), true).ends_with(R"("stream":true})"));
  CHECK(body_of(chat("m").user("u").include_usage(true)).ends_with(R"("stream":false})"));
}

TEST_CASE("what a server refuses is left out, or has the name that it expects") {
  auto to = route_of("custom");
  to.without_usage = true;
  to.limit = provider::limit_name::completion_tokens;
  const auto body = [&to](const chat& c) { return provider::encode_chat(c, to, true).body; };
  CHECK(body(chat("m").user("u")).ends_with(R"("stream":true})"));
  CHECK(body(chat("m").user("u").max_tokens(5)).find(R"("max_completion_tokens":5)") != std::string::npos);
  CHECK(body(chat("m").user("u").max_tokens(5)).find(R"("max_tokens")") == std::string::npos);
  CHECK(body(chat("m").user("u").max_tokens(5).max_completion_tokens(6)).find(R"("max_completion_tokens":6)") !=
        std::string::npos);
}

TEST_CASE("every field of a chat is sent under its own name") {
  const auto c = chat("m")
                     .user("u")
                     .frequency_penalty(-0.5)
                     .presence_penalty(2)
                     .logprobs(true)
                     .top_logprobs(3)
                     .max_tokens(64)
                     .max_completion_tokens(65)
                     .n(2)
                     .reasoning_effort("low")
                     .seed(18446744073709551615u)
                     .stop("\n")
                     .stop("END")
                     .temperature(0)
                     .top_p(0.1)
                     .tool_choice("required")
                     .tool_prompt("p")
                     .parallel_tool_calls(false)
                     .end_user("id")
                     .logit_bias("42", -100)
                     .response_format(response_format::json_object());
  const auto body = codec::parse_argument(body_of(c), "body");
  const auto wanted = codec::parse_argument(
      R"({"model":"m","messages":[{"role":"user","content":"u"}],"frequency_penalty":-0.5,"presence_penalty":2.0,
          "logprobs":true,"top_logprobs":3,"max_tokens":64,"max_completion_tokens":65,"n":2,"reasoning_effort":"low",
          "seed":18446744073709551615,"stop":["\n","END"],"temperature":0.0,"top_p":0.1,"tool_choice":"required",
          "tool_prompt":"p","parallel_tool_calls":false,"user":"id","logit_bias":{"42":-100.0},
          "response_format":{"type":"json_object"},"stream":false})",
      "wanted");
  CHECK(body == wanted);
}

TEST_CASE("messages carry parts, names, calls, results and extra members") {
  const auto c = chat("m")
                     .add(message::user("look")
                              .part(content_part::image_url("https://x/a.png", "low"))
                              .part(content_part::text("!")))
                     .add(message::assistant_calls({tool_call("1", "f", "{\"a\":1}")}))
                     .add(message::tool("1", "42"))
                     .add(message("user").part(content_part::raw(R"({"type":"input_audio","input_audio":{}})")))
                     .add(message::user("x").name("bob").extra("cache", "true"));
  const auto body = codec::parse_argument(body_of(c), "body");
  const auto wanted = codec::parse_argument(
      R"([{"role":"user","content":[{"type":"text","text":"look"},{"type":"image_url","image_url":{"url":"https://x/a.png","detail":"low"}},{"type":"text","text":"!"}]},
          {"role":"assistant","tool_calls":[{"id":"1","type":"function","function":{"name":"f","arguments":"{\"a\":1}"}}]},
          {"role":"tool","content":"42","tool_call_id":"1"},
          {"role":"user","content":[{"type":"input_audio","input_audio":{}}]},
          {"role":"user","content":"x","name":"bob","cache":true}])",
      "wanted");
  CHECK(body.at("messages") == wanted);
}

TEST_CASE("tools and tool choices are encoded") {
  const auto body = codec::parse_argument(
      body_of(chat("m").tool(tool("f", "d", R"({"type":"object"})").strict(true)).tool(tool("g", "")).tool_choice("f")),
      "body");
  CHECK(
      body.at("tools") ==
      codec::parse_argument(
          R"([{"type":"function","function":{"name":"f","description":"d","parameters":{"type":"object"},"strict":true}},
                                    {"type":"function","function":{"name":"g"}}])",
          "wanted"));
  CHECK(body.at("tool_choice") == codec::parse_argument(R"({"type":"function","function":{"name":"f"}})", "wanted"));
}

TEST_CASE("each vendor gets a JSON Schema in the form that it expects") {
  CHECK(
      format_in(with_schema(), "groq") ==
      R"({"type":"json_schema","json_schema":{"name":"T","description":"d","schema":{"type":"object"},"strict":true}})");
  CHECK(format_in(with_schema(), "cohere") == R"({"type":"json_object","schema":{"type":"object"}})");
  CHECK(format_in(with_schema(), "fireworks-ai") == R"({"type":"json_object","schema":{"type":"object"}})");
  CHECK(format_in(with_schema(), "together") == R"({"type":"json_schema","schema":{"type":"object"}})");
  CHECK(format_in(with_schema(), "hf-inference") == R"({"type":"json_object","value":{"type":"object"}})");
  CHECK(format_in(with_schema(), "tgi") == R"({"type":"json_object","value":{"type":"object"}})");
  CHECK(format_in(chat("m").response_format(response_format::raw(R"({"type":"grammar"})")), "together") ==
        R"({"type":"grammar"})");
  CHECK(format_in(chat("m").response_format(response_format::text()), "together") == R"({"type":"text"})");
}

TEST_CASE("what a vendor refuses is left out") {
  const auto c = chat("m").user("u").top_p(1).extra_body("store", "false");
  CHECK(body_of(c, false, "tgi").find("top_p") == std::string::npos);
  CHECK(body_of(c, false, "groq").find("top_p") != std::string::npos);
  CHECK(body_of(c, false, "cerebras").find("store") == std::string::npos);
  CHECK(body_of(c, false, "groq").find("store") != std::string::npos);
}

TEST_CASE("extra members override, but never the model or streaming") {
  CHECK(body_of(chat("m").user("u").temperature(1).extra_body("temperature", "0.5").extra_body("x", "[1]"))
            .ends_with(R"("temperature":0.5,"stream":false,"x":[1]})"));
  for (const char* key : {"model", "stream"})
    CHECK_THROWS_AS(body_of(chat("m").extra_body(key, "true")), error);
  CHECK_THROWS_AS(body_of(chat("m").extra_body("x", "{")), error);
  CHECK_THROWS_AS(body_of(chat("m").temperature(std::numeric_limits<double>::quiet_NaN())), error);
}

TEST_CASE("the request follows the route, with its headers and credential") {
  auto r = route_of("zai-org");
  r.headers.add("x-source-channel", "hugging_face");
  r.auth.emplace("authorization", "Bearer", secret("pk-x", "https://api.example.org"));
  const auto q = provider::encode_chat(chat("m").user("u"), r, true);
  CHECK(q.method == "POST");
  CHECK(q.to == r.to);
  CHECK(q.target == r.target);
  CHECK(q.headers.get("content-type") == "application/json");
  CHECK(q.headers.get("x-source-channel") == "hugging_face");
  REQUIRE(q.auth);
  CHECK(q.auth->key.origin() == "https://api.example.org");
  CHECK(q.body.find("pk-x") == std::string::npos);
}

TEST_CASE("text generation speaks TGI's form") {
  const auto g = text_generation("m")
                     .prompt("p")
                     .details(true)
                     .decoder_input_details(true)
                     .max_new_tokens(5)
                     .seed(1)
                     .stop("x")
                     .top_p(1)
                     .typical_p(0.9)
                     .grammar(grammar::regex("a+"))
                     .extra_body("lora", "1");
  CHECK(
      generation_body(g, "tgi") ==
      R"({"inputs":"p","parameters":{"decoder_input_details":true,"details":true,"grammar":{"type":"regex","value":"a+"},)"
      R"("max_new_tokens":5,"seed":1,"stop":["x"],"typical_p":0.9},"stream":false,"lora":1})");
  CHECK(generation_body(g, "tgi", true).find("decoder_input_details") == std::string::npos);
  CHECK(generation_body(text_generation("m").prompt("p").grammar(grammar::json(R"({"type":"object"})")),
                        "hf-inference") ==
        R"({"inputs":"p","parameters":{"grammar":{"type":"json","value":{"type":"object"}}},"stream":false})");
}

TEST_CASE("text generation is mapped to a completions API") {
  const auto g = text_generation("m").prompt("p").details(true).max_new_tokens(5).top_k(3).watermark(true).stop("x");
  for (const char* id : {"together", "novita", "deepinfra", "featherless-ai", "custom"})
    CHECK(generation_body(g, id, true) ==
          R"({"model":"m","prompt":"p","max_tokens":5,"stop":["x"],"top_k":3,"stream":true})");
}
