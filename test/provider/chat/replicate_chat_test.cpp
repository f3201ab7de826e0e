// Replicate's language models: the prediction, where its stream is, and what the stream contains.
#include <doctest/doctest.h>

#include "codec/json/json.hpp"
#include "provider/transcript.hpp"

using namespace weir;
using provider::task;

namespace {

provider::route route_to(std::string model = "org/llama", std::string url = {}) {
  provider::target t;
  t.provider = "replicate";
  t.model = std::move(model);
  t.base_url = std::move(url);
  t.key = secret("r8_own");
  return provider::resolve(task::chat, t);
}

std::string body_of(const chat& c, bool stream = true) { return provider::encode_chat(c, route_to(), stream).body; }

std::string refusal(const chat& c) {
  try {
    body_of(c);
  } catch (const error& e) {
    CHECK(e.code() == errc::unsupported);
    return e.failure().message();
  }
  return {};
}

transcripts::outcome_of_decoding streamed(std::string_view body) {
  const auto d = provider::chat_decoder(route_to());
  return transcripts::run(*d, body);
}

errc wrong_place(const char* body, const provider::route& to) {
  try {
    provider::stream_request(to, body);
  } catch (const error& e) {
    return static_cast<errc>(e.code().value());
  }
  return errc();
}

} // namespace

TEST_CASE("a prompt becomes a prediction's input, and extra members the model's own inputs") {
  CHECK(
      body_of(chat("m").system("brief").user("hi").max_tokens(5).stop("a").stop("b").extra_body("min_tokens", "2")) ==
      R"({"stream":true,"input":{"prompt":"hi","system_prompt":"brief","max_tokens":5,"stop_sequences":"a,b","min_tokens":2}})");
  const auto whole = provider::encode_chat(chat("m").user("hi"), route_to(), false);
  CHECK(whole.target == "/v1/models/org/llama/predictions");
  CHECK(whole.headers.get("prefer") == "wait");
  const auto version = provider::encode_chat(chat("m").user("hi"), route_to("org/llama:abc"), true);
  CHECK(version.target == "/v1/predictions");
  CHECK(version.body.find(R"("version":"abc")") != std::string::npos);
  auto look = message::user("look");
  look.part(content_part::image("png", "image/png"));
  CHECK(body_of(chat("m").add(look)).find(R"("image":"data:image/png;base64,cG5n")") != std::string::npos);
}

TEST_CASE("what a prediction cannot accept is refused by name") {
  CHECK(refusal(chat("m").user("a").assistant("b").user("c")).find("several turns") != std::string::npos);
  CHECK(refusal(chat("m").user("a").user("b")).find("several turns") != std::string::npos);
  CHECK(refusal(chat("m").user("a").tool(tool("f", "d"))).find("tools") != std::string::npos);
  CHECK(refusal(chat("m").user("a").stop("x,y")).find("comma") != std::string::npos);
  CHECK(refusal(chat("m").user("a").n(2)).find("n:") != std::string::npos);
  CHECK(refusal(chat("m").user("a").response_format(response_format::json_object())).find("response_format") !=
        std::string::npos);
}

TEST_CASE("a stream's text is taken verbatim, with line ends and spaces, and ends with done") {
  const std::string body = "event: output\nid: 1\ndata: Two\n\nevent: output\ndata:  lines:\ndata: \"x\"\n\n: ping\n\n"
                           "event: output\ndata: {\"no\": \"object\"}\n\nevent: done\ndata: {}\n\n";
  const auto r = streamed(body);
  CHECK(r.answer.text() == "Two lines:\n\"x\"{\"no\": \"object\"}");
  CHECK(r.answer.outcome == outcome::complete);
  CHECK(r.done);
  for (std::size_t cut = 0; cut + 1 < body.size(); ++cut) {
    INFO("cut at " << cut);
    const auto part = streamed(std::string_view(body).substr(0, cut));
    REQUIRE(part.answer.outcome == outcome::truncated);
    REQUIRE(r.answer.text().starts_with(part.answer.text()));
  }
}

TEST_CASE("a prediction that fails or is cancelled is not a success") {
  const auto failed = streamed("event: output\ndata: a\n\nevent: error\ndata: {\"detail\":\"out of memory\"}\n\n");
  CHECK(failed.answer.text() == "a");
  CHECK(failed.answer.outcome == outcome::in_band_error);
  CHECK(failed.answer.failure.remote() == "out of memory");
  CHECK(streamed("event: error\ndata: just words\n\n").answer.failure.remote() == "just words");
  for (const char* reason : {"canceled", "error"}) {
    const auto r = streamed(std::string("event: done\ndata: {\"reason\":\"") + reason + "\"}\n\n");
    CHECK(r.answer.outcome == outcome::in_band_error);
    CHECK(r.answer.failure.remote().find(reason) != std::string::npos);
  }
}

TEST_CASE("a complete prediction gives its pieces joined, and a running one says so") {
  const auto a = provider::decode_chat(
      route_to(), R"({"id":"p","model":"org/llama","status":"succeeded","output":["He","llo"],"error":null})");
  CHECK(a.text() == "Hello");
  CHECK(a.outcome == outcome::complete);
  CHECK(a.finish_reason() == "succeeded");
  CHECK(a.info.id == "p");
  const auto late = provider::decode_chat(route_to(), R"({"id":"p","status":"processing","output":null,"error":null})");
  CHECK(late.outcome == outcome::in_band_error);
  CHECK(late.failure.remote().find("stream") != std::string::npos);
  const auto failed =
      provider::decode_chat(route_to(), R"({"id":"p","status":"failed","output":null,"error":"no memory"})");
  CHECK(failed.failure.remote() == "no memory");
}

TEST_CASE("the stream's URL gets the key only at the origin that was called, and must be secure") {
  const auto to = route_to();
  CHECK(provider::announces_stream(to));
  const auto r = provider::stream_request(to, R"({"urls":{"stream":"https://stream.example/v1/files/abc?x=1"}})");
  CHECK(r.method == "GET");
  CHECK(r.to.text() == "https://stream.example");
  CHECK(r.target == "/v1/files/abc?x=1");
  CHECK_FALSE(r.auth);
  CHECK(r.headers.get("accept") == "text/event-stream");
  CHECK(provider::stream_request(to, R"({"urls":{"stream":"https://api.replicate.com/s"}})").auth.has_value());
  const auto local = route_to("org/llama", "http://127.0.0.1:9");
  CHECK(provider::stream_request(local, R"({"urls":{"stream":"http://127.0.0.1:9/s"}})").target == "/s");
  CHECK(wrong_place(R"({"urls":{"stream":"http://stream.example/s"}})", to) == errc::insecure);
  CHECK(wrong_place(R"({"urls":{"stream":"file:///etc/passwd"}})", to) == errc::malformed_url);
  CHECK(wrong_place(R"({"urls":{"get":"https://x.example"}})", to) == errc::unsupported);
  CHECK(wrong_place("<html>", to) == errc::unsupported);
  provider::route chat_route;
  chat_route.provider = "groq";
  CHECK_FALSE(provider::announces_stream(chat_route));
}
