// The session of HTTP/2 against frames written by hand.
#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <list>
#include <map>
#include <string>
#include <string_view>

#include "frames.hpp"
#include "http/h2/session.hpp"

using namespace h2_test;
using namespace std::chrono_literals;
using weir::errc;
using weir::http::request;
using weir::http::h2::session;
using weir::http::h2::session_settings;
using weir::http::h2::transfer;

namespace {

std::shared_ptr<request> post(std::string body = "{}") {
  auto r = std::make_shared<request>();
  r->to = weir::net::origin("https", "api.test", 443);
  r->target = "/v1";
  r->body = std::move(body);
  return r;
}

// A session and what its peer has seen of it.
class table {
public:
  explicit table(session_settings settings = {}, weir::http::reader_limits l = {}) : limits(l), s(settings) { flush(); }
  ~table() {
    for (auto& t : transfers)
      s.leave(t);
  }

  transfer& open(std::shared_ptr<request> r = post()) {
    auto& t = transfers.emplace_back(limits);
    s.open(t, std::move(r), now);
    flush();
    return t;
  }
  void get(std::string_view bytes) {
    s.receive(bytes, now);
    while (s.next_changed())
      ++changes;
    flush();
  }
  void flush() {
    for (auto out = s.output(); !out.empty(); out = s.output()) {
      for (auto& f : peer.read(out))
        seen.push_back(std::move(f));
      s.written(out.size());
    }
  }
  void leave(transfer& t) {
    s.leave(t);
    transfers.remove_if([&t](const auto& one) { return &one == &t; });
    flush();
  }
  std::string read(transfer& t) {
    std::string all;
    for (auto piece = s.take(t); piece && !piece->empty(); piece = s.take(t))
      all += *piece;
    flush();
    return all;
  }
  // The frames of a type, of one stream unless `id` is any.
  std::size_t count(std::uint8_t type, std::uint32_t id = any) const {
    return static_cast<std::size_t>(std::count_if(
        seen.begin(), seen.end(), [&](const auto& f) { return f.type == type && (id == any || f.id == id); }));
  }
  const read_frame* last(std::uint8_t type) const {
    for (auto i = seen.rbegin(); i != seen.rend(); ++i)
      if (i->type == type)
        return &*i;
    return nullptr;
  }

  static constexpr std::uint32_t any = UINT32_MAX;
  weir::http::reader_limits limits;
  weir::time_point now{1h};
  session s;
  client_bytes peer;
  std::vector<read_frame> seen;
  std::list<transfer> transfers;
  int changes = 0;
};

const field_list ok = {{":status", "200"}, {"content-type", "text/event-stream"}};

} // namespace

TEST_CASE("h2: the connection begins with the preface and the settings that weir grants") {
  table t;
  REQUIRE(t.count(settings_frame) == 1);
  const auto& sent = t.seen.front();
  CHECK(!t.peer.bad());
  CHECK(sent.payload == setting(2, 0) + setting(4, 512u << 10) + setting(6, 64u << 10));
  REQUIRE(t.count(window_frame, 0) == 1);
  CHECK(t.last(window_frame)->payload == number((16u << 20) - 65535));
}

TEST_CASE("h2: a request has its fields in lower case, and keys that nobody indexes") {
  table t;
  auto r = post("{\"a\":1}");
  r->headers.add("X-Custom", "One");
  r->headers.add("X-Session-Token", "t");
  r->auth = weir::http::credential("authorization", "Bearer", weir::secret("sk-123", "https://api.test"));
  auto& one = t.open(r);
  REQUIRE(t.count(headers_frame) == 1);
  std::vector<std::string> secret;
  const auto fields = t.peer.decode(*t.last(headers_frame), &secret);
  const field_list expected = {{":method", "POST"},
                               {":scheme", "https"},
                               {":authority", "api.test"},
                               {":path", "/v1"},
                               {"user-agent", fields.size() > 4 ? fields[4].second : ""},
                               {"accept", "*/*"},
                               {"accept-encoding", "identity"},
                               {"authorization", "Bearer sk-123"},
                               {"x-custom", "One"},
                               {"x-session-token", "t"},
                               {"content-length", "7"}};
  CHECK(fields == expected);
  CHECK(secret == std::vector<std::string>{"authorization", "x-session-token"});
  REQUIRE(t.count(data_frame, 1) == 1);
  CHECK(t.last(data_frame)->payload == "{\"a\":1}");
  CHECK(t.last(data_frame)->flags == end_stream);
  CHECK(t.s.request_sent(one));
  CHECK(one.bytes_sent() == 18 + 7 + t.last(headers_frame)->payload.size());
}

