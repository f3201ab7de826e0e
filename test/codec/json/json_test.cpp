// Strict reading and faithful writing of JSON.
#include <doctest/doctest.h>

#include <bit>
#include <charconv>
#include <cmath>
#include <limits>

#include <boost/json/monotonic_resource.hpp>
#include <boost/json/null_resource.hpp>

#include "codec/json/json.hpp"
#include "codec/seeds.hpp"
#include "codec/sse_run.hpp"

using namespace codec_test;
using namespace std::string_view_literals;
using namespace weir::codec;

namespace {

bool accepts(std::string_view text) {
  // From a block of its size, so that a read beyond it is seen by the address sanitizer.
  const std::unique_ptr<char[]> block(new char[text.size()]);
  std::memcpy(block.get(), text.data(), text.size());
  weir::error_code ec;
  const auto value = parse_json(std::string_view(block.get(), text.size()), ec);
  if (ec) {
    CHECK(ec == weir::errc::malformed_response);
    CHECK(value.is_null());
  }
  return !ec;
}

json::value parsed(std::string_view text) {
  weir::error_code ec;
  auto value = parse_json(text, ec);
  INFO(shown(text));
  REQUIRE_FALSE(ec);
  return value;
}

std::uint64_t bits(double d) { return std::bit_cast<std::uint64_t>(d); }

std::string nested(std::size_t depth, std::string_view open, std::string_view close, std::string_view inner) {
  std::string text;
  for (std::size_t i = 0; i < depth; ++i)
    text.append(open);
  text.append(inner);
  for (std::size_t i = 0; i < depth; ++i)
    text.append(close);
  return text;
}

constexpr std::string_view good[] = {"null",
                                     "true",
                                     "false",
                                     "0",
                                     "-0",
                                     "1",
                                     "-1",
                                     "12345",
                                     "1.5",
                                     "-1.5",
                                     "0.1",
                                     "1e1",
                                     "1E1",
                                     "1e+1",
                                     "1e-1",
                                     "1.5e10",
                                     "0e1",
                                     "0e+1",
                                     "0.0",
                                     "-0.0",
                                     "123456789012345678901234567890",
                                     "-123456789012345678901234567890",
                                     "1e308",
                                     "-1e308",
                                     "1e-400",
                                     "4.9e-324",
                                     "\"\"",
                                     "\"a\"",
                                     "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"",
                                     "\"\\u0041\"",
                                     "\"\\u0000\"",
                                     "\"\\ud83d\\ude00\"",
                                     "\"\xC3\xA9\"",
                                     "\"\xF0\x9F\x98\x80\"",
                                     "\"\xF4\x8F\xBF\xBF\"",
                                     "\"\x7F\"",
                                     "\"\xE2\x80\xA8\"",
                                     "\"\xEF\xBB\xBF\"",
                                     "\"\\uFFFF\"",
                                     "[]",
                                     "[[]]",
                                     "[1,2]",
                                     "[ 1 , 2 ]",
                                     "[null]",
                                     "[\"a\",{}]",
                                     "{}",
                                     "{\"a\":1}",
                                     "{\"a\":{\"a\":{\"a\":1}}}",
                                     "{\"\":0}",
                                     "{ \"a\" : [ ] }",
                                     "{\"a\":1,\"A\":2}",
                                     "{\"a\\u0000\":1,\"a\":2}",
                                     " 1 ",
                                     "\t\n\r 1\t\n\r ",
                                     "[1]\n",
                                     "{\"a\":[{\"b\":1},{\"b\":1}]}",
                                     "{\"\\u00e9\":1,\"e\":2}"};

constexpr std::string_view bad[] = {"",
                                    " ",
                                    "nul",
                                    "nulll",
                                    "True",
                                    "NULL",
                                    "undefined",
                                    "NaN",
                                    "Infinity",
                                    "-Infinity",
                                    "-",
                                    "+1",
                                    "01",
                                    "-01",
                                    "00",
                                    "1.",
                                    ".5",
                                    "-.5",
                                    "1.e1",
                                    "1e",
                                    "1e+",
                                    "1e1.5",
                                    "0x10",
                                    "1_000",
                                    "1 2",
                                    "--1",
                                    "1-",
                                    "\"",
                                    "\"a",
                                    "a\"",
                                    "'a'",
                                    "\"\n\"",
                                    "\"\t\"",
                                    "\"\x1F\"",
                                    "\"\0\""sv,
                                    "\"\\\"",
                                    "\"\\x\"",
                                    "\"\\u\"",
                                    "\"\\u123\"",
                                    "\"\\u123g\"",
                                    "\"\\ud83d\"",
                                    "\"\\ude00\"",
                                    "\"\\ud83dx\"",
                                    "\"\\ud83d\\u0041\"",
                                    "\"\\U0041\"",
                                    "\"\\a\"",
                                    "\"\\0\"",
                                    "[",
                                    "]",
                                    "[1",
                                    "[1,",
                                    "[1,]",
                                    "[,1]",
                                    "[1 2]",
                                    "[1,,2]",
                                    "[1]]",
                                    "[1}",
                                    "[\"a\"",
                                    "{",
                                    "}",
                                    "{\"a\"",
                                    "{\"a\":",
                                    "{\"a\":1",
                                    "{\"a\":1,",
                                    "{\"a\":1,}",
                                    "{\"a\" 1}",
                                    "{\"a\"::1}",
                                    "{a:1}",
                                    "{'a':1}",
                                    "{1:1}",
                                    "{null:1}",
                                    "{,}",
                                    "{\"a\":1 \"b\":2}",
                                    "{\"a\":1]",
                                    "{\"a\"}",
                                    "{}{}",
                                    "[] []",
                                    "1 //",
                                    "/* */ 1",
                                    "[1] x",
                                    "{} #",
                                    "\xEF\xBB\xBF{}",
                                    "{}\xEF\xBB\xBF",
                                    "1\0"sv,
                                    "\0"sv,
                                    "\v1",
                                    "\xC2\xA0"
                                    "1",
                                    "\"\x80\"",
                                    "\"\xFF\"",
                                    "\"\xC0\x80\"",
                                    "\"\xC3\"",
                                    "\"\xE0\x80\x80\"",
                                    "\"\xED\xA0\x80\"",
                                    "\"\xE6\xB2\"",
                                    "\"\xF0\x9F\x98\"",
                                    "\"\xF4\x90\x80\x80\"",
                                    "\"\xF5\x80\x80\x80\"",
                                    "{\"\xFF\":1}",
                                    "\"\\\xFF\"",
                                    "\xFF",
                                    "[\"a\",\n4\n,1,",
                                    "[1,\n1\n,1",
                                    "{\"a\":\"b\"}}",
                                    "<html>",
                                    "data: {}",
                                    "[DONE]"};

} // namespace

