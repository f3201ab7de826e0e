#include "batch/output/object_writer.hpp"

#include <doctest/doctest.h>

using namespace weir;

TEST_CASE("a text is quoted as the codec does it, whatever its bytes") {
  std::string all;
  for (int c = 0; c != 256; ++c) {
    const std::string one{'x', static_cast<char>(c), 'y'};
    all += one;
    std::string out;
    append_quoted(out, one);
    CHECK(out == codec::to_text(codec::json::value(one)));
  }
  all += "é€😀 \xed\xa0\x80 \xf0\x9f";
  std::string out;
  append_quoted(out, all);
  CHECK(out == codec::to_text(codec::json::value(all)));
  error_code ec;
  codec::parse_json(out, ec);
  CHECK(!ec);
}

TEST_CASE("what is escaped is found wherever it stands") {
  for (const std::string_view special : {"\"", "\\", "\n", "\x1f", " ", "!", "#", "[", "]", "\x7f", "é", "\xff"})
    for (std::size_t size = 0; size != 20; ++size)
      for (std::size_t at = 0; at <= size; ++at) {
        auto text = std::string(size, 'x').insert(at, special);
        std::string out;
        append_quoted(out, text);
        CHECK(out == codec::to_text(codec::json::value(text)));
        text += "\"\"\\";
        out.clear();
        append_quoted(out, text);
        CHECK(out == codec::to_text(codec::json::value(text)));
      }
}

TEST_CASE("an object is written in place of a value") {
  std::string out;
  object_writer o(out);
  object_writer inner(o.member("in"));
  inner.number("n", std::uint64_t{18446744073709551615u});
  inner.close();
  o.flag("f", true);
  o.close();
  CHECK(out == R"({"in":{"n":18446744073709551615},"f":true})");
}

TEST_CASE("an object has its members in order, JSON among them as it is") {
  std::string out = "{";
  object_writer o(out);
  o.raw("a", "1.50");
  o.text("b\"", "c\n");
  o.null("n");
  o.flag("f", false);
  o.number("i", -5);
  o.number("d", 0.5);
  o.text_if("none", "");
  o.close();
  CHECK(out == R"({{"a":1.50,"b\"":"c\n","n":null,"f":false,"i":-5,"d":0.5})");
}
