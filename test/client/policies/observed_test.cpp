// What observers are told of the whole client's calls.
#include "client/support.hpp"

#include <weir/policy/observe/metrics.hpp>

using namespace weir;
using namespace weir::test;

namespace {

class witness final : public observer {
public:
  void call_begun(const call_record& r) noexcept override { seen += "begun " + r.model + '\n'; }
  void attempt_ended(const call_record&, const attempt& a) noexcept override {
    seen += "attempt " + std::to_string(a.number) + ' ' + std::to_string(a.status) + '\n';
    attempts.push_back(a);
  }
  void call_ended(const call_record& r) noexcept override {
    seen += "ended " + std::string(name_of(r.outcome)) + '\n';
    last = r;
  }
  std::string seen;
  std::vector<attempt> attempts;
  call_record last;
};

} // namespace

TEST_CASE("a call that was retried is reported as one call with both attempts") {
  const auto eye = std::make_shared<witness>();
  const auto numbers = std::make_shared<metrics>();
  bench b(bench::with_policies(bench::plain().observe(eye).observe(numbers)));
  b.net->add(expect_request().reply(answer(503, "text/plain", "busy")).close());
  b.net->add(expect_request().pause(2s).reply(streamed(chat_events({"a", "b"}))));
  const auto s = b.stream_chat();
  CHECK(s.text == "ab");
  CHECK(eye->seen == "begun m\nattempt 1 503\nattempt 2 200\nended complete\n");
  const auto& r = eye->last;
  CHECK(r.streamed);
  CHECK(r.first_token >= 2s);
  CHECK(r.ended == s.ended);
  CHECK(r.finish_reason == "stop");
  REQUIRE(eye->attempts.size() == 2);
  CHECK(otel_error_type(eye->attempts[0].failure) == "overloaded");
  CHECK(eye->attempts[1].begun >= eye->attempts[0].ended);
  CHECK(numbers->prometheus().find("weir_retries_total{gen_ai_operation_name=\"chat\"") != std::string::npos);
  CHECK(numbers->prometheus().find("weir_in_flight_calls 0\n") != std::string::npos);
  b.check_clean();
}

TEST_CASE("a reply that is dropped in the middle is reported as cancelled, with what arrived") {
  const auto eye = std::make_shared<witness>();
  bench b(bench::with_policies(bench::plain().observe(eye)));
  b.net->add(expect_request().reply(stream_head + chunk(chat_events({"a"})[0]) + chunk(chat_events({"a"})[1])).stall());
  CHECK(b.run([&]() -> asio::awaitable<void> {
    auto r = co_await b.client().stream(weir::chat("m").user("hi"));
    auto e = co_await r.next();
    CHECK(e);
  }));
  CHECK(eye->seen == "begun m\nattempt 1 200\nended cancelled\n");
  CHECK(eye->last.failure.code() == errc::cancelled);
  b.check_clean();
}

TEST_CASE("a call whose deadline is reached before any response is reported as such") {
  const auto eye = std::make_shared<witness>();
  bench b(bench::with_policies(bench::plain().deadline(5s).observe(eye)));
  b.net->add(expect_request().stall());
  const auto s = b.stream_chat();
  CHECK(s.code == errc::deadline_exceeded);
  CHECK(eye->last.outcome == outcome::deadline);
  CHECK(eye->last.ended == 5s);
  CHECK(eye->last.attempts.size() == 1);
  b.check_clean();
}

TEST_CASE("a call that is not streamed is reported with its usage") {
  const auto eye = std::make_shared<witness>();
  bench b(bench::with_policies(bench::plain().observe(eye)));
  b.net->add(expect_request().reply(answer(
      200, "application/json", chat_json("x", "stop", R"(,"usage":{"prompt_tokens":3,"completion_tokens":1})"))));
  CHECK(b.run([&]() -> asio::awaitable<void> {
    const auto c = co_await b.client().chat(weir::chat("m").user("hi"));
    CHECK(c.text() == "x");
  }));
  CHECK(eye->seen == "begun m\nattempt 1 200\nended complete\n");
  CHECK_FALSE(eye->last.streamed);
  CHECK(eye->last.usage.prompt_tokens == 3);
  CHECK(eye->last.info.model == "m-1");
  CHECK(eye->last.finish_reason == "stop");
  CHECK(log_line(eye->last).find(" answered_by=m-1 outcome=complete finish=stop ") != std::string::npos);
  b.check_clean();
}

TEST_CASE("observers of a call's end know the counts that come with it") {
  const std::string counts = R"("usage":{"prompt_tokens":3,"completion_tokens":2})";
  const std::string said = R"(data: {"choices":[{"index":0,"delta":{"content":"a"}}]})";
  const std::pair<std::string, std::string> all[] = {
      {"text/event-stream",
       said + "\n\n" + R"(data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}],)" + counts + "}"},
      {"application/json",
       R"({"choices":[{"index":0,"message":{"content":"a"},"finish_reason":"stop"}],)" + counts + "}"},
      {"text/event-stream", said + "\n\n" + R"(data: {"choices":[],)" + counts + "}"}, // broken off
  };
  for (const auto& [type, body] : all) {
    CAPTURE(body);
    const auto eye = std::make_shared<witness>();
    bench b(bench::with_policies(bench::plain().observe(eye)));
    b.net->add(expect_request()
                   .reply("HTTP/1.1 200 OK\r\ncontent-type: " + type + "\r\nconnection: close\r\n\r\n" + body)
                   .close());
    const auto s = b.stream_chat();
    CHECK(s.text == "a");
    CHECK(s.usage.prompt_tokens == 3);
    CHECK(eye->last.usage.prompt_tokens == 3);
    CHECK(eye->last.usage.completion_tokens == 2);
    CHECK(eye->last.finish_reason == (s.outcome == outcome::complete ? "stop" : ""));
    CHECK_FALSE(eye->attempts.at(0).maybe_billed);
    b.check_clean();
  }
}