TEST_CASE("h2: what the writer refuses is refused, and nothing is sent") {
  table t;
  auto r = post();
  r->headers.add("bad name", "x");
  auto& one = t.transfers.emplace_back(t.limits);
  CHECK_THROWS_AS(t.s.open(one, r, t.now), weir::error);
  r = post();
  r->auth = weir::http::credential("authorization", "Bearer", weir::secret("sk-123", "https://other.test"));
  CHECK_THROWS_AS(t.s.open(one, r, t.now), weir::error);
  CHECK(t.s.open_transfers() == 0);
}

TEST_CASE("h2: one connection carries responses in any order") {
  table t;
  auto& a = t.open();
  auto& b = t.open();
  t.get(settings() + headers(3, ok) + headers(1, ok) + data(3, "bb") + data(1, "a1") + data(3, "", true) +
        data(1, "a2", true));
  for (auto* one : {&a, &b}) {
    REQUIRE(one->has_head());
    CHECK(one->status() == 200);
    CHECK(one->over());
    CHECK(one->ended());
  }
  CHECK(a.take_head().headers.get("content-type") == "text/event-stream");
  CHECK(t.read(a) == "a1a2");
  CHECK(t.read(b) == "bb");
  CHECK(t.s.open_transfers() == 0);
  CHECK(t.s.next_event() == weir::never);
}

TEST_CASE("h2: interim heads, trailers and padding are accepted") {
  table t;
  auto& a = t.open();
  t.get(settings() + headers(1, {{":status", "103"}, {"link", "</a>"}}) + headers(1, {{":status", "100"}}) +
        headers(1, ok) +
        frame(data_frame, 8, 1,
              std::string("\x03"
                          "abc",
                          4) +
                  std::string(3, '\0')) +
        headers(1, {{"grpc-status", "0"}, {"x-sum", "1"}}, true));
  CHECK(a.ended());
  CHECK(a.status() == 200);
  CHECK(!a.take_head().headers.has("link"));
  CHECK(t.read(a) == "abc");
}

TEST_CASE("h2: a response that is cut at any byte is an error, with a prefix of the body; any slicing gives the same") {
  const std::string whole = settings() + headers(1, {{":status", "103"}}) + headers(1, ok) + data(1, "hel") +
                            frame(ping_frame, 0, 0, std::string(8, 'p')) + data(1, "lo") +
                            headers(1, {{"x-sum", "1"}}, true);
  for (std::size_t n = 0; n <= whole.size(); ++n) {
    CAPTURE(n);
    table t;
    auto& a = t.open();
    for (char c : whole.substr(0, n))
      t.get(std::string_view(&c, 1));
    t.s.lost("the connection ended");
    CHECK(a.over());
    CHECK(a.ended() == (n == whole.size()));
    if (n < whole.size())
      CHECK(a.failure() == errc::connection_lost);
    CHECK(std::string_view("hello").starts_with(t.read(a)));
    CHECK(a.seen() == (n > 0));
    CHECK(t.s.capacity() == 0);
  }
  for (std::size_t n : {1, 2, 3, 7, 100}) {
    table t;
    auto& a = t.open();
    for (std::string_view rest = whole; !rest.empty(); rest.remove_prefix(std::min(n, rest.size())))
      t.get(rest.substr(0, n));
    CHECK(t.read(a) == "hello");
    CHECK(a.ended());
  }
}

