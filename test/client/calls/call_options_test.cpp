// What one request may want apart from its client's options: a tenant's key, headers, limits, tags.
#include "client/support.hpp"

#include <stdexcept>

#include <weir/core/as_result.hpp>
#include <weir/task/hub/text_tasks.hpp>

using namespace weir;
using namespace weir::test;

namespace {

const std::string ok = streamed(chat_events({"ok"}));
const std::string refused = answer(401, "application/json", R"({"error":{"message":"wrong key"}})");

// Plays one streamed chat with options of its own.
seen chat_with(bench& b, call_options own) {
  seen s;
  CHECK(b.run([&]() -> asio::awaitable<void> {
    auto ask = weir::chat("m").user("hi").options(own);
    co_await b.read(s, std::move(ask));
  }));
  return s;
}

script expect_key(const std::string& key) {
  return script()
      .expect("POST /v1/chat/completions HTTP/1.1\r\n")
      .expect("authorization: Bearer " + key + "\r\n")
      .expect("\"messages\"");
}

bool sent(const bench& b, std::size_t connection, std::string_view text) {
  return b.net->connections().at(connection)->sent.find(text) != std::string::npos;
}

// Keeps the last record.
class recorder final : public observer {
public:
  void call_ended(const call_record& r) noexcept override { last = r; }
  call_record last;
};

// Issues the keys in turn.
key_source in_turn(std::vector<std::string> keys, std::shared_ptr<int> calls = std::make_shared<int>(0)) {
  return key_source([keys = std::move(keys), calls]() -> asio::awaitable<issued_key> {
    const auto at = std::min<std::size_t>(static_cast<std::size_t>((*calls)++), keys.size() - 1);
    co_return issued_key(secret(keys[at]));
  });
}

options two_servers() {
  return bare(bench::plain())
      .credentials(credentials().default_key(secret("client-key-1")).named("other", secret("other-key-1")))
      .fallback(fallback().to(target().base_url("http://127.0.0.1:9090").key("other")));
}

} // namespace

TEST_CASE("a request's own key replaces the client's for this request alone") {
  bench b(bench::plain().credentials(credentials().default_key(secret("client-key-1"))));
  b.net->add(expect_key("tenant-key-1")
                 .reply(ok)
                 .expect("authorization: Bearer client-key-1\r\n")
                 .expect("\"messages\"")
                 .reply(ok));
  CHECK(chat_with(b, call_options().key(secret("tenant-key-1"))).text == "ok");
  CHECK(b.stream_chat().text == "ok");
  b.check_clean();
}

TEST_CASE("a request's own key is not sent to a fallback, which uses its own") {
  bench b(bench::with_policies{two_servers()});
  b.net->add(expect_key("tenant-key-1").reply(answer(503, "text/plain", "busy")).close());
  b.net->add(expect_request().reply(ok));
  CHECK(chat_with(b, call_options().key(secret("tenant-key-1"))).text == "ok");
  CHECK_FALSE(sent(b, 1, "tenant-key-1"));
  CHECK(sent(b, 1, "authorization: Bearer other-key-1\r\n"));
  b.check_clean();
}

TEST_CASE("neither a request's nor a target's key is sent to a server that another target names in place of a model") {
  auto o = two_servers();
  o.fallback(fallback().to(target().model("http://127.0.0.1:9090/v1")));
  bench b(bench::with_policies{o});
  b.net->add(expect_key("tenant-key-1").reply(answer(503, "text/plain", "busy")).close());
  b.net->add(expect_request().reply(ok));
  CHECK(chat_with(b, call_options().key(secret("tenant-key-1"))).text == "ok");
  CHECK_FALSE(sent(b, 1, "tenant-key-1"));
  CHECK(merged(target().model("https://b.test/v1"), target("groq/m").key("one")).key().empty());
  CHECK(merged(target().model("m"), target().model("https://a.test/v1").key("one")).key().empty());
  CHECK(merged(target().model("m2"), target("groq/m").key("one")).key() == "one");
  b.check_clean();
}

TEST_CASE("a key's name that the client's credentials have already is refused") {
  bench b(two_servers());
  CHECK(chat_with(b, call_options().key(secret("tenant-key-1"), "other")).code == errc::invalid_argument);
  CHECK(b.net->connections().empty());
}

TEST_CASE("a Hugging Face token that a callback issues later does not go to another provider") {
  bench b(bench::plain().credentials(credentials().default_key(in_turn({"issued-key-1", "hf_issued-key-2"}))));
  b.net->add(expect_key("issued-key-1").reply(refused));
  const auto s = b.stream_chat();
  CHECK(s.code == errc::insecure);
  CHECK_FALSE(sent(b, 0, "hf_issued"));
}

