// Lists of models in the forms used by routers, the Hub and servers.
#include <doctest/doctest.h>

#include <fstream>
#include <sstream>
#include <string>

#include "codec/json/json.hpp"
#include "provider/catalog/models.hpp"

using namespace weir;
using namespace weir::provider;

namespace {

std::string text_of(const std::string& name) {
  std::ifstream in(WEIR_SOURCE_DIR "/test/transcripts/models/" + name);
  REQUIRE(in);
  std::stringstream all;
  all << in.rdbuf();
  return all.str();
}

std::vector<model_info> server(std::string_view name) {
  error_code ec;
  const auto all = codec::parse_json(text_of("servers.json"), ec);
  REQUIRE_FALSE(ec);
  return parse_models(codec::to_text(*codec::find(all, name)));
}

std::vector<std::string> ids(const std::vector<model_info>& all) {
  std::vector<std::string> out;
  for (const auto& m : all)
    out.push_back(m.id);
  return out;
}

using names = std::vector<std::string>;

error_code refusal_of(std::string_view body) {
  try {
    parse_models(body);
  } catch (const error& e) {
    return e.code();
  }
  return {};
}

usage used(std::uint64_t in, std::uint64_t out) {
  usage u;
  u.prompt_tokens = in;
  u.completion_tokens = out;
  return u;
}

} // namespace

TEST_CASE("the router's list gives each provider's price, speed and features") {
  const auto all = parse_models(text_of("router.json"));
  CHECK(ids(all) == names{"acme/writer-70b", "acme/tiny"});
  const auto& m = all[0];
  CHECK(m.owner == "acme");
  CHECK(m.created == std::chrono::system_clock::time_point(std::chrono::seconds(1733270400)));
  CHECK(m.input_modalities == names{"text", "image"});
  CHECK(m.context_length == 262144);
  REQUIRE(m.providers.size() == 3);
  const auto& groq = *m.provider("groq");
  CHECK(groq.live());
  CHECK(groq.price.input == 0.6);
  CHECK(groq.price.output == 0.8);
  CHECK(groq.context_length == 131072);
  CHECK(groq.first_token == std::chrono::microseconds(180500));
  CHECK(groq.throughput == 310.25);
  CHECK(groq.supports_tools == true);
  CHECK(groq.supports_structured_output == false);
  CHECK(groq.is_free == false);
  CHECK_FALSE(m.provider("together")->live());
  CHECK_FALSE(m.provider("together")->supports_structured_output.has_value());
  const auto& bare = *m.provider("featherless-ai");
  CHECK(bare.live());
  CHECK_FALSE(bare.price.input.has_value());
  CHECK_FALSE(bare.throughput.has_value());
  CHECK_FALSE(bare.first_token.has_value());
  CHECK(m.provider("nobody") == nullptr);
  CHECK_FALSE(all[1].created.has_value());
}

TEST_CASE("a single model is read like a list of one") {
  const auto all = parse_models(R"({"id":"acme/tiny","object":"model","owned_by":"acme","providers":[]})");
  CHECK(ids(all) == names{"acme/tiny"});
}

TEST_CASE("the Hub's listing is read with the mapping as an array and as an object") {
  const auto all = parse_models(text_of("hub.json"));
  CHECK(ids(all) == names{"acme/painter", "acme/writer-70b"});
  CHECK(all[0].task == "text-to-image");
  CHECK(all[0].owner == "acme");
  CHECK(all[0].provider("fal-ai")->model == "fal-ai/painter");
  CHECK(all[0].provider("replicate")->status == "staging");
  CHECK_FALSE(all[0].provider("replicate")->live());
  CHECK(all[1].provider("together")->task == "conversational");
  CHECK(all[1].provider("together")->is_model_author == true);
}

TEST_CASE("servers' own lists are read with the members that each adds") {
  CHECK(server("vllm").at(0).context_length == 32768);
  CHECK(server("groq").at(0).context_length == 131072);
  CHECK_FALSE(server("tgi").at(0).created.has_value());
  CHECK(server("ollama").at(0).id == "tiny:latest");
  const auto gemini = parse_models(R"({"models":[{"name":"models/writer-2","inputTokenLimit":1048576}]})").at(0);
  CHECK(gemini.id == "writer-2");
  CHECK(gemini.context_length == 1048576);
  const auto together = server("together").at(0);
  CHECK(together.owner == "Acme");
  CHECK(together.price.output == 0.89);
  const auto routed = server("openrouter");
  CHECK(routed.at(0).id == "acme/writer");
  CHECK(*routed.at(0).price.input == doctest::Approx(0.15));
  CHECK(*routed.at(0).price.output == doctest::Approx(0.6));
  CHECK_FALSE(routed.at(1).price.input.has_value());
}

TEST_CASE("a response that is not a list of models is refused") {
  for (const auto* body : {"", "{}", "<html>", "3", R"({"error":"no"})", R"({"data":3})", R"({"id":7})"})
    CHECK(refusal_of(body) == errc::malformed_response);
  CHECK_FALSE(refusal_of("[]"));
  CHECK_FALSE(refusal_of(R"({"data":[]})"));
}

