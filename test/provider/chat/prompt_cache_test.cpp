// What a chat tells a provider about its prompt cache: marks, lifetimes, and the id of the conversation.
#include <doctest/doctest.h>

#include "codec/json/json.hpp"
#include "provider/chat/prompt_cache.hpp"
#include "provider/chat/readings.hpp"
#include "provider/dialect.hpp"

using namespace weir;
using namespace std::chrono_literals;
using provider::task;

namespace {

provider::route at_url(const std::string& url, const std::string& model, const std::string& id = "") {
  provider::target t;
  t.provider = id;
  t.base_url = url;
  t.model = model;
  return provider::resolve(task::chat, t);
}

std::string member_of(const chat& c, const provider::route& to, std::string_view key) {
  const auto v = codec::parse_argument(provider::encode_chat(c, to, false).body, "body");
  const auto* m = codec::find(v, key);
  return m ? codec::to_text(*m) : std::string();
}

std::string header_of(const chat& c, const provider::route& to, std::string_view name) {
  return std::string(provider::encode_chat(c, to, false).headers.get(name));
}

std::size_t marks_in(const chat& c, const provider::route& to, std::string_view mark = "\"cache_control\"") {
  const auto body = provider::encode_chat(c, to, false).body;
  std::size_t n = 0;
  for (auto at = body.find(mark); at != body.npos; at = body.find(mark, at + 1))
    ++n;
  return n;
}

chat everything() {
  return chat("m")
      .tool(tool("f", ""))
      .cache_prefix()
      .system("s")
      .cache_prefix()
      .user("u")
      .cache_prefix()
      .cache_lifetime(1h)
      .conversation("c-1");
}

} // namespace

TEST_CASE("Anthropic: the last block of a marked message, the last tool and the system's block are marked") {
  const auto to = transcripts::direct_route("anthropic", "claude");
  auto look = message::user("look").part(content_part::text("here"));
  look.cache_prefix(true);
  const auto c = chat("m")
                     .tool(tool("f", ""))
                     .tool(tool("g", ""))
                     .cache_prefix()
                     .system("s")
                     .cache_prefix()
                     .add(std::move(look))
                     .assistant("a")
                     .user("u");
  CHECK(member_of(c, to, "tools") ==
        R"([{"name":"f","input_schema":{"type":"object","properties":{}}},)"
        R"({"name":"g","input_schema":{"type":"object","properties":{}},"cache_control":{"type":"ephemeral"}}])");
  CHECK(member_of(c, to, "system") == R"([{"type":"text","text":"s","cache_control":{"type":"ephemeral"}}])");
  CHECK(member_of(c, to, "messages") == R"([{"role":"user","content":[{"type":"text","text":"look"},)"
                                        R"({"type":"text","text":"here","cache_control":{"type":"ephemeral"}}]},)"
                                        R"({"role":"assistant","content":[{"type":"text","text":"a"}]},)"
                                        R"({"role":"user","content":[{"type":"text","text":"u"}]}])");
}

TEST_CASE("Anthropic: a lifetime beyond five minutes is an hour") {
  const auto to = transcripts::direct_route("anthropic", "claude");
  const auto mark = [&to](duration life) {
    return member_of(chat("m").system("s").cache_prefix().user("u").cache_lifetime(life), to, "system");
  };
  CHECK(mark(5min) == R"([{"type":"text","text":"s","cache_control":{"type":"ephemeral"}}])");
  CHECK(mark(6min) == R"([{"type":"text","text":"s","cache_control":{"type":"ephemeral","ttl":"1h"}}])");
  CHECK(mark(48h) == mark(6min));
  CHECK(marks_in(chat("m").system("s").user("u").cache_lifetime(1h), to) == 0);
}

