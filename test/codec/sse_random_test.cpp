// Random event streams and random UTF-8, compared with the reference.
#include <doctest/doctest.h>

#include <array>

#include "codec/seeds.hpp"
#include "codec/sse_run.hpp"
#include "codec/text/utf8.hpp"

using namespace codec_test;
using namespace std::string_view_literals;

namespace {

constexpr std::array fields = {"data"sv, "data:"sv, "data: "sv, "event: "sv, "id: "sv, ":"sv, ""sv};
constexpr std::array ends = {"\n"sv, "\n"sv, "\n\n"sv, "\r"sv, "\r\n"sv, "\r\r"sv, "\r\n\r\n"sv};
constexpr std::array pieces = {"data"sv,
                               "data:"sv,
                               "data: "sv,
                               "data:  "sv,
                               "event"sv,
                               "event:"sv,
                               "event: add"sv,
                               "id"sv,
                               "id:"sv,
                               "id: 7"sv,
                               "retry: 10"sv,
                               "Data:"sv,
                               "datas:"sv,
                               ":"sv,
                               ":"sv,
                               " "sv,
                               "x"sv,
                               "{}"sv,
                               "{"sv,
                               "error"sv,
                               "error: x"sv,
                               "\0"sv,
                               "\t"sv,
                               "\n"sv,
                               "\n"sv,
                               "\n"sv,
                               "\n"sv,
                               "\n\n"sv,
                               "\n\n"sv,
                               "\r"sv,
                               "\r"sv,
                               "\r\n"sv,
                               "\r\n"sv,
                               "\r\n\r\n"sv,
                               "\xEF\xBB\xBF"sv,
                               "\xEF"sv,
                               "\xBB"sv,
                               "\xBF"sv,
                               "\xC3\xA9"sv,
                               "\xE2\x80\xA8"sv,
                               "\xF0\x9F\x98\x80"sv,
                               "\xF0\x9F"sv,
                               "\x80"sv,
                               "\xED\xA0\x80"sv,
                               "\xC0"sv,
                               "\xF4\x90"sv,
                               "\xE0\x80"sv,
                               "\xFF"sv,
                               "\x0B"sv,
                               "\xC2\x85"sv};

std::string random_stream(dice& d) {
  std::string stream;
  if (d.below(4) == 0)
    stream = "\xEF\xBB\xBF";
  for (auto n = d.below(16); n > 0; --n) {
    const bool line = d.below(2) == 0;
    if (line)
      stream.append(fields[d.below(fields.size())]);
    stream.append(pieces[d.below(pieces.size())]);
    if (line)
      stream.append(ends[d.below(ends.size())]);
  }
  return stream;
}

} // namespace

TEST_CASE("SSE: random streams decode as the reference does at random splits") {
  constexpr auto name = "SSE: random streams decode as the reference does at random splits";
  std::size_t events = 0;
  for_seeds(200'000, [&](std::uint64_t seed) {
    dice d(seed);
    const auto stream = random_stream(d);
    const auto expected = parse_reference(stream);
    const auto parts = random_parts(stream, d);
    events += expected.events.empty() ? 0 : 1;
    if (run(parts) != expected) {
      FAIL_CHECK(replay(seed, name), "  stream: ", shown(stream), "  expected: ", shown(expected.events),
                 "  got: ", shown(run(parts).events));
    }
  });
  if (!std::getenv("WEIR_SEED"))
    CHECK(events > 50'000);
}

TEST_CASE("UTF-8: random bytes are repaired as the reference does") {
  constexpr auto name = "UTF-8: random bytes are repaired as the reference does";
  constexpr std::array<unsigned char, 16> edges = {0x00, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF,
                                                   0xC1, 0xC2, 0xDF, 0xE0, 0xED, 0xF0, 0xF4, 0xF5};
  for_seeds(20'000, [&](std::uint64_t seed) {
    dice d(seed);
    std::string bytes(d.below(50), 'a'); // long enough for the scan of whole words
    for (auto n = d.below(12); n > 0; --n)
      bytes.push_back(static_cast<char>(d.below(3) == 0 ? d.below(256) : edges[d.below(edges.size())]));
    bytes.append(d.below(20), 'b');
    // The reference takes a BOM off; this function decodes the inside of a stream.
    const auto expected = encode_reference(decode_reference("x" + bytes)).substr(1);
    std::string got;
    weir::codec::append_repaired(got, bytes);
    const auto prefix = weir::codec::valid_utf8_prefix(bytes);
    const bool whole = expected == bytes;
    if (got != expected || (prefix == bytes.size()) != whole || bytes.substr(0, prefix) != expected.substr(0, prefix))
      FAIL_CHECK(replay(seed, name), "  bytes: ", shown(bytes), "  got: ", shown(got));
  });
}