TEST_CASE("a request's own key is not sent to a URL that the request names") {
  bench b(bench::plain().model_urls(true).base_url(""));
  b.net->add(expect_request().reply(ok));
  seen s;
  CHECK(b.run([&]() -> asio::awaitable<void> {
    auto ask = weir::chat("http://127.0.0.1:9090/v1").user("hi").options(call_options().key(secret("tenant-key-1")));
    co_await b.read(s, std::move(ask));
  }));
  CHECK(s.text == "ok");
  CHECK_FALSE(sent(b, 0, "tenant-key-1"));
  b.check_clean();
}

TEST_CASE("circuits are counted by key: one tenant's failures do not stop another's calls") {
  const auto one = call_options().key(secret("tenant-key-1"), "one").attempts(1);
  const auto two = call_options().key(secret("tenant-key-2"), "two").attempts(1);
  bench b(bench::with_policies(bench::plain().breaker(breaker().consecutive_failures(2).consecutive_span(0s))));
  for (int i = 0; i < 2; ++i)
    b.net->add(expect_request().reply(answer(500, "text/plain", "broken")).close());
  b.net->add(expect_key("tenant-key-2").reply(ok));
  for (int i = 0; i < 2; ++i)
    CHECK(chat_with(b, one).code == errc::server_error);
  CHECK(chat_with(b, one).code == errc::circuit_open);
  CHECK(chat_with(b, two).text == "ok");
  const auto state = b.client().inspect(b.time().now());
  bool named = false;
  for (const auto& circuit : state.breakers)
    named = named || circuit.id.find("[one]") != std::string::npos;
  CHECK(named);
  b.check_clean();
}

TEST_CASE("an unnamed key has a name that does not tell it") {
  const auto a = call_options().key(secret("tenant-key-1")), again = call_options().key(secret("tenant-key-1"));
  CHECK(a.key_name().starts_with("key-"));
  CHECK(a.key_name() == again.key_name());
  CHECK(a.key_name() != call_options().key(secret("tenant-key-2")).key_name());
  CHECK(a.key_name().find("tenant") == std::string::npos);
  CHECK(call_options().key_name().empty());
}

TEST_CASE("a request's headers go out with it and replace the client's of that name") {
  bench b(bench::plain().header("x-team", "all").header("x-trace", "0"));
  b.net->add(expect_request().reply(ok));
  CHECK(chat_with(b, call_options().header("X-Team", "search").header("x-run", "7")).text == "ok");
  CHECK(sent(b, 0, "search\r\n"));
  CHECK(sent(b, 0, "x-run: 7\r\n"));
  CHECK(sent(b, 0, "x-trace: 0\r\n"));
  CHECK_FALSE(sent(b, 0, ": all\r\n"));
  b.check_clean();
}

TEST_CASE("a request's deadline, tries and timeouts replace the client's") {
  bench b(bench::with_policies(bench::plain().retry(retry().attempts(1))));
  SUBCASE("more tries") {
    for (int i = 0; i < 3; ++i)
      b.net->add(expect_request().reply(answer(503, "text/plain", "busy")).close());
    b.net->add(expect_request().reply(ok));
    CHECK(chat_with(b, call_options().attempts(4)).text == "ok");
  }
  SUBCASE("one try") {
    bench retrying(bench::with_policies(bench::plain()));
    retrying.net->add(expect_request().reply(answer(503, "text/plain", "busy")).close());
    CHECK(chat_with(retrying, call_options().attempts(1)).code == errc::overloaded);
    retrying.one.reset();
  }
  SUBCASE("a shorter deadline") {
    b.net->add(expect_request().stall());
    const auto s = chat_with(b, call_options().deadline(3s));
    CHECK(s.code == errc::deadline_exceeded);
    CHECK(s.ended == 3s);
  }
  SUBCASE("a longer deadline") {
    bench brief(bench::plain().deadline(1s));
    brief.net->add(expect_request().pause(20s).reply(ok));
    CHECK(chat_with(brief, call_options().deadline(1min)).text == "ok");
    brief.one.reset();
  }
  SUBCASE("the first token") {
    b.net->add(expect_request().stall());
    const auto s = chat_with(b, call_options().first_token_timeout(2s));
    CHECK(s.code == errc::first_token_timeout);
    CHECK(s.ended == 2s);
  }
  SUBCASE("between tokens") {
    b.net->add(
        expect_request().reply(stream_head + chunk(chat_events({"a"})[0]) + chunk(chat_events({"a"})[1])).stall());
    const auto s = chat_with(b, call_options().inter_token_timeout(4s));
    CHECK(s.code == errc::stalled);
    CHECK(s.ended == 4s);
  }
  b.check_clean();
}

