// The fake provider, as a user's test has it.
#include <doctest/doctest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <functional>
#include <string>
#include <vector>

#include <weir/testing.hpp>
#include <weir/weir.hpp>

#include "testing/fake_response.hpp"

using namespace weir;
using namespace std::chrono_literals;
namespace asio = boost::asio;

namespace {

/// Plays a coroutine with a client of `o` in simulated time. \returns how much of that passed.
duration play(const options& o, std::function<asio::awaitable<void>(client&)> body) {
  asio::io_context io(1);
  auto& time = testing::manual_time::install(io);
  const auto start = time.now();
  client c(o);
  asio::co_spawn(io, body(c), [](std::exception_ptr e) {
    if (e)
      std::rethrow_exception(e);
  });
  CHECK(testing::run(io, 1h));
  return time.now() - start;
}

std::string text_of(const options& o) {
  std::string text;
  play(o, [&](client& c) -> asio::awaitable<void> {
    auto answer = co_await c.chat(chat().user("hi"));
    text = answer.text();
  });
  return text;
}

/// The code of the failure of a chat.
error_code code_of(const options& o, std::string* what = nullptr) {
  error_code code;
  play(o, [&](client& c) -> asio::awaitable<void> {
    auto answer = co_await as_result(c.chat(chat().user("hi")));
    if (answer)
      co_return;
    code = answer.error().code();
    if (what)
      *what = answer.error().describe();
  });
  return code;
}

} // namespace

TEST_CASE("a client of a fake provider gets its answers in their order, streamed or not") {
  testing::fake_provider fake({testing::answer("Hi \"there\"\n"), testing::stream_of({"a", "b", "ü"})});
  fake.then(testing::stream_of({"one ", "two"}).usage(7, 2).finish_reason("length")).then(testing::answer("last"));
  std::vector<std::string> seen;
  play(fake.options(), [&](client& c) -> asio::awaitable<void> {
    auto first = co_await c.chat(chat().user("1"));
    seen.push_back(first.text());
    auto reply = co_await c.stream(chat().user("2"));
    while (auto event = co_await reply.next())
      if (!event->text().empty())
        seen.emplace_back(event->text());
    auto third = co_await c.chat(chat().user("3"));
    CHECK(third.finish_reason() == "length");
    CHECK(third.usage.total_tokens == 9u);
    seen.push_back(third.text());
    auto last = co_await collect(co_await c.stream(chat().user("4")));
    CHECK(last.outcome == outcome::complete);
    seen.push_back(last.text());
  });
  CHECK(seen == std::vector<std::string>{"Hi \"there\"\n", "a", "b", "ü", "one two", "last"});
  CHECK(fake.left() == 0);
}

TEST_CASE("one line makes a client that answers") {
  CHECK(text_of(testing::options_for({testing::answer("Hi")})) == "Hi");
}

TEST_CASE("a fake provider records what it was sent, retries included") {
  testing::fake_provider fake({testing::refusal(503), testing::broken_connection(), testing::answer("at last")});
  CHECK(text_of(fake.options().header("X-Team", "blue")) == "at last");
  const auto seen = fake.requests();
  REQUIRE(seen.size() == 3);
  CHECK(seen[0].method == "POST");
  CHECK(seen[0].path == "/v1/chat/completions");
  CHECK(seen[2].header("x-team") == "blue");
  CHECK(seen[2].body == R"({"model":"test","messages":[{"role":"user","content":"hi"}],"stream":false})");
  CHECK(seen[2].header("none").empty());
}

TEST_CASE("a refusal has its status, message and headers") {
  testing::fake_provider fake(
      {testing::refusal(429, "Slow \"down\".").header("retry-after", "5"), testing::answer("x")});
  std::string what;
  CHECK(code_of(fake.options().retry(retry().attempts(1)), &what) == errc::rate_limited);
  CHECK(what.find("Slow \"down\".") != what.npos);
  testing::fake_provider again({testing::refusal(429).header("retry-after", "5"), testing::answer("x")});
  const auto passed = play(again.options(), [](client& c) -> asio::awaitable<void> {
    auto answer = co_await c.chat(chat().user("hi"));
    CHECK(answer.text() == "x");
  });
  CHECK(passed >= 5s);
  CHECK(passed < 10s);
}

TEST_CASE("a stream breaks after the pieces that the test says, and not before") {
  for (const std::size_t n : {1u, 2u, 3u}) {
    testing::fake_provider fake({testing::stream_of({"a", "b", "c"}).broken_after(n)});
    play(fake.options(), [&](client& c) -> asio::awaitable<void> {
      auto all = co_await collect(co_await c.stream(chat().user("hi")));
      CHECK(all.text() == std::string("abc").substr(0, n));
      CHECK(all.outcome == outcome::truncated);
    });
    CHECK(fake.requests().size() == 1);
  }
  testing::fake_provider early({testing::stream_of({"a"}).broken_after(0), testing::answer("b")});
  play(early.options(), [&](client& c) -> asio::awaitable<void> {
    auto all = co_await collect(co_await c.stream(chat().user("hi")));
    CHECK(all.text() == "b");
  });
  CHECK(code_of(testing::options_for({testing::answer("abcdef").broken_after(1)}).retry(retry().attempts(1))));
}

