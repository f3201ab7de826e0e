// Providers of the user's own in weir.json.
#include <doctest/doctest.h>

#include <map>

#include <weir/client/client.hpp>
#include <weir/client/config.hpp>

using namespace weir;

namespace {

options read(std::string_view text, std::map<std::string, std::string> variables = {}) {
  variables.emplace("HF_HUB_DISABLE_IMPLICIT_TOKEN", "1");
  return options_from_json(text, "weir.json", [&variables](const char* name) -> const char* {
    const auto it = variables.find(name);
    return it == variables.end() ? nullptr : it->second.c_str();
  });
}

std::string refused(std::string_view text) {
  try {
    (void)read(text);
  } catch (const error& e) {
    CHECK(e.code() == errc::invalid_configuration);
    return e.what();
  }
  return "nothing was refused";
}

} // namespace

TEST_CASE("weir.json adds vendors with every member, and names them elsewhere in the file") {
  const auto o = read(R"({
    "fallback": {"targets": ["acme/big"]},
    "provider": "acme", "model": "m",
    "vendors": {"acme": {
      "base_url": "https://acme.test/v1", "chat_path": "/chat", "text_path": "/text", "models_path": "/models",
      "dialect": "openai", "key_header": "x-key", "key_scheme": "Key", "key_variable": ["ACME_A", "ACME_B"],
      "headers": {"x-team": "blue"}, "query": {"v": "1"}, "schema": "flattened", "generation": "chat",
      "drops": "store", "refuses_top_p_1": true}}})",
                      {{"ACME_B", "acme_canary0123"}});
  REQUIRE(o.vendors().size() == 1);
  const auto& v = o.vendors().front();
  CHECK(v.name() == "acme");
  CHECK(v.base_url() == "https://acme.test/v1");
  CHECK(v.chat_path() == "/chat");
  CHECK(v.text_path() == "/text");
  CHECK(v.models_path() == "/models");
  CHECK(v.dialect() == "openai");
  CHECK(v.key_header() == "x-key");
  CHECK(v.key_scheme() == "Key");
  CHECK(v.key_variables() == std::vector<std::string>({"ACME_A", "ACME_B"}));
  CHECK(v.headers().size() == 1);
  CHECK(v.query().size() == 1);
  CHECK(v.schema() == schema_form::flattened);
  CHECK(v.generation() == generation_form::chat);
  CHECK(v.drops() == "store");
  CHECK(v.refuses_top_p_1());
  CHECK(o.credentials().vendor("acme").last() == secret("acme_canary0123"));
  CHECK(client(o).explain(chat().user("hi")).url == "https://acme.test/v1/chat?v=1");
  // A key that the file names elsewhere takes precedence.
  const auto other = read(R"({"keys": {"acme": "ACME_B"}, "vendors": {"acme": {"base_url": "https://acme.test",
                              "key_variable": "ACME_A"}}})",
                          {{"ACME_A", "one_canary0123"}, {"ACME_B", "two_canary0123"}});
  CHECK(other.credentials().vendor("acme").last() == secret("two_canary0123"));
}

TEST_CASE("weir.json says where an own server wants its key") {
  const auto o =
      read(R"({"base_url": "https://x.test", "key_header": "api-key", "key_scheme": "K", "query": {"v": "1"}})");
  CHECK(o.key_header() == "api-key");
  CHECK(o.key_scheme() == "K");
  CHECK(o.query().size() == 1);
  CHECK(refused(R"({"key_header": "Host"})").starts_with("weir.json: key_header: \"Host\" is set by weir"));
  CHECK(refused(R"({"key_scheme": "a b"})").starts_with("weir.json: key_scheme: must be a single word"));
  CHECK(refused(R"({"query": {"token": "x"}})").starts_with("weir.json: query: a key may not be in a URL"));
  CHECK(refused(R"({"query": {"v": 1}})").starts_with("weir.json: query.v: "));
}

TEST_CASE("a vendor in weir.json that cannot be used is refused with its path") {
  CHECK(
      refused(R"({"vendors": {"acme": {"base_url": "acme.test"}}})").starts_with("weir.json: vendors.acme.base_url: "));
  CHECK(refused(R"({"vendors": {"acme": {"base_ur": "https://acme.test"}}})") ==
        "weir.json: vendors.acme.base_ur: no such setting; did you mean \"base_url\"?");
  CHECK(refused(R"({"vendors": {"groq": {"base_url": "https://acme.test"}}})")
            .starts_with("weir.json: vendors.groq.name: "));
  CHECK(refused(R"({"vendors": {"acme": {"base_url": "https://acme.test", "schema": "x"}}})")
            .starts_with("weir.json: vendors.acme.schema: "));
  CHECK(refused(R"({"vendors": {"acme": {"base_url": "https://acme.test"}}, "provider": "acne"})") ==
        "weir.json: provider: no such provider; did you mean \"acme\"?");
}
