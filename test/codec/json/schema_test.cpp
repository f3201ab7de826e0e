// What a JSON Schema accepts, and how it says what is wrong.
#include <weir/codec/schema.hpp>

#include <doctest/doctest.h>

#include <weir/core/error.hpp>

using weir::schema;

namespace {

std::string of(const char* text, const char* json) { return schema(text).check(json); }

} // namespace

TEST_CASE("a schema says the place of the first problem") {
  const auto* person = R"({"type":"object","properties":{"name":{"type":"string"},"age":{"type":"integer","minimum":0},
    "tags":{"type":"array","items":{"type":"string"},"maxItems":2}},"required":["name","age"],
    "additionalProperties":false})";
  CHECK(of(person, R"({"name":"A","age":3,"tags":["x"]})") == "");
  CHECK(of(person, R"({"name":"A"})") == "$.age: is missing");
  CHECK(of(person, R"({"name":1,"age":3})") == "$.name: must be of type string, not integer");
  CHECK(of(person, R"({"name":"A","age":-1})") == "$.age: must be at least 0");
  CHECK(of(person, R"({"name":"A","age":3,"tags":["x",2]})") == "$.tags[1]: must be of type string, not integer");
  CHECK(of(person, R"({"name":"A","age":3,"tags":["x","y","z"]})") == "$.tags: must have at most 2 items");
  CHECK(of(person, R"({"name":"A","age":3,"born":1})") == "$.born: is not a member of the schema");
  CHECK(of(person, "[]") == "$: must be of type object, not array");
  CHECK(of(person, R"({"name":)").starts_with("no JSON: "));
}

TEST_CASE("a number without a fraction is an integer, and integers are numbers") {
  CHECK(of(R"({"type":"integer"})", "3.0") == "");
  CHECK(of(R"({"type":"integer"})", "3.5") == "$: must be of type integer, not number");
  CHECK(of(R"({"type":"number"})", "3") == "");
  CHECK(of(R"({"enum":[1,"a",null]})", "1.0") == "");
  CHECK(of(R"({"enum":[1,"a",null]})", "null") == "");
  CHECK(of(R"({"enum":[1,"a"]})", "2") == R"($: must be one of [1,"a"], not 2)");
  CHECK(of(R"({"const":null})", "1") == "$: must be null, not 1");
  CHECK(of(R"({"multipleOf":0.1})", "0.3") == "");
  CHECK(of(R"({"multipleOf":2})", "3") == "$: must be a multiple of 2");
  CHECK(of(R"({"exclusiveMaximum":2})", "2") == "$: must be less than 2");
}

TEST_CASE("numbers are compared by value, exactly") {
  CHECK(of(R"({"const":9007199254740993})", "9007199254740992") != "");
  CHECK(of(R"({"const":9007199254740993})", "9007199254740993") == "");
  CHECK(of(R"({"minimum":9007199254740993})", "9007199254740992") == "$: must be at least 9007199254740993");
  CHECK(of(R"({"maximum":18446744073709551614})", "18446744073709551615") != "");
  CHECK(of(R"({"const":[1,{"a":2.0}]})", R"([1.0,{"a":2}])") == "");
  CHECK(of(R"({"uniqueItems":true})", "[1,1.0]") == "$[1]: repeats an earlier item");
  CHECK(of(R"({"uniqueItems":true})", R"([{"a":1,"b":2},{"b":2.0,"a":1}])") == "$[1]: repeats an earlier item");
  CHECK(of(R"({"uniqueItems":true})", R"([1,"1",[1],"1,"])") == "");
  CHECK(of(R"({"multipleOf":3})", "9007199254740993") == "");
  CHECK(of(R"({"multipleOf":3})", "9007199254740992") != "");
}

TEST_CASE("alternatives, exclusions and references are followed") {
  CHECK(of(R"({"type":["string","null"]})", "null") == "");
  CHECK(of(R"({"type":["string","null"]})", "1") == "$: must be of type string or null, not integer");
  const auto* either = R"({"anyOf":[{"type":"null"},{"type":"object","required":["a"]}]})";
  CHECK(of(either, "null") == "");
  CHECK(of(either, "{}") == "$.a: is missing");
  CHECK(of(R"({"oneOf":[{"type":"integer"},{"minimum":2}]})", "3") == "$: fits more than one of the alternatives");
  CHECK(of(R"({"not":{"type":"string"}})", "\"a\"") == "$: is a value that the schema excludes");
  CHECK(of(R"({"allOf":[{"minLength":2},{"maxLength":3}]})", "\"äöüß\"") == "$: must have at most 3 characters");
  const auto* tree = R"({"$ref":"#/$defs/node","$defs":{"node":{"type":"object","properties":{"next":
    {"$ref":"#/$defs/node"}},"required":["v"]}}})";
  CHECK(of(tree, R"({"v":1,"next":{"v":2}})") == "");
  CHECK(of(tree, R"({"v":1,"next":{"next":{}}})") == "$.next.v: is missing");
  CHECK(of(R"({"$ref":"#"})", "1") == "$: is nested too deeply to be checked");
  CHECK(of(R"({"uniqueItems":true})", "[1,2,1]") == "$[2]: repeats an earlier item");
  CHECK(of(R"({"prefixItems":[{"type":"string"}],"items":{"type":"integer"}})", R"(["a",1,"b"])") ==
        "$[2]: must be of type integer, not string");
  CHECK(of("true", "1") == "");
  CHECK(of("false", "1") == "$: nothing is allowed here");
}

TEST_CASE("alternatives within alternatives end, as too complex") {
  std::string value = "1";
  for (int i = 0; i < 40; ++i)
    value = R"({"l":)" + value + "}";
  const auto* either =
      R"({"anyOf":[{"type":"object","properties":{"l":{"$ref":"#"},"k":{"const":1}},"required":["k"]},)"
      R"({"type":"object","properties":{"l":{"$ref":"#"}},"required":["m"]}]})";
  const auto problem = of(either, value.c_str());
  CHECK(!problem.empty());
  CHECK(of(R"({"additionalProperties":false,"patternProperties":{"^x":{}}})", R"({"x1":1})") == "");
}

TEST_CASE("what is no schema is refused when it is made") {
  CHECK_THROWS_AS(schema("{"), weir::error);
  CHECK_THROWS_AS(schema("[]"), weir::error);
}

TEST_CASE("a schema that nothing could fit is refused, with the place") {
  const auto why = [](const char* text) -> std::string {
    try {
      (void)schema(text);
    } catch (const weir::error& e) {
      return e.failure().message();
    }
    return {};
  };
  CHECK(why(R"({"type":"strin"})").find(R"($: the type "strin" is none of array, boolean, )") != std::string::npos);
  CHECK(why(R"({"properties":{"age":{"type":["int","null"]}}})").find(R"($.properties.age: the type "int")") !=
        std::string::npos);
  CHECK(why(R"({"items":{"anyOf":[true,{"type":3}]}})").find("$.items.anyOf[1]: the type 3") != std::string::npos);
  CHECK(why(R"({"$defs":{"a":{"not":{"type":"any"}}}})").find("$.$defs.a.not: the type") != std::string::npos);
  CHECK(why(R"({"properties":{"a":"string"}})").find("$.properties.a: is neither") != std::string::npos);
  CHECK(why(R"({"type":["string","null"],"enum":["type"],"const":{"type":"x"},"items":[{}]})").empty());
  CHECK(why(R"({"properties":{"type":{"type":"string"}},"additionalProperties":false})").empty());
}
