// Which requests have the same key in the response cache: those that ask the same, and no others.
#include <doctest/doctest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <fstream>
#include <functional>
#include <map>
#include <regex>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <weir/client/client.hpp>
#include <weir/policy/response_cache.hpp>
#include <weir/task/hub/text_tasks.hpp>
#include <weir/testing.hpp>

#include "client/cache/canonical_json.hpp"

namespace asio = boost::asio;
using namespace std::chrono_literals;
using namespace weir;

namespace {

// A client with a cache, of a provider that answers everything.
class asked {
public:
  explicit asked(std::function<void(options&)> change = {}, bool tgi = false) {
    testing::fake_provider fake;
    fake.otherwise(testing::answer("ok"));
    auto o = fake.options();
    if (tgi)
      o.provider("tgi");
    o.cache(std::make_shared<response_cache>(cache_settings().any_temperature(true)));
    if (change)
      change(o);
    one.emplace(std::move(o));
  }

  template <class F>
  std::string run(F body) {
    std::string key;
    std::exception_ptr failed;
    asio::co_spawn(io, body(key), [&](std::exception_ptr e) { failed = e; });
    io.run();
    io.restart();
    if (failed)
      std::rethrow_exception(failed);
    REQUIRE(key.size() == 64);
    return key;
  }
  template <class Request>
  std::string key(Request ask) {
    return run([&](std::string& key) -> asio::awaitable<void> {
      const auto answer = co_await one->run(ask);
      key = answer.attempt->cache_key;
    });
  }
  template <class Request>
  std::string streamed_key(Request ask) {
    return run([&](std::string& key) -> asio::awaitable<void> {
      auto r = co_await one->stream(ask);
      while (co_await r.next())
        ;
      key = r.attempt().cache_key;
    });
  }

