// Streams of lines of JSON, as Ollama sends them.
#include "client/dialect_events.hpp"
#include "client/support.hpp"

using namespace weir;
using namespace weir::test;

namespace {

const std::string head =
    "HTTP/1.1 200 OK\r\ncontent-type: application/x-ndjson; charset=utf-8\r\nconnection: close\r\n\r\n";
const std::string said = "{\"message\":{\"content\":\"Hello\"},\"done\":false}\n";
const std::string end = "{\"done\":true,\"done_reason\":\"stop\",\"prompt_eval_count\":2,\"eval_count\":3}";

// The body ends where the connection does.
seen answered(const std::string& body, std::size_t slice = 0) {
  bench b(options().provider("ollama").base_url("http://127.0.0.1:8080"));
  b.net->add(script().slice(slice).expect("POST /api/chat").reply(head + body).close());
  auto s = b.stream_chat();
  b.check_clean();
  return s;
}

} // namespace

TEST_CASE("lines are read at any slicing, with blank ones and CRLF between them") {
  for (const std::size_t slice : {0, 1, 5}) {
    const auto s = answered("\r\n" + said + "\n" + end + "\r\n", slice);
    CHECK(s.text == "Hello");
    CHECK(s.outcome == outcome::complete);
    CHECK_FALSE(s.code);
  }
}

TEST_CASE("a last line without a line end counts if it is complete, a partial one is ignored") {
  CHECK(answered(said + end).outcome == outcome::complete);
  for (std::size_t n = 0; n < end.size(); ++n) {
    const auto s = answered(said + end.substr(0, n));
    CAPTURE(n);
    CHECK(s.text == "Hello");
    CHECK(s.outcome == outcome::truncated);
    CHECK(s.code == errc::truncated);
  }
}

TEST_CASE("an error line ends the stream, also as the last one without a line end") {
  for (const char* tail : {"\n", "", "\nmore"}) {
    const auto s = answered(said + "{\"error\":\"out of memory\"}" + tail);
    CHECK(s.text == "Hello");
    CHECK(s.outcome == outcome::in_band_error);
    CHECK(s.code == errc::in_band_error);
  }
}

TEST_CASE("a line over the limit ends the stream") {
  const auto s = answered(said + "{\"message\":{\"content\":\"" + std::string((8u << 20) + 1, 'x'));
  CHECK(s.text == "Hello");
  CHECK(s.outcome == outcome::truncated);
  CHECK(s.code == errc::response_too_large);
}