TEST_CASE("JSON: what RFC 8259 allows is read") {
  for (const auto text : good) {
    INFO(shown(text));
    CHECK(accepts(text));
  }
}

TEST_CASE("JSON: what it forbids is refused, and so is every truncated text") {
  for (const auto text : bad) {
    INFO(shown(text));
    CHECK_FALSE(accepts(text));
  }
  constexpr auto whole = R"({"a":[1.5,"x\u00e9\n",{"b":null}],"c":true,"d":{"e":-1e-3}})"sv;
  REQUIRE(accepts(whole));
  for (std::size_t n = 0; n < whole.size(); ++n) {
    CAPTURE(n);
    CHECK_FALSE(accepts(whole.substr(0, n)));
  }
}

TEST_CASE("JSON: a duplicate key is an error at any depth and size") {
  CHECK_FALSE(accepts(R"({"a":1,"a":1})"));
  CHECK_FALSE(accepts(R"({"role":"user","content":"x","role":"system"})"));
  CHECK_FALSE(accepts(R"({"a":1,"\u0061":2})"));
  CHECK_FALSE(accepts(R"([[{"x":{"a":{},"b":0,"a":{}}}]])"));
  CHECK_FALSE(accepts(R"({"a":{"b":1,"c":2},"a":0})"));
  CHECK_FALSE(accepts(R"({"a":0,"a":{"b":1,"c":2}})"));
  CHECK_FALSE(accepts(R"({"":0,"":0})"));
  CHECK(accepts(R"({"a":{"a":[{"a":1},{"a":1}]},"b":{"a":1}})"));
  std::string many = "{";
  for (int i = 0; i < 1000; ++i)
    many += "\"k" + std::to_string(i) + "\":0,";
  CHECK(accepts(many + "\"k1000\":0}"));
  CHECK_FALSE(accepts(many + "\"k500\":0}"));
}

