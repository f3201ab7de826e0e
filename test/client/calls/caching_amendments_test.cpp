// What a chat says about the prompt cache, taken back where a server refuses it.
#include <doctest/doctest.h>

#include "client/routing/amendments.hpp"

using namespace weir;
using namespace std::chrono_literals;

namespace {

class asked {
public:
  asked(const std::string& id, const std::string& model, chat c) : ask(std::move(c)) {
    provider::target t;
    t.provider = id;
    t.model = model;
    t.key = secret("own-key");
    to = provider::resolve(provider::task::chat, t);
  }
  bool refused(const char* words, int status = 400) {
    failure why(errc::bad_request, "refused");
    why.status(status).remote(words);
    return amend(to, why, [this] { return provider::encode_chat(ask, to, false); });
  }
  bool sends(std::string_view what) const {
    return provider::encode_chat(ask, to, false).body.find(what) != std::string::npos;
  }

  chat ask;
  provider::route to;
};

chat cached() { return chat().system("s").cache_prefix().user("u").cache_lifetime(2h).conversation("c-1"); }

} // namespace

TEST_CASE("marks that a server does not know are left out, the lifetime of known ones before them") {
  asked a("anthropic", "claude", cached());
  CHECK(a.sends(R"("ttl":"1h")"));
  CHECK(a.refused("system.0.cache_control.ephemeral.ttl: Extra inputs are not permitted"));
  CHECK_FALSE(a.sends("ttl"));
  CHECK(a.sends("cache_control"));
  CHECK(a.refused("system.0.cache_control: Extra inputs are not permitted", 422));
  CHECK_FALSE(a.sends("cache_control"));
  CHECK_FALSE(a.refused("system.0.cache_control: Extra inputs are not permitted"));
}

TEST_CASE("each of OpenAI's fields is left out alone") {
  asked older("openai", "gpt-4o", cached());
  CHECK(older.refused("prompt_cache_retention '24h' is not supported with this model"));
  CHECK_FALSE(older.sends("prompt_cache_retention"));
  CHECK(older.sends("prompt_cache_key"));
  CHECK(older.refused("Unrecognized request argument supplied: prompt_cache_key"));
  CHECK_FALSE(older.sends("prompt_cache_key"));
  asked newer("openai", "gpt-5.6", cached());
  CHECK(newer.refused("Invalid value for prompt_cache_breakpoint.ttl: '12h'"));
  CHECK(newer.sends(R"("prompt_cache_breakpoint":{"mode":"explicit"})"));
}

TEST_CASE("a refusal for another reason, or of what the user wrote, changes nothing") {
  asked a("anthropic", "claude", cached());
  CHECK_FALSE(a.refused("A maximum of 4 blocks with cache_control may be provided. Found 5."));
  CHECK_FALSE(a.refused("system.0.cache_control: Extra inputs are not permitted", 500));
  CHECK(a.sends("cache_control"));
  asked own("openai", "gpt-4o", chat().user("u").extra_body("prompt_cache_key", R"("mine")"));
  CHECK_FALSE(own.refused("Unrecognized request argument supplied: prompt_cache_key"));
  CHECK_FALSE(own.to.caching.conversation);
  asked bare("anthropic", "claude", chat().user("u"));
  CHECK_FALSE(bare.refused("messages.0.cache_control: Extra inputs are not permitted"));
  CHECK_FALSE(bare.to.caching.marks);
}

TEST_CASE("what was learnt of a server's cache is known to the next call there") {
  known_amendments known;
  asked a("anthropic", "claude", cached());
  a.refused("system.0.cache_control: Extra inputs are not permitted");
  known.keep(a.to);
  asked next("anthropic", "claude", cached()), elsewhere("anthropic", "claude-2", cached());
  for (auto* one : {&next, &elsewhere})
    one->to = *known.apply(std::make_shared<const provider::route>(one->to));
  CHECK_FALSE(next.sends("cache_control"));
  CHECK(elsewhere.sends("cache_control"));
}
