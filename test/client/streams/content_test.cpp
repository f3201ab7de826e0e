// Responses whose content type or form is not the one that was requested.
#include "client/support.hpp"

#include <weir/task/hub/audio_tasks.hpp>
#include <weir/task/hub/vision_tasks.hpp>

using namespace weir;
using namespace weir::test;

namespace {

std::string joined(const std::vector<std::string>& events) {
  std::string all;
  for (const auto& e : events)
    all += e;
  return all;
}

const std::string as_events = joined(chat_events({"Hel", "lo"}));
const std::string as_json =
    chat_json("Hello", "stop", R"(,"usage":{"prompt_tokens":2,"completion_tokens":7,"total_tokens":9})");
const std::string page = "<!DOCTYPE html><html><head><title>Sign in</title></head></html>";

seen stream_of(const std::string& response) {
  bench b;
  b.net->add(expect_request().reply(response));
  auto s = b.stream_chat();
  b.check_clean();
  return s;
}

// The same body in pieces of one byte.
std::string dripping(std::string_view type, std::string_view body) {
  std::string all = "HTTP/1.1 200 OK\r\ncontent-type: " + std::string(type) + "\r\ntransfer-encoding: chunked\r\n\r\n";
  for (const char c : body)
    all += chunk(std::string_view(&c, 1));
  return all + last_chunk;
}

class told {
public:
  told() = default;
  completion c;
  failure why;
};

told whole_of(const std::string& response) {
  bench b;
  b.net->add(expect_request().reply(response));
  told t;
  CHECK(b.run([&]() -> asio::awaitable<void> {
    try {
      t.c = co_await b.client().chat(weir::chat("m").user("hi"));
    } catch (const error& e) {
      t.why = e.failure();
    }
  }));
  b.check_clean();
  return t;
}

} // namespace

TEST_CASE("a streamed chat is read as what it is, whatever its content type") {
  for (const char* type : {"text/event-stream", "application/json", "text/plain; charset=utf-8",
                           "application/octet-stream", "application/x-ndjson", "text/html", ""}) {
    CAPTURE(type);
    for (const auto& body : {as_events, "\n\n" + as_events, ": hello\n\n" + as_events, as_json,
                             "\xEF\xBB\xBF" + as_json, as_json + "\n"}) {
      CAPTURE(body);
      for (const auto& response : {answer(200, type, body), dripping(type, body)}) {
        const auto s = stream_of(response);
        CHECK(s.outcome == outcome::complete);
        CHECK(s.text == "Hello");
        CHECK(s.usage.total_tokens == 9u);
      }
    }
  }
}

TEST_CASE("lines of JSON are a stream under any content type") {
  const std::string lines =
      R"({"model":"m","message":{"role":"assistant","content":"Hel"},"done":false})"
      "\n"
      R"({"model":"m","message":{"role":"assistant","content":"lo"},"done":false})"
      "\n"
      R"({"model":"m","message":{"role":"assistant","content":""},"done":true,"done_reason":"stop"})"
      "\n";
  for (const char* type : {"application/x-ndjson", "application/json", "text/event-stream", "text/plain"}) {
    CAPTURE(type);
    for (const auto& response : {answer(200, type, lines), dripping(type, lines)}) {
      bench b(options().provider("ollama").base_url("http://127.0.0.1:8080"));
      b.net->add(script().expect("POST /api/chat").expect("\"messages\"").reply(response));
      const auto s = b.stream_chat();
      CHECK(s.outcome == outcome::complete);
      CHECK(s.text == "Hello");
      b.check_clean();
    }
  }
}

TEST_CASE("a page in place of a stream is reported with its title, content type and URL") {
  for (const char* type : {"text/event-stream", "application/json", "text/html", "application/x-ndjson", ""}) {
    CAPTURE(type);
    for (const auto& response : {answer(200, type, page), dripping(type, page)}) {
      const auto s = stream_of(response);
      CHECK(s.code == errc::unexpected_content);
      CHECK(s.outcome == outcome::failed);
      CHECK(s.what.find("Sign in") != std::string::npos);
      CHECK(s.what.find("HTML page") != std::string::npos);
      CHECK(s.what.find("http://127.0.0.1:8080/v1/chat/completions") != std::string::npos);
    }
  }
}