TEST_CASE("h2: what HTTP/1.1 refuses in a head is refused, and the stream is reset") {
  const auto verdict = [](const std::string& frames, weir::http::reader_limits l = {}) {
    table t({}, l);
    auto& a = t.open();
    t.get(settings() + frames);
    CHECK(a.over());
    CHECK(!a.problem().empty());
    CHECK((t.count(rst_frame, 1) == 1 || t.count(goaway_frame) == 1));
    return a.failure();
  };
  for (const char* status : {"99", "600", "20", "2000", "2x0", ""})
    CHECK(verdict(headers(1, {{":status", status}})) == errc::malformed_response);
  CHECK(verdict(headers(1, {{":status", "101"}})) == errc::malformed_response);
  CHECK(verdict(headers(1, {{"server", "x"}})) == errc::malformed_response);
  CHECK(verdict(headers(1, {{":status", "200"}, {"a b", "x"}})) == errc::malformed_response);
  CHECK(verdict(headers(1, {{":status", "200"}, {"a", "x\ny"}})) == errc::malformed_response);
  CHECK(verdict(headers(1, {{":status", "200"}, {"Upper", "x"}})) == errc::malformed_response);
  CHECK(verdict(headers(1, {{":status", "200"}, {"connection", "close"}})) == errc::malformed_response);
  CHECK(verdict(headers(1, {{":status", "200"}, {"transfer-encoding", "chunked"}})) == errc::malformed_response);
  CHECK(verdict(headers(1, {{":status", "200"}, {"content-length", "5x"}})) == errc::malformed_response);
  CHECK(verdict(headers(1, {{":status", "200"}, {"content-length", "5"}, {"content-length", "6"}})) ==
        errc::malformed_response);
  CHECK(verdict(headers(1, {{":status", "200"}, {"content-length", "5"}}) + data(1, "abc", true)) ==
        errc::malformed_response);
  CHECK(verdict(headers(1, {{":status", "200"}, {"content-length", "2"}}) + data(1, "abc")) ==
        errc::malformed_response);
  CHECK(verdict(headers(1, {{":status", "204"}}) + data(1, "abc", true)) == errc::malformed_response);
  CHECK(verdict(headers(1, {{":status", "103"}}, true)) == errc::malformed_response);
  CHECK(verdict(headers(1, {{":status", "200"}, {"content-encoding", "gzip"}})) == errc::unexpected_content);

  std::string interim;
  for (int i = 0; i < 11; ++i)
    interim += headers(1, {{":status", "102"}});
  CHECK(verdict(interim) == errc::response_too_large);
  field_list many = ok;
  for (int i = 0; i < 260; ++i)
    many.emplace_back("a", "b");
  CHECK(verdict(headers(1, many)) == errc::response_too_large);
  std::string large;
  for (int i = 0; i < 5; ++i)
    large += section({{"a" + std::to_string(i), std::string(14000, 'x')}});
  large = section({{":status", "200"}}) + large;
  std::string split = frame(headers_frame, 0, 1, large.substr(0, 16000));
  for (std::size_t at = 16000; at < large.size(); at += 16000)
    split += frame(continuation_frame, at + 16000 >= large.size() ? end_headers : 0, 1, large.substr(at, 16000));
  CHECK(verdict(split) == errc::response_too_large);
  weir::http::reader_limits small;
  small.body = 4;
  CHECK(verdict(headers(1, {{":status", "200"}, {"content-length", "5"}}), small) == errc::response_too_large);
  CHECK(verdict(headers(1, ok) + data(1, "abcde"), small) == errc::response_too_large);
}

TEST_CASE("h2: a refused coding of an error, or of nothing, does not matter") {
  for (const auto& frames :
       {headers(1, {{":status", "500"}, {"content-encoding", "gzip"}}) + data(1, "x", true),
        headers(1, {{":status", "200"}, {"content-encoding", "gzip"}}, true),
        headers(1, {{":status", "200"}, {"content-encoding", "gzip"}, {"content-length", "0"}}) + data(1, "", true)}) {
    table t;
    auto& a = t.open();
    t.get(settings() + frames);
    CHECK(a.ended());
    CHECK(!a.has_failed());
  }
}

TEST_CASE("h2: a slow reader holds one stream window, and delays nobody") {
  session_settings settings_of;
  settings_of.stream_window = 64u << 10;
  settings_of.connection_window = 1u << 20;
  table t(settings_of);
  auto& slow = t.open();
  std::vector<transfer*> others;
  for (int i = 0; i < 99; ++i)
    others.push_back(&t.open());
  std::string heads = settings();
  for (std::uint32_t id = 1; id <= 199; id += 2)
    heads += headers(id, ok);
  t.get(heads);
  const std::string piece(8u << 10, 'x');
  for (int round = 0; round < 8; ++round)
    t.get(data(1, piece)); // its whole window
  CHECK(t.count(window_frame, 1) == 0);
  // Ten times the connection's window in all.
  std::size_t read = 0;
  for (int round = 0; round < 16; ++round)
    for (std::size_t i = 0; i < others.size(); ++i) {
      t.get(data(static_cast<std::uint32_t>(3 + 2 * i), piece));
      read += t.read(*others[i]).size();
    }
  CHECK(read == 16 * 99 * piece.size());
  CHECK(!t.s.over());
  CHECK(t.count(window_frame, 3) > 0);
  CHECK(t.count(window_frame, 1) == 0);
  // The peer that sends more than the window allows breaks the protocol.
  t.get(data(1, piece));
  CHECK(slow.has_failed());
  CHECK(t.read(slow).size() == 64u << 10);
}