  asio::io_context io{1};
  std::optional<client> one;
};

chat base() { return chat("m").system("be brief").user("hello"); }

using chat_change = std::function<chat(chat)>;

std::vector<std::pair<std::string, chat_change>> chat_changes() {
  std::vector<std::pair<std::string, chat_change>> all;
  const auto add = [&all](const char* name, chat_change c) { all.emplace_back(name, std::move(c)); };
  add("frequency_penalty", [](chat c) { return c.frequency_penalty(0.5); });
  add("presence_penalty", [](chat c) { return c.presence_penalty(0.5); });
  add("logprobs", [](chat c) { return c.logprobs(true); });
  add("top_logprobs", [](chat c) { return c.logprobs(true).top_logprobs(2); });
  add("max_tokens", [](chat c) { return c.max_tokens(5); });
  add("max_completion_tokens", [](chat c) { return c.max_completion_tokens(5); });
  add("n", [](chat c) { return c.n(2); });
  add("response_format", [](chat c) { return c.response_format(response_format::json_object()); });
  add("response_format", [](chat c) { return c.response_format(response_format::json_schema("a", "{}")); });
  add("response_format", [](chat c) { return c.response_format(response_format::json_schema("b", "{}")); });
  add("response_format", [](chat c) {
    return c.response_format(response_format::json_schema("a", R"({"properties":{"user":{"type":"string"}}})"));
  });
  add("response_format", [](chat c) {
    return c.response_format(response_format::json_schema("a", R"({"properties":{"cache_control":{"type":"null"}}})"));
  });
  add("reasoning_effort", [](chat c) { return c.reasoning_effort("low"); });
  add("reasoning_effort", [](chat c) { return c.reasoning_effort("high"); });
  add("seed", [](chat c) { return c.seed(1); });
  add("temperature", [](chat c) { return c.temperature(0); });
  add("temperature", [](chat c) { return c.temperature(1); });
  add("temperature", [](chat c) { return c.temperature(0.1); });
  add("temperature", [](chat c) { return c.temperature(0.1 + 1e-16); });
  add("top_p", [](chat c) { return c.top_p(0.5); });
  add("tool", [](chat c) { return c.tool(tool("f", "does")); });
  add("tool", [](chat c) { return c.tool(tool("f", "does", "{\"type\":\"object\"}")); });
  add("tool", [](chat c) { return c.tool(tool("f", "does").strict(true)); });
  add("tool_choice", [](chat c) { return c.tool(tool("f", "does")).tool_choice("required"); });
  add("tool_prompt", [](chat c) { return c.tool_prompt("use tools"); });
  add("parallel_tool_calls", [](chat c) { return c.tool(tool("f", "does")).parallel_tool_calls(false); });
  add("model", [](chat c) { return c.model("n"); });
  add("add", [](chat c) { return c.add(message::user("more").name("bob")); });
  add("add", [](chat c) { return c.add(message::user("more").extra("x", "1")); });
  add("add", [](chat c) { return c.add(message::tool("id", "result")); });
  add("add", [](chat c) { return c.add(message::assistant_calls({tool_call("id", "f", "{}")})); });
  add("add", [](chat c) { return c.add(message::assistant_calls({tool_call("id-2", "f", "{}")})); });
  add("add", [](chat c) {
    return c.add(message("user").part(content_part::text("a")).part(content_part::image_url("https://x.test/1.png")));
  });
  add("add", [](chat c) {
    return c.add(message("user").part(content_part::text("a")).part(content_part::image_url("https://x.test/2.png")));
  });
  add("system", [](chat c) { return c.system("more"); });
  add("user", [](chat c) { return c.user("more"); });
  add("assistant", [](chat c) { return c.assistant("more"); });
  add("stop", [](chat c) { return c.stop("."); });
  add("stop", [](chat c) { return c.stop(".").stop("!"); });
  add("logit_bias", [](chat c) { return c.logit_bias("1", -1); });
  add("keep_raw", [](chat c) { return c.keep_raw(); });
  add("extra_body", [](chat c) { return c.extra_body("min_p", "0.1"); });
  add("extra_body", [](chat c) { return c.extra_body("thinking", R"({"type":"enabled"})"); });
  add("extra_body", [](chat c) { return c.extra_body("thinking", R"({"type":"enabled","budget":1})"); });
  add("include_usage", [](chat c) { return c.include_usage(false); });
  add("options", [](chat c) { return c.options(call_options().tenant("a")); });
  add("options", [](chat c) { return c.options(call_options().tenant("b")); });
  add("options", [](chat c) { return c.options(call_options().header("x-variant", "a")); });
  add("options", [](chat c) { return c.options(call_options().key(secret("sk-of-a-tenant"), "north")); });
  add("options", [](chat c) { return c.options(call_options().key(secret("sk-of-a-tenant"), "south")); });
  return all;
}

std::vector<std::pair<std::string, chat_change>> chat_same() {
  std::vector<std::pair<std::string, chat_change>> all;
  const auto add = [&all](const char* name, chat_change c) { all.emplace_back(name, std::move(c)); };
  add("end_user", [](chat c) { return c.end_user("u-1"); });
  add("include_usage", [](chat c) { return c.include_usage(true); });
  add("cache_lifetime", [](chat c) { return c.cache_lifetime(1h); });
  add("conversation", [](chat c) { return c.conversation("c-1"); });
  add("cache_prefix", [](chat c) { return c.cache_prefix(); });
  add("extra_body", [](chat c) { return c.extra_body("metadata", R"({"a":"b"})"); });
  add("extra_body", [](chat c) { return c.extra_body("prompt_cache_key", R"("a")"); });
  add("extra_body", [](chat c) { return c.extra_body("prompt_cache_retention", R"("24h")"); });
  add("extra_body", [](chat c) { return c.extra_body("safety_identifier", R"("a")"); });
  add("options", [](chat c) { return c.options(call_options().deadline(5s).attempts(2).tag("a", "b")); });
  add("options",
      [](chat c) { return c.options(call_options().header("X-Request-ID", "1").header("traceparent", "2")); });
  return all;
}

using generation_change = std::function<text_generation(text_generation)>;

std::vector<std::pair<std::string, generation_change>> generation_changes() {
  using T = text_generation;
  std::vector<std::pair<std::string, generation_change>> all;
  const auto add = [&all](const char* name, generation_change c) { all.emplace_back(name, std::move(c)); };
  add("adapter_id", [](T t) { return t.adapter_id("a"); });
  add("best_of", [](T t) { return t.best_of(2); });
  add("decoder_input_details", [](T t) { return t.details(true).decoder_input_details(true); });
  add("details", [](T t) { return t.details(true); });
  add("details", [](T t) { return t.details(false); });
  add("do_sample", [](T t) { return t.do_sample(true); });
  add("frequency_penalty", [](T t) { return t.frequency_penalty(0.5); });
  add("grammar", [](T t) { return t.grammar(grammar::regex("a+")); });
  add("grammar", [](T t) { return t.grammar(grammar::json("{}")); });
  add("max_new_tokens", [](T t) { return t.max_new_tokens(3); });
  add("repetition_penalty", [](T t) { return t.repetition_penalty(1.5); });
  add("return_full_text", [](T t) { return t.return_full_text(true); });
  add("seed", [](T t) { return t.seed(1); });
  add("temperature", [](T t) { return t.temperature(0.5); });
  add("top_k", [](T t) { return t.top_k(3); });
  add("top_n_tokens", [](T t) { return t.top_n_tokens(3); });
  add("top_p", [](T t) { return t.top_p(0.5); });
  add("truncate", [](T t) { return t.truncate(10); });
  add("typical_p", [](T t) { return t.typical_p(0.5); });
  add("watermark", [](T t) { return t.watermark(true); });
  add("prompt", [](T t) { return t.prompt("other"); });
  add("keep_raw", [](T t) { return t.keep_raw(); });
  add("stop", [](T t) { return t.stop("."); });
  add("options", [](T t) { return t.options(call_options().tenant("a")); });
  add("extra_body", [](T t) { return t.extra_body("x", "1"); });
  return all;
}

// The setters of a class, from its header.
std::set<std::string> setters_of(const std::string& header, const std::string& name) {
  std::ifstream in(std::string(WEIR_SOURCE_DIR) + "/include/weir/task/" + header);
  const std::string text(std::istreambuf_iterator<char>(in), {});
  std::string squeezed = std::regex_replace(text, std::regex("\\s+"), " ");
  const std::regex macro("WEIR_[A-Z]+\\(" + name + ", [^()]*?, ([a-z_]+)[,)]");
  const std::regex function("[ :]" + name + "& ([a-z_]+)\\(");
  std::set<std::string> all;
  for (const auto& r : {macro, function})
    for (std::sregex_iterator it(squeezed.begin(), squeezed.end(), r), end; it != end; ++it)
      all.insert((*it)[1]);
  return all;
}

template <class Changes>
std::set<std::string> names(const Changes& changes) {
  std::set<std::string> all;
  for (const auto& [name, change] : changes)
    all.insert(name);
  return all;
}

// What no change here is for: they are other ways to say the same, or the same as another one.
std::set<std::string> missing(const std::set<std::string>& setters, std::set<std::string> tested) {
  std::set<std::string> left;
  for (const auto& s : setters)
    if (!tested.contains(s))
      left.insert(s);
  return left;
}

template <class Request, class Changes>
void check_all_differ(asked& by, const Request& plain, const Changes& changes) {
  std::map<std::string, std::string> seen{{by.key(plain), "nothing"}};
  for (const auto& [name, change] : changes) {
    const auto [at, fresh] = seen.emplace(by.key(change(plain)), name);
    CHECK_MESSAGE(fresh, name << " has the key of " << at->second);
  }
}

} // namespace

