// The simulation's OpenAI and TGI protocols, over a real connection.
#include "sim/fixture.hpp"
#include "sim/server/request.hpp"

using namespace weir;
using namespace weir::sim;
using namespace weir::sim::test;

namespace {

std::string_view text_at(const codec::json::value& v, std::string_view key) {
  return codec::string_at(v, key).value_or("(none)");
}

const codec::json::value& choice(const codec::json::value& chunk) { return chunk.at("choices").at(0); }

std::string joined(const std::vector<codec::json::value>& chunks, std::string_view member) {
  std::string out;
  for (const auto& chunk : chunks) {
    if (chunk.at("choices").as_array().empty())
      continue;
    out += codec::string_at(choice(chunk).at("delta"), member).value_or("");
  }
  return out;
}

} // namespace

TEST_CASE("a streamed chat has a role, tokens, a finish, usage if requested, and [DONE]") {
  fixture f;
  const auto r = f.chat(R"({"model":"org/m","messages":[{"role":"user","content":"Why is the \"sky\" blue?"}],
      "stream":true,"stream_options":{"include_usage":true},"max_tokens":4})");
  CHECK(r.status == 200);
  CHECK(r.complete);
  CHECK(r.headers.at("content-type") == "text/event-stream");
  CHECK(r.events().back() == "[DONE]");
  const auto chunks = r.chunks_of_json();
  REQUIRE(chunks.size() == 1 + 4 + 1 + 1);
  CHECK(r.chunks.size() == 8);
  CHECK(text_at(choice(chunks[0]).at("delta"), "role") == "assistant");
  CHECK(joined(chunks, "content") == "You said: \"Why is");
  CHECK(text_at(choice(chunks[5]), "finish_reason") == "length");
  CHECK(chunks[6].at("choices").as_array().empty());
  CHECK(codec::uint_at(chunks[6].at("usage"), "completion_tokens") == 4);
  for (const auto& chunk : chunks) {
    CHECK(text_at(chunk, "object") == "chat.completion.chunk");
    CHECK(text_at(chunk, "model") == "org/m");
    CHECK(text_at(chunk, "id") == text_at(chunks[0], "id"));
    CHECK(chunk.at("usage").is_null() == (&chunk != &chunks[6]));
  }
}

TEST_CASE("a non-streamed chat gives the same answer as a streamed one") {
  fixture f;
  const auto whole = f.chat(hello).as_json();
  const auto streamed = f.chat(hello_stream).chunks_of_json();
  CHECK(text_at(choice(whole).at("message"), "content") == joined(streamed, "content"));
  CHECK(text_at(choice(whole), "finish_reason") == "stop");
  CHECK(joined(streamed, "content").find("Hello there") != std::string::npos);
  CHECK(codec::uint_at(whole.at("usage"), "prompt_tokens").value_or(0) > 0);
}

TEST_CASE("every path that ends like a vendor's chat route is one") {
  fixture f;
  for (const std::string path : {"/chat/completions", "/openai/v1/chat/completions", "/v3/openai/chat/completions",
                                 "/groq/openai/v1/chat/completions", "/hf-inference/models/a/b/v1/chat/completions"})
    CHECK(text_at(f.ask(path, hello).as_json(), "object") == "chat.completion");
  CHECK(f.ask("/v1/nothing", hello).status == 404);
}

TEST_CASE("a tool call is streamed in pieces that join to arguments of the tool's schema") {
  fixture f;
  const auto chunks =
      f.chat(R"({"model":"m","stream":true,"messages":[{"role":"user","content":"use the tool für mich"}],
      "tools":[{"type":"function","function":{"name":"search","parameters":{"type":"object","properties":
      {"query":{"type":"string"},"limit":{"type":"integer"},"exact":{"type":"boolean"}}}}}]})")
          .chunks_of_json();
  std::string arguments, name;
  int pieces = 0;
  for (const auto& chunk : chunks) {
    const auto* calls = codec::array_at(choice(chunk).at("delta"), "tool_calls");
    if (!calls)
      continue;
    ++pieces;
    const auto& function = calls->front().at("function");
    name += codec::string_at(function, "name").value_or("");
    arguments += codec::string_at(function, "arguments").value_or("");
  }
  CHECK(name == "search");
  CHECK(arguments == R"({"query":"use the tool für mich","limit":1,"exact":true})");
  CHECK(pieces > 3);
  CHECK(text_at(choice(chunks.back()), "finish_reason") == "tool_calls");
}

