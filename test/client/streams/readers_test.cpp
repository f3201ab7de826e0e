// One reply, several readers.
#include <weir/core/backoff.hpp>
#include <weir/core/group.hpp>
#include <weir/task/hub/vision_tasks.hpp>

#include "client/support.hpp"

using namespace weir;
using namespace weir::test;

TEST_CASE("a second coroutine that reads a reply is refused, and the first one goes on") {
  bench b;
  const auto events = chat_events({"a", "b"});
  const auto begin = stream_head + chunk(events[0]) + chunk(events[1]);
  b.net->add(expect_request().reply(begin).pause(2s).reply(streamed(events).substr(begin.size())));
  seen first;
  failure second, peeking;
  CHECK(b.run([&]() -> asio::awaitable<void> {
    auto r = co_await b.client().stream(weir::chat("m").user("hi"));
    group both;
    both.spawn(b.drain(r, first));
    auto other = [&]() -> asio::awaitable<void> {
      co_await sleep_for(1s);
      CHECK(co_await code_of(r.next(), &second) == errc::invalid_argument);
      CHECK(co_await code_of(r.ready(), &peeking) == errc::invalid_argument);
    };
    both.spawn(other());
    co_await both.join();
  }));
  CHECK(first.text == "ab");
  CHECK(first.outcome == outcome::complete);
  CHECK(second.message().find("is being read already") != std::string::npos);
  CHECK(peeking.message() == second.message());
  b.check_clean();
}

TEST_CASE("a job has one reader at a time too") {
  bench b(bare(options().provider("fal-ai").base_url("http://127.0.0.1:9").credentials([] {
    credentials keys;
    keys.default_key(secret("key-canary0123"));
    return keys;
  }())));
  b.net->add(script()
                 .expect("POST")
                 .reply(answer(
                     200, "application/json",
                     R"({"status":"COMPLETED","request_id":"7","response_url":"https://queue.fal.run/m/requests/7"})"))
                 .expect("GET")
                 .stall());
  failure second;
  CHECK(b.run([&]() -> asio::awaitable<void> {
    auto r = co_await b.client().submit_any(text_to_video("m").prompt("a weir"));
    group both;
    auto read = [&]() -> asio::awaitable<void> {
      for (;;)
        if (!co_await r.next())
          break;
    };
    auto other = [&]() -> asio::awaitable<void> {
      co_await sleep_for(1s);
      CHECK(co_await code_of(r.next(), &second) == errc::invalid_argument);
      r.cancel();
    };
    both.spawn(read());
    both.spawn(other());
    CHECK(co_await code_of(both.join()) == errc::cancelled);
  }));
  CHECK(second.message().find("is being read already") != std::string::npos);
}