TEST_CASE("Anthropic: calls and results can end a prefix, signed reasoning and empty texts cannot") {
  const auto to = transcripts::direct_route("anthropic", "claude");
  auto thought = message::assistant("").reasoning_block(R"({"type":"thinking","thinking":"t","signature":"x"})");
  thought.cache_prefix(true);
  const auto alone = chat("m").user("u").add(thought);
  CHECK(marks_in(alone, to) == 0);
  auto empty = message::user("full").part(content_part::text(""));
  empty.cache_prefix(true);
  CHECK(member_of(chat("m").add(empty), to, "messages") ==
        R"([{"role":"user","content":[{"type":"text","text":"full","cache_control":{"type":"ephemeral"}},)"
        R"({"type":"text","text":""}]}])");
  auto calls = message::assistant_calls({tool_call("1", "f", "{}")});
  calls.cache_prefix(true);
  auto result = message::tool("1", "42");
  result.cache_prefix(true);
  CHECK(member_of(chat("m").user("u").add(calls).add(result), to, "messages") ==
        R"([{"role":"user","content":[{"type":"text","text":"u"}]},)"
        R"({"role":"assistant","content":[{"type":"tool_use","id":"1","name":"f","input":{},)"
        R"("cache_control":{"type":"ephemeral"}}]},)"
        R"({"role":"user","content":[{"type":"tool_result","tool_use_id":"1",)"
        R"("content":[{"type":"text","text":"42"}],"cache_control":{"type":"ephemeral"}}]}])");
}

TEST_CASE("Anthropic: of more than four marks the first and the last three are sent") {
  const auto to = transcripts::direct_route("anthropic", "claude");
  chat c("m");
  c.tool(tool("f", "")).cache_prefix();
  c.system("s").cache_prefix();
  for (int i = 0; i < 6; ++i)
    c.add(i % 2 ? message::assistant(std::to_string(i)) : message::user(std::to_string(i))).cache_prefix();
  CHECK(marks_in(c, to) == 4);
  CHECK(member_of(c, to, "tools").find("cache_control") != std::string::npos);
  CHECK(member_of(c, to, "system").find("cache_control") == std::string::npos);
  const auto messages = member_of(c, to, "messages");
  CHECK(messages.find(R"("text":"2"}])") != std::string::npos);
  CHECK(messages.find(R"("text":"3","cache_control")") != std::string::npos);

  chat of_messages("m");
  of_messages.system("s").cache_prefix();
  for (int i = 0; i < 6; ++i)
    of_messages.user(std::to_string(i)).cache_prefix();
  CHECK(marks_in(of_messages, to) == 4);
  CHECK(member_of(of_messages, to, "system").find("cache_control") != std::string::npos);
}

TEST_CASE("Anthropic: marks that the request has in JSON stay as they are, and count") {
  const auto to = transcripts::direct_route("anthropic", "claude");
  auto own = message("user").part(
      content_part::raw(R"({"type":"text","text":"x","cache_control":{"type":"ephemeral","ttl":"5m"}})"));
  own.cache_prefix(true);
  CHECK(member_of(chat("m").add(own).cache_lifetime(1h), to, "messages") ==
        R"([{"role":"user","content":[{"type":"text","text":"x","cache_control":{"type":"ephemeral","ttl":"5m"}}]}])");
  chat many("m");
  for (int i = 0; i < 3; ++i)
    many.add(
        message("user").part(content_part::raw(R"({"type":"text","text":"x","cache_control":{"type":"ephemeral"}})")));
  many.user("a").cache_prefix().user("b").cache_prefix();
  CHECK(marks_in(many, to) == 4);
  CHECK(member_of(many, to, "messages").find(R"("text":"b","cache_control")") != std::string::npos);
  auto whole = everything();
  whole.user("v").cache_prefix().extra_body("cache_control", R"({"type":"ephemeral"})");
  CHECK(marks_in(whole, to) == 4);
}

TEST_CASE("OpenAI: newer models are told where a prefix ends, and for how long") {
  const auto to = transcripts::direct_route("openai", "gpt-5.6");
  const auto c = chat("m").system("s").cache_prefix().user("u");
  CHECK(member_of(c, to, "messages") ==
        R"([{"role":"system","content":[{"type":"text","text":"s","prompt_cache_breakpoint":{"mode":"explicit"}}]},)"
        R"({"role":"user","content":"u"}])");
  auto longer = c;
  longer.cache_lifetime(2h);
  CHECK(member_of(longer, to, "messages").find(R"({"mode":"explicit","ttl":"12h"})") != std::string::npos);
  longer.cache_lifetime(30min);
  CHECK(member_of(longer, to, "messages") == member_of(c, to, "messages"));
  CHECK(member_of(longer, to, "prompt_cache_retention") == "");
  for (const char* model : {"gpt-5.6-mini", "gpt-5.10", "gpt-6", "ft:gpt-6.1:acme"})
    CHECK(marks_in(c, transcripts::direct_route("openai", model), "breakpoint") == 1);
  for (const char* model : {"gpt-5.5", "gpt-5", "gpt-4.1", "gpt-4o", "o3", "5.6", "gpt-99999999999"})
    CHECK(marks_in(c, transcripts::direct_route("openai", model), "breakpoint") == 0);
  // An answer that is only calls has no block to mark.
  auto calls = message::assistant_calls({tool_call("1", "f", "{}")});
  calls.cache_prefix(true);
  CHECK(marks_in(chat("m").user("u").add(calls), to, "breakpoint") == 0);
}

