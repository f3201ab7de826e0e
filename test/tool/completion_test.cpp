// Completion on a command line of its own; the shells and the real one are in contract/shell_contract.sh.
#include "tool/reference/completion.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

using namespace weir;

namespace {

using strings = std::vector<std::string>;

std::vector<cli::provider_row> providers() {
  loaded_options given;
  given.settings.vendor(vendor("acme").base_url("https://llm.acme.test/v1"));
  return cli::all_providers(given, [](const char*) -> const char* { return nullptr; });
}

class program {
public:
  program() : app("", "weir") {
    app.add_option("--level", level_, "How far");
    auto* send = app.add_subcommand("send", "Send it");
    send->add_option("PROVIDER", provider_, "Where");
    send->add_option("-m,--model", model_, "What");
    send->add_option("--secret", model_, "Not in the help")->group("");
    send->add_flag("-v,--verbose", verbose_, "More");
    app.add_subcommand("secret", "Not in the help")->group("");
  }

  strings words(const strings& line) const {
    strings all;
    for (const auto& one : cli::complete(app, line, providers()).words)
      all.push_back(one.text);
    return all;
  }

  CLI::App app;

private:
  std::string level_, provider_, model_;
  bool verbose_ = false;
};

} // namespace

TEST_CASE("what the help leaves out is not offered") {
  const program p;
  CHECK(p.words({""}) == strings{"send"});
  CHECK(p.words({"send", "--"}) == strings{"--help", "--model", "--verbose"});
}

TEST_CASE("the word after an option is its value, the one after a flag is not") {
  const program p;
  CHECK(p.words({"send", "-m", "gro"}).empty());
  CHECK(p.words({"send", "-v", "gro"}) == strings{"groq"});
  CHECK(p.words({"--level", "send", ""}) == strings{"send"});
}

TEST_CASE("options are not completed after --, and an argument only where one is taken") {
  const program p;
  CHECK(p.words({"send", "--", "--m"}).empty());
  CHECK(p.words({"send", "--", "gro"}) == strings{"groq"});
  CHECK(p.words({"send", "groq", "gro"}).empty());
}

TEST_CASE("a single hyphen begins an option") {
  const program p;
  CHECK(p.words({"-"}) == strings{"--help", "--level"});
  CHECK(p.words({"send", "-"}) == strings{"--help", "--model", "--verbose"});
}

TEST_CASE("the providers are those that have the task, of which some may be the program's own") {
  CLI::App app("", "weir");
  std::string provider, task;
  for (const auto* name : {"chat", "run", "check"}) {
    auto* command = app.add_subcommand(name, "");
    command->add_option("--provider", provider, "Where");
    command->add_option("TASK", task, "What");
  }
  const auto has = [&app](const strings& line, const char* id) {
    const auto found = cli::complete(app, line, providers()).words;
    return std::any_of(found.begin(), found.end(), [id](const auto& one) { return one.text == id; });
  };
  CHECK(has({"chat", "--provider", ""}, "groq"));
  CHECK(has({"chat", "--provider", ""}, "acme"));
  CHECK_FALSE(has({"chat", "--provider", ""}, "fal-ai"));
  CHECK_FALSE(has({"chat", "text-to-image", "--provider", ""}, "fal-ai"));
  CHECK(has({"run", "text-to-image", "--provider", ""}, "fal-ai"));
  CHECK_FALSE(has({"run", "text-to-image", "--provider", ""}, "groq"));
  CHECK(has({"check", "--provider", ""}, "fal-ai"));
}

TEST_CASE("a value that is joined to its option is completed with it") {
  CLI::App app("", "weir");
  std::string provider;
  app.add_option("--provider", provider, "Where");
  const auto found = cli::complete(app, {"--provider=gro"}, providers());
  REQUIRE(found.words.size() == 1);
  CHECK(found.words.front().text == "--provider=groq");
  CHECK(cli::complete(app, {"--nobody=gro"}, providers()).words.empty());
}

TEST_CASE("shells complete the names of files themselves") {
  CLI::App app("", "weir");
  std::string file;
  app.add_option("--file", file, "Which")->type_name("FILE");
  CHECK(cli::complete(app, {"--file", "x"}, {}).files);
  CHECK_FALSE(cli::complete(app, {"--fil"}, {}).files);
}

TEST_CASE("what weir cost sums by is offered, alone and before =") {
  CLI::App app("", "weir");
  std::string by, where;
  app.add_option("--by", by, "What")->type_name("WHAT");
  app.add_option("--where", where, "Which")->type_name("NAME=VALUE");
  app.add_option("--query", where, "Another one")->type_name("NAME=VALUE");
  const auto words = [&app](const strings& line) {
    strings all;
    for (const auto& one : cli::complete(app, line, {}).words)
      all.push_back(one.text);
    return all;
  };
  CHECK(words({"--by", "mo"}) == strings{"month", "model"});
  CHECK(words({"--by=ta"}) == strings{"--by=tag:"});
  CHECK(words({"--where", "mod"}) == strings{"model="});
  CHECK(words({"--where", "ta"}) == strings{"tag:"});
  CHECK(words({"--query", ""}).empty());
}

TEST_CASE("a value that may be left out is completed where it is joined, and the next word is none") {
  CLI::App app("", "weir");
  std::string folder, provider;
  app.add_flag("--cache", folder, "Where")->type_name("[DIR]");
  app.add_option("PROVIDER", provider, "Which");
  CHECK(cli::complete(app, {"--cache="}, {}).files);
  CHECK(cli::complete(app, {"--cache", "gro"}, providers()).words.size() == 1);
}
