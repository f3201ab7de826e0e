// Where a call goes: keys, providers, models and URLs resolved to a route.
#include <doctest/doctest.h>

#include <algorithm>

#include "provider/dialect.hpp"
#include "provider/mapping.hpp"
#include "provider/vendors.hpp"

using namespace weir;
using provider::task;

namespace {

provider::target ask(std::string vendor, std::string key, std::string model = "org/model", std::string url = {}) {
  provider::target t;
  t.provider = std::move(vendor);
  t.key = secret(key);
  t.model = std::move(model);
  t.base_url = std::move(url);
  return t;
}

std::string url_of(const provider::route& r) { return r.to.text() + r.target; }

errc refusal(task what, const provider::target& t) {
  try {
    provider::resolve(what, t);
  } catch (const error& e) {
    CHECK(e.failure().message().find("secret") == std::string::npos);
    return static_cast<errc>(e.code().value());
  }
  return errc();
}

std::string url_at(task what, std::string base, std::string vendor = {}) {
  return url_of(provider::resolve(what, ask(std::move(vendor), "pk-x", "m", std::move(base))));
}

} // namespace

TEST_CASE("the table of vendors is sorted, complete and well formed") {
  const auto all = provider::all_vendors();
  CHECK(all.size() == 24);
  CHECK(std::is_sorted(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.id < b.id; }));
  for (const auto& v : all) {
    CAPTURE(v.id);
    CHECK(provider::find_vendor(v.id) == &v);
    CHECK((v.chat.empty() || v.chat.starts_with("/")));
    CHECK((v.text.empty() || v.text.starts_with("/")));
    CHECK(v.text.empty() == (v.generation == provider::generation_form::none));
    CHECK((v.reach == provider::access::router_only || !v.server.empty() || !v.keys[0].empty()));
    CHECK((v.server.empty() || v.host.empty()));
  }
  for (const char* id : {"auto", "tgi", "custom"})
    CHECK(provider::find_vendor(id) != nullptr);
  CHECK(provider::find_vendor("nobody") == nullptr);
  CHECK(provider::find_vendor("") == nullptr);
  CHECK(provider::vendors(task::chat).size() == 22);
  CHECK(provider::vendors(task::text_generation) == std::vector<std::string>{"deepinfra", "featherless-ai", "groq",
                                                                             "hf-inference", "novita", "openai",
                                                                             "ovhcloud", "scaleway", "together"});
  CHECK(provider::key_variables("cohere") == std::vector<std::string>{"COHERE_API_KEY", "CO_API_KEY"});
  CHECK(provider::key_variables("hf-inference").empty());
  CHECK(provider::key_variables("nobody").empty());
}

TEST_CASE("an hf_ key goes through the router, any other key to the vendor") {
  const auto routed = provider::resolve(task::chat, ask("groq", "hf_secret"));
  CHECK(url_of(routed) == "https://router.huggingface.co/groq/openai/v1/chat/completions");
  CHECK(routed.needs_mapping);
  REQUIRE(routed.auth);
  CHECK(routed.auth->key.origin() == "https://router.huggingface.co");
  const auto direct = provider::resolve(task::chat, ask("groq", "gsk_secret", "llama-x"));
  CHECK(url_of(direct) == "https://api.groq.com/openai/v1/chat/completions");
  CHECK_FALSE(direct.needs_mapping);
  CHECK(direct.model == "llama-x");
  CHECK(direct.auth->key.origin() == "https://api.groq.com");
}

TEST_CASE("auto sends a chat to the router's own API with the model's suffix unchanged") {
  const auto r = provider::resolve(task::chat, ask("", "hf_secret", "openai/gpt-oss-120b:cheapest"));
  CHECK(r.provider == "auto");
  CHECK(url_of(r) == "https://router.huggingface.co/v1/chat/completions");
  CHECK(r.model == "openai/gpt-oss-120b:cheapest");
  CHECK_FALSE(r.needs_mapping);
  CHECK(refusal(task::chat, ask("auto", "sk-secret")) == errc::unsupported);
  CHECK(refusal(task::chat, ask("auto", "")) == errc::missing_key);
}

TEST_CASE("openai is only reached directly, with or without its prefix") {
  CHECK(refusal(task::chat, ask("openai", "hf_secret")) == errc::unsupported);
  CHECK(refusal(task::chat, ask("openai", "")) == errc::missing_key);
  CHECK(provider::resolve(task::chat, ask("openai", "sk-x", "openai/gpt-5")).model == "gpt-5");
  CHECK(provider::resolve(task::chat, ask("openai", "sk-x", "gpt-5")).model == "gpt-5");
}

