// The loop of a conversation with tools, over a scripted network.
#include <weir/client/run_tools.hpp>

#include <stdexcept>

#include "client/support.hpp"

using namespace weir;
using namespace weir::test;

namespace {

std::string call_json(const std::string& id, const std::string& name, const std::string& arguments) {
  return R"({"id":")" + id + R"(","type":"function","function":{"name":")" + name + R"(","arguments":")" + arguments +
         R"("}})";
}

// A complete answer that calls tools.
std::string calls(const std::string& list) {
  return answer(
      200, "application/json",
      R"({"id":"c","model":"m","choices":[{"index":0,"message":{"role":"assistant","content":null,"tool_calls":[)" +
          list + R"(]},"finish_reason":"tool_calls"}],"usage":{"prompt_tokens":10,"completion_tokens":5}})");
}

std::string says(const std::string& text) { return answer(200, "application/json", chat_json(text)); }

asio::awaitable<std::string> weather(std::string arguments) {
  co_await sleep_for(1s);
  co_return "sunny for " + arguments;
}

asio::awaitable<std::string> broken(std::string) {
  throw std::runtime_error("no such station");
  co_return "";
}

asio::awaitable<std::string> endless(std::string) {
  co_await sleep_for(24h);
  co_return "";
}

tool_set weather_tools() {
  const auto* place = R"({"type":"object","properties":{"city":{"type":"string"}},"required":["city"]})";
  return tool_set()
      .add(tool("weather", "The weather", place), weather)
      .add(tool("broken", "Fails"), broken)
      .add(tool("endless", "Never ends"), endless);
}

// Plays the loop over these answers, all on one connection.
tool_run play(bench& b, const std::vector<std::string>& answers, tool_loop how = tool_loop()) {
  script s;
  for (const auto& a : answers)
    s.expect("POST /v1/chat/completions").expect("\"messages\"").reply(a);
  b.net->add(s);
  const auto tools = weather_tools();
  tool_run done;
  CHECK(b.run([&]() -> asio::awaitable<void> {
    auto ask = weir::chat("m").user("How is the weather?");
    auto running = run_tools(b.client(), std::move(ask), tools, how);
    done = co_await std::move(running);
  }));
  return done;
}

const std::string& sent(const bench& b) { return b.net->connections().at(0)->sent; }

const message& result_at(const tool_run& r, std::size_t index) { return r.conversation.messages().at(index); }

} // namespace

TEST_CASE("an answer without calls ends the loop in its first round") {
  bench b;
  const auto done = play(b, {says("fine")});
  CHECK(done.text() == "fine");
  CHECK(done.rounds == 1);
  CHECK(done.conversation.messages().size() == 2);
  CHECK(sent(b).find(R"("name":"weather")") != std::string::npos);
  b.check_clean();
}

TEST_CASE("the model is told the results of its calls, which run side by side, in the order of the calls") {
  bench b;
  std::vector<std::string> seen;
  const auto how = tool_loop().observe([&](const tool_step& s) {
    const char* names[] = {"request", "answer", "call", "result"};
    seen.push_back(names[static_cast<int>(s.at)] + std::to_string(s.round) + s.call.id);
  });
  const auto begin = b.now();
  const auto done = play(b,
                         {calls(call_json("a", "weather", R"({\"city\":\"Rome\"})") + ',' +
                                call_json("b", "weather", R"({\"city\":\"Oslo\"})")),
                          says("warm and cold")},
                         how);
  CHECK(done.text() == "warm and cold");
  CHECK(done.rounds == 2);
  CHECK(b.now() - begin < 2s);
  REQUIRE(done.conversation.messages().size() == 5);
  CHECK(done.conversation.messages()[1].tool_calls().size() == 2);
  CHECK(result_at(done, 2).tool_call_id() == "a");
  CHECK(*result_at(done, 2).content() == R"(sunny for {"city":"Rome"})");
  CHECK(result_at(done, 3).tool_call_id() == "b");
  CHECK(done.usage.prompt_tokens >= 10u);
  CHECK(seen.size() == 8);
  CHECK(seen.front() == "request1");
  CHECK(seen[2] == "call1a");
  CHECK(seen.back() == "answer2");
  b.check_clean();
}

TEST_CASE("what is wrong with a call is told to the model, which may do better") {
  bench b;
  const auto done = play(b, {calls(call_json("a", "wether", "{}") + ',' + call_json("b", "weather", "{}") + ',' +
                                   call_json("c", "weather", "{") + ',' + call_json("d", "broken", "")),
                             says("sorry")});
  CHECK(done.text() == "sorry");
  CHECK(*result_at(done, 2).content() ==
        "Error: there is no tool named \"wether\"; the tools are weather, broken, endless");
  CHECK(*result_at(done, 3).content() == "Error: the arguments do not fit: $.city: is missing");
  CHECK(result_at(done, 4).content()->starts_with("Error: the arguments do not fit: no JSON: "));
  CHECK(*result_at(done, 5).content() == "Error: no such station");
  b.check_clean();
}

TEST_CASE("a tool that never ends is ended after its time, and the loop goes on") {
  bench b(bench::plain().idle_connection_timeout(5min));
  const auto done = play(b, {calls(call_json("a", "endless", "")), says("never mind")});
  CHECK(done.text() == "never mind");
  CHECK(result_at(done, 2).content()->find("did not end in time") != std::string::npos);
  CHECK(b.now() >= 60s);
  CHECK(b.now() < 70s);
  b.check_clean();
}

