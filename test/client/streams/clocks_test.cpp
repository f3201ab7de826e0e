// The timeouts of a call: first token, between tokens, idle, total.
#include "client/support.hpp"

#include <boost/asio/use_awaitable.hpp>

using namespace weir;
using namespace weir::test;

namespace {

const std::vector<std::string> events = chat_events({"a", "b"});
const std::string ping = chunk(": ping\n\n");

std::string rest_from(std::size_t first) {
  std::string all;
  for (std::size_t i = first; i != events.size(); ++i)
    all += chunk(events[i]);
  return all + last_chunk;
}

seen play(script s, options o) {
  bench b(std::move(o));
  b.net->add(std::move(s));
  auto got = b.stream_chat();
  b.check_clean();
  return got;
}

asio::awaitable<void> sleep(bench& b, duration d) {
  auto start = [&b, d](auto handler) { b.time().async_wait(b.executor(), b.time().now() + d, std::move(handler)); };
  co_await asio::async_initiate<const asio::use_awaitable_t<>, void(error_code)>(start, asio::use_awaitable);
}

} // namespace

TEST_CASE("the first token has a limit that runs from sending, across the head and pings") {
  const auto o = bench::plain().first_token_timeout(20s).inter_token_timeout(7s);
  auto s = play(expect_request().stall(), o);
  CHECK(s.code == errc::first_token_timeout);
  CHECK(s.code == condition::local);
  CHECK(s.ended == 20s);
  CHECK_FALSE(s.opened);

  s = play(expect_request()
               .pause(5s)
               .reply(stream_head)
               .pause(6s)
               .reply(ping)
               .pause(6s)
               .reply(ping)
               .pause(5s)
               .reply(rest_from(0)),
           o);
  CHECK(s.code == errc::first_token_timeout);
  CHECK(s.outcome == outcome::stalled);
  CHECK(s.ended == 20s);

  s = play(expect_request().pause(19s).reply(stream_head + rest_from(0)), o);
  CHECK(s.outcome == outcome::complete);
  CHECK(s.ended == 19s);
}

TEST_CASE("the role at the beginning is not the first token") {
  const auto s =
      play(expect_request().reply(stream_head + chunk(events[0])).pause(6s).reply(ping).pause(6s).reply(rest_from(1)),
           bench::plain().first_token_timeout(10s).inter_token_timeout(7s));
  CHECK(s.code == errc::first_token_timeout);
  CHECK(s.ended == 10s);
}

TEST_CASE("waiting for a connection does not count against the first token") {
  bench b(bench::plain().first_token_timeout(10s).max_connections(1));
  b.net->add(expect_request()
                 .pause(8s)
                 .reply(stream_head + rest_from(0))
                 .expect("POST")
                 .pause(8s)
                 .reply(stream_head + rest_from(0)));
  seen one, two;
  b.spawn([&]() -> asio::awaitable<void> { co_await b.read(one); });
  b.spawn([&]() -> asio::awaitable<void> { co_await b.read(two); });
  CHECK(testing::run(b.io));
  CHECK(one.ended == 8s);
  CHECK(two.ended == 16s);
  CHECK(two.outcome == outcome::complete);
  b.check_clean();
}

TEST_CASE("the gap between tokens has a limit that pings do not reset") {
  const auto o = bench::plain().inter_token_timeout(10s);
  auto s = play(expect_request()
                    .reply(stream_head + chunk(events[0]) + chunk(events[1]))
                    .pause(6s)
                    .reply(ping)
                    .pause(6s)
                    .reply(rest_from(2)),
                o);
  CHECK(s.code == errc::stalled);
  CHECK(s.outcome == outcome::stalled);
  CHECK(s.text == "a");
  CHECK(s.ended == 10s);

  s = play(expect_request()
               .reply(stream_head + chunk(events[0]) + chunk(events[1]))
               .pause(9s)
               .reply(chunk(events[2]))
               .pause(9s)
               .reply(rest_from(3)),
           o);
  CHECK(s.outcome == outcome::complete);
  CHECK(s.ended == 18s);
}

TEST_CASE("a silence on the wire ends the stream before the first token too") {
  const auto s =
      play(expect_request().reply(stream_head).pause(5s).reply(ping).stall(), bench::plain().inter_token_timeout(10s));
  CHECK(s.code == errc::stalled);
  CHECK(s.ended == 15s);
}

TEST_CASE("a plain response to a streaming call has the same timeouts") {
  const auto json = answer(200, "application/json", chat_json("Hello"));
  auto s =
      play(expect_request().reply(json.substr(0, json.size() - 9)).stall(), bench::plain().inter_token_timeout(10s));
  CHECK(s.code == errc::stalled);
  CHECK(s.ended == 10s);
  s = play(expect_request().slice(1).reply(json), bench::plain().inter_token_timeout(10s));
  CHECK(s.outcome == outcome::complete);
}