TEST_CASE("an endless page is given up once its title is known") {
  const auto s =
      stream_of("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n" + page + std::string(100'000, ' '));
  CHECK(s.code == errc::unexpected_content);
  CHECK(s.what.find("Sign in") != std::string::npos);
}

TEST_CASE("plain text in place of a stream is shown") {
  for (const char* type : {"text/plain", "application/json"}) {
    const auto s = stream_of(answer(200, type, "It works!"));
    CHECK(s.code == errc::unexpected_content);
    CHECK(s.what.find("It works!") != std::string::npos);
  }
}

TEST_CASE("a truncated stream is truncated whatever its content type") {
  const auto cut = as_events.substr(0, as_events.find("lo"));
  for (const char* type : {"text/event-stream", "application/json", "text/plain"}) {
    const auto s = stream_of(answer(200, type, cut));
    CHECK(s.outcome == outcome::truncated);
    CHECK(s.text == "Hel");
  }
}

TEST_CASE("a plain call accepts a stream as its answer if it is complete") {
  for (const char* type : {"text/event-stream", "application/json", "text/plain"}) {
    const auto t = whole_of(answer(200, type, as_events));
    CHECK(t.c.outcome == outcome::complete);
    CHECK(t.c.text() == "Hello");
    CHECK(t.c.usage.total_tokens == 9u);
    CHECK(t.c.info.id == "chat-1");
  }
  const auto cut = whole_of(answer(200, "text/event-stream", as_events.substr(0, as_events.find("lo"))));
  CHECK(cut.why.code() == errc::truncated);
  const auto refused = whole_of(answer(200, "text/event-stream", "data: {\"error\":{\"message\":\"no tide\"}}\n\n"));
  CHECK(refused.why.remote() == "no tide");
}

TEST_CASE("a response that a plain call cannot read is shown, with its content type and URL") {
  const auto a = whole_of(answer(200, "text/html", page)).why;
  CHECK(a.code() == errc::unexpected_content);
  CHECK(a.remote() == "Sign in");
  CHECK(a.message().find("http://127.0.0.1:8080/v1/chat/completions") != std::string::npos);
  const auto b = whole_of(answer(200, "text/plain", "It \x1b[2J works!", "x-request-id: r-1\r\n")).why;
  CHECK(b.code() == errc::unexpected_content);
  CHECK(b.remote() == "It  [2J works!");
  CHECK(b.message().find("text/plain") != std::string::npos);
  CHECK(b.request_id() == "r-1");
}

TEST_CASE("a page in place of a picture is refused, whatever its content type") {
  for (const char* type : {"text/html", "image/png", "application/octet-stream"}) {
    CAPTURE(type);
    bench b(options().provider("hf-inference").base_url("http://127.0.0.1:8080"));
    b.net->add(script().expect("POST /").expect("\"inputs\"").reply(answer(200, type, page)));
    failure why;
    CHECK(b.run([&]() -> asio::awaitable<void> {
      co_await code_of(b.client().run(text_to_image("m").prompt("a dam")), &why);
    }));
    CHECK(why.code() == errc::unexpected_content);
    CHECK(why.remote() == "Sign in");
    b.check_clean();
  }
}

TEST_CASE("a fetched input gets its type from its bytes and keeps its name") {
  bench b(options().provider("openai").base_url("http://127.0.0.1:8080/v1"));
  b.net->add(script().expect("GET /talks/dam.flac").reply(answer(200, "text/plain", "fLaC....")));
  b.net->add(script()
                 .expect("POST /v1/audio/transcriptions")
                 .expect("filename=\"dam.flac\"\r\nContent-Type: audio/flac\r\n")
                 .reply(answer(200, "application/json", R"({"text":"rain"})")));
  transcription got;
  CHECK(b.run([&]() -> asio::awaitable<void> {
    got = co_await b.client().run(
        automatic_speech_recognition("m").audio(media::at("http://127.0.0.1:9090/talks/dam.flac?sig=x")));
  }));
  CHECK(got.text == "rain");
  b.check_clean();
}

TEST_CASE("a refusal with an encoded body is known by its status, and the body is not shown") {
  const auto why = whole_of(answer(401, "application/json", "evil", "content-encoding: gzip\r\n")).why;
  CHECK(why.code() == errc::unauthorized);
  CHECK(why.remote().empty());
}
