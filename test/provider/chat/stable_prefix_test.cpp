// The promise that caches depend on: what two chats begin with in common is sent as the same bytes.
#include <doctest/doctest.h>

#include <random>

#include "codec/json/json.hpp"
#include "provider/chat/readings.hpp"
#include "provider/dialect.hpp"

using namespace weir;
using provider::task;

namespace {

std::string member_of(const std::string& body, std::string_view key) {
  const auto v = codec::parse_argument(body, "body");
  const auto* m = codec::find(v, key);
  return m ? codec::to_text(*m) : std::string();
}

class maker {
public:
  explicit maker(unsigned seed) : random_(seed) {}

  std::size_t below(std::size_t n) { return random_() % n; }
  std::string word() { return "w" + std::to_string(random_() % 1000); }

  // One turn: a question, or a call with its result and answer.
  void turn(std::vector<message>& to) {
    auto asked = message::user(word());
    if (below(2) != 0)
      asked.part(content_part::text(word()));
    asked.cache_prefix(below(4) == 0);
    to.push_back(std::move(asked));
    if (below(3) == 0) {
      const auto id = "c" + std::to_string(to.size());
      to.push_back(message::assistant_calls({tool_call(id, "f", R"({"b":1,"a":2})")}));
      to.push_back(message::tool(id, word()));
    }
    to.push_back(message::assistant(word()));
  }

  // What differs between two requests of one conversation, or comes in any order.
  void volatile_parts(chat& c) {
    std::vector<std::string> tokens{"1", "22", "333", "4444"};
    std::shuffle(tokens.begin(), tokens.end(), random_);
    c.temperature(0.1 * double(below(10))).max_tokens(static_cast<std::int64_t>(1 + below(100)));
    c.end_user(word()).conversation(word());
    if (biased)
      for (const auto& t : tokens)
        c.logit_bias(t, 1);
  }

  bool biased = false;

private:
  std::mt19937 random_;
};

chat with_tools() {
  return chat("m")
      .tool(tool("f", "d", R"({"type":"object","properties":{"b":{"type":"integer"},"a":{"type":"integer"}}})"))
      .tool(tool("e", ""))
      .system("be brief");
}

} // namespace

TEST_CASE("a longer conversation begins with the bytes of the shorter one") {
  const std::pair<const char*, const char*> dialects[] = {{"openai", "gpt-5.6"},    {"openai-responses", "gpt-5.6"},
                                                          {"anthropic", "claude"},  {"gemini", "gemini"},
                                                          {"cohere-v2", "command"}, {"groq", "m"}};
  for (unsigned seed = 0; seed < 200; ++seed)
    for (const auto& [id, model] : dialects) {
      CAPTURE(id);
      CAPTURE(seed);
      maker make(seed);
      make.biased = std::string_view(id) == "openai" || std::string_view(id) == "groq";
      std::vector<message> shared, more;
      for (auto n = 1 + make.below(3); n-- != 0;)
        make.turn(shared);
      make.turn(more);
      auto shorter = with_tools(), longer = with_tools();
      for (const auto& m : shared) {
        shorter.add(m);
        longer.add(m);
      }
      for (const auto& m : more)
        longer.add(m);
      make.volatile_parts(shorter);
      make.volatile_parts(longer);
      const auto to = transcripts::direct_route(id, model);
      const auto a = provider::encode_chat(shorter, to, true).body;
      const auto b = provider::encode_chat(longer, to, false).body;
      for (const char* key : {"model", "tools", "system", "systemInstruction", "instructions"})
        CHECK(member_of(a, key) == member_of(b, key));
      for (const char* key : {"messages", "contents", "input"}) {
        auto begun = member_of(a, key);
        // The list and its last message go on.
        while (!begun.empty() && (begun.back() == ']' || begun.back() == '}'))
          begun.pop_back();
        CHECK(member_of(b, key).starts_with(begun));
      }
    }
}

TEST_CASE("the same chat is the same bytes, whatever the order in which unordered things were given") {
  for (const char* id : {"openai", "groq"}) {
    auto a = with_tools().user("u"), b = with_tools().user("u");
    a.logit_bias("1", 1).logit_bias("2", 2);
    b.logit_bias("2", 2).logit_bias("1", 1);
    const auto to = transcripts::direct_route(id, "m");
    CHECK(provider::encode_chat(a, to, true).body == provider::encode_chat(b, to, true).body);
  }
}
