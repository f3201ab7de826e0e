// The simulated provider's prompt cache, as weir's requests meet it.
#include <doctest/doctest.h>

#include "codec/json/json.hpp"
#include "provider/dialect.hpp"
#include "sim/answer/prompt_memory.hpp"
#include "sim/responder.hpp"

using namespace weir;
using namespace std::chrono_literals;
using sim::cache_counts;

namespace {

const sim::prompt_memory::wall_time start{std::chrono::hours(500000)};

std::string words(std::size_t n, const std::string& word = "tide") {
  std::string all;
  for (std::size_t i = 0; i < n; ++i)
    all += (i ? " " : "") + word;
  return all;
}

codec::json::value sent_to(const std::string& id, const chat& c) {
  provider::target t;
  t.provider = id;
  t.model = "m";
  t.base_url = "http://127.0.0.1:1";
  t.key = secret("k");
  const auto to = provider::resolve(provider::task::chat, t);
  return codec::parse_argument(provider::encode_chat(c, to, false).body, "body");
}

cache_counts marked(sim::prompt_memory& m, const chat& c, std::chrono::seconds after = 0s, std::string_view who = "a") {
  return m.read_marked(sent_to("anthropic", c), who, start + after);
}

chat about_book(std::size_t length = 2000) { return chat("m").system(words(length)).cache_prefix(); }

} // namespace

TEST_CASE("a marked prefix is written once, and read for five minutes after its last use") {
  sim::prompt_memory m;
  const auto first = marked(m, about_book().user("one"));
  CHECK(first.written_5m == 2000);
  CHECK(first.read == 0);
  const auto second = marked(m, about_book().user("two"), 299s);
  CHECK(second.written() == 0);
  CHECK(second.read == 2000);
  CHECK(marked(m, about_book().user("three"), 598s).read == 2000);
  CHECK(marked(m, about_book().user("late"), 598s + 300s).written_5m == 2000);
}

TEST_CASE("an hour's prefix is counted apart and lives an hour") {
  sim::prompt_memory m;
  CHECK(marked(m, about_book().user("one").cache_lifetime(1h)).written_1h == 2000);
  CHECK(marked(m, about_book().user("two").cache_lifetime(1h), 3599s).read == 2000);
}

TEST_CASE("a conversation that grows reads what it wrote, and writes what is new") {
  sim::prompt_memory m;
  auto talk = about_book().user("one").cache_prefix();
  const auto first = marked(m, talk);
  CHECK(first.written_5m == 2001);
  CHECK(first.plain == 0);
  talk.assistant("answer").user("two words").cache_prefix();
  const auto second = marked(m, talk);
  CHECK(second.read == 2001);
  CHECK(second.written_5m == 3);
}

TEST_CASE("nothing is kept of what is short, unmarked, another's, or begins differently") {
  sim::prompt_memory m;
  CHECK(marked(m, about_book(1000).user("u")).written() == 0);
  CHECK(marked(m, chat("m").system(words(2000)).user("u")).written() == 0);
  marked(m, about_book().user("u"));
  CHECK(marked(m, about_book().user("u"), 0s, "b").read == 0);
  CHECK(marked(m, chat("m").system(words(2000, "ebb")).cache_prefix().user("u")).read == 0);
  CHECK(marked(m, chat("m").tool(tool("f", "")).system(words(2000)).cache_prefix().user("u")).read == 0);
}

TEST_CASE("OpenAI keeps whole messages unasked, and reads them in steps of 128 tokens") {
  sim::prompt_memory m;
  const auto ask = [&m](const char* question) {
    return m.read_unmarked(sent_to("openai", chat("m").system(words(2000)).user(question)), "a", start);
  };
  const auto first = ask("one");
  CHECK(first.read == 0);
  CHECK(first.prompt == 2001);
  CHECK(ask("two").read == 1920);
  CHECK(m.read_unmarked(sent_to("openai", chat("m").user("short")), "a", start).prompt == 0);
}

TEST_CASE("every block of a prompt is counted once: as read, as written, or as neither") {
  sim::prompt_memory m;
  // A marked block of the user's message, and a system message without a mark before it.
  const auto ask = [&m](const char* question) {
    auto c = chat("m").system(words(30));
    c.user(words(2000)).cache_prefix().user(question);
    return marked(m, c);
  };
  const auto first = ask("what is it about");
  CHECK(first.written_5m == 2030);
  CHECK(first.plain == 4);
  const auto second = ask("and who wrote it then");
  CHECK(second.read == 2030);
  CHECK(second.written() == 0);
  CHECK(second.plain == 5);
  CHECK(marked(m, chat("m").system("be brief").user("hello\nthere you")).plain == 5);
  // Too short to be kept, whatever is marked.
  CHECK(marked(m, chat("m").system(words(30)).cache_prefix().user("hello")).plain == 31);
}

TEST_CASE("Anthropic's count of the input has the system message, and no block that the cache has") {
  sim::responder server{sim::settings()};
  const auto input_of = [&server](const chat& c) {
    sim::request r;
    r.method = "POST";
    r.path = "/v1/messages";
    r.body = codec::to_text(sent_to("anthropic", c));
    const auto made = server.respond(r, start);
    REQUIRE(made.status == 200);
    return codec::uint_at(*codec::find(codec::parse_argument(made.body, "answer"), "usage"), "input_tokens");
  };
  CHECK(input_of(chat("m").user("hello").max_tokens(5)) == 1 + 3);
  CHECK(input_of(chat("m").system("be brief").user("hello").max_tokens(5)) == 3 + 3);
  CHECK(input_of(chat("m").user(words(2000)).cache_prefix().user("why").max_tokens(5)) == 1 + 3);
  CHECK(input_of(chat("m").user(words(2000)).cache_prefix().max_tokens(5)) == 0);
}

TEST_CASE("what is read and written arrives as weir's usage") {
  sim::responder server{sim::settings()};
  const auto usage_of = [&server](const std::string& id, const char* path, const std::string& question) {
    sim::request r;
    r.method = "POST";
    r.path = path;
    r.body = codec::to_text(sent_to(id, about_book().user(question).max_tokens(5)));
    auto made = server.respond(r, start);
    REQUIRE(made.status == 200);
    provider::target t;
    t.provider = id;
    t.model = "m";
    t.base_url = "http://127.0.0.1:1";
    return provider::decode_chat(provider::resolve(provider::task::chat, t), made.body).usage;
  };
  const auto written = usage_of("anthropic", "/v1/messages", "one");
  CHECK(written.cache_write_tokens == 2000);
  const auto read = usage_of("anthropic", "/v1/messages", "two");
  CHECK(read.cached_tokens == 2000);
  CHECK(read.cache_write_tokens.value_or(0) == 0);
  for (const auto& [id, path] :
       {std::pair("openai", "/v1/chat/completions"), std::pair("openai-responses", "/v1/responses")}) {
    CAPTURE(id);
    CHECK(usage_of(id, path, "one").cached_tokens.value_or(0) == 0);
    const auto again = usage_of(id, path, "two");
    CHECK(again.cached_tokens == 1920);
    CHECK(again.prompt_tokens >= 2001);
  }
}
