// Calls from request to response, and responses that are not an answer.
#include "client/support.hpp"

using namespace weir;
using namespace weir::test;

namespace {

// Plays one response to one streamed chat.
seen stream_of(const std::string& response, options o = bench::plain()) {
  bench b(std::move(o));
  b.net->add(expect_request().reply(response));
  auto s = b.stream_chat();
  b.check_clean();
  return s;
}

// Plays one response to one chat that is not streamed.
completion whole_of(const std::string& response) {
  bench b;
  b.net->add(expect_request().reply(response));
  completion c;
  CHECK(b.run([&]() -> asio::awaitable<void> { c = co_await b.client().chat(weir::chat("m").user("hi")); }));
  b.check_clean();
  return c;
}

failure failure_of(const std::string& response, bool stream) {
  bench b;
  b.net->add(expect_request().reply(response));
  failure why;
  CHECK(b.run([&]() -> asio::awaitable<void> {
    weir::chat ask("m");
    ask.user("hi");
    error_code ec;
    if (stream)
      ec = co_await code_of(b.client().stream(std::move(ask)), &why);
    else
      ec = co_await code_of(b.client().chat(std::move(ask)), &why);
    CHECK(ec == why.code());
  }));
  b.check_clean();
  return why;
}

} // namespace

TEST_CASE("a streamed chat gives its tokens, its end and its usage") {
  bench b;
  b.net->add(expect_request().reply(streamed(chat_events({"Hel", "lo", "!"}))));
  std::vector<event::kind> kinds;
  CHECK(b.run([&]() -> asio::awaitable<void> {
    auto r = co_await b.client().stream(weir::chat("m").user("hi"));
    CHECK(r.outcome() == outcome::truncated);
    std::string text;
    while (auto e = co_await r.next()) {
      kinds.push_back(e->type());
      text += e->text();
    }
    CHECK(text == "Hello!");
    CHECK(r.outcome() == outcome::complete);
    CHECK_FALSE(r.failure());
    CHECK(r.finish_reason() == "stop");
    CHECK(r.usage().prompt_tokens == 3u);
    CHECK(r.usage().completion_tokens == 3u);
    CHECK_FALSE(r.usage().cost);
    CHECK(r.info().id == "chat-1");
    CHECK(r.info().model == "m-1");
    CHECK(r.attempt().status == 200);
    CHECK(r.attempt().events == 7);
    CHECK(r.attempt().url == "http://127.0.0.1:8080/v1/chat/completions");
    CHECK_FALSE((co_await r.next()));
  }));
  CHECK(std::count(kinds.begin(), kinds.end(), event::kind::text) == 3);
  CHECK(b.net->connections()[0]->sent.find("accept: text/event-stream\r\n") != std::string::npos);
  b.check_clean();
}

TEST_CASE("collect() gives the complete answer of a stream") {
  bench b;
  b.net->add(expect_request().reply(streamed(chat_events({"a", "b"}, "length"))));
  completion c;
  CHECK(b.run([&]() -> asio::awaitable<void> {
    c = co_await collect(co_await b.client().stream(weir::chat("m").user("hi")));
  }));
  CHECK(c.text() == "ab");
  CHECK(c.outcome == outcome::length);
  CHECK(c.finish_reason() == "length");
  CHECK(c.usage.total_tokens == 9u);
  CHECK(c.info.id == "chat-1");
  CHECK_FALSE(c.failure);
  b.check_clean();
}

TEST_CASE("collect() of a stream that broke off gives what arrived") {
  bench b;
  b.net->add(expect_request().reply(stream_head + chunk(chat_events({"a"})[1])).cut());
  completion c;
  CHECK(b.run([&]() -> asio::awaitable<void> {
    c = co_await collect(co_await b.client().stream(weir::chat("m").user("hi")));
  }));
  CHECK(c.text() == "a");
  CHECK(c.outcome == outcome::truncated);
  CHECK(c.failure.code() == errc::truncated);
  b.check_clean();
}

TEST_CASE("outcomes follow the finish reason") {
  CHECK(stream_of(streamed(chat_events({"a"}))).outcome == outcome::complete);
  CHECK(stream_of(streamed(chat_events({"a"}, "length"))).outcome == outcome::length);
  const auto filtered = stream_of(streamed(chat_events({"a"}, "content_filter")));
  CHECK(filtered.outcome == outcome::filtered);
  CHECK_FALSE(filtered.code);
  CHECK(filtered.text == "a");
}

