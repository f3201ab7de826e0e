// Scenarios of a file, and what they came to.
#include "tool/bench/suite.hpp"

#include <doctest/doctest.h>

#include <weir/core/error.hpp>

#include "tool/bench/said.hpp"
#include "tool/bench/suite_table.hpp"

using namespace weir;

namespace {

using words = std::vector<std::string>;

std::string refusal(const std::string& text) {
  return test::refusal_of([&text] { (void)cli::read_suite(text); });
}

using test::says;

} // namespace

TEST_CASE("members become options, with those of the defaults before") {
  const auto all = cli::read_suite(R"({"defaults": {"base-url": "http://h/v1", "duration": "5s", "poisson": true},
    "scenarios": [
      {"name": "a", "rate": 20, "fail-if": ["ttft.p95 > 1s", "failures > 1%"], "duration": "7s"},
      {"name": "b", "rate": "1..2/3s", "poisson": false, "base-url": null, "prompt": "-v?"}]})");
  REQUIRE(all.size() == 2);
  CHECK(all[0].name == "a");
  CHECK(all[0].words == words{"--base-url=http://h/v1", "--poisson", "--rate=20", "--fail-if=ttft.p95 > 1s",
                              "--fail-if=failures > 1%", "--duration=7s"});
  CHECK(all[1].words == words{"--duration=5s", "--rate=1..2/3s", "--", "-v?"});
}

TEST_CASE("a file that is none says what is wrong, and where") {
  CHECK(says(refusal("{"), "it"));
  CHECK(says(refusal("[]"), "scenarios"));
  CHECK(says(refusal(R"({"scenarios": []})"), "1 to 1000"));
  CHECK(says(refusal(R"({"scenario": [{"name": "a"}]})"), "no member \"scenario\""));
  CHECK(says(refusal(R"({"scenarios": [{"rate": 1}]})"), "scenario 1 has no \"name\""));
  CHECK(says(refusal(R"({"scenarios": [{"name": "a"}, {"name": "a"}]})"), "two scenarios have the name a"));
  CHECK(says(refusal(R"({"scenarios": [{"name": "a", "rate": {"x": 1}}]})"), "a: \"rate\" takes"));
  CHECK(says(refusal(R"({"scenarios": [{"name": "a", "data": [["x"]]}]})"), "a: \"data\" takes"));
  CHECK(says(refusal(R"({"scenarios": [{"name": "a", "--rate": 1}]})"), "without its dashes"));
  CHECK(says(refusal(R"({"scenarios": [{"name": "a", "rate": ""}]})"), "has no value"));
  CHECK(says(refusal(R"({"defaults": {"name": "x"}, "scenarios": [{"name": "a"}]})"), "\"defaults\""));
  CHECK(says(refusal(R"({"defaults": 1, "scenarios": [{"name": "a"}]})"), "not an object"));
}

TEST_CASE("options of the command line take the place of a scenario's own, before its prompt") {
  cli::scenario s;
  s.words = {"--rate=20", "--fail-if=a", "--fail-if=b", "--poisson", "--", "--rate=5"};
  cli::replace_options(s, {"--rate=3", "--fail-if=c", "--json"});
  CHECK(s.words == words{"--poisson", "--rate=3", "--fail-if=c", "--json", "--", "--rate=5"});
}

TEST_CASE("{name} in the names of files is the scenario's name") {
  cli::scenario s;
  s.name = "a/b";
  s.words = {"--output=r/{name}-{name}.json", "--export=vllm={name}.v", "--template={name}", "--", "{name}"};
  cli::name_files(s);
  CHECK(s.words == words{"--output=r/a-b-a-b.json", "--export=vllm=a-b.v", "--template={name}", "--", "{name}"});
}

TEST_CASE("messages about a file name its members, and options of the command line as options") {
  CHECK(cli::with_members("--max-rate needs --find-peak", {}) == "\"max-rate\" needs \"find-peak\"");
  CHECK(cli::with_members("--concurrency and --rate exclude each other", {"--rate=5"}) ==
        "\"concurrency\" and --rate exclude each other");
  CHECK(cli::with_members("a -- b, x--y and - too", {}) == "a -- b, x--y and - too");
}

TEST_CASE("single scenarios are chosen by name, in the order of the file") {
  const auto all = cli::read_suite(R"({"scenarios": [{"name": "one"}, {"name": "two"}, {"name": "three"}]})");
  CHECK(cli::chosen(all, {}).size() == 3);
  const auto some = cli::chosen(all, {"three", "one"});
  REQUIRE(some.size() == 2);
  CHECK(some[0].name == "one");
  CHECK(some[1].name == "three");
  CHECK_THROWS_WITH_AS((void)cli::chosen(all, {"tow"}),
                       doctest::Contains("no scenario tow; did you mean two?: there are one, two or three"), error);
}

TEST_CASE("a scenario that was not run has a line of its own in the table") {
  std::vector<cli::suite_row> rows;
  rows.emplace_back("a name that is longer", "not run", std::nullopt);
  const auto table = cli::suite_table(rows);
  CHECK(table.starts_with("scenario               end "));
  CHECK(says(table, "a name that is longer  not run"));
}
