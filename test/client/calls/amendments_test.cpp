// Members of a request that a server refuses by name, and that can be left out.
#include "client/support.hpp"

using namespace weir;
using namespace weir::test;

namespace {

const std::string refusal = answer(422, "application/json",
                                   R"({"message":{"detail":[{"type":"extra_forbidden","loc":["body","stream_options"],)"
                                   R"("msg":"Extra inputs are not permitted"}]}})");

bool has(const bench& b, std::size_t connection, std::string_view text) {
  return b.net->connections().at(connection)->sent.find(text) != std::string::npos;
}

} // namespace

TEST_CASE("a server that refuses stream_options is called again without it at once, and never gets it again") {
  bench b;
  b.net->add(expect_request()
                 .reply(refusal)
                 .expect("\"messages\"")
                 .reply(streamed(chat_events({"a"})))
                 .expect("\"messages\"")
                 .reply(streamed(chat_events({"b"}))));
  seen first, second;
  unsigned attempts = 0;
  CHECK(b.run([&]() -> asio::awaitable<void> {
    auto r = co_await b.client().stream(weir::chat("m").user("hi"));
    co_await b.drain(r, first);
    attempts = r.attempt().number;
    co_await b.read(second);
  }));
  CHECK(first.text == "a");
  CHECK(first.outcome == outcome::complete);
  CHECK(attempts == 1);
  CHECK(second.text == "b");
  const auto& sent = b.net->connections().at(0)->sent;
  const auto at = sent.find("stream_options");
  CHECK(at != std::string::npos);
  CHECK(sent.find("stream_options", at + 1) == std::string::npos);
  b.check_clean();
}

TEST_CASE("it is called again once, and not where the refusal is about something else") {
  for (const auto& other : {refusal, answer(400, "application/json", R"({"error":{"message":"no tide"}})"),
                            answer(500, "application/json", R"({"error":{"message":"stream_options"}})")}) {
    bench b;
    auto s = expect_request().reply(other);
    if (other == refusal)
      s = std::move(s).expect("\"messages\"").reply(other);
    b.net->add(std::move(s));
    const auto seen = b.stream_chat();
    CHECK(seen.code);
    b.check_clean();
  }
}

TEST_CASE("a server that wants max_completion_tokens gets it on the second try") {
  bench b;
  b.net->add(
      expect_request()
          .reply(answer(
              400, "application/json",
              R"({"error":{"message":"Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead."}})"))
          .expect("\"max_completion_tokens\":7")
          .reply(answer(200, "application/json", chat_json("ok"))));
  completion c;
  CHECK(b.run(
      [&]() -> asio::awaitable<void> { c = co_await b.client().chat(weir::chat("m").user("hi").max_tokens(7)); }));
  CHECK(c.text() == "ok");
  CHECK(has(b, 0, "\"max_tokens\":7"));
  b.check_clean();
}

TEST_CASE("a server that knows max_tokens alone gets it on the second try, and from then on") {
  bench b;
  b.net->add(expect_request()
                 .reply(answer(
                     422, "application/json",
                     R"({"detail":[{"loc":["body","max_completion_tokens"],"msg":"Extra inputs are not permitted"}]})"))
                 .expect("\"max_tokens\":7")
                 .reply(answer(200, "application/json", chat_json("ok")))
                 .expect("\"max_tokens\":8")
                 .reply(answer(200, "application/json", chat_json("ok"))));
  CHECK(b.run([&]() -> asio::awaitable<void> {
    auto ask = weir::chat("m").user("hi");
    co_await b.client().chat(ask.max_completion_tokens(7));
    co_await b.client().chat(ask.max_completion_tokens(8));
  }));
  CHECK(has(b, 0, "\"max_completion_tokens\":7"));
  CHECK_FALSE(has(b, 0, "\"max_completion_tokens\":8"));
  b.check_clean();
}

TEST_CASE("a limit that is refused for its number is not renamed") {
  bench b;
  b.net->add(expect_request().reply(
      answer(400, "application/json", R"({"error":{"message":"max_completion_tokens must be at most 4096"}})")));
  error_code code;
  CHECK(b.run([&]() -> asio::awaitable<void> {
    code = co_await code_of(b.client().chat(weir::chat("m").user("hi").max_completion_tokens(9999)));
  }));
  CHECK(code == errc::bad_request);
  b.check_clean();
}

TEST_CASE("a server that refuses both names of the limit is not called again") {
  const auto both =
      answer(400, "application/json", R"({"error":{"message":"Unsupported: max_tokens, max_completion_tokens"}})");
  bench b;
  b.net->add(expect_request().reply(both).expect("\"messages\"").reply(both).expect("\"messages\"").reply(both));
  error_code code;
  CHECK(b.run([&]() -> asio::awaitable<void> {
    code = co_await code_of(b.client().chat(weir::chat("m").user("hi").max_tokens(9)));
  }));
  CHECK(code == errc::bad_request);
  b.check_clean();
}

TEST_CASE("what the caller leaves out is never sent") {
  bench b;
  b.net->add(expect_request().reply(streamed(chat_events({"a"}))));
  seen s;
  CHECK(b.run([&]() -> asio::awaitable<void> { co_await b.read(s, weir::chat("m").user("hi").include_usage(false)); }));
  CHECK_FALSE(has(b, 0, "stream_options"));
  b.check_clean();
}