TEST_CASE("a conversation that ends with a tool's result gets an answer, not another call") {
  fixture f;
  const auto r = f.chat(R"({"model":"m","messages":[{"role":"user","content":"use the tool"},
      {"role":"tool","tool_call_id":"call_1","content":"tool said 42"}],
      "tools":[{"type":"function","function":{"name":"search"}}]})")
                     .as_json();
  CHECK(text_at(choice(r), "finish_reason") == "stop");
}

TEST_CASE("a model whose name says so reasons before it answers") {
  fixture f;
  const auto chunks =
      f.chat(R"({"model":"m-reasoning","stream":true,"messages":[{"role":"user","content":"hi"}]})").chunks_of_json();
  CHECK_FALSE(joined(chunks, "reasoning_content").empty());
  CHECK(joined(chunks, "content").starts_with("You said"));
}

TEST_CASE("several choices are interleaved") {
  fixture f;
  const auto chunks =
      f.chat(R"({"model":"m","stream":true,"n":3,"max_tokens":2,"messages":[{"role":"user","content":"hi"}]})")
          .chunks_of_json();
  CHECK(chunks.size() == 3 + 3 * 2 + 3);
  CHECK(chunks[4].at("choices").at(0).at("index") == 1);
}

TEST_CASE("a JSON response format gives JSON") {
  fixture f;
  const auto r = f.chat(R"({"model":"m","messages":[{"role":"user","content":"say \"hi\""}],
      "response_format":{"type":"json_object"}})")
                     .as_json();
  error_code ec;
  const auto inner = codec::parse_json(text_at(choice(r).at("message"), "content"), ec);
  CHECK_FALSE(ec);
  CHECK(codec::string_at(inner, "answer").has_value());
}

TEST_CASE("images in a message are accepted") {
  fixture f;
  const auto r = f.chat(R"({"model":"m","messages":[{"role":"user","content":[{"type":"text","text":"What is this?"},
      {"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA"}}]}]})");
  CHECK(r.status == 200);
  CHECK(r.body.find("What is this?") != std::string::npos);
}

TEST_CASE("text completions are streamed or not") {
  fixture f;
  const auto whole = f.ask("/v1/completions", R"({"prompt":"hi","max_tokens":3})").as_json();
  CHECK(text_at(choice(whole), "text") == "You said: \"hi\".");
  const auto r = f.ask("/v1/completions", R"({"prompt":"hi","max_tokens":3,"stream":true})");
  std::string text;
  for (const auto& chunk : r.chunks_of_json())
    text += text_at(choice(chunk), "text");
  CHECK(text == "You said: \"hi\".");
  CHECK(r.events().back() == "[DONE]");
}

TEST_CASE("text generation speaks TGI: object, list, stream without [DONE]") {
  fixture f;
  const std::string body = R"({"inputs":"hi","parameters":{"max_new_tokens":3,"details":true}})";
  const auto whole = f.ask("/generate", body).as_json();
  CHECK(text_at(whole, "generated_text") == "You said: \"hi\".");
  CHECK(whole.at("details").at("tokens").as_array().size() == 3);
  CHECK(text_at(f.ask("/", body).as_json().at(0), "generated_text") == text_at(whole, "generated_text"));
  CHECK(f.ask("/models/a/b", body).as_json().at(0) == whole);

  const auto events = f.ask("/generate_stream", body).chunks_of_json();
  REQUIRE(events.size() == 3);
  CHECK(events[1].at("generated_text").is_null());
  CHECK(text_at(events[2], "generated_text") == text_at(whole, "generated_text"));
  CHECK(text_at(events[2].at("details"), "finish_reason") == "length");

  const auto natural = f.ask("/generate_stream", R"({"inputs":"hi"})").chunks_of_json();
  CHECK(natural.back().at("token").at("special") == true);
  CHECK(text_at(natural.back().at("details"), "finish_reason") == "eos_token");
  CHECK(f.ask("/generate", R"({"inputs":""})").status == 422);
}