TEST_CASE("a request's tags are in its record and in its line of the log") {
  const auto eye = std::make_shared<recorder>();
  bench b(bench::plain().observe(eye));
  b.net->add(expect_request().reply(ok));
  CHECK(chat_with(b, call_options().tag("team", "search").tag("run", "a b").key(secret("tenant-key-1"), "one")).text ==
        "ok");
  REQUIRE(eye->last.tags.size() == 2);
  CHECK(eye->last.attempts.at(0)->key == "one");
  CHECK(log_line(eye->last).find(" tag.team=search tag.run=\"a b\" ") != std::string::npos);
  CHECK_FALSE(sent(b, 0, "search"));
  b.check_clean();
}

TEST_CASE("wrong options are refused before anything is sent") {
  bench b;
  for (const auto& own : {call_options().attempts(0), call_options().deadline(-1s),
                          call_options().first_token_timeout(-1s), call_options().key(in_turn({"issued-key-1"}))}) {
    const auto s = chat_with(b, own);
    CHECK(s.code == errc::invalid_argument);
    CHECK(s.what.find("call_options: ") != std::string::npos);
  }
  for (const auto& none : {call_options().key(secret()), call_options().key(secret(""), "north")})
    CHECK(chat_with(b, none).code == errc::missing_key);
  CHECK(b.net->connections().empty());
  b.net->add(script());
  CHECK(chat_with(b, call_options().header("Authorization", "x")).code == errc::invalid_argument);
  CHECK(b.net->connections().at(0)->sent.empty());
}

TEST_CASE("options belong to tasks and text generation as well") {
  bench b;
  b.net->add(script().expect("POST /").expect("tenant-key-1").reply(answer(200, "application/json", R"([[0.5]])")));
  CHECK(b.run([&]() -> asio::awaitable<void> {
    auto ask = feature_extraction("m").text("a").options(call_options().key(secret("tenant-key-1")));
    const auto got = co_await as_result(b.client().run(std::move(ask)));
    CHECK(got.has_value());
  }));
  CHECK(weir::text_generation("m").options(call_options().tag("a", "b")).options().tags().size() == 1);
}

TEST_CASE("a key that a callback issues is renewed after a 401, once, within the attempt") {
  const auto calls = std::make_shared<int>(0);
  bench b(bench::plain().credentials(credentials().default_key(in_turn({"issued-key-1", "issued-key-2"}, calls))));
  b.net->add(expect_key("issued-key-1").reply(refused));
  b.net->add(expect_key("issued-key-2")
                 .reply(ok)
                 .expect("authorization: Bearer issued-key-2\r\n")
                 .expect("\"messages\"")
                 .reply(ok));
  CHECK(b.stream_chat().text == "ok");
  CHECK(b.stream_chat().text == "ok");
  CHECK(*calls == 2);
  b.check_clean();
}

TEST_CASE("a callback that gives the refused key again is told in the failure") {
  const auto calls = std::make_shared<int>(0);
  bench b(bench::plain());
  b.net->add(expect_key("issued-key-1").reply(refused));
  const auto s = chat_with(b, call_options().key(in_turn({"issued-key-1"}, calls), "one"));
  CHECK(s.code == errc::unauthorized);
  CHECK(s.what.find("the key callback issued the same key again") != std::string::npos);
  CHECK(s.what.find("issued-key-1") == std::string::npos);
  b.check_clean();
}

TEST_CASE("a callback that fails ends the call with its own error, and nothing is sent") {
  bench b(bench::plain());
  key_source broken([]() -> asio::awaitable<issued_key> { throw std::runtime_error("no vault"); });
  const auto s = chat_with(b, call_options().key(broken, "one"));
  CHECK(s.code == errc::key_unavailable);
  CHECK(s.what.find("no vault") != std::string::npos);
  CHECK(b.net->connections().empty());
  b.check_clean();
}

TEST_CASE("explain shows a request's own key redacted, and its headers") {
  bench b;
  const auto shown = b.client().explain(
      weir::chat("m").user("hi").options(call_options().key(secret("tk-123456789")).header("x-run", "7")));
  bool key = false, run = false;
  for (const auto& [name, value] : shown.headers) {
    key = key || value == "Bearer tk-***";
    run = run || (name == "x-run" && value == "7");
  }
  CHECK(key);
  CHECK(run);
}
