// Responses at every split, their limits and their verdicts.
#include <doctest/doctest.h>

#include <algorithm>
#include <functional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "http/response/response_reader.hpp"
#include "http/response_cases.hpp"

using namespace response_cases;
using weir::errc;
using weir::error_code;
using weir::http::reader_limits;
using weir::http::response_reader;

namespace {

class outcome {
public:
  outcome() = default;
  std::string verdict;
  std::string body;
};

// Reads pieces of `bytes` that end at `cuts`, then an orderly end, and describes the outcome.
outcome read(std::string_view bytes, const std::vector<std::size_t>& cuts, reader_limits limits = {}) {
  response_reader reader(limits);
  outcome out;
  error_code ec;
  std::size_t at = 0;
  const auto feed = [&](std::string_view piece) {
    while (!piece.empty() && !reader.done() && !ec) {
      std::string_view body;
      const auto n = reader.next(piece, body, ec);
      if (n == 0 && !ec)
        FAIL("nothing was consumed");
      piece.remove_prefix(n);
      out.body += body;
    }
    return piece.size();
  };
  std::size_t left = 0;
  for (auto cut : cuts) {
    left += feed(bytes.substr(at, cut - at));
    at = cut;
  }
  left += feed(bytes.substr(at));
  if (!ec)
    reader.finish(ec);
  if (ec) {
    CHECK(!reader.problem().empty());
    CHECK(!reader.reusable());
    out.verdict = weir::name_of(static_cast<errc>(ec.value()));
    return out;
  }
  const char* connection = !reader.reusable() ? "close" : left != 0 ? "left over" : "keep";
  out.verdict = ok(reader.head().status, out.body, connection);
  return out;
}

std::vector<std::size_t> every_byte(std::size_t size) {
  std::vector<std::size_t> cuts;
  for (std::size_t i = 1; i < size; ++i)
    cuts.push_back(i);
  return cuts;
}

} // namespace

TEST_CASE("every response gets its verdict whole, byte by byte and at every split in two") {
  const auto cases = table();
  CHECK(cases.size() >= 84);
  for (const auto& c : cases) {
    CAPTURE(c.name);
    const auto whole = read(c.bytes, {});
    CHECK(whole.verdict == c.verdict);
    const auto bytewise = read(c.bytes, every_byte(c.bytes.size()));
    CHECK(bytewise.verdict == whole.verdict);
    CHECK(bytewise.body == whole.body);
    std::size_t different = 0;
    for (std::size_t cut = 1; cut < c.bytes.size(); ++cut) {
      const auto split = read(c.bytes, {cut});
      different += split.verdict != whole.verdict || split.body != whole.body;
    }
    CHECK(different == 0);
  }
}

TEST_CASE("a response cut at any byte is never taken for complete") {
  for (const auto& c : table()) {
    if (!c.verdict.ends_with("keep"))
      continue;
    CAPTURE(c.name);
    for (std::size_t size = 0; size < c.bytes.size(); ++size)
      if (read(std::string_view(c.bytes).substr(0, size), {}).verdict != bad(errc::connection_lost))
        FAIL_CHECK("taken for complete after " << size << " bytes");
  }
}

TEST_CASE("floods are stopped after little more than their limit was read") {
  for (const auto& c : floods()) {
    CAPTURE(c.name);
    for (std::size_t step : {std::size_t{1} << 30, std::size_t{16384}, std::size_t{7}}) {
      response_reader reader;
      error_code ec;
      std::string_view left = c.bytes, body;
      std::size_t consumed = 0;
      while (!ec && !left.empty() && !reader.done()) {
        const auto n = reader.next(left.substr(0, step), body, ec);
        left.remove_prefix(n);
        consumed += n;
      }
      CHECK(std::string(weir::name_of(static_cast<errc>(ec.value()))) == c.verdict);
      CHECK(consumed <= (160u << 10));
    }
  }
}

TEST_CASE("a body limit gives exactly as many bytes and then fails, however the body ends") {
  reader_limits limits;
  limits.body = 5;
  for (const auto& bytes : {chunked("3\r\nabc\r\n3\r\ndef\r\n0\r\n\r\n"), head("") + "abcdef"}) {
    for (const auto& cuts : {std::vector<std::size_t>{}, every_byte(bytes.size())}) {
      const auto r = read(bytes, cuts, limits);
      CHECK(r.verdict == bad(errc::response_too_large));
      CHECK(r.body == "abcde");
    }
  }
  CHECK(read(head("Content-Length: 6\r\n") + "abcdef", {}, limits).verdict == bad(errc::response_too_large));
  CHECK(read(head("Content-Length: 5\r\n") + "abcde", {}, limits).body == "abcde");
  CHECK(read(chunked("5\r\nabcde\r\n0\r\n\r\n"), {}, limits).body == "abcde");
}