TEST_CASE("what cannot be resolved is refused with its reason") {
  CHECK(refusal(task::chat, ask("nobody", "hf_secret")) == errc::unknown_provider);
  CHECK(refusal(task::chat, ask("fal-ai", "hf_secret")) == errc::unsupported);
  CHECK(refusal(task::text_generation, ask("cohere", "hf_secret")) == errc::unsupported);
  CHECK(refusal(task::chat, ask("groq", "")) == errc::missing_key);
  CHECK(refusal(task::chat, ask("groq", "hf_secret", "")) == errc::invalid_argument);
  CHECK(refusal(task::chat, ask("tgi", "hf_secret")) == errc::invalid_configuration);
  CHECK(refusal(task::chat, ask("hf-inference", "hf_secret", "../../admin")) == errc::invalid_argument);
  CHECK(refusal(task::chat, ask("hf-inference", "hf_secret", "a//b")) == errc::invalid_argument);
  CHECK(refusal(task::chat, ask("hf-inference", "hf_secret", std::string(600, 'a'))) == errc::invalid_argument);
  CHECK(refusal(task::chat, ask("", "pk-secret", "m", "ftp://host/")) == errc::malformed_url);
  CHECK(refusal(task::chat, ask("nobody", "pk-secret", "m", "https://host/")) == errc::unknown_provider);
}

TEST_CASE("hf-inference has the model in its path and needs no key") {
  const auto r = provider::resolve(task::chat, ask("hf-inference", "", "org/m?x=1#y"));
  CHECK(url_of(r) == "https://router.huggingface.co/hf-inference/models/org/m%3Fx%3D1%23y/v1/chat/completions");
  CHECK_FALSE(r.auth.has_value());
  CHECK_FALSE(r.needs_mapping);
  CHECK(url_of(provider::resolve(task::text_generation, ask("hf-inference", "hf_x"))) ==
        "https://router.huggingface.co/hf-inference/models/org/model");
}

TEST_CASE("the chat URL of an endpoint follows from the given path") {
  const std::string host = "https://x.endpoints.huggingface.cloud";
  CHECK(url_at(task::chat, host) == host + "/v1/chat/completions");
  CHECK(url_at(task::chat, host + "/") == host + "/v1/chat/completions");
  CHECK(url_at(task::chat, host + "/v1") == host + "/v1/chat/completions");
  CHECK(url_at(task::chat, host + "/v1/") == host + "/v1/chat/completions");
  CHECK(url_at(task::chat, host + "/api") == host + "/api/v1/chat/completions");
  CHECK(url_at(task::chat, host + "/v1/chat/completions") == host + "/v1/chat/completions");
  CHECK(url_at(task::chat, host + "/v1/chat/completions/") == host + "/v1/chat/completions");
  CHECK(url_at(task::chat, host + "/v1?a=b/") == host + "/v1/chat/completions?a=b/");
  CHECK(url_at(task::chat, "http://127.0.0.1:8080/v1") == "http://127.0.0.1:8080/v1/chat/completions");
}

TEST_CASE("a URL that ends in any version, API prefix or route is not extended again") {
  for (const char* base : {"/v1", "/v3", "/api/v3", "/api/paas/v4", "/v1beta", "/v2alpha1", "/openai/v1",
                           "/v1beta/openai", "/openai/deployments/gpt"}) {
    for (const char* end : {"", "/"}) {
      CAPTURE(base);
      const auto below = std::string("https://h") + base;
      CHECK(url_at(task::chat, below + end) == below + "/chat/completions");
      CHECK(url_at(task::text_generation, below + end) == below + "/completions");
      CHECK(url_at(task::feature_extraction, below + end) == below + "/embeddings");
    }
  }
  for (const char* base : {"https://h/api", "https://h/v", "https://h/version1", "https://h/v1x", "https://h/openai"})
    CHECK(url_at(task::chat, base) == std::string(base) + "/v1/chat/completions");
  CHECK(url_at(task::chat, "https://h/api/chat/completions/") == "https://h/api/chat/completions");
  CHECK(url_at(task::chat, "https://h/v1/completions") == "https://h/v1/chat/completions");
  CHECK(url_at(task::text_generation, "https://h/v1/chat/completions") == "https://h/v1/completions");
  CHECK(url_at(task::chat, "https://h/api/coding/paas/v4", "zai-org") ==
        "https://h/api/coding/paas/v4/chat/completions");
  CHECK(url_at(task::chat, "https://h/v3", "novita") == "https://h/v3/openai/chat/completions");
  CHECK(url_at(task::chat, "https://h/v3/openai", "novita") == "https://h/v3/openai/chat/completions");
  CHECK(url_at(task::chat, "https://h/v1", "gemini") == "https://h/v1/models/m:generateContent");
  CHECK(url_at(task::chat, "https://h/v3", "openai-responses") == "https://h/v3/responses");
}

