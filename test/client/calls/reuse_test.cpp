// Which connections are used again, and which requests are sent again.
#include "client/support.hpp"

using namespace weir;
using namespace weir::test;

namespace {

const std::string whole = streamed(chat_events({"a", "b"}));

// The response in two parts: up to `[DONE]` and its event, and the end of the body.
const std::string up_to_done = whole.substr(0, whole.size() - last_chunk.size());

} // namespace

TEST_CASE("the connection of a complete stream serves the next call") {
  bench b;
  b.net->add(expect_request().reply(whole).expect("POST").reply(whole).expect("POST").reply(
      answer(200, "application/json", chat_json("x"))));
  CHECK(b.stream_chat().text == "ab");
  CHECK(b.client().pool().idle == 1);
  CHECK(b.stream_chat().text == "ab");
  CHECK(b.run([&]() -> asio::awaitable<void> {
    const auto c = co_await b.client().chat(weir::chat("m").user("hi"));
    CHECK(c.text() == "x");
  }));
  CHECK(b.net->opened() == 1);
  b.check_clean();
}

TEST_CASE("the end of the body may arrive a moment after the terminal signal") {
  for (const auto late : {0ms, 5ms, 24ms}) {
    bench b;
    b.net->add(expect_request().reply(up_to_done).pause(late).reply(last_chunk));
    const auto s = b.stream_chat();
    CHECK(s.outcome == outcome::complete);
    CHECK(s.ended == late);
    CHECK(b.client().pool().idle == 1);
    b.check_clean();
  }
}

TEST_CASE("a body that goes on after the terminal signal costs its connection, 25 ms, and nothing else") {
  bench b;
  b.net->add(expect_request().reply(up_to_done).stall());
  const auto s = b.stream_chat();
  CHECK(s.outcome == outcome::complete);
  CHECK_FALSE(s.code);
  CHECK(s.ended == 25ms);
  CHECK(b.client().pool().idle == 0);
  CHECK(b.net->live() == 0);
  b.check_clean();
}

TEST_CASE("a clock that was set before the end does not cut the wait for the end of the body short") {
  bench b(bench::plain().inter_token_timeout(1s));
  const auto events = chat_events({"a", "b"});
  // The gap's timer was set at 0 s for 1 s; the terminal signal comes just before it fires.
  std::string rest;
  for (std::size_t i = 2; i != events.size(); ++i)
    rest += chunk(events[i]);
  b.net->add(expect_request()
                 .reply(stream_head + chunk(events[0]) + chunk(events[1]))
                 .pause(990ms)
                 .reply(rest)
                 .pause(20ms)
                 .reply(last_chunk));
  const auto s = b.stream_chat();
  CHECK(s.outcome == outcome::complete);
  CHECK(s.ended == 1010ms);
  CHECK(b.client().pool().idle == 1);
  b.check_clean();
}

TEST_CASE("the end of the body and the end of the wait for it may coincide") {
  bench b;
  b.net->add(expect_request().reply(up_to_done).pause(25ms).reply(last_chunk.substr(0, 2)).stall());
  const auto s = b.stream_chat();
  CHECK(s.outcome == outcome::complete);
  CHECK(b.net->live() == 0);
  b.check_clean();
}

TEST_CASE("a reader that stops after the last event has the complete answer, and keeps the connection if possible") {
  const auto tgi = streamed(tgi_events({"a", "b"}));
  for (const bool whole_body : {true, false}) {
    CAPTURE(whole_body);
    bench b(options().base_url("http://127.0.0.1:8080/"));
    b.net->add(script().expect("POST / HTTP").reply(whole_body ? tgi : tgi.substr(0, tgi.size() - last_chunk.size())));
    CHECK(b.run([&]() -> asio::awaitable<void> {
      auto r = co_await b.client().stream(text_generation("m").prompt("hi"));
      while (auto e = co_await r.next())
        if (e->is(event::kind::finish))
          break;
      CHECK(r.outcome() == outcome::complete);
      r.cancel();
      CHECK(r.outcome() == outcome::complete);
    }));
    CHECK(b.client().pool().idle == (whole_body ? 1 : 0));
    b.check_clean();
  }
}

TEST_CASE("bytes after the end of a response cost its connection") {
  bench b;
  b.net->add(expect_request().reply(whole + "HTTP/1.1 200 OK\r\n"));
  b.net->add(expect_request().reply(whole));
  CHECK(b.stream_chat().outcome == outcome::complete);
  CHECK(b.client().pool().idle == 0);
  CHECK(b.stream_chat().text == "ab");
  b.check_clean();
}