TEST_CASE("members with a wrong type or out of range count as absent") {
  const auto all = parse_models(R"({"data":[{"id":"m","created":-1,"context_length":"long","pricing":7,"providers":[
    3,{"status":"live"},{"provider":"p","pricing":{"input":-1,"output":null},"throughput":"fast",
    "first_token_latency_ms":1e300,"context_length":0}]},null,"x",{"id":""},{"id":"n\u001b[2J"}]})");
  REQUIRE(all.size() == 2);
  REQUIRE(all[0].providers.size() == 1);
  const auto& p = all[0].providers[0];
  CHECK_FALSE(p.price.input.has_value());
  CHECK_FALSE(p.price.output.has_value());
  CHECK_FALSE(p.throughput.has_value());
  CHECK_FALSE(p.first_token.has_value());
  CHECK_FALSE(p.context_length.has_value());
  CHECK(all[1].id.find('\x1b') == std::string::npos);
}

TEST_CASE("a name matches exactly, or else as a part in any case") {
  const auto list = parse_models(R"({"data":[{"id":"acme/writer"},{"id":"acme/writer-70b"},{"id":"other/reader"}]})");
  const auto found = [&](const char* name) { return ids(matching(list, model_query(name))); };
  CHECK(found("").size() == 3);
  CHECK(found("acme/writer") == names{"acme/writer"});
  CHECK(found("Writer") == names{"acme/writer", "acme/writer-70b"});
  CHECK(found("READER") == names{"other/reader"});
  CHECK(found("nobody").empty());
}

TEST_CASE("a query by provider or task drops what does not serve it") {
  const auto router = parse_models(text_of("router.json"));
  const auto at_groq = matching(router, model_query().provider("groq"));
  CHECK(ids(at_groq) == names{"acme/writer-70b", "acme/tiny"});
  CHECK(at_groq[0].providers.size() == 1);
  CHECK(ids(matching(router, model_query().provider("cohere"))) == names{"acme/tiny"});

  const auto hub = parse_models(text_of("hub.json"));
  CHECK(ids(matching(hub, model_query().task("text-to-image"))) == names{"acme/painter"});
  CHECK(ids(matching(hub, model_query().task("conversational"))) == names{"acme/writer-70b"});
  CHECK(ids(matching(hub, model_query().task("chat"))) == names{"acme/writer-70b"});
  CHECK(matching(hub, model_query().task("text-generation")).empty());
}

TEST_CASE("the Hub's URL is built from names that cannot change its path") {
  CHECK(hub_models_target(model_query().task("text-to-image"), "fal-ai") ==
        "/api/models?inference_provider=fal-ai&pipeline_tag=text-to-image&expand=inferenceProviderMapping&"
        "expand=pipeline_tag");
  CHECK(hub_models_target(model_query("a&b /c").task("chat"), "auto") ==
        "/api/models?inference_provider=all&search=a%26b%20%2Fc&expand=inferenceProviderMapping&expand=pipeline_tag");
  CHECK_THROWS_AS(hub_models_target(model_query().task("x&y=1"), ""), error);
  CHECK_THROWS_AS(hub_models_target(model_query(), "fal&limit=0"), error);
}

TEST_CASE("the next page is only followed at the Hub") {
  const std::string hub = "https://huggingface.co";
  CHECK(next_page(R"(<https://huggingface.co/api/models?cursor=abc>; rel="next")", hub) == "/api/models?cursor=abc");
  CHECK(next_page(R"(</a>; rel="prev", </b?c=1>; rel="next")", hub) == "/b?c=1");
  CHECK(next_page(R"(<https://evil.example/api>; rel="next")", hub).empty());
  CHECK(next_page(R"(<https://huggingface.co.evil.example/api>; rel="next")", hub).empty());
  CHECK(next_page(R"(<//evil.example/api>; rel="next")", hub).empty());
  CHECK(next_page("<", hub).empty());
  CHECK(next_page("", hub).empty());
}

TEST_CASE("the list of models is next to the chat route") {
  CHECK(models_path("/v1/chat/completions") == "/v1/models");
  CHECK(models_path("/openai/v1/chat/completions?x=1") == "/openai/v1/models");
  CHECK(models_path("/models/org/m/v1/chat/completions").empty());
  CHECK(models_path("/v1/messages") == "/v1/models");
  CHECK(models_path("/v1/responses") == "/v1/models");
  CHECK(models_path("/v2/chat") == "/v1/models");
  CHECK(models_path("/my/api/chat") == "/my/api/tags");
  CHECK(models_path("/v1beta/models/-:generateContent?alt=sse") == "/v1beta/models");
  CHECK(models_path("/").empty());
}

TEST_CASE("the cost of a call is known only if prices and counts are") {
  const auto m = parse_models(text_of("router.json"))[0];
  CHECK(*m.cost(used(1000000, 500000), "groq") == doctest::Approx(1.0));
  CHECK_FALSE(m.cost(used(1, 1), "featherless-ai").has_value());
  CHECK_FALSE(m.cost(used(1, 1), "nobody").has_value());
  CHECK_FALSE(m.cost(used(1, 1)).has_value());
  usage half;
  half.prompt_tokens = 5;
  CHECK_FALSE(m.cost(half, "groq").has_value());
  half.cost = 0.25;
  CHECK(m.cost(half, "groq") == 0.25);
  CHECK(m.cost(half, "nobody") == 0.25);
  model_provider gift;
  gift.is_free = true;
  CHECK(gift.cost(used(1, 1)) == 0.0);
  CHECK(*server("openrouter").at(0).cost(used(1000000, 0)) == doctest::Approx(0.15));
}
