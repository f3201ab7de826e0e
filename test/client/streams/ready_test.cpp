// ready(): waits for an event without consuming it.
#include "client/support.hpp"

using namespace weir;
using namespace weir::test;

namespace {

script slow_stream() {
  const auto bytes = streamed(chat_events({"a", "b"}));
  return expect_request()
      .pause(2s)
      .reply(bytes.substr(0, stream_head.size()))
      .pause(2s)
      .reply(bytes.substr(stream_head.size()));
}

} // namespace

TEST_CASE("ready() waits for the first event and consumes nothing") {
  bench b;
  b.net->add(slow_stream());
  seen s;
  CHECK(b.run([&]() -> asio::awaitable<void> {
    auto r = co_await b.client().stream(weir::chat("m").user("hi"));
    CHECK(co_await r.ready());
    CHECK(co_await r.ready());
    CHECK(b.now() == 4s);
    co_await b.drain(r, s);
  }));
  CHECK(s.text == "ab");
  CHECK(s.outcome == outcome::complete);
  b.check_clean();
}

TEST_CASE("an event that is ready stops the clocks, however late it is taken") {
  bench b(bench::plain().first_token_timeout(5s).inter_token_timeout(5s));
  b.net->add(slow_stream());
  seen s;
  CHECK(b.run([&]() -> asio::awaitable<void> {
    auto r = co_await b.client().stream(weir::chat("m").user("hi"));
    CHECK(co_await r.ready());
    co_await sleep_for(1h / 10);
    CHECK(r.attempt().first_token == 4s);
    co_await b.drain(r, s);
  }));
  CHECK(s.text == "ab");
  CHECK(s.outcome == outcome::complete);
  b.check_clean();
}

TEST_CASE("ready() reports what ends an answer before its first event, as next() does") {
  bench b(bench::plain().first_token_timeout(3s));
  b.net->add(slow_stream());
  b.net->add(expect_request().reply(stream_head).cut());
  b.net->add(expect_request().reply(answer(200, "text/event-stream", "data: [DONE]\n\n")));
  std::vector<error_code> codes;
  CHECK(b.run([&]() -> asio::awaitable<void> {
    for (int i = 0; i < 3; ++i) {
      auto r = co_await b.client().stream(weir::chat("m").user("hi"));
      codes.push_back(co_await code_of(r.ready()));
    }
  }));
  CHECK(codes == std::vector<error_code>{errc::first_token_timeout, errc::truncated, errc::truncated});
  b.check_clean();
}

TEST_CASE("cancelling a wait in ready() ends the reply and closes its connection") {
  bench b;
  b.net->add(expect_request().reply(stream_head).stall());
  outcome how = outcome::complete;
  CHECK(b.run([&]() -> asio::awaitable<void> {
    auto r = co_await b.client().stream(weir::chat("m").user("hi"));
    const auto code = co_await code_of(within(1s, r.ready()));
    CHECK(code == errc::deadline_exceeded);
    how = r.outcome();
    CHECK(r.attempt().maybe_billed);
  }));
  CHECK(how == outcome::cancelled);
  b.check_clean();
}
