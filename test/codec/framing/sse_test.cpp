// Event streams: the table of cases, copies, comments and limits.
#include <doctest/doctest.h>

#include <iterator>

#include "codec/sse_cases.hpp"
#include "codec/sse_run.hpp"

using namespace codec_test;
using weir::codec::sse_decoder;
using weir::codec::sse_event;

namespace {

std::size_t drain(sse_decoder& decoder) {
  sse_event event;
  std::size_t n = 0;
  while (decoder.next(event))
    ++n;
  return n;
}

std::size_t drain(sse_decoder& decoder, std::string_view bytes) {
  decoder.feed(bytes);
  return drain(decoder);
}

} // namespace

TEST_CASE("SSE: every case gives its events whole, byte by byte and at every split in two") {
  static_assert(std::size(sse_cases) >= 95);
  for (const auto& c : sse_cases) {
    CAPTURE(c.name);
    const auto expected = parse_reference(c.stream);
    CHECK(shown(expected.events) == shown(c.events)); // the table and the reference agree
    CHECK(run({c.stream}) == expected);
    CHECK(run(bytes_of(c.stream)) == expected);
    for (std::size_t cut = 0; cut <= c.stream.size(); ++cut) {
      CAPTURE(cut);
      CHECK(run({c.stream.substr(0, cut), c.stream.substr(cut)}) == expected);
      CHECK(run({c.stream.substr(0, cut), "", c.stream.substr(cut)}) == expected);
    }
  }
}

TEST_CASE("SSE: an event is given as soon as its blank line ends, even by a CR alone") {
  sse_decoder decoder;
  CHECK(drain(decoder, "data: a\r") == 0);
  CHECK(drain(decoder, "\r") == 1);
  CHECK(drain(decoder, "\n") == 0);
  CHECK_FALSE(decoder.mid_event());
  CHECK(drain(decoder, "data: b\r\n\r\n") == 1);
}

TEST_CASE("SSE: nothing is decoded before next() is called") {
  sse_decoder decoder;
  sse_event event;
  decoder.feed("id: 1\ndata: a\n\n:x\n\nid: 2\ndata: b\n\n");
  CHECK(decoder.comments() == 0);
  CHECK(decoder.next(event));
  CHECK(event.data == "a");
  CHECK(decoder.last_id() == "1");
  CHECK(decoder.comments() == 0);
  CHECK(decoder.next(event));
  CHECK(decoder.last_id() == "2");
  CHECK_FALSE(decoder.next(event));
}

TEST_CASE("SSE: an event that lies entirely in the fed bytes is not copied") {
  sse_decoder decoder;
  sse_event event;
  const std::string_view bytes = "event: x\ndata: {\"a\":\"\xC3\xA9\"}\n\n";
  decoder.feed(bytes);
  REQUIRE(decoder.next(event));
  CHECK(event.data.data() == bytes.data() + 15);
}

TEST_CASE("SSE: the count of comments tells pings from silence") {
  sse_decoder decoder;
  drain(decoder, "data: a\n\n");
  CHECK(decoder.comments() == 0);
  drain(decoder, ": ping\n");
  CHECK(decoder.comments() == 1);
  drain(decoder, "\n");
  CHECK(decoder.comments() == 2);
  drain(decoder, "retry: 5\nfoo: bar\n");
  CHECK(decoder.comments() == 4);
  drain(decoder, "event: x\nid: 3\ndata: b\n\n");
  CHECK(decoder.comments() == 4);
}

TEST_CASE("SSE: mid_event tells whether the stream broke off inside an event") {
  sse_decoder decoder;
  CHECK_FALSE(decoder.mid_event());
  drain(decoder, "data: a\n\n");
  CHECK_FALSE(decoder.mid_event());
  drain(decoder, "dat");
  CHECK(decoder.mid_event());
  drain(decoder, "a: b\n");
  CHECK(decoder.mid_event());
  CHECK(drain(decoder, "\n") == 1);
  CHECK_FALSE(decoder.mid_event());
  drain(decoder, ": ping\n");
  CHECK_FALSE(decoder.mid_event());
  drain(decoder, "event: x\n");
  CHECK(decoder.mid_event());
}

TEST_CASE("SSE: a line at the limit is read, one byte more ends the stream") {
  const std::string limit = "data:" + std::string(sse_decoder::max_line - 5, 'x');
  SUBCASE("at the limit, whole") {
    sse_decoder decoder;
    CHECK(drain(decoder, limit + "\n\n") == 1);
    CHECK_FALSE(decoder.failed());
  }
  SUBCASE("at the limit, in parts") {
    sse_decoder decoder;
    CHECK(drain(decoder, limit.substr(0, 1000)) == 0);
    CHECK(drain(decoder, limit.substr(1000)) == 0);
    CHECK_FALSE(decoder.failed());
    CHECK(drain(decoder, "\r") == 0);
    CHECK(drain(decoder, "\n\r\n") == 1);
  }
  SUBCASE("over it, whole: the events before it are given") {
    sse_decoder decoder;
    CHECK(drain(decoder, "data: a\n\n" + limit + "x\n\ndata: b\n\n") == 1);
    CHECK(decoder.failed() == weir::errc::response_too_large);
    CHECK(drain(decoder, "data: c\n\n") == 0);
    CHECK(decoder.failed() == weir::errc::response_too_large);
  }
  SUBCASE("over it, without an end") {
    sse_decoder decoder;
    CHECK(drain(decoder, limit) == 0);
    CHECK_FALSE(decoder.failed());
    CHECK(drain(decoder, "x") == 0);
    CHECK(decoder.failed() == weir::errc::response_too_large);
  }
  SUBCASE("a comment, too") {
    sse_decoder decoder;
    const std::string block(1 << 20, ':');
    std::size_t fed = 0;
    while (!decoder.failed() && fed < 100) {
      drain(decoder, block);
      ++fed;
    }
    CHECK(fed == 9);
  }
}

TEST_CASE("SSE: an event at the limit is read, one byte more ends the stream") {
  // Two of these joined leave nine bytes.
  const std::string half = "data:" + std::string(sse_decoder::max_line - 5, 'x') + "\n";
  SUBCASE("data at the limit") {
    sse_decoder decoder;
    CHECK(drain(decoder, half) == 0);
    CHECK(drain(decoder, half) == 0);
    CHECK(drain(decoder, "data:12345678\n\n") == 1);
    CHECK_FALSE(decoder.failed());
  }
  SUBCASE("data over it") {
    sse_decoder decoder;
    CHECK(drain(decoder, half + half + "data:123456789\n") == 0);
    CHECK(decoder.failed() == weir::errc::response_too_large);
  }
  SUBCASE("type and id count") {
    sse_decoder decoder;
    CHECK(drain(decoder, half + half + "event:12345678\nid:9\nid:90\n") == 0);
    CHECK(decoder.failed() == weir::errc::response_too_large);
  }
  SUBCASE("replacement characters count") {
    sse_decoder decoder;
    CHECK(drain(decoder, "data:" + std::string(sse_decoder::max_event / 3 + 1, '\xFF') + "\n\n") == 0);
    CHECK(decoder.failed() == weir::errc::response_too_large);
  }
  SUBCASE("each event begins anew") {
    sse_decoder decoder;
    for (int i = 0; i < 4; ++i)
      CHECK(drain(decoder, half + "\n") == 1);
    CHECK_FALSE(decoder.failed());
  }
}
