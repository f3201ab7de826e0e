// Providers that a program adds, and servers that want their key in a place of their own.
#include "client/support.hpp"

#include <cstdlib>

#include <weir/task/hub/text_tasks.hpp>

using namespace weir;
using namespace weir::test;

namespace {

constexpr const char* acme_key = "sk-acme-canary-0123";

vendor acme() {
  return vendor("acme")
      .base_url("https://llm.acme.test/api/v1")
      .key_header("api-key")
      .query("api-version", "2024-10-21");
}

credentials keys() { return credentials().vendor("acme", secret(acme_key)).hugging_face(secret("hf_canary0123")); }

options with_acme() { return bare(options().vendor(acme()).provider("acme").model("m").credentials(keys())); }

explained_request explained(const options& o, const weir::chat& ask = weir::chat().user("hi")) {
  return client(o).explain(ask);
}

std::string header_of(const explained_request& r, std::string_view wanted) {
  for (const auto& [name, value] : r.headers)
    if (name == wanted)
      return value;
  return "none";
}

std::string refused(const options& o) {
  try {
    const client c(o);
  } catch (const error& e) {
    CHECK(e.code() == errc::invalid_configuration);
    return e.what();
  }
  return "nothing was refused";
}

std::string refused(vendor v) { return refused(options().vendor(std::move(v))); }

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

// A variable of the process, for as long as this lives.
class variable {
public:
  variable(const char* name, const char* value) : name_(name) { ::setenv(name, value, 1); }
  ~variable() { ::unsetenv(name_); }

private:
  const char* name_;
};

} // namespace

TEST_CASE("a vendor that a program adds is called at its URL, with its key in its header") {
  bench b(with_acme());
  b.net->add(script()
                 .expect("POST /api/v1/chat/completions?api-version=2024-10-21 HTTP")
                 .reply(streamed(chat_events({"a", "b"}))));
  const auto s = b.stream_chat();
  CHECK(s.outcome == outcome::complete);
  CHECK(s.text == "ab");
  const auto& there = *b.net->connections().at(0);
  CHECK(there.to.text() == "https://llm.acme.test");
  CHECK(has(there.sent, std::string("api-key: ") + acme_key + "\r\n"));
  CHECK_FALSE(has(there.sent, "authorization"));
  CHECK_FALSE(has(there.sent, "hf_canary"));
  b.check_clean();
}

TEST_CASE("everything that a row of weir's own table says can be said of an added vendor") {
  auto v = acme()
               .chat_path("/deployments/{model}/chat")
               .text_path("/complete")
               .header("x-team", "blue")
               .drops("store")
               .refuses_top_p_1(true)
               .schema(schema_form::json_object)
               .key_header("authorization")
               .key_scheme("Key");
  const auto o = options().vendor(v).provider("acme").model("org/m 1").credentials(keys());
  auto ask = weir::chat().user("hi").top_p(1.0).extra_body("store", "true");
  ask.response_format(response_format::json_schema("s", R"({"type":"object"})"));
  const auto r = explained(o, ask);
  CHECK(r.url == "https://llm.acme.test/api/v1/deployments/org/m%201/chat?api-version=2024-10-21");
  CHECK(r.provider == "acme");
  CHECK(header_of(r, "authorization") == "Key sk-***");
  CHECK(header_of(r, "x-team") == "blue");
  CHECK_FALSE(has(r.body, "top_p"));
  CHECK(has(r.body, R"("type":"json_object","schema")"));
  const auto text = client(o).explain(text_generation().prompt("p"));
  CHECK(text.url == "https://llm.acme.test/api/v1/complete?api-version=2024-10-21");
  CHECK(has(text.body, R"("prompt":"p")"));
  const auto task = client(o).explain(feature_extraction().text("t"));
  CHECK(task.url == "https://llm.acme.test/api/v1/embeddings?api-version=2024-10-21");
}

