#include "batch/output/select.hpp"

#include <doctest/doctest.h>

#include <weir/core/error.hpp>

using namespace weir;

namespace {

const answer_view& chat() {
  static const answer_view v(
      R"({"id":"c1","choices":[{"message":{"content":"```json\n{\"label\":\"spam\",\"n\":2,\"of\":[1,2]}\n```"}}],)"
      R"("usage":{"total_tokens":7},"odd.key":{"[x]":true},"nothing":null})");
  return v;
}

std::optional<std::string> in_chat(std::string_view path) { return answer_path(path).in(chat()); }

std::string refusal(std::string_view path) {
  try {
    answer_path{path};
  } catch (const error& e) {
    CHECK(e.code() == errc::invalid_argument);
    return e.failure().message();
  }
  return "taken";
}

} // namespace

TEST_CASE("a path names a value of the body; strings come without quotes, other values as JSON") {
  CHECK(in_chat(".id") == "c1");
  CHECK(in_chat(".usage.total_tokens") == "7");
  CHECK(in_chat(".usage") == R"({"total_tokens":7})");
  CHECK(in_chat(".choices[0].message.content")->starts_with("```json"));
  CHECK(in_chat(".choices[-1].message.content")->starts_with("```json"));
  CHECK(in_chat(R"(.["odd.key"]["[x]"])") == "true");
  CHECK(in_chat(R"(["id"])") == "c1");
  CHECK(answer_path(".").in(answer_view("[1,2]")) == "[1,2]");
  CHECK(answer_path("[1]").in(answer_view("[1,2]")) == "2");
}

TEST_CASE("what a body does not have is absent, and so is null") {
  CHECK(!in_chat(".nothing"));
  CHECK(!in_chat(".choices[1].message"));
  CHECK(!in_chat(".choices[-2]"));
  CHECK(!in_chat(".id.of"));
  CHECK(!in_chat(".choices.message"));
  CHECK(!answer_path(".a").in(answer_view("")));
  CHECK(!answer_path(".").in(answer_view("")));
}

TEST_CASE(".text is the answer's text, .json the JSON in it, also in a code block") {
  CHECK(in_chat(".text")->starts_with("```json"));
  CHECK(in_chat(".json.label") == "spam");
  CHECK(in_chat(".json.of[1]") == "2");
  CHECK(in_chat(".json") == R"({"label":"spam","n":2,"of":[1,2]})");
  CHECK(!in_chat(".json.other"));
  CHECK(!answer_path(".json.a").in(answer_view(R"({"text":"no JSON"})")));
}

TEST_CASE("a path that is none is refused, and the message says where and why") {
  CHECK(refusal("") == "'' is not a path into an answer: it must begin with a dot at character 1; write one like "
                       ".text, .json.label or .choices[0].message.content");
  const auto why = [](std::string_view path) {
    const auto text = refusal(path);
    const auto begin = text.find("answer: ") + 8;
    return text.substr(begin, text.find(';') - begin);
  };
  CHECK(why("text") == "it must begin with a dot at character 1");
  CHECK(why(".a..b") == "a name is missing at character 4");
  CHECK(why(".a.") == "a name is missing at character 4");
  CHECK(why(".a[0]b") == "a dot or a bracket is missing at character 6");
  CHECK(why(".a[0") == "a bracket is not closed at character 3");
  CHECK(why(".a[]") == "one element has to be named, such as [0], at character 4");
  CHECK(why(".a[x]") == "a number or a name in quotes is missing at character 4");
  CHECK(why(".a[\"x]") == "a quote is not closed at character 4");
  CHECK(why(".a[\"\\q\"]") == "a name in quotes has to be written as in JSON at character 4");
  CHECK(why(".a[99999999999999999999]") == "a number or a name in quotes is missing at character 4");
  CHECK(why(".a | .b") == "a dot or a bracket is missing at character 3");
  CHECK(why(".text.a") == "the text has no parts (its JSON has: .json) at character 6");
  CHECK(why(".a[\"") == "a quote is not closed at character 4");
  CHECK(why(".a[\"\\") == "a quote is not closed at character 4");
}

TEST_CASE("a field is a path with a name, or is called like the end of its path") {
  CHECK(output_field::parse("label=.json.label").name == "label");
  CHECK(output_field::parse("label=.json.label").path.in(chat()) == "spam");
  CHECK(output_field::parse(".json.label").name == "label");
  CHECK(output_field::parse(".json.of[1]").name == "of");
  CHECK(output_field::parse(".").name == "answer");
  CHECK(output_field::parse(R"(.["a=b"])").path.in(answer_view(R"({"a=b":1})")) == "1");
  CHECK_THROWS_AS(output_field::parse("=.text"), error);
  CHECK_THROWS_AS(output_field::parse("label=json"), error);
}