TEST_CASE("chats that differ in any field have different keys") {
  asked by;
  check_all_differ(by, base(), chat_changes());
  auto tested = names(chat_changes());
  tested.merge(names(chat_same()));
  CHECK(missing(setters_of("chat.hpp", "chat"), tested) == std::set<std::string>());
  CHECK(setters_of("chat.hpp", "chat").size() > 25);
}

TEST_CASE("chats that differ only in what changes no answer have the same key") {
  asked by;
  const auto key = by.key(base());
  for (const auto& [name, change] : chat_same())
    CHECK_MESSAGE(by.key(change(base())) == key, name);
  CHECK(by.streamed_key(base()) == key);
  CHECK(by.key(base()) == asked().key(base()));
}

TEST_CASE("text generations that differ in any field have different keys") {
  asked by({}, true);
  const auto plain = text_generation().prompt("hello");
  check_all_differ(by, plain, generation_changes());
  CHECK(by.streamed_key(plain) != by.key(plain));
  auto tested = names(generation_changes());
  tested.insert("model"); // A TGI server has one.
  CHECK(missing(setters_of("text_generation.hpp", "text_generation"), tested) == std::set<std::string>());
  asked openai([](options& o) { o.provider("openai"); });
  CHECK(openai.key(text_generation("a").prompt("x")) != openai.key(text_generation("b").prompt("x")));
}