TEST_CASE("a task's route is not doubled either") {
  const auto at = [](task what, const char* base, const char* vendor) { return url_at(what, base, vendor); };
  CHECK(at(task::text_to_image, "https://h/api/paas/v4", "zai-org") ==
        "https://h/api/paas/v4/async/images/generations");
  CHECK(at(task::text_to_image, "https://h/v1", "openai") == "https://h/v1/images/generations");
  CHECK(at(task::text_to_image, "https://h/v2", "openai") == "https://h/v2/images/generations");
  CHECK(at(task::text_to_image, "https://h/api/v3", "wavespeed") == "https://h/api/v3/m");
}

TEST_CASE("text generation with openai is its completions API, at its own host and at a base URL") {
  CHECK(url_of(provider::resolve(task::text_generation, ask("openai", "sk-x"))) ==
        "https://api.openai.com/v1/completions");
  for (const char* base : {"https://h", "https://h/", "https://h/v1", "https://h/v1/", "https://h/v1/completions"})
    CHECK(url_at(task::text_generation, base, "openai") == "https://h/v1/completions");
}

TEST_CASE("a model's name may be written as in its vendor's documentation") {
  CHECK(url_of(provider::resolve(task::chat, ask("gemini", "k", "models/flash")))
            .ends_with("/v1beta/models/flash:generateContent"));
  CHECK(provider::resolve(task::chat, ask("gemini", "k", "models/flash")).model == "flash");
  CHECK(provider::resolve(task::chat, ask("gemini", "k", "google/flash")).model == "flash");
  CHECK(url_of(provider::resolve(task::chat, ask("gemini", "k", "tunedModels/mine")))
            .ends_with("/v1beta/tunedModels/mine:generateContent"));
  CHECK(url_of(provider::resolve(task::chat, ask("gemini", "pk-x", "tunedModels/mine", "https://h/v1beta"))) ==
        "https://h/v1beta/tunedModels/mine:generateContent");
  CHECK(provider::resolve(task::chat, ask("gemini", "k", "models/flash", "https://h")).target ==
        "/v1beta/models/flash:generateContent");
}

TEST_CASE("servers that refuse max_tokens are recognized by host") {
  CHECK(provider::resolve(task::chat, ask("openai", "sk-x")).limit == provider::limit_name::completion_tokens);
  CHECK(provider::resolve(task::chat, ask("", "k", "m", "https://api.openai.com/v1")).limit ==
        provider::limit_name::completion_tokens);
  CHECK(provider::resolve(task::chat, ask("openai", "k", "m", "https://x.openai.azure.com/openai/v1")).limit ==
        provider::limit_name::completion_tokens);
  CHECK(provider::resolve(task::chat, ask("openai", "", "m", "http://127.0.0.1:1/v1")).limit ==
        provider::limit_name::as_given);
  CHECK(provider::resolve(task::chat, ask("groq", "gsk_x")).limit == provider::limit_name::as_given);
}

TEST_CASE("text generation uses TGI's URL unchanged, or completions below /v1") {
  CHECK(url_at(task::text_generation, "https://h/some/path?q=1") == "https://h/some/path?q=1");
  CHECK(url_at(task::text_generation, "https://h") == "https://h/");
  CHECK(url_at(task::text_generation, "https://h/v1") == "https://h/v1/completions");
  CHECK(url_at(task::text_generation, "https://h/v1/") == "https://h/v1/completions");
  CHECK(url_at(task::text_generation, "https://h/v1/completions?k=v") == "https://h/v1/completions?k=v");
  CHECK(provider::resolve(task::text_generation, ask("", "", "m", "https://h/")).provider == "tgi");
  CHECK(provider::resolve(task::text_generation, ask("tgi", "", "m", "https://h/v1")).provider == "custom");
}

TEST_CASE("a URL as the model is the same as a base URL, and the neutral model is sent") {
  const auto r = provider::resolve(task::chat, ask("", "hf_x", "https://abc.endpoints.huggingface.cloud"));
  CHECK(url_of(r) == "https://abc.endpoints.huggingface.cloud/v1/chat/completions");
  CHECK(r.model == "tgi");
  CHECK(provider::resolve(task::chat, ask("", "", "", "http://localhost:1/")).model == "tgi");
}

