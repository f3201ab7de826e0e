// Keys that weir.json names and that are not set: an error where one is needed, and only there.
#include "client/support.hpp"

#include <map>

#include <weir/client/config.hpp>

using namespace weir;
using namespace weir::test;

namespace {

options read(std::string_view text, std::map<std::string, std::string> variables = {}) {
  variables.emplace("HF_HUB_DISABLE_IMPLICIT_TOKEN", "1");
  return options_from_json(text, "weir.json", [&variables](const char* name) -> const char* {
    const auto it = variables.find(name);
    return it == variables.end() ? nullptr : it->second.c_str();
  });
}

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

} // namespace

TEST_CASE("a call that needs a key that is not set says which, and is not sent with another") {
  const std::map<std::string, std::string> others{{"HF_TOKEN", "hf_canary-12345"},
                                                  {"GROQ_API_KEY", "gsk_canary-12345"}};
  bench b;
  b.one.emplace(bare(read(R"({"provider": "groq", "model": "m", "keys": {"groq": "TEAM"}})", others).connector(b.net)));
  const auto s = b.stream_chat();
  CHECK(s.code == errc::missing_key);
  CHECK(s.what == "weir.json: keys.groq: TEAM is not set: set it to the key");
  CHECK(b.net->connections().empty());
  b.check_clean();
}

TEST_CASE("a call that needs other keys does not mind") {
  bench b;
  b.one.emplace(
      bare(read(R"({"provider": "groq", "model": "m", "keys": {"groq": "A", "openai": "U", "huggingface": "V"}})",
                {{"A", "gsk_a-12345"}})
               .connector(b.net)));
  b.net->add(script().expect("POST /openai/v1/chat/completions").reply(streamed(chat_events({"a"}))));
  CHECK(b.stream_chat().text == "a");
  b.check_clean();
}

TEST_CASE("a pool goes on with the keys that are set") {
  bench b;
  b.one.emplace(read(R"({"provider": "groq", "model": "m", "keys": {"groq": ["U", "A", "B"]}})",
                     {{"A", "gsk_a-12345"}, {"B", "gsk_b-12345"}})
                    .connector(b.net));
  b.net->add(script().expect("POST /openai/v1/chat/completions").reply(streamed(chat_events({"a"}))))
      .add(script().expect("POST /openai/v1/chat/completions").reply(streamed(chat_events({"b"}))));
  CHECK(b.stream_chat().text == "a");
  CHECK(b.stream_chat().text == "b");
  CHECK(has(b.net->connections().at(0)->sent, "gsk_"));
  b.check_clean();
}

TEST_CASE("a fallback whose key is not set gives way to the next one") {
  bench b;
  b.one.emplace(read(R"({"provider": "groq", "model": "m", "keys": {"groq": "A"}, "retry": {"attempts": 1},
                         "fallback": [{"provider": "openai", "model": "n", "key": "U"}, "cerebras/o"]})",
                     {{"A", "gsk_a-12345"}, {"CEREBRAS_API_KEY", "csk-12345678"}})
                    .connector(b.net));
  b.net->add(script().expect("POST /openai/v1/chat/completions").reply(answer(503, "application/json", "{}")))
      .add(script().expect("POST /v1/chat/completions").reply(streamed(chat_events({"c"}))));
  CHECK(b.stream_chat().text == "c");
  CHECK(has(b.net->connections().at(1)->to.text(), "cerebras"));
  b.check_clean();
}

TEST_CASE("the public list of models needs no key") {
  bench b;
  b.one.emplace(bare(read(R"({"keys": {"huggingface": "U"}})").connector(b.net)));
  b.net->add(script().expect("GET /v1/models").reply(answer(200, "application/json", R"({"data":[{"id":"m1"}]})")));
  CHECK(b.run([&]() -> asio::awaitable<void> {
    const auto all = co_await b.client().models();
    CHECK(all.size() == 1);
  }));
  b.check_clean();
}

TEST_CASE("a request is explained without the key") {
  const client c(read(R"({"provider": "groq", "model": "m", "keys": {"groq": "U"}})"));
  CHECK(c.explain(chat().user("hi")).url == "https://api.groq.com/openai/v1/chat/completions");
}