TEST_CASE("a slow consumer is not mistaken for a stalled provider") {
  bench b(bench::plain().inter_token_timeout(10s).first_token_timeout(10s));
  b.net->add(expect_request().reply(stream_head + rest_from(0)));
  std::string text;
  CHECK(b.run([&]() -> asio::awaitable<void> {
    auto r = co_await b.client().stream(weir::chat("m").user("hi"));
    for (;;) {
      co_await sleep(b, 30s);
      auto e = co_await r.next();
      if (!e)
        break;
      text += e->text();
    }
    CHECK(r.outcome() == outcome::complete);
  }));
  CHECK(text == "ab");
  b.check_clean();
}

TEST_CASE("timeouts that are off do not fire") {
  const auto s = play(
      expect_request().pause(1h).reply(stream_head).pause(1h).reply(chunk(events[0])).pause(1h).reply(rest_from(1)),
      bench::plain().inter_token_timeout(0s).first_token_timeout(0s).deadline(0s));
  CHECK(s.outcome == outcome::complete);
  CHECK(s.ended == 3h);
}

TEST_CASE("the deadline of the options counts from the call, also for a slow consumer") {
  bench b(bench::plain().deadline(10s));
  b.net->add(expect_request().reply(stream_head + rest_from(0)));
  CHECK(b.run([&]() -> asio::awaitable<void> {
    auto r = co_await b.client().stream(weir::chat("m").user("hi"));
    co_await sleep(b, 11s);
    CHECK(r.outcome() == outcome::deadline);
    CHECK(b.net->live() == 0);
    CHECK((co_await code_of(r.next())) == errc::deadline_exceeded);
    CHECK((co_await code_of(r.next())) == errc::deadline_exceeded);
  }));
  b.check_clean();
}

TEST_CASE("without a deadline of its own a call has the ambient one, and otherwise the earlier") {
  for (const auto own : {0s, 60s, 5s}) {
    bench b(bench::plain().deadline(own));
    b.net->add(expect_request().reply(stream_head).stall());
    error_code ec;
    CHECK(b.run([&]() -> asio::awaitable<void> {
      seen s;
      co_await within(10s, b.read(s));
      ec = s.code;
      CHECK(s.outcome == outcome::deadline);
    }));
    CHECK(ec == errc::deadline_exceeded);
    CHECK(b.now() == (own == 5s ? 5s : 10s));
    b.check_clean();
  }
}

TEST_CASE("the deadline travels with a reply that outlives the coroutine that opened it") {
  bench b;
  b.net->add(expect_request().reply(stream_head + chunk(events[0]) + chunk(events[1])).stall());
  seen s;
  CHECK(b.run([&]() -> asio::awaitable<void> {
    auto r = co_await within(10s, b.client().stream(weir::chat("m").user("hi")));
    co_await sleep(b, 3s);
    co_await b.drain(r, s);
  }));
  CHECK(s.text == "a");
  CHECK(s.outcome == outcome::deadline);
  CHECK(s.code == errc::deadline_exceeded);
  CHECK(s.ended == 10s);
  b.check_clean();
}

TEST_CASE("a limit around one next() ends the reply at that instant") {
  bench b;
  b.net->add(expect_request().reply(stream_head + chunk(events[0]) + chunk(events[1])).stall());
  CHECK(b.run([&]() -> asio::awaitable<void> {
    auto r = co_await b.client().stream(weir::chat("m").user("hi"));
    co_await r.next();
    CHECK((co_await code_of(within(2s, r.next()))) == errc::deadline_exceeded);
    CHECK(r.outcome() == outcome::cancelled);
    CHECK(b.net->live() == 0);
  }));
  CHECK(b.now() == 2s);
  b.check_clean();
}

TEST_CASE("times of an attempt are counted from the call") {
  bench b;
  b.net->delay(2s).add(expect_request().pause(1s).reply(stream_head).pause(3s).reply(rest_from(0)));
  CHECK(b.run([&]() -> asio::awaitable<void> {
    auto r = co_await b.client().stream(weir::chat("m").user("hi"));
    seen s;
    co_await b.drain(r, s);
    CHECK(r.attempt().connection.connect == 2s);
    CHECK(r.attempt().sent == 2s);
    CHECK(r.attempt().first_byte == 3s);
    CHECK(r.attempt().first_token == 6s);
    CHECK(r.attempt().ended == 6s);
  }));
  b.check_clean();
}