TEST_CASE("JSON: a depth of 64 is read, 65 is refused, and far more does no harm") {
  CHECK(accepts(nested(64, "[", "]", "")));
  CHECK_FALSE(accepts(nested(65, "[", "]", "")));
  CHECK(accepts(nested(64, "{\"a\":", "}", "1")));
  CHECK_FALSE(accepts(nested(65, "{\"a\":", "}", "1")));
  CHECK(accepts(nested(32, "[{\"a\":", "}]", "1")));
  CHECK_FALSE(accepts(nested(32, "[{\"a\":", "}]", "[]")));
  CHECK_FALSE(accepts(nested(100'000, "[", "", "")));
  CHECK_FALSE(accepts(nested(100'000, "{\"a\":", "", "")));
}

TEST_CASE("JSON: integers keep their kind up to the limits of 64 bits") {
  CHECK(parsed("9223372036854775807").as_int64() == INT64_MAX);
  CHECK(parsed("-9223372036854775808").as_int64() == INT64_MIN);
  CHECK(parsed("9223372036854775808").as_uint64() == 9223372036854775808u);
  CHECK(parsed("18446744073709551615").as_uint64() == UINT64_MAX);
  CHECK(parsed("{\"seed\":18446744073709551615}").at("seed").as_uint64() == UINT64_MAX);
  CHECK(parsed("18446744073709551616").as_double() == 18446744073709551616.0);
  CHECK(parsed("-9223372036854775809").as_double() == -9223372036854775808.0);
  CHECK(parsed("0").as_int64() == 0);
  CHECK(bits(parsed("-0").as_double()) == bits(-0.0));
  CHECK(bits(parsed("[-0                                            ]").at(0).as_double()) == bits(-0.0));
  CHECK(parsed("-10").as_int64() == -10);
  CHECK(parsed("1.0").as_double() == 1.0);
  CHECK(parsed("1e0").as_double() == 1.0);
}

TEST_CASE("JSON: a number too large is an error, one too small is zero") {
  for (const std::string_view text : {"1e309", "-1e309", "1e400", "-1e400", "1.8e308", "179769313486231580794e288",
                                      "1e99999999999999", "1e2147483648", "0e99999999999999", "1e-99999999999999"}) {
    CAPTURE(text);
    CHECK_FALSE(accepts(text));
  }
  CHECK_FALSE(accepts(std::string("1") + std::string(400, '0')));
  CHECK_FALSE(accepts(std::string("[1") + std::string(400, '0') + ".5]"));
  CHECK(parsed("1.7976931348623157e308").as_double() == std::numeric_limits<double>::max());
  CHECK(parsed("1" + std::string(400, '0') + "e-400").as_double() == 1.0);
  CHECK(parsed("0." + std::string(400, '0') + "1e401").as_double() == 1.0);
  CHECK(bits(parsed("1e-400").as_double()) == bits(0.0));
  CHECK(bits(parsed("-1e-400").as_double()) == bits(-0.0));
  CHECK(bits(parsed("-1e-2147483647").as_double()) == bits(-0.0));
  CHECK(bits(parsed("0." + std::string(400, '0') + "1").as_double()) == bits(0.0));
  CHECK(parsed("5e-324").as_double() == std::numeric_limits<double>::denorm_min());
  CHECK(parsed("2.2250738585072011e-308").as_double() == 2.2250738585072011e-308);
}

TEST_CASE("JSON: doubles are those of std::from_chars bit for bit and survive writing") {
  constexpr auto name = "JSON: doubles are those of std::from_chars bit for bit and survive writing";
  for_seeds(120'000, [&](std::uint64_t seed) {
    dice d(seed);
    std::string text = d.below(2) ? "-" : "";
    switch (d.below(3)) {
    case 0: { // any double, as its shortest text
      double any = 0;
      do
        any = std::bit_cast<double>(d.roll());
      while (!std::isfinite(any));
      char buffer[64];
      text.assign(buffer, std::to_chars(buffer, buffer + sizeof buffer, any).ptr);
      break;
    }
    case 1: // as logprobs look
      text += std::to_string(d.below(40)) + "." + std::to_string(d.roll() >> d.below(64));
      break;
    default: // many digits and an exponent
      text += std::to_string(1 + d.below(9));
      for (auto n = d.below(30); n > 0; --n)
        text.push_back(static_cast<char>('0' + d.below(10)));
      text += ".";
      for (auto n = 1 + d.below(30); n > 0; --n)
        text.push_back(static_cast<char>('0' + d.below(10)));
      text += (d.below(2) ? "e-" : "e") + std::to_string(d.below(270));
    }
    double expected = 0;
    std::from_chars(text.data(), text.data() + text.size(), expected);
    weir::error_code ec;
    const auto value = parse_json("[" + text + "]", ec);
    if (ec) {
      FAIL_CHECK(replay(seed, name), "  refused: ", text);
      return;
    }
    const auto& number = value.get_array()[0];
    if (!number.is_double()) // an integer's shortest text
      return;
    if (bits(number.get_double()) != bits(expected))
      FAIL_CHECK(replay(seed, name), "  text: ", text);
    if (bits(parsed(to_text(value)).at(0).to_number<double>()) != bits(expected))
      FAIL_CHECK(replay(seed, name), "  written: ", to_text(value));
  });
}

TEST_CASE("JSON: strings are decoded, also where an escape or much text splits them") {
  CHECK(parsed(R"("\u00e9\ud83d\ude00\n\/")").as_string() == "\xC3\xA9\xF0\x9F\x98\x80\n/");
  CHECK(parsed("\"a\\u0000b\"").as_string() == "a\0b"sv);
  const std::string much(10'000, 'x');
  CHECK(parsed("\"" + much + "\\n" + much + "\"").as_string() == much + "\n" + much);
  CHECK(parsed("{\"" + much + "\\t\":1}").as_object().begin()->key() == much + "\t");
}

TEST_CASE("JSON: the value lives in the storage that was given") {
  unsigned char buffer[4096];
  json::monotonic_resource resource(buffer, sizeof buffer, boost::json::get_null_resource());
  weir::error_code ec;
  const auto text = R"({"choices":[{"delta":{"content":"a text longer than a short string"}}]})";
  const auto value = parse_json(text, ec, &resource);
  CHECK_FALSE(ec);
  CHECK(value.storage().get() == &resource);
}

TEST_CASE("JSON: an argument that cannot be read names itself, the reason and the place") {
  CHECK(parse_argument(R"({"a":1})", "extra_body").as_object().size() == 1);
  for (const std::string_view text : {"{\"a\":1,}", "{\"a\":1,\"a\":2}", "1e999", "{} {}", ""}) {
    CAPTURE(text);
    try {
      parse_argument(text, "extra_body");
      FAIL_CHECK("accepted");
    } catch (const weir::error& e) {
      CHECK(e.code() == weir::errc::invalid_argument);
      CHECK(e.failure().message().find("extra_body") == 0);
      CHECK(e.failure().message().find("byte") != std::string::npos);
    }
  }
}

TEST_CASE("JSON: writing keeps members in order, numbers as they were, and is always JSON") {
  for (const std::string_view text :
       {"null", "true", "[]", "{}", "[[],{}]", R"({"model":"m","messages":[{"role":"user"}],"a":null})", "[1,-1,0]",
        "-0.0", "18446744073709551615", "-9223372036854775808", "0.7", "1.0", "1e+300", "5e-324", "0.1", "[1.5,2.25]",
        R"("\"\\\b\f\n\r\t\u0000\u001f/")", "\"\xC3\xA9\xF0\x9F\x98\x80\x7F\""}) {
    CHECK(to_text(parsed(text)) == text);
  }
  CHECK(to_text(json::value(std::numeric_limits<double>::infinity())) == "null");
  CHECK(to_text(json::value(-std::numeric_limits<double>::infinity())) == "null");
  CHECK(to_text(json::value(std::numeric_limits<double>::quiet_NaN())) == "null");
  CHECK(to_text(json::value("a\xFF\xE6\xB2\"")) == "\"a\xEF\xBF\xBD\xEF\xBF\xBD\\\"\"");
  CHECK(to_text(parsed("-0")) == "-0.0");
}

TEST_CASE("JSON: reading a member tolerates whatever is there") {
  const auto v = parsed(R"({"s":"x","i":7,"n":-7,"u":18446744073709551615,"w":3.0,"f":3.5,"z":-0,"b":false,
    "a":[1],"o":{"k":1},"null":null,"big":1e300,"two63":9223372036854775808.0,"min":-9223372036854775808.0,
    "two64":18446744073709551616})");
  CHECK(find(v, "s")->as_string() == "x");
  CHECK(find(v, "null") == nullptr);
  CHECK(find(v, "absent") == nullptr);
  CHECK(find(parsed("[1]"), "s") == nullptr);
  CHECK(find(parsed("null"), "s") == nullptr);

  CHECK(string_at(v, "s") == "x");
  CHECK_FALSE(string_at(v, "i"));
  CHECK_FALSE(string_at(v, "null"));

  CHECK(uint_at(v, "i") == 7);
  CHECK(uint_at(v, "u") == UINT64_MAX);
  CHECK(uint_at(v, "w") == 3);
  CHECK(uint_at(v, "z") == 0);
  CHECK(uint_at(v, "two63") == 9223372036854775808u);
  for (const std::string_view key : {"n", "f", "big", "two64", "min", "s", "null", "absent", "b"}) {
    CAPTURE(key);
    CHECK_FALSE(uint_at(v, key));
  }
  CHECK(int_at(v, "n") == -7);
  CHECK(int_at(v, "w") == 3);
  CHECK(int_at(v, "min") == INT64_MIN);
  for (const std::string_view key : {"u", "f", "big", "two63", "two64", "s", "null", "absent"}) {
    CAPTURE(key);
    CHECK_FALSE(int_at(v, key));
  }
  CHECK(number_at(v, "i") == 7.0);
  CHECK(number_at(v, "f") == 3.5);
  CHECK(number_at(v, "u") == 18446744073709551616.0);
  CHECK_FALSE(number_at(v, "s"));
  CHECK(bool_at(v, "b") == false);
  CHECK_FALSE(bool_at(v, "i"));
  CHECK(array_at(v, "a")->size() == 1);
  CHECK(array_at(v, "o") == nullptr);
  CHECK(object_at(v, "o")->size() == 1);
  CHECK(object_at(v, "a") == nullptr);
}
