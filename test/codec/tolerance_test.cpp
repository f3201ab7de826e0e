// What servers send that breaks the rules: mended where the meaning is clear.
#include <doctest/doctest.h>

#include "codec/framing/sse.hpp"
#include "codec/json/json.hpp"
#include "codec/json/json_mend.hpp"
#include "codec/json/json_pieces.hpp"
#include "codec/text/surrogates.hpp"
#include "codec/text/utf8.hpp"

using namespace weir::codec;

namespace {

const std::string wave = "\xF0\x9F\x8C\x8A";
const std::string odd = "\xEF\xBF\xBD";

std::string mended(std::string_view text) {
  weir::error_code ec;
  const auto v = parse_answer(text, ec);
  return ec ? "refused" : to_text(v);
}

// Events as "type|data#", with the one that finish() returns after a '+'.
std::string events_of(std::string_view stream, std::size_t cut = std::string_view::npos) {
  sse_decoder d;
  std::string all;
  sse_event e;
  const auto note = [&] { all.append(e.type).append("|").append(e.data).append("#"); };
  for (const auto part : {stream.substr(0, cut), cut < stream.size() ? stream.substr(cut) : std::string_view()}) {
    d.feed(part);
    while (d.next(e))
      note();
  }
  if (d.finish(e)) {
    all += "+";
    note();
  }
  return all;
}

} // namespace

TEST_CASE("an answer that a strict parser refuses is mended where its meaning is clear") {
  CHECK(mended(R"({"a":"x\ud83cy"})") == "{\"a\":\"x" + odd + "y\"}");
  CHECK(mended(R"({"a":"\udf0a\ud83c"})") == "{\"a\":\"" + odd + odd + "\"}");
  CHECK(mended(R"({"a":"\ud83c\udf0a\ud83c"})") == "{\"a\":\"" + wave + odd + "\"}");
  CHECK(mended(R"({"a":"\\ud83c"})") == R"({"a":"\\ud83c"})");
  CHECK(mended(R"({"\ud83c":1})") == "{\"" + odd + "\":1}");
  CHECK(mended("{\"a\":\"x\ty\"}") == R"({"a":"x\ty"})");
  CHECK(mended("{\"a\":\"\xFF\"}") == "{\"a\":\"" + odd + "\"}");
  CHECK(mended("\xEF\xBB\xBF{\"a\":1}") == R"({"a":1})");
  CHECK(mended(R"({"a":NaN,"b":[-Infinity,Infinity],"c":"NaN"})") == R"({"a":null,"b":[null,null],"c":"NaN"})");
  CHECK(mended(R"({"a":1,"a":2})") == R"({"a":2})");
  for (const auto broken : {"{\"a\":\"\\ud83c", "{\"a\":", "{\"a\":\"\\ud8\"}", "NaNa", "{} {}", "", "\\", "{\"\\"})
    CHECK(mended(broken) == "refused");
}

TEST_CASE("halves of characters are kept where they may meet, and are never written") {
  weir::error_code ec;
  bool mended = false;
  const auto v = parse_answer(R"({"a":"x\ud83c","b":"\udf0ay"})", ec, mended);
  REQUIRE_FALSE(ec);
  CHECK(mended);
  const std::string a(*string_at(v, "a")), b(*string_at(v, "b"));
  CHECK(ends_in_half(a));
  CHECK_FALSE(ends_in_half(b));
  CHECK(settle_surrogates(a + b) == "x" + wave + "y");
  CHECK(settle_surrogates(a) == "x" + odd);
  CHECK(to_text(v) == "{\"a\":\"x" + odd + "\",\"b\":\"" + odd + "y\"}");
  parse_answer(R"({"a":1})", ec, mended);
  CHECK_FALSE(mended);
  CHECK_FALSE(has_surrogate("\xED\x95\x9C\xEA\xB8\x80")); // Hangul begins with the same byte
}

TEST_CASE("what is mended is valid, whatever was cut off") {
  const std::string text = R"({"a":"\ud83c\udf0a\ud83c","b":[NaN,"\udf0a)"
                           "\x01\xC3"
                           R"("]})";
  for (std::size_t n = 0; n <= text.size(); ++n) {
    const auto m = mend_json(text.substr(0, n), lone_surrogates::replace);
    CHECK(valid_utf8_prefix(m) == m.size());
  }
}

