// What the provider sent, beside what weir reads from it.
#include "client/support.hpp"

#include <weir/task/hub/text_tasks.hpp>

using namespace weir;
using namespace weir::test;

namespace {

const std::string piece =
    R"({"id":"c","choices":[{"index":0,"delta":{"content":"a"},"tide":[1,{"x":null}]}],"unknown":{"k":1}})";
const std::string note = R"({"id":"c","choices":[],"moderation":{"flagged":false}})";
const std::string last =
    R"({"id":"c","choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"usage":{"total_tokens":3}})";

std::string response() {
  return "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nX-Request-Id: r-1\r\nx-tide: low\r\ntransfer-encoding: "
         "chunked\r\n\r\n" +
         chunk(sse(piece)) + chunk(sse(note)) + chunk(sse(last)) + chunk("data: [DONE]\n\n") + last_chunk;
}

} // namespace

TEST_CASE("with keep_raw() every piece of a stream comes with its JSON, even one of unknown content") {
  bench b;
  b.net->add(expect_request().reply(response()));
  std::vector<std::pair<event::kind, std::string>> got;
  completion all;
  CHECK(b.run([&]() -> asio::awaitable<void> {
    auto r = co_await b.client().stream(weir::chat("m").user("hi").keep_raw());
    while (auto e = co_await r.next()) {
      got.emplace_back(e->type(), std::string(e->raw()));
      all.add(*e);
    }
    CHECK(r.outcome() == outcome::complete);
  }));
  using kind = event::kind;
  CHECK(got == std::vector<std::pair<kind, std::string>>{
                   {kind::text, piece}, {kind::raw, note}, {kind::finish, last}, {kind::usage, last}});
  CHECK(all.text() == "a");
  CHECK(all.finish_reason() == "stop");
  b.check_clean();
}

TEST_CASE("without it there is none") {
  bench b;
  b.net->add(expect_request().reply(response()));
  CHECK(b.run([&]() -> asio::awaitable<void> {
    auto r = co_await b.client().stream(weir::chat("m").user("hi"));
    while (auto e = co_await r.next()) {
      CHECK(e->raw().empty());
      CHECK_FALSE(e->is(event::kind::raw));
    }
  }));
  b.check_clean();
}

TEST_CASE("headers and the request id are on every reply, completion and failure") {
  bench b;
  const auto body = chat_json("ok");
  const auto id = "x-request-id: r-2\r\nX-Tide: High\r\n";
  b.net->add(expect_request()
                 .reply(response())
                 .expect("\"messages\"")
                 .reply(answer(200, "application/json", body, id))
                 .expect("\"messages\"")
                 .reply(answer(500, "application/json", "{}", id)));
  CHECK(b.run([&]() -> asio::awaitable<void> {
    auto r = co_await b.client().stream(weir::chat("m").user("hi"));
    CHECK(r.attempt().request_id == "r-1");
    CHECK(r.attempt().header("X-TIDE") == "low");
    const auto c = co_await collect(std::move(r));
    CHECK(c.attempt->request_id == "r-1");
    const auto whole = co_await b.client().chat(weir::chat("m").user("hi").keep_raw());
    CHECK(whole.attempt->header("x-tide") == "High");
    CHECK(whole.attempt->header("x-ebb") == "");
    CHECK(whole.attempt->raw == body);
    failure why;
    co_await code_of(b.client().chat(weir::chat("m").user("hi")), &why);
    CHECK(why.request_id() == "r-2");
  }));
  b.check_clean();
}

TEST_CASE("a truncated stream still has its request id") {
  bench b;
  b.net->add(expect_request()
                 .reply("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nrequest-id: r-3\r\n\r\n" + sse(piece))
                 .cut());
  completion c;
  CHECK(b.run([&]() -> asio::awaitable<void> {
    c = co_await collect(co_await b.client().stream(weir::chat("m").user("hi")));
  }));
  CHECK(c.failure.code() == errc::truncated);
  CHECK(c.failure.request_id() == "r-3");
  b.check_clean();
}

TEST_CASE("a task's last response is kept too, its files are not") {
  bench b(options().base_url("http://127.0.0.1:8080/v1"));
  const std::string body = R"({"data":[{"embedding":[0.5],"index":0}],"unknown":1})";
  b.net->add(script().expect("POST /v1/embeddings").expect("\"input\"").reply(answer(200, "application/json", body)));
  CHECK(b.run([&]() -> asio::awaitable<void> {
    auto job = co_await b.client().submit(feature_extraction("m").text("hi").keep_raw());
    co_await job.result();
    CHECK(job.details().attempt().raw == body);
  }));
  b.check_clean();
}

TEST_CASE("a key that the provider quotes is neither in the raw JSON nor in a finish reason") {
  const std::string key = "sk-canary0123456789";
  const auto message =
      R"({"choices":[{"index":0,"message":{"content":"a"},"finish_reason":")" + key + R"("}],"note":")" + key + R"("})";
  const auto delta =
      R"({"choices":[{"index":0,"delta":{"content":"a"},"finish_reason":")" + key + R"("}],"note":")" + key + R"("})";
  credentials keys;
  keys.default_key(secret(key));
  bench b(bench::plain().credentials(keys));
  b.net->add(expect_request()
                 .reply("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n" +
                        chunk(sse(delta)) + chunk("data: [DONE]\n\n") + last_chunk)
                 .expect("\"messages\"")
                 .reply(answer(200, "application/json", message)));
  std::string told;
  CHECK(b.run([&]() -> asio::awaitable<void> {
    auto r = co_await b.client().stream(weir::chat("m").user("hi").keep_raw());
    while (auto e = co_await r.next())
      told += std::string(e->raw()) + std::string(e->finish_reason());
    told += r.finish_reason() + r.info().remark;
    const auto whole = co_await b.client().chat(weir::chat("m").user("hi").keep_raw());
    told += whole.finish_reason() + whole.attempt->raw + whole.info.remark;
  }));
  CHECK(told.find("canary") == std::string::npos);
  CHECK(told.find("sk-***") != std::string::npos);
  b.check_clean();
}
