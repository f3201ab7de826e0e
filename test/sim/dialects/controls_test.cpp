// What makes the simulated models do things: tool choices, stop sequences, log probabilities, schemas.
#include <doctest/doctest.h>

#include <string>
#include <string_view>

#include "codec/json/json.hpp"
#include "sim/fixture.hpp"

using namespace weir;
using sim::test::fixture;
using sim::test::response;
namespace json = weir::codec::json;

namespace {

json::value first_choice(const json::value& body) { return body.at("choices").at(0); }

response get(fixture& f, std::string_view target, std::string_view headers = {}) {
  sim::test::raw_client client(f.server.port(), false, "");
  client.send("GET " + std::string(target) + " HTTP/1.1\r\nHost: x\r\n" + std::string(headers) + "\r\n");
  return client.receive();
}

std::string chat_body(std::string_view more) {
  return R"({"model":"m","messages":[{"role":"user","content":"Hi"}],)" + std::string(more) + "}";
}

} // namespace

TEST_CASE("log probabilities join to the text, streamed or not, with the alternatives that were requested") {
  fixture f;
  const auto whole = first_choice(f.chat(chat_body(R"("logprobs":true,"top_logprobs":2)")).as_json());
  std::string text;
  for (const auto& token : whole.at("logprobs").at("content").as_array()) {
    text += token.at("token").as_string();
    CHECK(token.at("top_logprobs").as_array().size() == 2);
    CHECK(token.at("top_logprobs").at(0).at("token") == token.at("token"));
  }
  CHECK(text == whole.at("message").at("content").as_string());

  std::string streamed;
  const auto r = f.chat(chat_body(R"("logprobs":true,"top_logprobs":2,"stream":true)"));
  for (const auto& chunk : r.chunks_of_json()) {
    const auto choice = first_choice(chunk);
    if (const auto* probabilities = codec::find(choice, "logprobs")) {
      const auto& token = probabilities->at("content").at(0);
      CHECK(token.at("token") == choice.at("delta").at("content"));
      CHECK(token.at("top_logprobs").at(0).at("token") == token.at("token"));
      streamed += token.at("token").as_string();
    }
  }
  CHECK(streamed == text);
}

TEST_CASE("every dialect ends its text at a stop sequence and says so") {
  fixture f;
  const auto ends = [&](std::string_view path, std::string_view body, std::string_view text, std::string_view finish) {
    const auto r = f.ask(path, body);
    CAPTURE(r.body);
    CHECK(r.status == 200);
    CHECK(r.body.find(text) != r.body.npos);
    CHECK(r.body.find("low wall") == r.body.npos);
    CHECK(r.body.find(finish) != r.body.npos);
  };
  ends("/v1/chat/completions", chat_body(R"("stop":" low")"), "A weir is a\"", R"("finish_reason":"stop")");
  ends("/v1/completions", R"({"prompt":"Hi","stop":[" low"]})", "A weir is a\"", R"("finish_reason":"stop")");
  ends("/v1/messages", chat_body(R"("max_tokens":500,"stop_sequences":[" low"])"), "A weir is a\"",
       R"("stop_reason":"stop_sequence","stop_sequence":" low")");
  ends("/v1beta/models/m:generateContent",
       R"({"contents":[{"parts":[{"text":"Hi"}]}],"generationConfig":{"stopSequences":[" low"]}})", "A weir is a\"",
       R"("finishReason":"STOP")");
  ends("/v2/chat", chat_body(R"("stop_sequences":[" low"])"), "A weir is a\"", R"("finish_reason":"STOP_SEQUENCE")");
  ends("/api/chat", chat_body(R"("stream":false,"options":{"stop":[" low"]})"), "A weir is a\"",
       R"("done_reason":"stop")");
  ends("/generate", R"({"inputs":"Hi","parameters":{"stop":["weir is"],"details":true}})", "A weir is\"",
       R"("finish_reason":"stop_sequence")");
  ends("/generate_stream", R"({"inputs":"Hi","parameters":{"stop":["weir is"]}})", "A weir is\"",
       R"("finish_reason":"stop_sequence")");
}