TEST_CASE("OpenAI: older models are told how long to keep what they cache by themselves") {
  const auto retention = [](const char* model, duration life) {
    return member_of(chat("m").user("u").cache_lifetime(life), transcripts::direct_route("openai", model),
                     "prompt_cache_retention");
  };
  CHECK(retention("gpt-5.1", 10min) == R"("in_memory")");
  CHECK(retention("gpt-5.1", 1h) == R"("in_memory")");
  CHECK(retention("gpt-5.1", 2h) == R"("24h")");
  CHECK(retention("gpt-5.5", 1min) == R"("24h")");
  CHECK(retention("gpt-5.6", 2h) == "");
  CHECK(member_of(chat("m").user("u"), transcripts::direct_route("openai", "gpt-5.1"), "prompt_cache_retention") == "");
  CHECK(member_of(chat("m").user("u").cache_lifetime(2h).extra_body("prompt_cache_options", "{}"),
                  transcripts::direct_route("openai", "gpt-5.1"), "prompt_cache_retention") == "");
}

TEST_CASE("Responses: a marked system message is an input item, and results are marked as input") {
  const auto to = transcripts::direct_route("openai-responses", "gpt-5.6");
  auto result = message::tool("1", "42");
  result.cache_prefix(true);
  auto said = message::assistant("a");
  said.cache_prefix(true);
  const auto c = chat("m").system("s").cache_prefix().user("u").cache_prefix().add(said).add(result);
  CHECK(member_of(c, to, "instructions") == "");
  CHECK(
      member_of(c, to, "input") ==
      R"([{"role":"system","content":[{"type":"input_text","text":"s","prompt_cache_breakpoint":{"mode":"explicit"}}]},)"
      R"({"role":"user","content":[{"type":"input_text","text":"u","prompt_cache_breakpoint":{"mode":"explicit"}}]},)"
      R"({"role":"assistant","content":"a"},)"
      R"({"type":"function_call_output","call_id":"1","output":)"
      R"([{"type":"input_text","text":"42","prompt_cache_breakpoint":{"mode":"explicit"}}]}])");
  const auto older = transcripts::direct_route("openai-responses", "gpt-5");
  CHECK(member_of(everything(), older, "instructions") == R"("s")");
  CHECK(member_of(everything(), older, "prompt_cache_key") == R"("c-1")");
  CHECK(member_of(everything(), older, "prompt_cache_retention") == R"("in_memory")");
}

TEST_CASE("a conversation's id goes where the vendor expects it") {
  const auto c = chat("m").user("u").conversation("c-1");
  CHECK(member_of(c, transcripts::direct_route("openai", "gpt-5"), "prompt_cache_key") == R"("c-1")");
  CHECK(member_of(c, at_url("https://api.mistral.ai/v1", "m"), "prompt_cache_key") == R"("c-1")");
  CHECK(member_of(c, at_url("https://api.x.ai/v1", "m", "openai-responses"), "prompt_cache_key") == R"("c-1")");
  const auto xai = at_url("https://api.x.ai/v1", "grok");
  CHECK(header_of(c, xai, "x-grok-conv-id") == "c-1");
  CHECK(member_of(c, xai, "prompt_cache_key") == "");
  CHECK(header_of(c, transcripts::direct_route("fireworks-ai", "m"), "x-session-affinity") == "c-1");
  CHECK(header_of(c, transcripts::direct_route("baseten", "m"), "x-session-affinity") == "c-1");
}