TEST_CASE("h2: windows that are credited are flushed, so that a long body goes on") {
  table t;
  auto& a = t.open();
  t.get(settings() + headers(1, ok));
  std::size_t stream = 512u << 10, connection = 16u << 20, read = 0, windows = 0;
  const std::string piece(16u << 10, 'x');
  for (int i = 0; i < 4000; ++i) {
    REQUIRE(stream >= piece.size());
    REQUIRE(connection >= piece.size());
    stream -= piece.size();
    connection -= piece.size();
    t.get(data(1, piece));
    read += t.read(a).size();
    for (; windows < t.seen.size(); ++windows)
      if (const auto& f = t.seen[windows]; f.type == window_frame) {
        std::uint32_t more = 0;
        for (char c : f.payload)
          more = more << 8 | static_cast<unsigned char>(c);
        if (windows > 1)
          (f.id == 0 ? connection : stream) += more;
      }
  }
  CHECK(read == 4000 * piece.size());
}

TEST_CASE("h2: a long request waits for the peer's windows, and the output stays small") {
  session_settings none;
  table t(none);
  auto& a = t.transfers.emplace_back(t.limits);
  t.s.open(a, post(std::string(1u << 20, 'x')), t.now);
  CHECK(t.s.output().size() <= session::most_output + (32u << 10));
  t.flush();
  std::size_t sent = 0;
  for (const auto& f : t.seen)
    sent += f.type == data_frame ? f.payload.size() : 0;
  CHECK(sent == 65535);
  CHECK(!t.s.request_sent(a));
  // Negative windows (RFC 9113, section 6.9.2).
  t.get(settings(setting(4, 1000)));
  t.get(window(0, 1u << 20));
  CHECK(t.count(data_frame) == 4);
  t.get(window(1, 64535));
  CHECK(t.count(data_frame) == 4);
  t.get(window(1, 1));
  CHECK(t.count(data_frame) == 5);
  CHECK(t.last(data_frame)->payload.size() == 1);
  t.get(window(1, 1u << 20));
  CHECK(t.s.request_sent(a));
  CHECK(t.last(data_frame)->flags == end_stream);
}

TEST_CASE("h2: output that the transport does not take does not grow") {
  table t;
  for (int i = 0; i < 20; ++i) {
    auto& a = t.transfers.emplace_back(t.limits);
    t.s.open(a, post(std::string(1u << 20, 'x')), t.now);
  }
  const auto held = t.s.output().size();
  CHECK(held <= session::most_output + (32u << 10));
  CHECK(t.s.output().size() == held);
}

TEST_CASE("h2: cancelling resets at once, and what still comes is consumed") {
  table t;
  auto& a = t.open();
  auto& b = t.open();
  t.get(settings() + headers(1, ok) + data(1, "abc") + headers(3, ok));
  t.leave(a);
  REQUIRE(t.count(rst_frame, 1) == 1);
  CHECK(t.last(rst_frame)->payload == number(8));
  CHECK(t.s.open_transfers() == 1);
  for (int i = 0; i < 30; ++i)
    t.get(data(1, std::string(16u << 10, 'x')));
  t.get(headers(1, {{"x", "y"}}, true) + data(3, "b", true));
  CHECK(t.read(b) == "b");
  CHECK(b.ended());
  // But not without end.
  auto& c = t.open();
  for (int i = 0; i < 40; ++i)
    t.get(data(1, std::string(16u << 10, 'x')));
  CHECK(c.failure() == errc::malformed_response);
  CHECK(c.problem().find("reset") != std::string::npos);
}

TEST_CASE("h2: what follows a response that was refused is consumed, and the others go on") {
  weir::http::reader_limits small;
  small.body = 4;
  table t({}, small);
  auto& a = t.open();
  auto& b = t.open();
  auto& c = t.open();
  t.get(settings() + headers(1, ok) + data(1, "abcde"));
  t.get(headers(3, {{":status", "200"}, {"content-length", "2"}}) + data(3, "abc"));
  for (int i = 0; i < 10; ++i)
    t.get(data(1, std::string(16u << 10, 'x')) + data(3, std::string(16u << 10, 'x')));
  CHECK(a.failure() == errc::response_too_large);
  CHECK(b.failure() == errc::malformed_response);
  CHECK(!t.s.over());
  t.get(headers(5, ok) + data(5, "c", true));
  CHECK(c.ended());
}