TEST_CASE("a chat without streaming gives one completion, and absent counts are not zero") {
  auto c = whole_of(answer(200, "application/json", chat_json("Hello", "stop", R"(,"usage":{"completion_tokens":0})")));
  CHECK(c.text() == "Hello");
  CHECK(c.outcome == outcome::complete);
  CHECK(c.usage.completion_tokens == 0u);
  CHECK_FALSE(c.usage.prompt_tokens);
  c = whole_of(answer(200, "application/json", chat_json("Hello", "length")));
  CHECK(c.outcome == outcome::length);
  CHECK(c.usage.empty());
  CHECK(whole_of(answer(200, "application/json", chat_json("", "content_filter"))).outcome == outcome::filtered);
}

TEST_CASE("text generation works streamed and in one piece, with TGI's protocol and with completions") {
  const std::vector<std::string> tokens = {"one ", "two"};
  for (const bool tgi : {true, false}) {
    CAPTURE(tgi);
    bench b(options().base_url(tgi ? "http://127.0.0.1:8080/" : "http://127.0.0.1:8080/v1"));
    b.net->add(
        script()
            .expect(tgi ? "POST / HTTP" : "POST /v1/completions HTTP")
            .reply(streamed(tgi ? tgi_events(tokens) : completions_events(tokens)))
            .expect(tgi ? "POST / HTTP" : "POST /v1/completions HTTP")
            .reply(answer(200, "application/json",
                          tgi ? R"([{"generated_text":"one two"}])"
                              : R"({"id":"c","choices":[{"index":0,"text":"one two","finish_reason":"stop"}]})")));
    seen s;
    generation whole;
    CHECK(b.run([&]() -> asio::awaitable<void> {
      co_await b.read(s, text_generation("m").prompt("count"));
      whole = co_await b.client().run(text_generation("m").prompt("count"));
    }));
    CHECK(s.text == "one two");
    CHECK(s.outcome == outcome::complete);
    CHECK_FALSE(s.code);
    CHECK(whole.text() == "one two");
    CHECK(b.net->opened() == 1);
    b.check_clean();
  }
}

TEST_CASE("a stream with a finish reason is complete without its terminal signal, without one it is truncated") {
  auto events = chat_events({"a"});
  events.pop_back();
  CHECK(stream_of(streamed(events)).outcome == outcome::complete);
  events = {chat_events({"a"})[0], chat_events({"a"})[1]};
  const auto s = stream_of(streamed(events));
  CHECK(s.outcome == outcome::truncated);
  CHECK(s.code == errc::truncated);
  CHECK(s.text == "a");
}

TEST_CASE("a stream delimited only by the end of its connection needs its terminal signal") {
  const std::string head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n";
  std::string body;
  for (const auto& e : chat_events({"a", "b"}))
    body += e;
  for (const bool whole : {true, false}) {
    bench b;
    b.net->add(expect_request().reply(head + (whole ? body : body.substr(0, body.find("\"b\"")))).close());
    const auto s = b.stream_chat();
    CHECK(s.outcome == (whole ? outcome::complete : outcome::truncated));
    CHECK(s.text == (whole ? "ab" : "a"));
    CHECK(b.client().pool().idle == 0);
    b.check_clean();
  }
}

TEST_CASE("a plain JSON response to a streaming call is read as the answer, however it is split") {
  for (const std::size_t slice : {0, 1, 7}) {
    bench b;
    b.net->add(expect_request().slice(slice).reply(answer(200, "application/json; charset=utf-8", chat_json("Hello"))));
    const auto s = b.stream_chat();
    CHECK(s.text == "Hello");
    CHECK(s.outcome == outcome::complete);
    CHECK(b.client().pool().idle == 1);
    b.check_clean();
  }
}

TEST_CASE("a plain JSON response that is truncated, or is an error, is a failure") {
  bench b;
  const auto whole = answer(200, "application/json", chat_json("Hello"));
  b.net->add(expect_request().reply(whole.substr(0, whole.size() - 4)).close());
  CHECK(b.stream_chat().code == errc::truncated);
  b.check_clean();
  const auto s = stream_of(answer(200, "application/json", R"({"error":{"message":"no capacity","code":503}})"));
  CHECK(s.outcome == outcome::in_band_error);
  CHECK(s.code.failed());
  CHECK(s.what.find("no capacity") != std::string::npos);
}

TEST_CASE("an error inside a stream comes after the tokens before it, and ends it") {
  auto events = chat_events({"a", "b"});
  events.resize(3);
  events.push_back(sse(R"({"error":{"message":"worker died","type":"server_error"}})"));
  const auto s = stream_of(streamed(events));
  CHECK(s.text == "ab");
  CHECK(s.outcome == outcome::in_band_error);
  CHECK(s.code == errc::in_band_error);
  CHECK(s.what.find("worker died") != std::string::npos);
}

TEST_CASE("an event that is not JSON ends the stream") {
  const auto s = stream_of(stream_head + chunk(chat_events({"a"})[1]) + chunk(sse("{\"choices\":[")) + last_chunk);
  CHECK(s.text == "a");
  CHECK(s.code == errc::malformed_event);
}

