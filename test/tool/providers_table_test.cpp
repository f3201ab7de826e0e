#include "tool/reference/providers_table.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <sstream>
#include <string>

#include "provider/vendors.hpp"
#include "tool/scratch.hpp"

using namespace weir;

namespace {

std::vector<cli::provider_row> rows(std::map<std::string, std::string> set) {
  const auto get = [&set](const char* name) -> const char* {
    const auto it = set.find(name);
    return it == set.end() ? nullptr : it->second.c_str();
  };
  loaded_options given;
  given.settings.credentials(credentials::from_environment(get));
  return cli::all_providers(given, get);
}

cli::provider_row row(const char* id, std::map<std::string, std::string> set = {}) {
  for (auto& p : rows(std::move(set)))
    if (p.id == id)
      return p;
  FAIL("no row for " << id);
  return {};
}

} // namespace

TEST_CASE("every provider of the table of vendors has a row, with what it speaks and offers") {
  const auto all = rows({});
  CHECK(all.size() == provider::all_vendors().size() + 3);
  for (const auto& p : all) {
    INFO(p.id);
    CHECK(p.dialect != "own");
    CHECK_FALSE(p.tasks.empty());
    CHECK((p.url.empty() || p.url.starts_with("http")));
    CHECK(p.url.empty() == (p.id == "tgi" || p.id == "custom"));
  }
}

TEST_CASE("a key is the provider's own, or Hugging Face's where calls may go through its router") {
  CHECK(row("groq").key == cli::key_state::missing);
  CHECK(row("groq", {{"GROQ_API_KEY", "gsk_x"}}).key == cli::key_state::own);
  CHECK(row("groq", {{"HF_TOKEN", "hf_x"}}).key == cli::key_state::hub);
  CHECK(row("auto", {{"HF_TOKEN", "hf_x"}}).key == cli::key_state::hub);
  CHECK(row("anthropic", {{"HF_TOKEN", "hf_x"}}).key == cli::key_state::missing);
  CHECK(row("ollama").key == cli::key_state::unused);
}

TEST_CASE("the vendors of the configuration have a row each, and its keys are the ones that it names") {
  const auto get = [](const char* name) -> const char* {
    return std::string(name) == "TEAM_GROQ" ? "gsk_12345678" : nullptr;
  };
  const scratch folder;
  const auto file = folder.write("weir.json", R"({
    "vendors": {"acme": {"base_url": "https://llm.acme.test/v1", "key_variable": "ACME_KEY"},
                "plain": {"base_url": "http://127.0.0.1:8000", "dialect": "anthropic"}},
    "keys": {"groq": ["TEAM_GROQ", "TEAM_GROQ_2"], "openai": "TEAM_OPENAI", "huggingface": "TEAM_HUB"}})");
  const auto all = cli::all_providers(load_with_keys(file, get), get);
  const auto find = [&all](const std::string& id) {
    const auto it = std::find_if(all.begin(), all.end(), [&id](const auto& p) { return p.id == id; });
    REQUIRE(it != all.end());
    return *it;
  };
  CHECK(find("acme").variable == "ACME_KEY");
  CHECK(find("acme").key == cli::key_state::missing);
  CHECK(find("acme").url == "https://llm.acme.test/v1");
  CHECK(find("acme").dialect == "openai");
  const auto tasks = find("acme").tasks;
  CHECK(std::count(tasks.begin(), tasks.end(), task_kind::feature_extraction) == 1);
  CHECK(find("plain").key == cli::key_state::unused);
  CHECK(find("plain").dialect == "anthropic");
  CHECK(find("plain").tasks == std::vector<task_kind>{task_kind::chat});
  CHECK(find("groq").variable == "TEAM_GROQ");
  CHECK(find("groq").key == cli::key_state::own);
  CHECK(find("openai").variable == "TEAM_OPENAI");
  CHECK(find("openai").key == cli::key_state::missing);
  CHECK(find("auto").variable == "TEAM_HUB");
  CHECK(find("together").key == cli::key_state::missing);
}

TEST_CASE("the variable that is shown is the one that is set, or else the first") {
  CHECK(row("gemini").variable == "GEMINI_API_KEY");
  CHECK(row("gemini", {{"GOOGLE_API_KEY", "x"}}).variable == "GOOGLE_API_KEY");
  CHECK(row("auto").variable == "HF_TOKEN");
}

TEST_CASE("the URL is the one below which the provider's routes are") {
  CHECK(row("groq").url == "https://api.groq.com/openai/v1");
  CHECK(row("anthropic").url == "https://api.anthropic.com/v1");
  CHECK(row("gemini").url == "https://generativelanguage.googleapis.com/v1beta");
  CHECK(row("ollama", {{"OLLAMA_HOST", "box:1234"}}).url == "http://box:1234");
  CHECK(row("fal-ai").url == "https://fal.run");
}

TEST_CASE("the table of providers is at most 100 columns wide and never shows a key") {
  std::istringstream lines(cli::providers_table(rows({{"GROQ_API_KEY", "gsk_Canary"}})));
  std::size_t n = 0;
  for (std::string line; std::getline(lines, line); ++n) {
    // A character of UTF-8 is one column.
    const auto columns = std::count_if(line.begin(), line.end(), [](char c) { return (c & 0xC0) != 0x80; });
    CHECK_MESSAGE(columns <= 100, line);
    CHECK(line.find("Canary") == std::string::npos);
  }
  CHECK(n > 2 * provider::all_vendors().size());
}

TEST_CASE("a provider as JSON has the variables of its key, never the key") {
  CHECK(cli::to_json(row("groq", {{"GROQ_API_KEY", "gsk_Canary"}})) ==
        R"({"provider":"groq","key_variables":["GROQ_API_KEY"],"key_set":true,"through_hub":false,"dialect":"openai",)"
        R"("url":"https://api.groq.com/openai/v1","tasks":["conversational","text-generation"]})");
}