TEST_CASE("OpenRouter: blocks are marked for Anthropic's models only") {
  const auto c = chat("m").system("s").cache_prefix().user("u").cache_lifetime(1h);
  CHECK(member_of(c, at_url("https://openrouter.ai/api/v1", "anthropic/claude-x"), "messages") ==
        R"([{"role":"system","content":[{"type":"text","text":"s","cache_control":{"type":"ephemeral","ttl":"1h"}}]},)"
        R"({"role":"user","content":"u"}])");
  CHECK(marks_in(c, at_url("https://openrouter.ai/api/v1", "openai/gpt-5.6")) == 0);
}

TEST_CASE("servers that are not known to take it are sent what they were sent without it") {
  const auto bare = chat("m").tool(tool("f", "")).system("s").user("u");
  std::vector<provider::route> all;
  for (const char* id : {"gemini", "cohere-v2", "groq", "together", "deepinfra", "cerebras"})
    all.push_back(transcripts::direct_route(id, "m"));
  for (const char* url :
       {"https://llm.example/v1", "https://me.openai.azure.com/openai/v1", "http://127.0.0.1:8000/v1"})
    for (const char* id : {"", "openai", "openai-responses", "fireworks-ai"})
      all.push_back(at_url(url, "gpt-5.6", id));
  provider::target hub;
  hub.key = secret("hf_x");
  hub.model = "openai/gpt-5.6";
  for (const char* id : {"auto", "openai-responses", "fireworks-ai"}) {
    hub.provider = id;
    all.push_back(provider::resolve(task::chat, hub));
  }
  for (const auto& to : all) {
    CAPTURE(to.to.text());
    CAPTURE(to.provider);
    const auto sent = provider::encode_chat(everything(), to, true);
    CHECK(sent.body == provider::encode_chat(bare, to, true).body);
    for (const auto& [name, value] : sent.headers)
      CHECK(value != "c-1");
  }
  // A server that speaks Anthropic's dialect takes its marks.
  CHECK(marks_in(everything(), at_url("http://127.0.0.1:8000", "m", "anthropic")) == 3);
}

TEST_CASE("what the user says himself wins") {
  const auto openai = transcripts::direct_route("openai", "gpt-5");
  const auto c = chat("m").user("u").conversation("c-1").cache_lifetime(2h);
  CHECK(member_of(chat(c).extra_body("prompt_cache_key", R"("mine")"), openai, "prompt_cache_key") == R"("mine")");
  CHECK(member_of(chat(c).extra_body("prompt_cache_retention", R"("in_memory")"), openai, "prompt_cache_retention") ==
        R"("in_memory")");
  auto fireworks = transcripts::direct_route("fireworks-ai", "m");
  CHECK(header_of(chat(c).extra_body("prompt_cache_key", R"("mine")"), fireworks, "x-session-affinity") == "");
  fireworks.headers.set("x-session-affinity", "mine");
  CHECK(header_of(c, fireworks, "x-session-affinity") == "mine");
}

TEST_CASE("what a server has refused is not sent again, and the rest is") {
  auto to = transcripts::direct_route("openai", "gpt-5.6");
  to.caching.lifetime = true;
  CHECK(member_of(everything(), to, "messages").find("ttl") == std::string::npos);
  CHECK(marks_in(everything(), to, "breakpoint") == 2);
  to.caching.marks = true;
  CHECK(marks_in(everything(), to, "breakpoint") == 0);
  CHECK(member_of(everything(), to, "prompt_cache_key") == R"("c-1")");
  to.caching.conversation = true;
  CHECK(provider::encode_chat(everything(), to, true).body.find("cache") == std::string::npos);
  auto claude = transcripts::direct_route("anthropic", "claude");
  claude.caching.lifetime = true;
  CHECK(member_of(everything(), claude, "system") ==
        R"([{"type":"text","text":"s","cache_control":{"type":"ephemeral"}}])");
}

TEST_CASE("an id that a header or a member could not hold is sent as its hash") {
  CHECK(provider::wire_conversation("user-17/42") == "user-17/42");
  const auto hashed = provider::wire_conversation("line\nbreak");
  CHECK(hashed == provider::wire_conversation("line\nbreak"));
  CHECK(hashed.size() == 32);
  CHECK(hashed.find_first_not_of("0123456789abcdef") == std::string::npos);
  CHECK(hashed != provider::wire_conversation("line\nbreaK"));
  CHECK(provider::wire_conversation(std::string(64, 'x')).size() == 64);
  CHECK(provider::wire_conversation(std::string(65, 'x')).size() == 32);
  CHECK(provider::wire_conversation("Köln").size() == 32);
}
