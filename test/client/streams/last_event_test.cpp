// How the end of a stream is judged: unterminated events, and errors in no known form.
#include "client/support.hpp"

using namespace weir;
using namespace weir::test;

namespace {

const std::string said =
    "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hello\"},\"finish_reason\":null}]}\n\n";
const std::string end = "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}";

// The body ends where the connection does.
seen answered(const std::string& body, std::string* remote = nullptr) {
  bench b;
  b.net->add(expect_request()
                 .reply("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n" + body)
                 .close());
  seen s;
  CHECK(b.run([&]() -> asio::awaitable<void> { co_await b.read(s); }));
  if (remote)
    *remote = s.what;
  b.check_clean();
  return s;
}

} // namespace

TEST_CASE("a last event without its blank line counts if it is complete, a partial one is ignored") {
  CHECK(answered(said + end).outcome == outcome::complete);
  CHECK(answered(said + "data: [DONE]").outcome == outcome::complete);
  for (std::size_t n = 0; n < end.size(); ++n) {
    CAPTURE(n);
    const auto s = answered(said + end.substr(0, n));
    CHECK(s.text == "Hello");
    CHECK(s.outcome == outcome::truncated);
    CHECK(s.code == errc::truncated);
  }
}

TEST_CASE("an error in the stream as a field, as bare JSON or as text is shown") {
  for (const std::string error :
       {"error: {\"code\":500,\"message\":\"out of memory\"}\n\n", "{\"error\":{\"message\":\"out of memory\"}}\n",
        "{\"error\":\"out of memory\"}", "event: error\ndata: out of memory", "Traceback: out of memory\n"}) {
    CAPTURE(error);
    std::string what;
    const auto s = answered(said + error, &what);
    CHECK(s.text == "Hello");
    CHECK(s.code == condition::truncated);
    CHECK(what.find("out of memory") != std::string::npos);
  }
  CHECK(answered("Note: none\n" + said + end).outcome == outcome::complete);
}

TEST_CASE("an end without an answer is no success, streamed or not") {
  CHECK(answered("data: [DONE]\n\n").code == errc::truncated);
  bench b;
  b.net->add(expect_request().reply(answer(200, "application/json", "{\"choices\":[]}")));
  error_code code;
  CHECK(b.run([&]() -> asio::awaitable<void> {
    try {
      co_await b.client().chat(weir::chat("m").user("hi"));
    } catch (const error& e) {
      code = e.code();
    }
  }));
  CHECK(code == errc::truncated);
}
