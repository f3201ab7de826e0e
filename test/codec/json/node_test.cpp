// A document read in one pass holds what the tree holds, of every text that is JSON, and of no other.
#include "codec/json/node.hpp"

#include <doctest/doctest.h>

#include <cstring>
#include <memory>

#include "codec/seeds.hpp"
#include "codec/sse_run.hpp"

using namespace codec_test;
using namespace weir::codec;

namespace {

// From a block of its size, so that a read beyond it is seen by the address sanitizer.
class block {
public:
  explicit block(std::string_view text) : bytes_(new char[text.size()]), size_(text.size()) {
    std::memcpy(bytes_.get(), text.data(), text.size());
  }
  std::string_view text() const { return {bytes_.get(), size_}; }

private:
  std::unique_ptr<char[]> bytes_;
  std::size_t size_;
};

// Of a text whose tree is left to the other parser although it is JSON.
bool is_left_over(std::string_view text) { return text.find_first_of("eE") != text.npos || text.size() > 300; }

// 1: read in one pass. 0: left to the tree, or not JSON.
int compare(std::string_view text) {
  const block held(text);
  INFO(shown(text));
  weir::error_code strict, tolerant, seen;
  bool mended = false, seen_mended = false;
  const auto tree = parse_json(text, strict);
  const auto answer = parse_answer(text, tolerant, mended);
  document d;
  const bool once = d.parse(held.text());
  if (once) {
    REQUIRE_FALSE(strict);
    CHECK(to_text(d.root()) == to_text(tree)); // tells 1, 1.0 and -0.0 apart
    CHECK(to_value(d.root()) == tree);
  } else if (!strict) {
    CHECK(is_left_over(text));
  }
  d.read(held.text(), seen, seen_mended);
  CHECK(seen == tolerant);
  CHECK(seen_mended == mended);
  CHECK(to_value(d.root()) == answer);
  return once ? 1 : 0;
}

class author {
public:
  explicit author(dice& d) : d_(&d) {}

  std::string value(int depth) {
    switch (d_->below(depth > 0 ? 9 : 6)) {
    case 0: return one_of({"null", "true", "false"});
    case 1: return number();
    case 2: return number();
    case 6: return list(depth);
    case 7:
    case 8: return object(depth);
    default: return string();
    }
  }

private:
  std::string one_of(std::initializer_list<std::string_view> all) {
    return std::string(all.begin()[d_->below(all.size())]);
  }
  std::string space() { return one_of({"", "", "", " ", "\t", "\r\n", "  "}); }
  std::string digits(std::size_t most) {
    std::string s;
    for (auto n = 1 + d_->below(most); n-- > 0;)
      s += static_cast<char>('0' + d_->below(10));
    return s;
  }
  std::string number() {
    auto s = one_of({"", "-"});
    s += d_->below(3) == 0 ? std::string("0")
                           : std::string(1, static_cast<char>('1' + d_->below(9))) + digits(d_->below(8) == 0 ? 24 : 4);
    if (d_->below(3) == 0)
      s += "." + digits(d_->below(8) == 0 ? 40 : 6);
    if (d_->below(6) == 0)
      s += one_of({"e", "E"}) + one_of({"", "+", "-"}) + digits(3);
    return s;
  }
  std::string string() {
    std::string s = "\"";
    for (auto n = d_->below(8); n-- > 0;)
      s += one_of({"a", "content", " the river", "\\n", "\\\"", "\\\\", "\\/", "\\b\\f\\r\\t", "\\u0041", "\\u00e9",
                   "\\uD83D\\uDE00", "\\u0000", "\xE6\xB2\xB3", "\xF0\x9F\x98\x80", "{", "]", ":", "12345678"});
    return s + '"';
  }
  std::string list(int depth) {
    auto s = "[" + space();
    const auto n = d_->below(4);
    for (std::size_t i = 0; i < n; ++i)
      s += (i ? "," : "") + space() + value(depth - 1) + space();
    return s + "]";
  }
  std::string object(int depth) {
    auto s = "{" + space();
    const auto n = d_->below(6);
    for (std::size_t i = 0; i < n; ++i)
      s += (i ? "," : "") + space() + "\"" + std::to_string(d_->below(3) ? i : d_->below(40)) +
           one_of({"", "key", "\\u006b"}) + "\"" + space() + ":" + space() + value(depth - 1) + space();
    return s + "}";
  }

  dice* d_;
};

std::string mutated(std::string text, dice& d) {
  constexpr std::string_view parts[] = {"\"",      "\\",
                                        "{",       "}",
                                        "[",       "]",
                                        ",",       ":",
                                        "0",       "-",
                                        ".",       "e",
                                        "\\u",     "\\uD83D",
                                        "\\uDE00", "\x01",
                                        "\x80",    "\xED\xA0\x80",
                                        "null",    " ",
                                        "\x7F",    "\xEF\xBB\xBF",
                                        "1e999",   "NaN"};
  for (auto n = 1 + d.below(3); n-- > 0 && !text.empty();) {
    const auto at = d.below(text.size());
    switch (d.below(4)) {
    case 0: text.erase(at, 1 + d.below(4)); break;
    case 1: text.insert(at, parts[d.below(std::size(parts))]); break;
    case 2: text[at] = static_cast<char>(d.below(256)); break;
    default: text.resize(at);
    }
  }
  return text;
}

std::string nested(std::size_t depth, std::string_view open, std::string_view inner, std::string_view close) {
  std::string s;
  for (std::size_t i = 0; i < depth; ++i)
    s += open;
  s += inner;
  for (std::size_t i = 0; i < depth; ++i)
    s += close;
  return s;
}

} // namespace