TEST_CASE("every dialect gives JSON in the shape of the schema that it is sent") {
  fixture f;
  const std::string schema = R"({"type":"object","properties":{"n":{"type":"integer","minimum":7}},"required":["n"]})";
  const auto gives = [&](std::string_view path, const std::string& body) {
    const auto r = f.ask(path, body);
    CAPTURE(r.body);
    CHECK(r.status == 200);
    CHECK(r.body.find(R"("{\"n\":7}")") != r.body.npos);
  };
  gives("/v1/chat/completions",
        chat_body(R"("response_format":{"type":"json_schema","json_schema":{"name":"a","schema":)" + schema + "}}"));
  gives("/v1/responses",
        R"({"model":"m","input":"Hi","text":{"format":{"type":"json_schema","name":"a","schema":)" + schema + "}}}");
  gives("/v1/messages",
        chat_body(R"("max_tokens":500,"output_config":{"format":{"type":"json_schema","schema":)" + schema + "}}"));
  gives("/v1beta/models/m:generateContent",
        R"({"contents":[{"parts":[{"text":"Hi"}]}],"generationConfig":{"responseMimeType":"application/json",
        "responseJsonSchema":)" +
            schema + "}}");
  gives("/v2/chat", chat_body(R"("response_format":{"type":"json_object","json_schema":)" + schema + "}"));
  gives("/api/chat", chat_body(R"("stream":false,"format":)" + schema));
  gives("/api/generate", R"({"model":"m","prompt":"Hi","stream":false,"format":)" + schema + "}");
  gives("/generate", R"({"inputs":"Hi","parameters":{"grammar":{"type":"json","value":)" + schema + "}}}");
}

TEST_CASE("a request for something that cannot be is refused in one line") {
  fixture f;
  const auto refused = [&](std::string_view path, std::string_view body, std::string_view why) {
    const auto r = f.ask(path, body);
    CAPTURE(r.body);
    CHECK(r.status == 400);
    CHECK(r.body.find(why) != r.body.npos);
  };
  refused("/v1/chat/completions", chat_body(R"("tool_choice":"required")"), "offers none");
  refused("/v1/chat/completions", chat_body(R"("top_logprobs":2)"), "needs logprobs");
  refused("/v1/chat/completions", chat_body(R"("logprobs":true,"top_logprobs":21)"), "from 0 to 20");
  refused("/v1/chat/completions", chat_body(R"("stop":["a","b","c","d","e"])"), "at most 4");
  refused("/v1/chat/completions", R"({"messages":["Hi"]})", "messages[0].role must be");
  refused("/v1/chat/completions", R"({"messages":[{"role":"user"},{"role":"tool","content":"x"}]})",
          "messages[1].tool_call_id is required");
  refused("/v1/chat/completions", chat_body(R"("tools":[{"type":"function"}])"), "tools[0].function.name is required");
  refused("/v1/chat/completions", chat_body(R"("response_format":{"type":"yaml"})"), "response_format.type must be");
  refused("/v1/chat/completions", chat_body(R"("response_format":{"type":"json_schema"})"),
          "response_format.json_schema is required");
  refused("/v1/chat/completions", chat_body(R"("temperature":3)"), "from 0 to 2");
  refused("/v1/responses", R"({"input":"Hi","tools":[],"tool_choice":{"type":"function","name":"a"}})", "offers none");
  refused("/v1/messages", chat_body(R"("max_tokens":5,"tool_choice":{"type":"maybe"})"), "tool_choice.type");
  refused("/v2/chat", chat_body(R"("tool_choice":"maybe")"), "REQUIRED or NONE");
  refused("/v1beta/models/m:generateContent",
          R"({"contents":[{"parts":[]}],"toolConfig":{"functionCallingConfig":{"mode":"ANY"}}})", "offers none");
}

TEST_CASE("Ollama generates text, embeds and lists its models") {
  fixture f;
  const auto whole = f.ask("/api/generate", R"({"model":"m","prompt":"Hello","stream":false})").as_json();
  const auto text = std::string(whole.at("response").as_string());
  CHECK(text.starts_with("You said: \"Hello\""));
  CHECK(whole.at("done").as_bool());
  const auto stream = f.ask("/api/generate", R"({"model":"m","prompt":"Hello"})");
  CHECK(stream.headers.at("content-type") == "application/x-ndjson");
  std::string joined;
  for (std::size_t at = 0, end; (end = stream.body.find('\n', at)) != stream.body.npos; at = end + 1) {
    error_code ec;
    const auto line = codec::parse_json(stream.body.substr(at, end - at), ec);
    REQUIRE_FALSE(ec);
    joined += line.at("response").as_string();
  }
  CHECK(joined == text);
  const auto vectors = f.ask("/api/embed", R"({"model":"m","input":["a","b"],"dimensions":8})").as_json();
  CHECK(vectors.at("embeddings").as_array().size() == 2);
  CHECK(vectors.at("embeddings").at(0).as_array().size() == 8);
  CHECK(f.ask("/api/embed", R"({"model":"m","input":[1]})").body ==
        R"({"error":"input is required: a string or a list of strings"})");
  CHECK(get(f, "/api/tags").as_json().at("models").at(0).at("name") == "weir/simulated");
}

TEST_CASE("Anthropic's clients count tokens and list models in Anthropic's form") {
  fixture f;
  const auto counted = f.ask("/v1/messages/count_tokens", chat_body(R"("system":"be brief")")).as_json();
  CHECK(counted.at("input_tokens").as_int64() == 6);
  constexpr std::string_view version = "anthropic-version: 2023-06-01\r\n";
  CHECK(get(f, "/v1/models", version).as_json().at("data").at(0).at("type") == "model");
  CHECK(get(f, "/v1/models/weir%2Fsimulated", version).as_json().at("display_name") == "weir/simulated");
}

TEST_CASE("a model's name may have its slash escaped, and an escape that is none is no route") {
  fixture f;
  CHECK(get(f, "/v1/models/weir%2fsimulated").as_json().at("id") == "weir/simulated");
  CHECK(get(f, "/v1/models/weir%2").status == 404);
  CHECK(get(f, "/v1/models/weir%zzsimulated").status == 404);
  CHECK(
      f.ask("/models/weir%2Ftext-to-image", R"({"inputs":"a weir"})").headers.at("content-type").starts_with("image/"));
}