TEST_CASE("an added vendor speaks the dialect that it names, at the dialect's own path") {
  const std::pair<const char*, const char*> paths[] = {
      {"anthropic", "/v1/messages"},
      {"cohere-v2", "/v2/chat"},
      {"gemini", "/v1beta/models/m:streamGenerateContent?alt=sse"},
      {"ollama", "/api/chat"},
      {"openai", "/v1/chat/completions"},
      {"openai-responses", "/v1/responses"},
  };
  for (const auto& [dialect, path] : paths) {
    CAPTURE(dialect);
    const auto v = vendor("acme").base_url("https://acme.test").dialect(dialect);
    const auto r = explained(options().vendor(v).provider("acme").model("m").credentials(keys()));
    CHECK(r.url == std::string("https://acme.test") + path);
    CHECK((header_of(r, "anthropic-version") != "none") == (std::string(dialect) == "anthropic"));
  }
}

TEST_CASE("an added vendor's name can stand in targets, limits and keys, and only there where it was added") {
  auto o = with_acme().provider("groq").credentials(keys().vendor("groq", secret("gsk_canary0123")));
  o.fallback(fallback().to(target("acme/other"))).rate_limit(target("acme"), rate_limit().requests_per_minute(100));
  bench b{bench::with_policies(o)};
  b.net->add(script().expect("POST /openai/v1/chat/completions").reply(answer(402, "application/json", "{}")))
      .add(script().expect("POST /api/v1/chat/completions?").reply(streamed(chat_events({"a"}))));
  CHECK(b.stream_chat().text == "a");
  CHECK(b.net->connections().at(1)->to.text() == "https://llm.acme.test");
  CHECK_FALSE(has(b.net->connections().at(1)->sent, "gsk_canary"));
  b.check_clean();
  CHECK(has(refused(options().fallback(fallback().to(target("acme/m")))), "there is no provider \"acme\""));
}

TEST_CASE("where a provider is unknown, an added vendor may have been meant") {
  for (const char* place : {"fallback", "provider", "models"}) {
    CAPTURE(place);
    auto o = with_acme();
    if (std::string_view(place) == "fallback") {
      CHECK(has(refused(o.fallback(fallback().to(target("acmee/m")))), "\"acmee\" (did you mean acme?)"));
      continue;
    }
    bench b(o.provider("acmee"));
    failure why;
    const bool chats = std::string_view(place) == "provider";
    CHECK(b.run([&]() -> asio::awaitable<void> {
      auto call = chats ? std::optional(b.client().chat(weir::chat().user("hi"))) : std::nullopt;
      auto code = chats ? co_await code_of(std::move(*call), &why) : co_await code_of(b.client().models(), &why);
      CHECK(code == errc::unknown_provider);
    }));
    CHECK(has(why.message(), "there is no provider \"acmee\" (did you mean acme?)"));
    CHECK(why.message().ends_with(", acme"));
  }
}

TEST_CASE("an added vendor's models are its own list") {
  bench b(with_acme());
  b.net->add(script()
                 .expect("GET /api/v1/models?api-version=2024-10-21 HTTP")
                 .reply(answer(200, "application/json", R"({"data":[{"id":"m1"},{"id":"m2"}]})")));
  CHECK(b.run([&]() -> asio::awaitable<void> {
    const auto all = co_await b.client().models();
    CHECK(all.size() == 2);
  }));
  CHECK(has(b.net->connections().at(0)->sent, acme_key));
  b.one.emplace(
      bare(options().vendor(acme().models_path("/catalog")).provider("acme").credentials(keys()).connector(b.net)));
  b.net->add(script()
                 .expect("GET /api/v1/catalog?api-version=2024-10-21 HTTP")
                 .reply(answer(200, "application/json", R"({"data":[{"id":"m1"}]})")));
  CHECK(b.run([&]() -> asio::awaitable<void> { co_await b.client().models(); }));
}