TEST_CASE("SSE: an error field is an event, and so is an object without a field's name") {
  const std::string_view streams[] = {"error: {\"code\":500}\n\n", "data: a\n\n{\"error\":1}\n{\"b\":2}\ndata: c\n\n"};
  const std::string_view wanted[] = {"error|{\"code\":500}#", "|a#|{\"error\":1}#|{\"b\":2}#|c#"};
  for (std::size_t i = 0; i < 2; ++i)
    for (std::size_t cut = 0; cut <= streams[i].size(); ++cut)
      CHECK(events_of(streams[i], cut) == wanted[i]);
}

TEST_CASE("SSE: the last event is given at the end without its blank line") {
  CHECK(events_of("data: a\n\ndata: b") == "|a#+|b#");
  CHECK(events_of("data: a\n\nevent: x\ndata: b\n") == "|a#+x|b#");
  CHECK(events_of("data: a\n\n{\"b\":1}") == "|a#+|{\"b\":1}#");
  CHECK(events_of("data: a\n\n") == "|a#");
  CHECK(events_of("data: a\n\nevent: x") == "|a#");
  CHECK(events_of("data: a\neve") == "+|a#");
  CHECK(events_of("") == "");
  for (const std::string_view cut : {"d", "dat", "ev", "i"}) {
    sse_decoder d;
    sse_event e;
    d.feed(cut);
    CHECK_FALSE(d.next(e));
    CHECK_FALSE(d.finish(e));
    CHECK(d.stray().empty());
  }
}

TEST_CASE("SSE: the beginning of malformed lines is kept") {
  sse_decoder d;
  sse_event e;
  const std::string many(10'000, 'x');
  const std::string stream = ": ping\nretry: 3\nid: 1\nTraceback: boom\n{\n" + many + "\n";
  d.feed(stream);
  while (d.next(e)) {
  }
  CHECK(d.stray().starts_with("Traceback: boom\n{\nxxx"));
  CHECK(d.stray().size() == sse_decoder::max_stray);
}

TEST_CASE("control characters outside strings are dropped") {
  CHECK(mended(std::string("{\"a\":1}\n\0\0", 10)) == R"({"a":1})");
  CHECK(mended("\x1e{\"a\":\x0c 1}\n") == R"({"a":1})");
}

TEST_CASE("a sequence of objects is split only where it is nothing else") {
  CHECK(is_row_of_objects(R"({"a":"}"}{"b":{"c":"\"{"}})"));
  CHECK(is_row_of_objects("{} ,\n {}\n"));
  for (const char* text : {"", "{}", "[{}]", "{}x{}", "{}{", R"({"a":"}{"})", "x{}{}", "{}{}]"}) {
    CAPTURE(text);
    CHECK_FALSE(is_row_of_objects(text));
  }
  std::string_view rest = R"( {"a":1},{"b":[{}]} x)";
  CHECK(take_object(rest) == R"({"a":1})");
  CHECK(take_object(rest) == R"({"b":[{}]})");
  CHECK(take_object(rest).empty());
  CHECK(rest == " x");
}

TEST_CASE("events separated by one line end are told apart if each is an object, at any split") {
  const std::string stream = "data: {\"a\":1}\ndata: {\"b\":2}\nid: 7\ndata:{\"c\":3}\n: ping\ndata: [DONE]\n";
  for (std::size_t cut = 0; cut <= stream.size(); ++cut) {
    CAPTURE(cut);
    CHECK(events_of(stream, cut) == "|{\"a\":1}#|{\"b\":2}#|{\"c\":3}#+|[DONE]#");
  }
  // One value over several lines, and texts, are one event each as ever.
  CHECK(events_of("data: {\"a\":\ndata: {}}\n\n") == "|{\"a\":\n{}}#");
  CHECK(events_of("data: {}\ndata: x\n\n") == "|{}\nx#");
  CHECK(events_of("data: }\ndata: \ndata: {\n\n") == "|}\n\n{#");
}