TEST_CASE("a document holds the values of a text") {
  document d;
  REQUIRE(
      d.parse(R"( {"a": [1, -2.5, "x\ny", null], "b": {"c": true}, "d": 18446744073709551615, "e": "\ud83d\ude00"} )"));
  const auto& v = d.root();
  REQUIRE(v.is_object());
  CHECK(v.size() == 4);
  const auto* a = array_at(v, "a");
  REQUIRE(a);
  CHECK(a->size() == 4);
  std::string kinds;
  for (const auto& one : a->elements())
    kinds += one.is_int64() ? 'i' : one.is_double() ? 'd' : one.is_string() ? 's' : one.is_null() ? 'n' : '?';
  CHECK(kinds == "idsn");
  CHECK(a->front().get_int64() == 1);
  CHECK(bool_at(*object_at(v, "b"), "c") == true);
  CHECK(uint_at(v, "d") == 18446744073709551615u);
  CHECK(string_at(v, "e") == "\xF0\x9F\x98\x80");
  CHECK(find(v, "f") == nullptr);
  CHECK(to_text(*a) == R"([1,-2.5,"x\ny",null])");
}

TEST_CASE("what is odd is read as the tree reads it") {
  for (const std::string_view text : {"",
                                      " ",
                                      "{",
                                      "}",
                                      "nul",
                                      "nulll",
                                      "tru",
                                      "\"",
                                      "\"\\",
                                      "\"\\u12",
                                      "\"\\uD83D\"",
                                      "\"\\uD83D\\u0041\"",
                                      "\"\\uDE00\"",
                                      "01",
                                      "-",
                                      "-a",
                                      "1.",
                                      "1.e5",
                                      ".5",
                                      "1e",
                                      "1e+",
                                      "1e400",
                                      "1e-400",
                                      "0e99999999999",
                                      "1E-0999",
                                      "9223372036854775807",
                                      "9223372036854775808",
                                      "-9223372036854775808",
                                      "-9223372036854775809",
                                      "18446744073709551615",
                                      "18446744073709551616",
                                      "-0",
                                      "-0.0",
                                      "0.0",
                                      "1.0",
                                      R"({"a":1,"a":2})",
                                      R"({"a":1,"\u0061":2})",
                                      R"({"ab":1,"ba":2})",
                                      R"({"":1,"":2})",
                                      "[1,]",
                                      "[,1]",
                                      "{\"a\"}",
                                      "{\"a\":}",
                                      R"({"a":1,})",
                                      "[1 2]",
                                      "[1] x",
                                      "\xEF\xBB\xBF{}",
                                      "\"\x01\"",
                                      "\"\x7F\"",
                                      "\"\xED\xA0\x80\"",
                                      "NaN",
                                      "{'a':1}",
                                      "[\"a\"\"b\"]",
                                      "123456789012345678",
                                      "1234567890123456789",
                                      "[1e5,2E+3,3e-2]",
                                      "\t[\r\n]\t"})
    compare(text);
  for (const std::size_t depth : {63u, 64u, 65u, 1000u}) {
    compare(nested(depth, "[", "", "]"));
    compare(nested(depth, R"({"a":)", "1", "}"));
    compare(nested(depth, "[", "", ""));
  }
  compare("[" + std::string(400, '1') + "]");
  compare("[0." + std::string(400, '0') + "1]");
  compare("[" + std::string(290, '1') + ".5]");
}

TEST_CASE("no two members of an object have the same key") {
  for (const std::size_t members : {2u, 40u, 64u, 65u, 66u, 500u})
    for (const bool twice : {false, true}) {
      std::string text = "{";
      for (std::size_t i = 0; i < members; ++i)
        text += "\"k" + std::to_string(i) + "\":{},";
      text += twice ? "\"k1\":1}" : "\"other\":1}";
      compare(text);
    }
}

TEST_CASE("a document grows beyond what it holds by itself") {
  std::string list = "[";
  for (int i = 0; i < 5000; ++i)
    list += "\"a\\n" + std::to_string(i) + "\",";
  CHECK(compare(list + "1.5]") == 1);
  document d;
  REQUIRE(d.parse(list + "2]"));
  REQUIRE(d.parse("[1]"));
  CHECK(d.root().size() == 1);
}

TEST_CASE("one pass and the tree agree on random texts and on broken ones") {
  constexpr auto name = "one pass and the tree agree on random texts and on broken ones";
  int once = 0, all = 0;
  for_seeds(20000, [&](std::uint64_t seed) {
    dice d(seed);
    auto text = author(d).value(4);
    INFO(replay(seed, name));
    once += compare(text);
    ++all;
    compare(mutated(std::move(text), d));
  });
  CHECK(once * 10 > all * 7); // few are left to the tree
}