TEST_CASE("h2: ten thousand cancelled requests leave a connection with room for a hundred as it was") {
  table t;
  t.get(settings(setting(3, 100)));
  CHECK(t.s.capacity() == 100);
  for (std::uint32_t i = 0; i < 10000; ++i) {
    auto& a = t.open();
    REQUIRE(!a.over());
    if (i % 2 == 0)
      t.get(headers(2 * i + 1, ok) + data(2 * i + 1, "x"));
    t.leave(a);
    t.seen.clear();
  }
  CHECK(t.s.open_transfers() == 0);
  CHECK(t.s.capacity() == 100);
  CHECK(t.transfers.empty());
}

TEST_CASE("h2: before the peer's settings a hundred requests go out, then as many as it says") {
  table t;
  for (int i = 0; i < 100; ++i)
    CHECK(!t.open().over());
  auto& more = t.open();
  CHECK(more.failure() == errc::connection_lost);
  CHECK(more.unprocessed());
  t.get(settings(setting(3, 10)));
  CHECK(t.s.capacity() == 10);
  CHECK(t.s.open_transfers() == 100);
  CHECK(t.open().unprocessed());
  std::string ends;
  for (std::uint32_t id = 1; id < 185; id += 2)
    ends += headers(id, ok, true);
  t.get(ends);
  CHECK(t.s.open_transfers() == 8);
  CHECK(!t.open().over());
  CHECK(!t.open().over());
  CHECK(t.open().unprocessed());
  t.get(settings(setting(3, 5000)));
  CHECK(t.s.capacity() == 1000);
}

TEST_CASE("h2: a GOAWAY in two steps ends what was not processed, and lets the rest go on") {
  table t;
  auto& a = t.open();
  auto& b = t.open();
  t.get(settings() + headers(1, ok) + goaway(0x7fffffff, 0));
  CHECK(t.s.capacity() == 0);
  CHECK(!b.over());
  auto& late = t.open();
  CHECK(late.unprocessed());
  t.get(goaway(1, 0));
  CHECK(b.failure() == errc::connection_lost);
  CHECK(b.unprocessed());
  CHECK(!a.over());
  CHECK(!t.s.over());
  t.get(data(1, "on", true));
  CHECK(a.ended());
  CHECK(t.read(a) == "on");
  CHECK(t.s.over());
}

TEST_CASE("h2: a peer that asks for calm is quoted") {
  table t;
  auto& a = t.open();
  t.get(settings() + goaway(0, 11));
  CHECK(a.unprocessed());
  CHECK(a.problem().find("fewer") != std::string::npos);
}

TEST_CASE("h2: a refused stream was not processed, and any other reset may have been") {
  table t;
  auto& refused = t.open();
  auto& broken = t.open();
  auto& whole = t.open();
  auto& old = t.open();
  t.get(settings() + rst(1, 7) + headers(3, ok) + data(3, "abc") + rst(3, 2) + headers(5, ok, true) + rst(5, 0) +
        rst(7, 13));
  CHECK(refused.unprocessed());
  CHECK(broken.failure() == errc::connection_lost);
  CHECK(!broken.unprocessed());
  CHECK(broken.problem().find("INTERNAL_ERROR") != std::string::npos);
  CHECK(t.read(broken) == "abc");
  CHECK(whole.ended());
  CHECK(old.unprocessed());
  CHECK(t.s.requires_h1());
  CHECK(t.s.capacity() > 0);
}

TEST_CASE("h2: what was not even written was not processed") {
  table t;
  auto& first = t.open();
  auto& a = t.transfers.emplace_back(t.limits);
  t.s.open(a, post(), t.now);
  CHECK(!t.s.request_sent(a));
  t.s.lost("the connection broke");
  CHECK(a.unprocessed());
  CHECK(!first.unprocessed());
  CHECK(t.s.request_sent(first));
  CHECK(!t.s.request_sent(a));
}

TEST_CASE("h2: a connection that was idle and broke has not shown the request to anybody; a busy one may have") {
  table t;
  auto& a = t.open();
  t.s.lost("the connection broke");
  CHECK(!a.seen());
  table u;
  auto& b = u.open();
  auto& c = u.open();
  u.s.lost("the connection broke");
  CHECK(!b.seen());
  CHECK(c.seen());
}

