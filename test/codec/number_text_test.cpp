// A document whose numbers keep their text.
#include "codec/json/number_text.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using weir::codec::json_problem;
using weir::codec::text_document;
using weir::codec::text_value;
using kind = text_value::kind;

namespace {

// The document again, written plainly.
std::string write(const text_value& v) {
  switch (v.type()) {
  case kind::null: return "null";
  case kind::boolean:
  case kind::number: return std::string(v.text());
  case kind::string: return "'" + std::string(v.text()) + "'";
  case kind::array:
  case kind::object: break;
  }
  const bool object = v.is(kind::object);
  std::string out(1, object ? '{' : '[');
  std::size_t n = 0;
  for (const auto child : v) {
    if (n++ != 0)
      out += ',';
    if (object)
      out += std::string(child.key()) + ":";
    out += write(child);
  }
  CHECK(n == v.size());
  return out + (object ? '}' : ']');
}

std::string read(std::string_view text) {
  weir::error_code ec;
  json_problem problem;
  const text_document d(text, ec, problem);
  return ec ? problem.reason + " at " + std::to_string(problem.offset) : write(d.root());
}

} // namespace

TEST_CASE("numbers are kept as they are written, of whatever size") {
  CHECK(read("[0.10,2.5e-07,1E+400,-0,123456789012345678901234567890,0.1234567890123456789012345]") ==
        "[0.10,2.5e-07,1E+400,-0,123456789012345678901234567890,0.1234567890123456789012345]");
}

TEST_CASE("every kind of value, nested and empty") {
  CHECK(read("null") == "null");
  CHECK(read(" 7 ") == "7");
  CHECK(read(R"("a\u00e9\n\"")") == "'aé\n\"'");
  CHECK(read("[]") == "[]");
  CHECK(read("{}") == "{}");
  CHECK(read(R"({"a":{},"b":[],"c":[{"d":[1,[2,{}],{"e":"f"}]},true,false,null],"":0})") ==
        "{a:{},b:[],c:[{d:[1,[2,{}],{e:'f'}]},true,false,null],:0}");
}

TEST_CASE("members are found by key, and null counts as absent") {
  weir::error_code ec;
  json_problem problem;
  const text_document d(R"({"a":{"x":1},"b":null,"c":[{"a":2}],"d":"a"})", ec, problem);
  REQUIRE(!ec);
  const auto a = d.root().find("a");
  REQUIRE(a);
  CHECK(a->find("x")->text() == "1");
  CHECK(a->key() == "a");
  CHECK(!d.root().find("b"));
  CHECK(!d.root().find("e"));
  CHECK(!d.root().find("d")->find("a"));
  CHECK(d.root().key() == "");
  CHECK((*d.root().find("c")->begin()).key() == "");
  CHECK((*d.root().find("c")->begin()).find("a")->text() == "2");
}

TEST_CASE("what is not strict JSON is refused with its place") {
  CHECK(read("") != "null");
  CHECK(read("[1,]").ends_with("at 3"));
  CHECK(read("[1] 2") == "something after the value at 4");
  CHECK(read(R"({"a":1,"b":2,"a":3})").starts_with("a duplicate key at 1"));
  CHECK(read(R"({"a":{"b":1,"b":2},"c":3})").starts_with("a duplicate key at 1"));
  CHECK(read(R"({"a":{"b":1},"b":2})") == "{a:{b:1},b:2}");
  CHECK(read("\"\xff\"").find(" at ") != std::string::npos);
  CHECK(read("01").find(" at ") != std::string::npos);
  CHECK(read(std::string(64, '[') + std::string(64, ']')).starts_with("["));
  CHECK(read(std::string(65, '[') + std::string(65, ']')).find(" at ") != std::string::npos);
}

TEST_CASE("a text cut off anywhere is refused, and what was read of it is not shown") {
  const std::string whole = R"({"a":[1.5,{"b":"c"}],"d":true})";
  for (std::size_t n = 0; n != whole.size(); ++n) {
    weir::error_code ec;
    json_problem problem;
    const text_document d(std::string_view(whole).substr(0, n), ec, problem);
    CHECK(ec == weir::errc::malformed_response);
    CHECK(d.root().is(kind::null));
  }
}