TEST_CASE("a failing tool ends the loop if that was chosen, with everything that was said") {
  bench b;
  const auto done = play(b, {calls(call_json("a", "broken", "{}"))}, tool_loop().errors(tool_loop::on_error::stop));
  CHECK(done.failure.code() == errc::tool_failed);
  CHECK(done.failure.message() == "tool broken: no such station");
  CHECK(done.conversation.messages().size() == 3);
  CHECK_THROWS_AS((void)done.text(), weir::error);
  b.check_clean();
}

TEST_CASE("a loop without end is ended after its rounds, with everything that was said") {
  bench b;
  const auto one = calls(call_json("a", "weather", R"({\"city\":\"Rome\"})"));
  const auto done = play(b, {one, one, one}, tool_loop().rounds(3));
  CHECK(done.failure.code() == errc::too_many_rounds);
  CHECK(done.rounds == 3);
  CHECK(done.conversation.messages().size() == 7);
  CHECK(done.usage.completion_tokens == 15u);
  b.check_clean();
}

TEST_CASE("the deadline is one for everything, and what was said until then is kept") {
  bench b;
  const auto done = play(b, {calls(call_json("a", "endless", ""))}, tool_loop().deadline(5s));
  CHECK(done.failure.code() == errc::deadline_exceeded);
  CHECK(b.now() == 5s);
  REQUIRE(done.conversation.messages().size() == 3);
  CHECK(*result_at(done, 2).content() == "Error: it was not finished");
  CHECK(done.usage.completion_tokens == 5u);
  b.check_clean();
}

TEST_CASE("results of tools that ended are kept when the deadline ends the others") {
  bench b;
  const auto done =
      play(b, {calls(call_json("a", "weather", R"({\"city\":\"Rome\"})") + ',' + call_json("b", "endless", ""))},
           tool_loop().deadline(5s));
  REQUIRE(done.conversation.messages().size() == 4);
  CHECK(*result_at(done, 2).content() == R"(sunny for {"city":"Rome"})");
  CHECK(*result_at(done, 3).content() == "Error: it was not finished");
  b.check_clean();
}

TEST_CASE("calls of an answer that was cut off are not run") {
  bench b;
  const auto cut =
      answer(200, "application/json",
             R"({"id":"c","model":"m","choices":[{"index":0,"message":{"role":"assistant","tool_calls":[)" +
                 call_json("a", "weather", R"({\"city)") + R"(]},"finish_reason":"length"}]})");
  const auto done = play(b, {cut});
  CHECK(done.failure.code() == errc::truncated);
  REQUIRE(done.conversation.messages().size() == 3);
  // So that the conversation can go on.
  CHECK(done.conversation.messages()[1].tool_calls()[0].arguments == "{}");
  CHECK(result_at(done, 2).tool_call_id() == "a");
  b.check_clean();
}

TEST_CASE("a call that fails in a later round keeps what was paid for") {
  bench b;
  const auto done = play(b, {calls(call_json("a", "weather", R"({\"city\":\"Rome\"})")),
                             answer(400, "application/json", R"({"error":{"message":"too long"}})")});
  CHECK(done.failure.code() == errc::bad_request);
  CHECK(done.conversation.messages().size() == 3);
  CHECK(done.usage.prompt_tokens == 10u);
  b.check_clean();
}

TEST_CASE("answers are streamed to those who want their events") {
  bench b;
  std::string text;
  const auto done =
      play(b, {streamed(chat_events({"a", "b"}))}, tool_loop().on_event([&](const event& e) { text += e.text(); }));
  CHECK(text == "ab");
  CHECK(done.text() == "ab");
  CHECK(done.usage.prompt_tokens == 3u);
  b.check_clean();
}

TEST_CASE("an observer that throws ends the loop and its tools") {
  bench b;
  const auto how = tool_loop().observe([](const tool_step& s) {
    if (s.at == tool_step::kind::result)
      throw std::runtime_error("seen enough");
  });
  const auto done = play(b, {calls(call_json("a", "endless", "") + ',' + call_json("b", "broken", ""))}, how);
  CHECK(done.failure.message() == "seen enough");
  b.check_clean();
}

TEST_CASE("cancellation ends the loop, and the tools that run") {
  bench b;
  b.net->add(expect_request().reply(calls(call_json("a", "endless", ""))));
  const auto tools = weather_tools();
  error_code ec;
  CHECK(b.run([&]() -> asio::awaitable<void> {
    auto ask = weir::chat("m").user("hi");
    auto running = run_tools(b.client(), std::move(ask), tools);
    ec = co_await code_of(within(3s, std::move(running)));
  }));
  CHECK(ec == errc::deadline_exceeded);
  CHECK(b.now() == 3s);
  b.check_clean();
}

TEST_CASE("tools need names of their own and real schemas, and settings must make sense") {
  auto tools = weather_tools();
  CHECK_THROWS_AS(tools.add(tool("weather", ""), weather), weir::error);
  CHECK_THROWS_AS(tools.add(tool("other", "", "{"), weather), weir::error);
  bench b;
  const auto done = play(b, {}, tool_loop().rounds(0));
  CHECK(done.failure.code() == errc::invalid_argument);
}