TEST_CASE("clients of different servers, keys or headers have different keys, and those of one have the same") {
  const std::vector<std::function<void(options&)>> all = {
      [](options&) {},
      [](options& o) { o.query("api-version", "1"); },
      [](options& o) { o.query("api-version", "2"); },
      [](options& o) { o.header("x-tier", "a"); },
      [](options& o) { o.header("x-tier", "b"); },
      [](options& o) { o.credentials(credentials().default_key(secret("sk-number-one"))); },
      [](options& o) { o.credentials(credentials().default_key(secret("sk-number-two"))); },
      [](options& o) { o.base_url(o.base_url() + "/other"); },
      [](options& o) { o.routing(routing().add(target("/a")).add(target("/b"))); },
      [](options& o) { o.tiers(tiers().add("small", target("/a")).add("large", target("/b"))); },
  };
  std::map<std::string, std::size_t> seen;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const auto key = asked(all[i]).key(base());
    const auto [at, fresh] = seen.emplace(key, i);
    CHECK_MESSAGE(fresh, i << " has the key of " << at->second);
    CHECK(asked(all[i]).key(base()) == key);
  }
}

TEST_CASE("the canonical form does not depend on order, and keeps numbers as they are") {
  const auto text = [](std::string_view s) { return canonical(s)->text; };
  CHECK(text(R"({"b":1,"a":{"d":[1,2],"c":null}})") == R"({"a":{"c":null,"d":[1,2]},"b":1})");
  CHECK(text(R"({"a":1})") != text(R"({"a":1.0})"));
  CHECK(text(R"({"a":[1,2]})") != text(R"({"a":[2,1]})"));
  CHECK(text(R"({"a":18446744073709551615})") != text(R"({"a":18446744073709551614})"));
  CHECK(text(R"({"stream":true,"user":"u","x":{"user":"u","stream":1}})") == R"({"x":{"stream":1,"user":"u"}})");
  CHECK_FALSE(canonical("[1]"));
  CHECK_FALSE(canonical("no JSON"));
  CHECK_FALSE(canonical(""));
}

TEST_CASE("marks of a prompt cache do not count, a member of that name in a schema does") {
  const auto text = [](std::string_view s) { return canonical(s)->text; };
  CHECK(
      text(R"({"messages":[{"role":"user","content":"a"}]})") ==
      text(
          R"({"messages":[{"content":[{"text":"a","cache_control":{"type":"ephemeral"},"type":"text"}],"role":"user"}]})"));
  CHECK(text(R"({"system":"s","tools":[{"name":"f","cache_control":{}}]})") ==
        text(R"({"tools":[{"name":"f"}],"system":[{"type":"text","text":"s","cache_control":{}}]})"));
  CHECK(text(R"({"tools":[{"input_schema":{"properties":{"cache_control":{}}}}]})") !=
        text(R"({"tools":[{"input_schema":{"properties":{}}}]})"));
  CHECK(text(R"({"input":"cache_control"})") != text(R"({"input":"x"})"));
}

TEST_CASE("a request with a temperature of zero or a seed asks for the same answer every time") {
  CHECK(canonical(R"({"temperature":0})")->deterministic);
  CHECK(canonical(R"({"temperature":0.0})")->deterministic);
  CHECK(canonical(R"({"generationConfig":{"temperature":0}})")->deterministic);
  CHECK(canonical(R"({"parameters":{"seed":1}})")->deterministic);
  CHECK_FALSE(canonical(R"({"temperature":0.1})")->deterministic);
  CHECK_FALSE(canonical(R"({"messages":[]})")->deterministic);
}
