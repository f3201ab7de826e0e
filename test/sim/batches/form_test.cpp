// Fields of forms and queries.
#include <doctest/doctest.h>

#include "sim/batches/form.hpp"

using namespace weir::sim;

namespace {

request form(std::string body, std::string type = "multipart/form-data; boundary=\"b-1\"") {
  request r;
  r.headers.emplace_back("content-type", std::move(type));
  r.body = std::move(body);
  return r;
}

} // namespace

TEST_CASE("the parts of a form are found by name, whatever bytes they have") {
  const std::string bytes("\0\r\n--b\r\n\r\nx", 11);
  const auto r = form("--b-1\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\nbatch\r\n"
                      "--b-1\r\nContent-Disposition: form-data; filename=\"purpose\"; name=\"file\"\r\n"
                      "Content-Type: text/plain\r\n\r\n" +
                      bytes + "\r\n--b-1\r\nContent-Disposition: form-data; name=\"empty\"\r\n\r\n\r\n--b-1--\r\n");
  REQUIRE(part_of(r, "purpose"));
  CHECK(part_of(r, "purpose")->content == "batch");
  CHECK(part_of(r, "purpose")->file_name.empty());
  REQUIRE(part_of(r, "file"));
  CHECK(part_of(r, "file")->content == bytes);
  CHECK(part_of(r, "file")->file_name == "purpose");
  REQUIRE(part_of(r, "empty"));
  CHECK(part_of(r, "empty")->content.empty());
  CHECK_FALSE(part_of(r, "other"));
}

TEST_CASE("a broken form has no parts") {
  for (const std::string body :
       {"", "--b-1", "--b-1\r\n", "--b-1\r\n\r\n", "--b-1\r\nname=\"a\"\r\n\r\nx", "x", "--b-1--"})
    CHECK_FALSE(part_of(form(body), "a"));
  CHECK_FALSE(part_of(form("--b-1\r\nx; name=\"a\"\r\n\r\nx\r\n--b-1--", "text/plain"), "a"));
  CHECK_FALSE(part_of(form("--b-1\r\nx; name=\"a\"\r\n\r\nx\r\n--b-1--", "multipart/form-data"), "a"));
}

TEST_CASE("a field may stand in a form, in a body of pairs, or in the query") {
  auto r = form("a=1+2&b%5Bc%5D=%2Fx", "application/x-www-form-urlencoded");
  r.query = "q=%20y&empty=&broken=%zz";
  CHECK(field_of(r, "a") == "1 2");
  CHECK(field_of(r, "b[c]") == "/x");
  CHECK(field_of(r, "q") == " y");
  CHECK(field_of(r, "empty") == "");
  CHECK(field_of(r, "broken") == "%zz");
  CHECK_FALSE(field_of(r, "none"));
}

TEST_CASE("a number is all of its text") {
  CHECK(number_of("12") == 12);
  CHECK_FALSE(number_of("12x"));
  CHECK_FALSE(number_of("-1"));
  CHECK_FALSE(number_of(""));
  CHECK_FALSE(number_of("99999999999999999999999"));
}
