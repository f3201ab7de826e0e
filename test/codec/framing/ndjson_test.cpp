// Newline-delimited JSON: lines at every split, and their limit.
#include <doctest/doctest.h>

#include "codec/framing/ndjson.hpp"
#include "codec/seeds.hpp"
#include "codec/sse_run.hpp"

using namespace codec_test;
using namespace std::string_view_literals;
using weir::codec::ndjson_splitter;

namespace {

void drain(ndjson_splitter& splitter, std::string_view part, std::string& lines) {
  const std::unique_ptr<char[]> block(new char[part.size() + 1]);
  std::memcpy(block.get(), part.data(), part.size());
  splitter.feed(std::string_view(block.get(), part.size()));
  std::string_view line;
  while (splitter.next(line))
    lines.append(line).append("#");
  std::memset(block.get(), '?', part.size());
}

std::string split(const std::vector<std::string_view>& parts) {
  ndjson_splitter splitter;
  std::string lines;
  for (const auto part : parts)
    drain(splitter, part, lines);
  std::string_view line;
  if (splitter.finish(line))
    lines.append(line).append("#");
  CHECK_FALSE(splitter.finish(line));
  return lines;
}

} // namespace

TEST_CASE("NDJSON: lines come out the same at every split") {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"", ""},
      {"\n\n\r\n", ""},
      {"{}\n", "{}#"},
      {"{}", "{}#"},
      {"{}\r\n", "{}#"},
      {"{}\r", "{}#"},
      {"1\n2\n3", "1#2#3#"},
      {"1\r\n\r\n2\r\n", "1#2#"},
      {"1\n \t\n2\n  ", "1#2#"},
      {" 1 \n", " 1 #"},
      {"\"a\rb\"\n", "\"a\rb\"#"},
      {"1\r\r\n", "1\r#"},
      {"\xEF\xBB\xBF{}\n{}\n", "{}#{}#"},
      {"\xEF\xBB\xBF", ""},
      {"\n\xEF\xBB\xBF{}\n", "\xEF\xBB\xBF{}#"},
      {"\"\0\"\n"sv, "\"\0\"#"sv},
  };
  for (const auto& [text, expected] : cases) {
    INFO(shown(text));
    CHECK(split({text}) == expected);
    CHECK(split(bytes_of(text)) == expected);
    for (std::size_t cut = 0; cut <= text.size(); ++cut)
      CHECK(split({text.substr(0, cut), text.substr(cut)}) == expected);
  }
}

TEST_CASE("NDJSON: random lines survive random splits") {
  for_seeds(5'000, [](std::uint64_t seed) {
    dice d(seed);
    std::string text;
    std::string expected;
    for (auto n = d.below(10); n > 0; --n) {
      const std::string line(d.below(20), static_cast<char>('a' + d.below(26)));
      text.append(line).append(d.below(2) ? "\n" : "\r\n");
      if (!line.empty())
        expected.append(line).append("#");
    }
    if (split(random_parts(text, d)) != expected)
      FAIL_CHECK(replay(seed, "NDJSON: random lines survive random splits"), "  text: ", shown(text));
  });
}

TEST_CASE("NDJSON: a line at the limit is read, one byte more ends the stream") {
  const std::string limit(ndjson_splitter::max_line, 'x');
  SUBCASE("at the limit") {
    CHECK(split({limit, "\r\n1\n"}).size() == limit.size() + 3);
    CHECK(split({limit}).size() == limit.size() + 1);
  }
  SUBCASE("over it, whole") {
    ndjson_splitter splitter;
    std::string lines;
    drain(splitter, "1\n" + limit + "x\n2\n", lines);
    CHECK(lines == "1#");
    CHECK(splitter.failed() == weir::errc::response_too_large);
    drain(splitter, "3\n", lines);
    std::string_view line;
    CHECK_FALSE(splitter.finish(line));
    CHECK(lines == "1#");
  }
  SUBCASE("over it, without an end") {
    ndjson_splitter splitter;
    std::string lines;
    const std::string block(1 << 20, 'x');
    std::size_t fed = 0;
    while (!splitter.failed() && fed < 100) {
      drain(splitter, block, lines);
      ++fed;
    }
    CHECK(fed == 9);
  }
  SUBCASE("over it at the end") {
    ndjson_splitter splitter;
    std::string lines;
    drain(splitter, limit + "x", lines);
    std::string_view line;
    CHECK_FALSE(splitter.finish(line));
    CHECK(splitter.failed() == weir::errc::response_too_large);
  }
}