TEST_CASE("an added vendor's key is the credentials' one, else its variable's, and never Hugging Face's") {
  const auto named = acme().key_variable("WEIR_TEST_ACME_KEY").key_variable("WEIR_TEST_ACME_TOKEN");
  const auto o = options().vendor(named).provider("acme").model("m");
  const auto hub = credentials().hugging_face(secret("hf_canary0123"));
  try {
    (void)explained(options(o).credentials(hub));
    FAIL("called without a key");
  } catch (const error& e) {
    CHECK(e.code() == errc::missing_key);
    CHECK(has(e.what(), "WEIR_TEST_ACME_KEY or WEIR_TEST_ACME_TOKEN"));
  }
  {
    const variable second("WEIR_TEST_ACME_TOKEN", "two-canary0123");
    CHECK(header_of(explained(options(o).credentials(hub)), "api-key") == "two-***");
    const variable first("WEIR_TEST_ACME_KEY", "one_canary0123");
    CHECK(header_of(explained(options(o).credentials(hub)), "api-key") == "one_***");
    CHECK(header_of(explained(options(o).credentials(keys())), "api-key") == "sk-***");
  }
  // One without a variable may need none.
  const auto open = explained(options().vendor(acme()).provider("acme").model("m").credentials(hub));
  CHECK(header_of(open, "api-key") == "none");
  CHECK(header_of(open, "authorization") == "none");
}

TEST_CASE("an added vendor's key stays at its origin") {
  const auto elsewhere = explained(with_acme().base_url("https://other.test/v1"));
  CHECK(elsewhere.url == "https://other.test/v1/chat/completions?api-version=2024-10-21");
  CHECK(header_of(elsewhere, "api-key") == "none");
  const auto asked = explained(with_acme().model_urls(true), weir::chat("https://other.test/v1").user("hi"));
  CHECK(header_of(asked, "api-key") == "none");
  CHECK_THROWS_WITH(
      explained(
          options().vendor(acme().base_url("http://llm.acme.test")).provider("acme").model("m").credentials(keys())),
      "a key may not go to http://llm.acme.test over plain HTTP: use https");
}