TEST_CASE("a key never goes over plain HTTP to another machine") {
  CHECK(refusal(task::chat, ask("", "pk-secret", "m", "http://example.org/v1")) == errc::insecure);
  CHECK(refusal(task::chat, ask("", "pk-secret", "m", "http://127.evil.org/v1")) == errc::insecure);
  CHECK(refusal(task::chat, ask("", "pk-secret", "m", "http://10.0.0.1/v1")) == errc::insecure);
  CHECK_FALSE(provider::resolve(task::chat, ask("", "", "m", "http://10.0.0.1/v1")).auth.has_value());
  for (const char* local : {"http://127.0.0.1:9/", "http://[::1]:9/", "http://localhost:9/", "http://127.8.9.1/"})
    CHECK(provider::resolve(task::chat, ask("", "pk-x", "m", local)).auth.has_value());
}

TEST_CASE("only Hugging Face hosts get its token by default") {
  for (const char* url :
       {"https://huggingface.co", "https://router.huggingface.co/v1", "https://a.eu.endpoints.huggingface.cloud/"})
    CHECK(provider::takes_hub_token(url));
  for (const char* url : {"https://evilhuggingface.co", "https://huggingface.co.evil.org",
                          "https://huggingface.company", "http://huggingface.co", "https://api.groq.com"})
    CHECK_FALSE(provider::takes_hub_token(url));
}

TEST_CASE("the payer is named to Hugging Face and to nobody else") {
  auto t = ask("groq", "hf_x");
  t.bill_to = "acme";
  CHECK(provider::resolve(task::chat, t).headers.get("x-hf-bill-to") == "acme");
  t.key = secret("gsk_x");
  CHECK_FALSE(provider::resolve(task::chat, t).headers.has("x-hf-bill-to"));
  t = ask("", "hf_x", "m", "https://other.example/v1");
  t.bill_to = "acme";
  CHECK_FALSE(provider::resolve(task::chat, t).headers.has("x-hf-bill-to"));
  t = ask("groq", "hf_x");
  t.bill_to = "acme\r\nx: y";
  CHECK(refusal(task::chat, t) == errc::invalid_argument);
}

TEST_CASE("a vendor's own headers go with its route") {
  CHECK(provider::resolve(task::chat, ask("zai-org", "hf_x")).headers.get("x-source-channel") == "hugging_face");
  CHECK(provider::resolve(task::chat, ask("groq", "hf_x")).headers.size() == 0);
}

TEST_CASE("a mapping gives a routed call the vendor's name for the model") {
  const std::string body = R"({"id":"org/model","inferenceProviderMapping":{
    "unheard-of":{"status":"live","providerId":"u","task":"conversational"},
    "together":{"status":"error","providerId":"t/m","task":"conversational"},
    "fal-ai":{"status":"live","providerId":"f","task":"text-to-image"},
    "featherless-ai":{"status":"live","providerId":"fl/m","task":"text-generation"},
    "groq":{"status":"live","providerId":"g-m","task":"conversational"}}})";
  CHECK(provider::mapping_target("org/model") == "/api/models/org/model?expand=inferenceProviderMapping");
  CHECK(provider::parse_mapping(body, "groq", task::chat).model == "g-m");
  CHECK(provider::parse_mapping(body, "together", task::chat).model == "t/m");
  CHECK(provider::parse_mapping(body, "auto", task::chat).provider == "groq");

  auto r = provider::resolve(task::chat, ask("groq", "hf_x"));
  provider::apply_mapping(r, provider::parse_mapping(body, "groq", task::chat));
  CHECK(r.model == "g-m");
  CHECK(r.requested_model == "org/model");
  CHECK_FALSE(r.needs_mapping);

  auto any = provider::resolve(task::text_generation, ask("auto", "hf_x"));
  CHECK(any.needs_mapping);
  provider::apply_mapping(any, provider::parse_mapping(body, "auto", task::text_generation));
  CHECK(any.provider == "featherless-ai");
  CHECK(url_of(any) == "https://router.huggingface.co/featherless-ai/v1/completions");
  CHECK(any.model == "fl/m");
}