TEST_CASE("an HTML page is not an answer") {
  const auto page = answer(200, "text/html", "<html><body>Sign in</body></html>");
  const auto s = stream_of(page);
  CHECK_FALSE(s.opened);
  CHECK(s.code == errc::unexpected_content);
  CHECK(failure_of(page, true).status() == 200);
  CHECK(failure_of(page, false).code().failed());
}

TEST_CASE("refusals say what to do: code, condition, remote text and retry_after") {
  class row {
  public:
    row(int s, errc c, condition k) : status(s), code(c), kind(k) {}
    int status;
    errc code;
    condition kind;
  };
  const row rows[] = {
      row(400, errc::bad_request, condition::refused),
      row(401, errc::unauthorized, condition::refused),
      row(402, errc::quota_exhausted, condition::quota_exhausted),
      row(403, errc::forbidden, condition::refused),
      row(404, errc::not_found, condition::refused),
      row(429, errc::rate_limited, condition::throttled),
      row(500, errc::server_error, condition::transient),
      row(502, errc::server_error, condition::transient),
      row(503, errc::overloaded, condition::transient),
  };
  for (const auto& r : rows)
    for (const bool stream : {true, false}) {
      CAPTURE(r.status);
      CAPTURE(stream);
      const auto f = failure_of(answer(r.status, "application/json", R"({"error":{"message":"the remote's words"}})",
                                       "retry-after: 7\r\nx-request-id: req-9\r\n"),
                                stream);
      CHECK(f.code() == r.code);
      CHECK(f.code() == r.kind);
      CHECK(f.status() == r.status);
      CHECK(f.remote() == "the remote's words");
      CHECK(f.request_id() == "req-9");
      CHECK(f.retry_after() == 7s);
    }
}

TEST_CASE("a refusal leaves its connection to the next call") {
  bench b;
  b.net->add(
      expect_request().reply(answer(429, "application/json", "{}")).expect("POST").reply(streamed(chat_events({"a"}))));
  CHECK(b.stream_chat().code == errc::rate_limited);
  CHECK(b.stream_chat().outcome == outcome::complete);
  CHECK(b.net->opened() == 1);
  b.check_clean();
}

TEST_CASE("a refusal whose body never arrives is reported by its status, soon") {
  bench b;
  b.net->add(expect_request().reply("HTTP/1.1 500 Oops\r\ncontent-length: 100\r\n\r\n{").stall());
  const auto s = b.stream_chat();
  CHECK(s.code == errc::server_error);
  CHECK(s.ended == 5s);
  b.check_clean();
}

TEST_CASE("a redirect is not followed") {
  for (const int status : {301, 302, 307, 308}) {
    bench b;
    b.net->add(expect_request().reply(
        answer(status, "text/plain", "", "location: http://127.0.0.1:9/v1/chat/completions\r\n")));
    CHECK(b.stream_chat().code == errc::unexpected_redirect);
    CHECK(b.net->attempts() == 1);
    b.check_clean();
  }
}

TEST_CASE("configuration errors are found before anything is sent") {
  bench b{options()};
  CHECK(b.stream_chat().code == errc::missing_key);
  CHECK(b.net->attempts() == 0);
  b.check_clean();
  bench unknown(options().provider("nobody"));
  CHECK(unknown.stream_chat().code == errc::unknown_provider);
}

TEST_CASE("a key is sent once, in its header, and appears in no text") {
  const std::string key = "hf_canary0123456789";
  credentials keys;
  keys.default_key(secret(key));
  bench b(bench::plain().credentials(keys));
  b.net->add(
      expect_request().reply(answer(401, "application/json", R"({"error":"the key hf_canary0123456789 is bad"})")));
  b.net->add(expect_request().reply(stream_head + chunk(sse(R"({"error":{"message":"bad: hf_canary0123456789"}})")) +
                                    last_chunk));
  b.net->add(script().cut());
  std::string texts;
  CHECK(b.run([&]() -> asio::awaitable<void> {
    for (int i = 0; i < 3; ++i) {
      seen s;
      co_await b.read(s);
      CHECK(s.code.failed());
      texts += s.what;
    }
    for (const auto& [name, value] : b.client().explain(weir::chat("m").user("hi")).headers)
      texts += name + value;
  }));
  CHECK(texts.find("canary") == std::string::npos);
  CHECK(texts.find("hf_***") != std::string::npos);
  const auto count = [](const std::string& text, const std::string& what) {
    std::size_t n = 0;
    for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + 1))
      ++n;
    return n;
  };
  for (const auto& c : b.net->connections()) {
    CHECK(count(c->sent, key) == count(c->sent, "POST "));
    CHECK(count(c->sent, key) == count(c->sent, "authorization: Bearer "));
  }
  b.check_clean();
}