TEST_CASE("a key that a server quotes is redacted, whichever header it was in") {
  for (const bool own : {false, true}) {
    auto o = own ? options().base_url("https://own.test/v1").key_header("x-gateway").model("m") : with_acme();
    o.credentials(own ? credentials().default_key(secret(acme_key)) : keys());
    bench b(bare(o));
    b.net->add(script()
                   .expect("chat/completions")
                   .reply(answer(401, "application/json",
                                 std::string(R"({"error":{"message":"no such key: )") + acme_key + R"("}})")));
    const auto s = b.stream_chat();
    CHECK(s.code == errc::unauthorized);
    CHECK(has(s.what, "no such key: sk-***"));
    CHECK_FALSE(has(s.what, "canary"));
    CHECK(has(b.net->connections().at(0)->sent, own ? "\r\nx-gateway: sk-" : "\r\napi-key: sk-"));
  }
}

TEST_CASE("an own server's key header, scheme and query are for the server of base_url alone") {
  const auto o = options()
                     .base_url("https://x.openai.azure.com/openai/deployments/d")
                     .key_header("api-key")
                     .query("api-version", "2024-10-21")
                     .query("a b", "c&d")
                     .model("m")
                     .credentials(credentials().default_key(secret(acme_key)));
  const auto r = explained(o);
  CHECK(r.url == "https://x.openai.azure.com/openai/deployments/d/chat/completions?api-version=2024-10-21&a%20b=c%26d");
  CHECK(header_of(r, "api-key") == "sk-***");
  CHECK(header_of(r, "authorization") == "none");
  CHECK(header_of(explained(options(o).key_scheme("Token")), "api-key") == "Token sk-***");
  CHECK(header_of(explained(options(o).key_header("").key_scheme("")), "authorization") == "sk-***");
  const auto asked = explained(options(o).model_urls(true), weir::chat("https://other.test/v1").user("hi"));
  CHECK(has(refused(options(o).base_url("").provider("groq")), "set base_url, or give them to a vendor of your own"));
  CHECK(has(refused(options(o).key_header("Host")), "key_header: \"Host\" is set by weir itself"));
  CHECK(has(refused(options(o).key_header("a b")), "key_header: "));
  CHECK(has(refused(options(o).key_scheme("a b")), "key_scheme: must be a single word"));
  CHECK(has(refused(options(o).query("api_key", "x")), "query: a key may not be in a URL"));

  bench b{bench::with_policies(options(o).fallback(fallback().to(target().base_url("https://other.test/v1"))))};
  b.net->add(script().expect("POST /openai/deployments/d/").reply(answer(402, "application/json", "{}")))
      .add(script().expect("POST /v1/chat/completions HTTP").reply(streamed(chat_events({"a"}))));
  CHECK(b.stream_chat().text == "a");
  CHECK(has(b.net->connections().at(1)->sent, std::string("\r\nauthorization: Bearer ") + acme_key));
}

TEST_CASE("a vendor that cannot be used is refused with the member that is wrong") {
  CHECK(has(refused(vendor("acme")), "vendors.acme.base_url: is missing"));
  CHECK(has(refused(acme().base_url("llm.acme.test")), "vendors.acme.base_url: malformed URL: it is not an absolute"));
  CHECK(has(refused(acme().base_url("ftp://acme.test")), "vendors.acme.base_url: "));
  CHECK(has(refused(acme().base_url("https://me:secret@acme.test")),
            "vendors.acme.base_url: malformed URL: it has user"));
  CHECK(has(refused(acme().base_url("https://acme.test/?a=1&api_key=secret")), "vendors.acme.base_url: holds a key"));
  CHECK_FALSE(has(refused(acme().base_url("https://acme.test/?a=1&api_key=secret")), "secret"));
  for (const char* name : {"groq", "auto", "tgi", "custom", "openai", "huggingface"})
    CHECK(
        has(refused(vendor(name).base_url("https://acme.test")), ".name: \"" + std::string(name) + "\" is a provider"));
  for (const char* name : {"", "Acme", "ac me", "ac/me", "-acme", "acme\n"})
    CHECK(has(refused(vendor(name).base_url("https://acme.test")), "vendors.name: must be 1 to 64 lower-case letters"));
  CHECK(has(refused(options().vendor(acme()).vendor(acme())), "vendors.acme: is there twice"));
  CHECK(has(refused(acme().dialect("claude")),
            "vendors.acme.dialect: there is none of that name; the dialects are anthropic"));
  for (const char* name : {"Host", "content-length", "Transfer-Encoding", "connection", "Content-Type", "user-agent"}) {
    CHECK(has(refused(acme().header(name, "x")),
              "vendors.acme.headers." + std::string(name) + ": is set by weir itself"));
    CHECK(has(refused(acme().key_header(name)), "vendors.acme.key_header: \"" + std::string(name) + "\" is set by"));
  }
  CHECK(has(refused(acme().header("x y", "x")), "vendors.acme.headers: one name is empty, or has a character"));
  CHECK(has(refused(acme().header("x", "a\r\nb")), "vendors.acme.headers.x: must be a text without control"));
  CHECK(has(refused(acme().header("x-api-key", "x")), "vendors.acme.headers.x-api-key: keys are read from a variable"));
  CHECK(has(refused(acme().header("authorization", "x")), "vendors.acme.headers.authorization: keys are read"));
  CHECK(has(refused(acme().query("token", "x")), "vendors.acme.query: a key may not be in a URL"));
  CHECK(
      has(refused(acme().key_variable("sk-secret")), "vendors.acme.key_variable: must be the name of an environment"));
  CHECK_FALSE(has(refused(acme().key_variable("sk-secret")), "secret"));
  for (const char* path : {"v1/chat", "/a b", "/a?b=c", "/a#b", "/a/../b", "/{name}", "/{model}/{model}"})
    CHECK(has(refused(acme().chat_path(path)), "vendors.acme.chat_path: "));
  CHECK(has(refused(acme().drops("messages")), "vendors.acme.drops: "));
  CHECK(has(refused(acme().generation(generation_form::tgi)), "vendors.acme.generation: needs a text_path"));
}