TEST_CASE("pieces come when the test says, in simulated time") {
  testing::fake_provider fake({testing::stream_of({"a", "b", "c"}).after(2s).gap(10s)});
  CHECK(play(fake.options(), [&](client& c) -> asio::awaitable<void> {
          auto all = co_await collect(co_await c.stream(chat().user("hi")));
          CHECK(all.text() == "abc");
        }) == 22s);
  testing::fake_provider late({testing::stream_of({"a", "b"}).gap(10s)});
  play(late.options().inter_token_timeout(5s), [&](client& c) -> asio::awaitable<void> {
    auto all = co_await collect(co_await c.stream(chat().user("hi")));
    CHECK(all.text() == "a");
    CHECK(all.outcome != outcome::complete);
  });
}

TEST_CASE("silence ends by the client's own timeout") {
  const auto o = testing::options_for({testing::silence()}).first_token_timeout(3s).retry(retry().attempts(1));
  CHECK(play(o, [](client& c) -> asio::awaitable<void> {
          auto reply = co_await as_result(c.stream(chat().user("hi")));
          REQUIRE(reply.has_error());
          CHECK(reply.error().code() == errc::first_token_timeout);
        }) == 3s);
  CHECK(code_of(testing::options_for({testing::silence()}).deadline(7s)) == errc::deadline_exceeded);
}

TEST_CASE("a tool call and the answer to its result are a conversation") {
  testing::fake_provider fake(
      {testing::tool_call("gauge", R"({"at":"weir"})"), testing::tool_call("gauge", "{}"), testing::answer("3 m")});
  play(fake.options(), [&](client& c) -> asio::awaitable<void> {
    auto ask = chat().user("How high?").tool(tool("gauge", "reads", R"({"type":"object"})"));
    auto first = co_await c.chat(ask);
    REQUIRE(first.tool_calls().size() == 1);
    CHECK(first.tool_calls()[0].name == "gauge");
    CHECK(first.tool_calls()[0].arguments == R"({"at":"weir"})");
    CHECK(first.finish_reason() == "tool_calls");
    auto second = co_await collect(co_await c.stream(ask));
    REQUIRE(second.tool_calls().size() == 1);
    CHECK(second.tool_calls()[0].arguments == "{}");
    ask.add(message::assistant_calls(first.tool_calls())).add(message::tool(first.tool_calls()[0].id, "3 m"));
    auto last = co_await c.chat(ask);
    CHECK(last.text() == "3 m");
  });
}

TEST_CASE("text generation has its own form, and any other task a raw response") {
  testing::fake_provider fake({testing::stream_of({"Once ", "more"}), testing::stream_of({"Once ", "more"}),
                               testing::raw_response(200, "application/json", "[[0.5,0.25]]")});
  play(fake.options(), [&](client& c) -> asio::awaitable<void> {
    auto whole = co_await c.run(text_generation().prompt("Tell"));
    CHECK(whole.text() == "Once more");
    auto streamed = co_await collect(co_await c.stream(text_generation().prompt("Tell")));
    CHECK(streamed.text() == "Once more");
    CHECK(streamed.outcome == outcome::complete);
    auto vectors = co_await c.run(feature_extraction().text("a"));
    CHECK(vectors.dimensions() == 2);
  });
}

TEST_CASE("a request that has no response left, or none that fits, says so and is not retried") {
  std::string what;
  testing::fake_provider none;
  CHECK(code_of(none.options(), &what) == errc::bad_request);
  CHECK(what.find("no response is left for this request, number 1") != what.npos);
  CHECK(none.requests().size() == 1);
  none.otherwise(testing::answer("always"));
  CHECK(text_of(none.options()) == "always");
  CHECK(text_of(none.options()) == "always");
  testing::fake_provider unfit({testing::answer("text")});
  play(unfit.options(), [&](client& c) -> asio::awaitable<void> {
    auto vectors = co_await as_result(c.run(feature_extraction().text("a")));
    CHECK(vectors.has_error());
  });
}

TEST_CASE("clients on several threads share a fake provider") {
  testing::fake_provider fake;
  fake.otherwise(testing::stream_of({"a", "b"}));
  blocking_client blocking(fake.options());
  CHECK(blocking.chat(chat().user("hi")).text() == "ab");
  client_group group(fake.options(), 2);
  for (int i = 0; i < 20; ++i)
    group.spawn([](client& c) -> asio::awaitable<void> {
      auto answer = co_await c.chat(chat().user("hi"));
      CHECK(answer.text() == "ab");
    });
  group.join();
  CHECK(fake.requests().size() == 21);
}

TEST_CASE("a request is read however its bytes are split") {
  const std::string bytes = "POST /v1/x?y HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nEmpty:\r\n\r\nbody";
  for (std::size_t n = 0; n < bytes.size(); ++n) {
    testing::seen_request partial;
    CHECK(testing::parse_request(std::string_view(bytes).substr(0, n), partial) == 0);
  }
  testing::seen_request whole;
  CHECK(testing::parse_request(bytes + "GET", whole) == bytes.size());
  CHECK(whole.path == "/v1/x?y");
  CHECK(whole.header("host") == "a");
  CHECK(whole.header("empty").empty());
  CHECK(whole.body == "body");
}