TEST_CASE("a server that closes after each response despite keep-alive loses no call") {
  bench b;
  for (int i = 0; i < 3; ++i)
    b.net->add(expect_request().reply(whole).close());
  for (int i = 0; i < 3; ++i)
    CHECK(b.stream_chat().outcome == outcome::complete);
  CHECK(b.net->opened() == 3);
  b.check_clean();
}

TEST_CASE("a pooled connection that dies under the request is replaced once, if no byte arrived") {
  // It dies when the request has arrived, or refuses it, or takes a part of it.
  const script deaths[] = {expect_request().reply(whole).expect("POST").close(),
                           expect_request().reply(whole).expect("\"messages\"").cut(),
                           expect_request().reply(whole).accept(40).expect("POST").cut()};
  int i = 0;
  for (const auto& death : deaths) {
    CAPTURE(i);
    bench b;
    b.net->add(death).add(expect_request().reply(whole));
    CHECK(b.stream_chat().outcome == outcome::complete);
    bool billed = false;
    CHECK(b.run([&]() -> asio::awaitable<void> {
      auto r = co_await b.client().stream(weir::chat("m").user("hi"));
      billed = r.attempt().maybe_billed;
      CHECK_FALSE(r.attempt().connection.reused);
      seen s;
      co_await b.drain(r, s);
      CHECK(s.text == "ab");
    }));
    CHECK(b.net->attempts() == 2);
    CHECK(billed == (i != 2));
    b.check_clean();
    ++i;
  }
}

TEST_CASE("the replacement is not replaced") {
  bench b;
  b.net->add(expect_request().reply(whole).expect("POST").close()).add(expect_request().close());
  CHECK(b.stream_chat().outcome == outcome::complete);
  CHECK(b.stream_chat().code == errc::connection_lost);
  CHECK(b.net->attempts() == 2);
  b.check_clean();
}

TEST_CASE("a fresh connection that dies is not replaced") {
  bench b;
  b.net->add(expect_request().close());
  CHECK(b.stream_chat().code == errc::connection_lost);
  CHECK(b.net->attempts() == 1);
  b.check_clean();
}

TEST_CASE("a pooled connection that dies after one byte of a response is not replaced") {
  bench b;
  b.net->add(expect_request().reply(whole).expect("POST").reply("H").close());
  CHECK(b.stream_chat().outcome == outcome::complete);
  CHECK(b.stream_chat().code == errc::connection_lost);
  CHECK(b.net->attempts() == 1);
  b.check_clean();
}

TEST_CASE("a pooled connection that has died, or speaks out of turn, is not used") {
  const script dead[] = {expect_request().reply(whole).pause(1s).cut(), expect_request().reply(whole).pause(1s).close(),
                         expect_request().reply(whole).pause(1s).reply("HTTP/1.1 408 Request Timeout\r\n\r\n")};
  for (const auto& d : dead) {
    bench b;
    b.net->add(d).add(expect_request().reply(whole));
    CHECK(b.stream_chat().outcome == outcome::complete);
    CHECK(b.client().pool().idle == 1);
    b.time().advance_to(b.time().now() + 2s);
    CHECK(b.stream_chat().outcome == outcome::complete);
    CHECK(b.net->opened() == 2);
    CHECK(b.net->connections()[0]->sent.size() == b.net->connections()[1]->sent.size());
    b.check_clean();
  }
}

TEST_CASE("an unused connection is kept as long as options::idle_connection_timeout() says") {
  bench b(bench::plain().idle_connection_timeout(10s));
  b.net->add(expect_request().reply(whole).expect("POST").reply(whole)).add(expect_request().reply(whole));
  b.stream_chat();
  b.time().advance_to(b.time().now() + 9s);
  b.stream_chat();
  CHECK(b.net->opened() == 1);
  b.time().advance_to(b.time().now() + 11s);
  b.stream_chat();
  CHECK(b.net->opened() == 2);
  b.check_clean();
}

TEST_CASE("replies outlive their client and end well") {
  bench b;
  b.net->add(expect_request().reply(stream_head).pause(1s).reply(whole.substr(stream_head.size())));
  seen s;
  CHECK(b.run([&]() -> asio::awaitable<void> {
    auto r = co_await b.client().stream(weir::chat("m").user("hi"));
    b.one.reset();
    co_await b.drain(r, s);
  }));
  CHECK(s.outcome == outcome::complete);
  CHECK(s.text == "ab");
  b.check_clean();
}