TEST_CASE("the routes that describe a server respond") {
  fixture f;
  raw_client client(f.server.port(), false, "");
  client.send("GET /health HTTP/1.1\r\nhost: x\r\n\r\n");
  CHECK(client.receive().status == 200);
  client.send("GET /info HTTP/1.1\r\nhost: x\r\n\r\n");
  CHECK(text_at(client.receive().as_json(), "router") == "text-generation-router");
  client.send("GET /v1/models HTTP/1.1\r\nhost: x\r\n\r\n");
  CHECK(text_at(client.receive().as_json(), "object") == "list");
  CHECK(f.server.seen().connections_accepted == 1);
}

TEST_CASE("a server with a key refuses every other one") {
  auto how = plain();
  how.key = "right";
  fixture f(how);
  CHECK(f.chat(hello).status == 401);
  CHECK(f.chat(hello, "authorization: Bearer wrong\r\n").status == 401);
  const auto r = f.chat(hello, "authorization: Bearer right\r\n");
  CHECK(r.status == 200);
  CHECK(f.chat(hello, "authorization: Key right\r\n").status == 200);
}

TEST_CASE("x-events sets the exact number of tokens, over the request's own limit") {
  fixture f;
  const auto r = f.chat(R"({"model":"m","stream":true,"max_tokens":2,"messages":[{"role":"user","content":"hi"}]})",
                        "x-events: 5000\r\nx-interval: 0\r\n");
  CHECK(r.complete);
  CHECK(r.events().size() == 1 + 5000 + 1 + 1);
  CHECK(f.chat(hello_stream, "x-events: many\r\n").status == 400);
  CHECK(f.chat(hello_stream, "x-interval: 3 parsecs\r\n").status == 400);
}

TEST_CASE("the interval paces the tokens") {
  fixture f;
  const auto begin = std::chrono::steady_clock::now();
  const auto r = f.chat(hello_stream, "x-events: 5\r\nx-interval: 10ms\r\n");
  CHECK(r.events().size() == 8);
  CHECK(std::chrono::steady_clock::now() - begin >= std::chrono::milliseconds(40));
}

TEST_CASE("what is not a request is refused") {
  fixture f;
  raw_client client(f.server.port(), false, "");
  client.send("NONSENSE\r\n\r\n");
  const auto r = client.receive();
  CHECK(r.status == 400);
  CHECK(client.wait_for_end() == ending::orderly);
  raw_client big(f.server.port(), false, "");
  big.send("POST / HTTP/1.1\r\nhost: x\r\nlong: " + std::string(100'000, 'x') + "\r\n\r\n");
  CHECK(big.receive().status == 431);
  CHECK(f.chat("{").status == 400);
  CHECK(f.chat("[]").status == 400);
  CHECK(f.chat("{}").status == 400);
}

TEST_CASE("a request is read however its bytes are split") {
  const auto whole = post("/a?b=c", "{\"x\":1}", "X-Fault: none\r\n") + "rest";
  for (std::size_t cut = 0; cut <= whole.size(); ++cut) {
    request_reader reader(1024, 1024);
    std::string held = whole.substr(0, cut);
    held.erase(0, reader.feed(held));
    held += whole.substr(cut);
    held.erase(0, reader.feed(held));
    REQUIRE(reader.done());
    CHECK(held == "rest");
    const auto r = reader.take();
    CHECK(r.path == "/a");
    CHECK(r.body == "{\"x\":1}");
    CHECK(r.header("x-fault") == "none");
  }
}