TEST_CASE("the array form of a mapping is read too, and the error names the providers that serve it") {
  const std::string body = R"({"id":"org/model","inferenceProviderMapping":[
    {"provider":"cohere","status":"live","providerId":"c","task":"conversational"},
    {"provider":"zai-org","status":"live","providerId":"z","task":"conversational"}]})";
  CHECK(provider::parse_mapping(body, "zai-org", task::chat).model == "z");
  try {
    provider::parse_mapping(body, "groq", task::chat);
    FAIL("was not refused");
  } catch (const error& e) {
    CHECK(e.code() == errc::unsupported);
    CHECK(e.failure().message().find("cohere, zai-org") != std::string::npos);
    CHECK(e.failure().message().find("org/model") != std::string::npos);
  }
  CHECK_THROWS_AS(provider::parse_mapping("{}", "auto", task::chat), error);
  CHECK_THROWS_AS(provider::parse_mapping("<html>", "auto", task::chat), error);
  CHECK_THROWS_AS(provider::mapping_target("a/../b"), error);
}

TEST_CASE("a dialect's own path is appended to any URL, and never doubled") {
  const auto at = [](std::string base, std::string vendor) {
    return url_at(task::chat, std::move(base), std::move(vendor));
  };
  for (const char* base :
       {"https://h.example", "https://h.example/", "https://h.example/v1", "https://h.example/v1/messages/"})
    CHECK(at(base, "anthropic") == "https://h.example/v1/messages");
  CHECK(at("https://h.example/api/anthropic", "anthropic") == "https://h.example/api/anthropic/v1/messages");
  CHECK(at("https://h.example/v1?k=1", "openai-responses") == "https://h.example/v1/responses?k=1");
  for (const char* base : {"https://h.example", "https://h.example/v1beta", "https://h.example/v1beta/models/"})
    CHECK(at(base, "gemini") == "https://h.example/v1beta/models/m:generateContent");
  CHECK(at("http://127.0.0.1:9/api", "ollama") == "http://127.0.0.1:9/api/chat");
  CHECK(at("https://h.example/v2", "cohere-v2") == "https://h.example/v2/chat");
  const auto r = provider::resolve(task::chat, ask("anthropic", "sk-x", "m", "https://h.example"));
  CHECK(r.provider == "anthropic");
  CHECK(r.auth->header == "x-api-key");
  CHECK(r.headers.get("anthropic-version") == "2023-06-01");
  CHECK(refusal(task::chat, ask("anthropic", "sk-x", "", "https://h.example")) == errc::invalid_argument);
  CHECK(refusal(task::text_generation, ask("anthropic", "sk-x", "m", "https://h.example")) == errc::unsupported);
}

TEST_CASE("Responses are sent to the router's own API, the other dialects only to their own vendors") {
  CHECK(url_of(provider::resolve(task::chat, ask("openai-responses", "hf_secret", "a/b:groq"))) ==
        "https://router.huggingface.co/v1/responses");
  CHECK(provider::resolve(task::chat, ask("openai-responses", "hf_secret", "openai/gpt")).model == "openai/gpt");
  CHECK(url_of(provider::resolve(task::chat, ask("openai-responses", "sk-x"))) ==
        "https://api.openai.com/v1/responses");
  CHECK(provider::resolve(task::chat, ask("openai-responses", "sk-x", "openai/gpt")).model == "gpt");
  CHECK_FALSE(provider::resolve(task::chat, ask("openai-responses", "hf_secret")).needs_mapping);
  for (const char* id : {"anthropic", "gemini", "cohere-v2"})
    CHECK(refusal(task::chat, ask(id, "hf_secret")) == errc::unsupported);
}

TEST_CASE("a self-hosted server is found at its usual URL or its variable's, and gets no Hub token") {
  const auto r = provider::resolve(task::chat, ask("ollama", "hf_secret", "llama"));
  CHECK(url_of(r) == "http://127.0.0.1:11434/api/chat");
  CHECK_FALSE(r.auth);
  const auto with = [](const char* host) {
    return provider::server_url("ollama", [host](const char*) { return host; });
  };
  CHECK(with(nullptr) == "http://127.0.0.1:11434");
  CHECK(with("") == "http://127.0.0.1:11434");
  CHECK(with("box") == "http://box:11434");
  CHECK(with("box:80") == "http://box:80");
  CHECK(with(":8080") == "http://127.0.0.1:8080");
  CHECK(with("0.0.0.0") == "http://127.0.0.1:11434");
  CHECK(with("0.0.0.0:1") == "http://127.0.0.1:1");
  CHECK(with("[::1]") == "http://[::1]:11434");
  CHECK(with("[::1]:1") == "http://[::1]:1");
  CHECK(with("https://box.example/x") == "https://box.example/x");
  CHECK(provider::server_url("groq", [](const char*) { return "box"; }).empty());
}