TEST_CASE("only a body that the connection's end delimits is flagged so") {
  for (const auto& [bytes, flagged] :
       {std::pair(head("") + "x", true), std::pair(sized(""), false), std::pair(chunked("0\r\n\r\n"), false)}) {
    response_reader reader;
    std::string_view left = bytes, body;
    error_code ec;
    while (!left.empty() && !ec)
      left.remove_prefix(reader.next(left, body, ec));
    CHECK(!ec);
    CHECK(reader.close_delimited() == flagged);
    CHECK(reader.done() == !flagged);
  }
}

TEST_CASE("fields keep their order and values, and trailers are not among them") {
  response_reader reader;
  error_code ec;
  std::string_view body;
  const auto text = chunked("0\r\nX-Late: 3\r\n\r\n", "X-A: 1\r\nX-b:  two words \r\n");
  std::string_view left = text;
  while (!left.empty() && !ec)
    left.remove_prefix(reader.next(left, body, ec));
  CHECK(!ec);
  REQUIRE(reader.done());
  CHECK(reader.head().headers.size() == 3);
  CHECK(reader.head().headers.get("x-a") == "1");
  CHECK(reader.head().headers.get("X-B") == "two words");
  CHECK(!reader.head().headers.has("x-late"));
}

TEST_CASE("the status of a response refused for its coding can still be read") {
  response_reader reader;
  error_code ec;
  std::string_view body;
  const auto text = head("Content-Encoding: gzip\r\nContent-Length: 1\r\n", "HTTP/1.1 203 Yes");
  reader.next(text, body, ec);
  CHECK(ec == errc::unexpected_content);
  CHECK(reader.has_head());
  CHECK(reader.head().status == 203);
}

TEST_CASE("two lengths are refused by the guard itself, whatever the library would do") {
  response_reader reader;
  error_code ec;
  std::string_view body;
  reader.next(head("Content-Length: 2\r\nContent-Length: 3\r\n"), body, ec);
  CHECK(reader.problem() == "there are two different content lengths");
}

TEST_CASE("a length beside chunks is refused by the guard itself, whatever the library would do") {
  response_reader reader;
  error_code ec;
  std::string_view body;
  reader.next(head("Transfer-Encoding: chunked\r\nContent-Length: 2\r\n"), body, ec);
  CHECK(reader.problem() == "there are both a content length and a transfer coding");
}

TEST_CASE("an error is final") {
  response_reader reader;
  error_code ec;
  std::string_view body;
  reader.next("nonsense", body, ec);
  CHECK(ec == errc::malformed_response);
  CHECK(reader.next(sized(""), body, ec) == 0);
  CHECK(ec == errc::malformed_response);
  reader.finish(ec);
  CHECK(ec == errc::malformed_response);
}

TEST_CASE("random chunkings and random splits give back the body") {
  for (unsigned seed = 1; seed <= 300; ++seed) {
    CAPTURE(seed);
    std::mt19937 random(seed);
    std::string body, chunks;
    for (auto n = random() % 20; n > 0; --n) {
      std::string data(1 + random() % 300, '\0');
      std::generate(data.begin(), data.end(), [&] { return "\r\n0a;"[random() % 5]; });
      char size[20];
      std::snprintf(size, sizeof size, random() % 2 ? "%zx" : "%zX", data.size());
      chunks += size;
      if (random() % 4 == 0)
        chunks += ";x=y";
      chunks += "\r\n" + data + "\r\n";
      body += data;
    }
    const auto bytes = chunked(chunks + "0\r\n\r\n");
    std::vector<std::size_t> cuts(random() % 30);
    std::generate(cuts.begin(), cuts.end(), [&] { return random() % bytes.size(); });
    std::sort(cuts.begin(), cuts.end());
    const auto r = read(bytes, cuts);
    CHECK(r.body == body);
    CHECK(r.verdict == ok(200, body, "keep"));
  }
}

TEST_CASE("random damage never gives more body than bytes, nor a verdict that depends on the split") {
  const auto cases = table();
  for (unsigned seed = 1; seed <= 3000; ++seed) {
    CAPTURE(seed);
    std::mt19937 random(seed);
    auto bytes = cases[random() % cases.size()].bytes;
    if (bytes.empty())
      continue;
    for (auto n = 1 + random() % 3; n > 0; --n) {
      const auto at = random() % bytes.size();
      switch (random() % 3) {
      case 0: bytes[at] = static_cast<char>(random()); break;
      case 1: bytes.insert(at, 1, "\r\n \t:;0"[random() % 7]); break;
      default: bytes.erase(at, 1 + random() % 4); break;
      }
      if (bytes.empty())
        bytes.assign(1, 'x');
    }
    const auto whole = read(bytes, {});
    CHECK(whole.body.size() <= bytes.size());
    const auto split = read(bytes, {random() % bytes.size()});
    const auto bytewise = read(bytes, every_byte(bytes.size()));
    CHECK(split.verdict == whole.verdict);
    CHECK(split.body == whole.body);
    CHECK(bytewise.verdict == whole.verdict);
    CHECK(bytewise.body == whole.body);
  }
}
