// Completion on a command line of its own; the shells and the real one are in contract/shell_contract.sh.
#include "tool/reference/completion.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace weir;

namespace {

using strings = std::vector<std::string>;

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
    for (const auto& one : cli::complete(app, line).words)
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

TEST_CASE("a value that is joined to its option is completed with it") {
  CLI::App app("", "weir");
  std::string provider;
  app.add_option("--provider", provider, "Where");
  const auto found = cli::complete(app, {"--provider=gro"});
  REQUIRE(found.words.size() == 1);
  CHECK(found.words.front().text == "--provider=groq");
  CHECK(cli::complete(app, {"--nobody=gro"}).words.empty());
}

TEST_CASE("shells complete the names of files themselves") {
  CLI::App app("", "weir");
  std::string file;
  app.add_option("--file", file, "Which")->type_name("FILE");
  CHECK(cli::complete(app, {"--file", "x"}).files);
  CHECK_FALSE(cli::complete(app, {"--fil"}).files);
}
