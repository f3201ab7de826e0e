// A streamed chat whose first response only says where the stream is, as at Replicate.
#include "client/support.hpp"

using namespace weir;
using namespace weir::test;

namespace {

const std::string stream = "event: output\ndata: Hel\n\nevent: output\ndata: lo\n\nevent: done\ndata: {}\n\n";

std::string announced(std::string_view place) {
  return answer(201, "application/json", "{\"id\":\"p\",\"urls\":{\"stream\":\"" + std::string(place) + "\"}}");
}

options at_replicate() { return options().provider("replicate").base_url("http://127.0.0.1:8080"); }

} // namespace

TEST_CASE("an announced stream is read from its URL, over the same connection if possible") {
  bench b(at_replicate());
  b.net->add(script()
                 .expect("POST /v1/models/m/predictions")
                 .reply(announced("http://127.0.0.1:8080/s/1"))
                 .expect("GET /s/1")
                 .reply(answer(200, "text/event-stream", stream)));
  const auto s = b.stream_chat();
  CHECK(s.text == "Hello");
  CHECK(s.outcome == outcome::complete);
  CHECK(b.net->opened() == 1);
  b.check_clean();
}

TEST_CASE("an announced stream that is refused, truncated or missing is a failure, and nothing is left open") {
  class wrong {
  public:
    std::string first, second;
    errc code;
    bool opens;
  };
  const std::vector<wrong> all = {
      {announced("http://127.0.0.1:8080/s/1"), answer(404, "application/json", "{\"detail\":\"gone\"}"),
       errc::not_found, false},
      {announced("http://127.0.0.1:8080/s/1"), answer(200, "text/event-stream", stream).substr(0, 90), errc::truncated,
       true},
      {announced("http://10.0.0.1/s/1"), "", errc::insecure, false},
      {answer(201, "application/json", "{}"), "", errc::unsupported, false},
      {announced("http://127.0.0.1:8080/s/1").substr(0, 80), "", errc::connection_lost, false},
      {answer(422, "application/json", "{\"detail\":\"no prompt\"}"), "", errc::bad_request, false},
  };
  for (const auto& w : all) {
    CAPTURE(w.first);
    bench b(at_replicate());
    auto peer = script().expect("POST /v1/models/m/predictions").reply(w.first);
    if (!w.second.empty())
      peer.expect("GET /s/1").reply(w.second);
    b.net->add(peer.close());
    const auto s = b.stream_chat();
    CHECK(s.opened == w.opens);
    CHECK(s.code == w.code);
    b.check_clean();
  }
}

TEST_CASE("a response that does not end is waited for as long as for a first token") {
  bench b(at_replicate().first_token_timeout(2s));
  b.net->add(script()
                 .expect("POST /v1/models/m/predictions")
                 .reply(announced("http://127.0.0.1:8080/s/1").substr(0, 80))
                 .stall());
  const auto s = b.stream_chat();
  CHECK(s.code == errc::first_token_timeout);
  CHECK(b.now() <= 3s);
  b.check_clean();
}