TEST_CASE("h2: a push is refused") {
  table t;
  auto& a = t.open();
  t.get(settings() + frame(settings_frame, ack, 0) +
        frame(push_frame, end_headers, 1, number(2) + section({{":method", "GET"}, {":path", "/"}})));
  CHECK(a.failure() == errc::malformed_response);
  CHECK(t.s.over());
  CHECK(t.count(goaway_frame) == 1);
}

TEST_CASE("h2: another protocol is told apart") {
  table t;
  auto& a = t.open();
  t.get("HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n");
  CHECK(a.failure() == errc::malformed_response);
  CHECK(t.s.over());
}

TEST_CASE("h2: a silent peer is asked after 15 s, and given up after 10 more") {
  table t;
  CHECK(t.s.next_event() == weir::never);
  auto& a = t.open();
  t.get(settings());
  CHECK(t.s.next_event() == t.now + 15s);
  t.now += 15s;
  t.s.tick(t.now);
  t.flush();
  CHECK(t.count(ping_frame) == 1);
  t.now += 9s;
  t.get(frame(ping_frame, ack, 0, std::string(8, '\0')));
  t.s.tick(t.now);
  CHECK(!a.over());
  CHECK(t.s.next_event() == t.now + 15s);
  // Requests that the network takes are no sign of life.
  t.now += 15s;
  t.s.tick(t.now);
  t.flush();
  t.now += 5s;
  auto& b = t.open();
  t.s.unblocked(t.now);
  t.now += 5s;
  t.s.tick(t.now);
  CHECK(a.failure() == errc::connection_lost);
  CHECK(b.failure() == errc::connection_lost);
  CHECK(b.seen());
  CHECK(t.s.fell_silent());
  CHECK(t.s.next_event() == weir::never);
}

TEST_CASE("h2: floods of frames that carry nothing end the connection, and slow ones do not") {
  std::string unknown;
  for (int i = 0; i < 9; ++i)
    unknown += frame(continuation_frame, 0, 1);
  const std::vector<std::pair<std::string, int>> floods = {
      {frame(ping_frame, 0, 0, std::string(8, 'x')), 500},
      {frame(ping_frame, ack, 0, std::string(8, 'x')), 500},
      {settings(setting(3, 100)), 100},
      {window(0, 1), 2000},
      {window(1, 1), 2000},
      {data(1, ""), 1000},
      {frame(priority_frame, 0, 1, number(0) + "x"), 1000},
      {frame(0x77, 0, 1, "x"), 1000},
      {rst(3, 8), 1000},
      {headers(3, {{"a", "b"}}, true), 1000},
  };
  for (const auto& [one, most] : floods) {
    CAPTURE(static_cast<int>(one[3]));
    for (const bool slow : {false, true}) {
      table t;
      auto& a = t.open();
      auto& gone = t.open();
      t.get(settings() + headers(1, ok) + headers(3, ok));
      t.leave(gone);
      for (int i = 0; i < most - 2 && !t.s.over(); ++i)
        t.get(one);
      REQUIRE(!t.s.over());
      if (slow)
        t.now += 11s;
      for (int i = 0; i < most - 2 && !t.s.over(); ++i)
        t.get(one);
      CHECK(t.s.over() == !slow);
      if (!slow) {
        CHECK(a.failure() == errc::malformed_response);
        INFO(a.problem());
        CHECK(a.problem().find("floods") != std::string::npos);
      }
    }
  }
}

TEST_CASE("h2: a head in endless CONTINUATION frames ends the connection") {
  table t;
  auto& a = t.open();
  t.get(settings() + frame(headers_frame, 0, 1, section(ok)));
  for (int i = 0; i < 20; ++i)
    t.get(frame(continuation_frame, 0, 1, section({{"a", "b"}})));
  CHECK(a.failure() == errc::malformed_response);
  CHECK(t.s.over());
}

TEST_CASE("h2: a peer that never reads its acknowledgements ends the connection") {
  table t;
  auto& a = t.open();
  std::string pings;
  for (int i = 0; i < 2000; ++i)
    pings += frame(ping_frame, 0, 0, std::string(8, 'x'));
  t.s.receive(settings() + pings, t.now);
  CHECK(a.failure() == errc::malformed_response);
}
