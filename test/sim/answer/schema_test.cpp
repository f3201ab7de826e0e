// Values that fit a schema.
#include <doctest/doctest.h>

#include <string>
#include <string_view>

#include "sim/answer/schema.hpp"

using namespace weir;

namespace {

std::string fit(std::string_view schema, std::string_view prompt = "a low wall") {
  return codec::to_text(sim::fitting_value(codec::parse_argument(schema, "schema"), prompt));
}

} // namespace

TEST_CASE("an object has every property, required or not, in the schema's order") {
  CHECK(fit(R"({"type":"object","properties":{"b":{"type":"string"},"a":{"type":"boolean"}},"required":["a"]})") ==
        R"({"b":"a low wall","a":true})");
  CHECK(fit(R"({"type":"object"})") == "{}");
  CHECK(fit(R"({"required":["k"],"additionalProperties":{"type":"integer"}})") == R"({"k":1})");
}

TEST_CASE("a choice is the first one that is not null") {
  CHECK(fit(R"({"enum":["C","F"]})") == R"("C")");
  CHECK(fit(R"({"const":null})") == "null");
  CHECK(fit(R"({"anyOf":[{"type":"null"},{"type":"integer"}]})") == "1");
  CHECK(fit(R"({"oneOf":[{"type":"boolean"},{"type":"integer"}]})") == "true");
  CHECK(fit(R"({"type":["null","integer"]})") == "1");
  CHECK(fit(R"({"type":"null"})") == "null");
}

TEST_CASE("a number is within its bounds") {
  CHECK(fit(R"({"type":"integer","minimum":3})") == "3");
  CHECK(fit(R"({"type":"integer","exclusiveMinimum":3})") == "4");
  CHECK(fit(R"({"type":"integer","maximum":-2})") == "-2");
  CHECK(fit(R"({"type":"integer","exclusiveMaximum":1})") == "0");
  CHECK(fit(R"({"type":"number","exclusiveMinimum":0,"exclusiveMaximum":1})") == "0.5");
  CHECK(fit(R"({"type":"integer","minimum":8,"multipleOf":5})") == "10");
  CHECK(fit(R"({"minimum":1e300})") == "1e+300");
}

TEST_CASE("a string has its format and length") {
  CHECK(fit(R"({"type":"string","format":"date"})") == R"("2026-01-02")");
  CHECK(fit(R"({"type":"string","maxLength":3})", "Grüße") == R"("Grü")");
  CHECK(fit(R"({"type":"string","minLength":5})", "abc") == R"("abc..")");
  CHECK(fit(R"({"type":"string","minLength":1000000000})", "").size() == 1002);
}

TEST_CASE("a list has one element, unless it sets another number") {
  CHECK(fit(R"({"type":"array","items":{"type":"integer"}})") == "[1]");
  CHECK(fit(R"({"type":"array","items":{"type":"integer"},"minItems":3})") == "[1,1,1]");
  CHECK(fit(R"({"type":"array","items":{"type":"integer"},"maxItems":0})") == "[]");
  CHECK(fit(R"({"type":"array","prefixItems":[{"type":"boolean"},{"type":"null"}]})") == "[true,null]");
  CHECK(sim::fitting_value(codec::parse_argument(R"({"type":"array","minItems":1000000000})", "schema"), "")
            .get_array()
            .size() == 100);
}

TEST_CASE("references and combined schemas are followed") {
  CHECK(fit(R"({"$ref":"#/$defs/a~1b","$defs":{"a/b":{"type":"integer"}}})") == "1");
  CHECK(fit(R"({"allOf":[{"type":"object","properties":{"a":{"type":"integer"}}}],"properties":{"b":{"const":2}}})") ==
        R"({"a":1,"b":2})");
  CHECK(fit(R"({"type":"OBJECT","properties":{"a":{"type":"INTEGER"}}})") == R"({"a":1})");
}

TEST_CASE("a schema without an end has a value of limited size") {
  CHECK(fit(R"({"type":"object","properties":{"next":{"anyOf":[{"$ref":"#"},{"type":"null"}]},"n":{"type":"integer"}},
      "required":["next","n"]})") == R"({"next":{"next":{"next":null,"n":1},"n":1},"n":1})");
  CHECK(fit(R"({"type":"object","properties":{"all":{"type":"array","items":{"$ref":"#"}}}})").size() < 200);
  CHECK(fit(R"({"$ref":"#"})") == "null");
  const std::string wide = R"({"type":"array","minItems":100,"items":)";
  CHECK(fit(wide + wide + wide + wide + R"({"type":"integer"}}}}})").size() < 100'000);
}
