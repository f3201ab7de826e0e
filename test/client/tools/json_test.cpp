// Answers and tools as typed values.
#include <weir/json.hpp>

#include <doctest/doctest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>

#include <map>
#include <vector>

using namespace weir;
namespace asio = boost::asio;

namespace shop {

enum class size { small, large };
BOOST_DESCRIBE_ENUM(size, small, large)

struct item {
  std::string name;
  int count = 0;
  std::optional<double> price;
  size how = size::small;
  std::vector<std::string> tags;
};
BOOST_DESCRIBE_STRUCT(item, (), (name, count, price, how, tags))

struct query {
  std::string text;
  std::optional<int> most;
};
BOOST_DESCRIBE_STRUCT(query, (), (text, most))

} // namespace shop

namespace {

completion says(std::string text, outcome how = outcome::complete) {
  completion c;
  c.choices.front().text = std::move(text);
  c.outcome = how;
  return c;
}

std::string why_not(const completion& c) {
  try {
    (void)c.as<shop::item>();
  } catch (const error& e) {
    CHECK(e.code() == errc::unexpected_content);
    return e.failure().message();
  }
  return {};
}

std::string run(const callable_tool& t, std::string arguments) {
  asio::io_context io;
  auto text = asio::co_spawn(io, t.run(std::move(arguments)), asio::use_future);
  io.run();
  return text.get();
}

constexpr const char* pear = R"({"name":"pear","count":2,"price":null,"how":"large","tags":["fruit"]})";

} // namespace

TEST_CASE("a type's schema is strict, and an optional may be null") {
  CHECK(
      schema_of<shop::query>().text() ==
      R"({"type":"object","properties":{"text":{"type":"string"},"most":{"anyOf":[{"type":"integer"},{"type":"null"}]}},)"
      R"("required":["text","most"],"additionalProperties":false})");
  CHECK(schema_of<std::map<std::string, bool>>().text() ==
        R"({"type":"object","additionalProperties":{"type":"boolean"}})");
  CHECK(schema_of<shop::size>().text() == R"({"type":"string","enum":["small","large"]})");
  const auto f = format_of<shop::query>();
  CHECK(f.strict() == true);
  CHECK(f.value() == schema_of<shop::query>().text());
}

TEST_CASE("an answer is read as a struct, also out of a code block") {
  for (const auto& text : {std::string(pear), "```json\n" + std::string(pear) + "\n```",
                           "Here it is:\n\n```\n" + std::string(pear) + "```\nEnjoy."}) {
    const auto got = says(text).as<shop::item>();
    CHECK(got.name == "pear");
    CHECK(got.count == 2);
    CHECK_FALSE(got.price);
    CHECK(got.how == shop::size::large);
    CHECK(got.tags.size() == 1);
  }
  CHECK(says("[1,2]").as<std::vector<int>>().size() == 2);
  CHECK(says("{\"a\":[true]}").json().at("a").at(0).as_bool());
}

TEST_CASE("an answer that is no JSON, or does not fit, says what is wrong and where") {
  CHECK(why_not(says("I cannot do that.")).starts_with("the answer is no JSON: "));
  CHECK(why_not(says("")) == "the answer is empty, and no JSON");
  CHECK(why_not(says(R"({"name":"pear"})")) == "the answer does not fit: $.count: is missing");
  CHECK(why_not(says(R"({"name":"pear","count":2.5,"price":null,"how":"small","tags":[]})")) ==
        "the answer does not fit: $.count: must be of type integer, not number");
  CHECK(why_not(says(R"({"name":"pear")", outcome::length)).starts_with("the answer is cut off (length)"));
  CHECK_THROWS_AS((void)says("\"a\"").as<int>(), weir::error);
}

TEST_CASE("the failure of an answer is thrown in place of a complaint about its JSON") {
  auto c = says("{", outcome::truncated);
  c.failure = failure(errc::truncated, "broke off");
  try {
    (void)c.json();
    FAIL("no exception");
  } catch (const error& e) {
    CHECK(e.code() == errc::truncated);
  }
}

TEST_CASE("a typed tool takes a struct and tells a text, or a value as JSON") {
  const auto text = typed_tool("find", "Finds", [](const shop::query& q) { return "found " + q.text; });
  CHECK(text.declaration().parameters() == schema_of<shop::query>().text());
  CHECK(text.check(R"({"text":"a"})") == "$.most: is missing");
  CHECK(run(text, R"({"text":"a","most":null})") == "found a");
  const auto value = typed_tool("make", "Makes", [](shop::query q) -> asio::awaitable<shop::item> {
    shop::item made;
    made.name = q.text;
    made.price = 21.5;
    co_return made;
  });
  CHECK(run(value, R"({"text":"a","most":1})") == R"({"name":"a","count":0,"price":21.5,"how":"small","tags":[]})");
}
