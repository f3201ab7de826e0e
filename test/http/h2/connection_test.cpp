// Connections and exchanges of HTTP/2 over scripted streams, on simulated time.
#include <doctest/doctest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>

#include <deque>
#include <memory>
#include <string>
#include <string_view>

#include "frames.hpp"
#include "http/exchange/h1_exchange.hpp"
#include "http/h2/exchange.hpp"
#include <weir/core/within.hpp>
#include <weir/testing.hpp>

namespace asio = boost::asio;
using namespace h2_test;
using namespace std::chrono_literals;
using weir::errc;
using weir::http::request;
using weir::testing::recording;
using weir::testing::script;

namespace {

const field_list ok = {{":status", "200"}};

std::shared_ptr<request> post(std::string body) {
  auto r = std::make_shared<request>();
  r->to = weir::net::origin("https", "api.test", 443);
  r->target = "/v1";
  r->body = std::move(body);
  return r;
}

// One call: an exchange, and what came of it.
class call {
public:
  call() = default;
  std::unique_ptr<weir::http::exchange> x;
  std::string body, text;
  int status = 0;
  weir::error_code failed;
  bool ended = false;
};

asio::awaitable<void> run(call& c, std::shared_ptr<request> r) {
  const auto head = co_await c.x->send(std::move(r));
  c.status = head.status;
  for (;;) {
    const auto piece = co_await c.x->read_some_body();
    if (piece.empty())
      break;
    c.body += piece;
  }
}

class trial {
public:
  trial() { time = &weir::testing::manual_time::install(context); }

  void connect(script s, weir::http::h2::session_settings settings = {}) {
    weir::net::shared_stream stream(weir::testing::play(context.get_executor(), std::move(s), record));
    on = weir::http::h2::connection::make(std::move(stream), context.get_executor(), settings,
                                          [this](const auto& t) { trouble = t; });
  }
  call& start(std::string body, weir::duration limit = 60s) {
    auto& c = calls.emplace_back();
    c.x = std::make_unique<weir::http::h2::exchange>(on);
    asio::co_spawn(context, weir::within(limit, run(c, post(std::move(body)))), [&c](std::exception_ptr e) {
      c.ended = true;
      try {
        if (e)
          std::rethrow_exception(e);
      } catch (const boost::system::system_error& thrown) {
        c.failed = thrown.code();
        c.text = thrown.what();
      }
    });
    return c;
  }
  void play() {
    weir::testing::run(context);
    for (const auto& p : record->problems)
      FAIL_CHECK(p);
  }
  // The frames of a type that the client sent.
  std::size_t count(std::uint8_t type) const {
    client_bytes peer;
    std::size_t n = 0;
    for (const auto& f : peer.read(record->sent))
      n += f.type == type ? 1 : 0;
    return n;
  }

  asio::io_context context;
  weir::testing::manual_time* time = nullptr;
  std::shared_ptr<recording> record = std::make_shared<recording>();
  std::shared_ptr<weir::http::h2::connection> on;
  weir::http::h2::connection::trouble trouble;
  std::deque<call> calls;
};

} // namespace

TEST_CASE("h2 connection: exchanges share it, and an idle one waits for nothing") {
  trial t;
  t.connect(script()
                .reply(settings())
                .expect("one")
                .expect("two")
                .reply(headers(1, ok) + headers(3, ok) + data(3, "B", true))
                .pause(1s)
                .reply(data(1, "A", true))
                .expect("three")
                .reply(headers(5, ok) + data(5, "C", true)));
  auto& a = t.start("one");
  auto& b = t.start("two");
  t.play();
  CHECK(a.body == "A");
  CHECK(b.body == "B");
  CHECK(a.x->reusable());
  CHECK(a.x->bytes_received() > 0);
  CHECK(a.x->request_sent());
  CHECK(t.on->healthy());
  t.context.restart();
  auto& c = t.start("three");
  t.play();
  CHECK(c.body == "C");
  CHECK(t.count(rst_frame) == 0);
  CHECK(t.count(settings_frame) == 2); // and an acknowledgement
}

TEST_CASE("h2 connection: any slicing of writes and reads gives the same responses") {
  for (std::size_t n : {1, 2, 3, 5, 7, 11, 1000}) {
    CAPTURE(n);
    trial t;
    const std::string large(3000, 'q');
    t.connect(script()
                  .accept(n)
                  .slice(n)
                  .reply(settings())
                  .expect(large)
                  .reply(headers(1, ok) + data(1, "hel") + frame(ping_frame, 0, 0, "12345678") + data(1, "lo", true)));
    auto& a = t.start(large);
    t.play();
    CHECK(a.body == "hello");
    CHECK(a.x->reusable());
    CHECK(!a.failed);
  }
}

TEST_CASE("h2 connection: a response that fails, is cut, ends or stalls at any byte is an error for its reader") {
  const std::string whole = settings() + headers(1, {{":status", "103"}}) + headers(1, ok) + data(1, "hel") +
                            data(1, "lo") + headers(1, {{"sum", "1"}}, true);
  for (std::size_t n = 0; n < whole.size(); ++n)
    for (int fault = 0; fault < 4; ++fault) {
      CAPTURE(n);
      CAPTURE(fault);
      trial t;
      script s;
      s.expect("{}").reply(whole.substr(0, n));
      switch (fault) {
      case 0: s.cut(); break;
      case 1: s.fail(asio::error::connection_reset); break;
      case 2: s.close(); break;
      default: s.stall(); break;
      }
      t.connect(std::move(s));
      const auto begin = t.time->now();
      auto& a = t.start("{}", 5s);
      t.play();
      CHECK(a.ended);
      CHECK(a.failed == (fault == 3 ? errc::deadline_exceeded : errc::connection_lost));
      CHECK(std::string_view("hello").starts_with(a.body));
      CHECK(!a.x->reusable());
      if (fault != 3) {
        CHECK(t.time->now() == begin); // nothing is left that waits
        CHECK(t.on->capacity() == 0);
        CHECK(!t.on->healthy());
        CHECK(t.record->closed);
      }
      const auto text = a.text;
      a.x.reset();
    }
}

TEST_CASE("h2 connection: a call that ends early resets its stream at once, and the others go on") {
  trial t;
  t.connect(script()
                .reply(settings())
                .expect("one")
                .expect("two")
                .reply(headers(1, ok) + headers(3, ok))
                .pause(10s)
                .reply(data(1, "late") + data(3, "B", true)));
  auto& a = t.start("one", 1s);
  auto& b = t.start("two");
  t.context.poll();
  t.time->advance_to(t.time->now() + 2s);
  t.context.restart();
  t.context.poll();
  CHECK(a.failed == errc::deadline_exceeded);
  CHECK(t.count(rst_frame) == 0);
  a.x.reset();
  CHECK(t.count(rst_frame) == 1);
  t.context.restart();
  t.play();
  CHECK(b.body == "B");
  CHECK(!b.failed);
}

TEST_CASE("h2 connection: an exchange that is destroyed under its wait ends that wait") {
  trial t;
  t.connect(script().reply(settings()).expect("one").reply(headers(1, ok)).stall());
  auto x = std::make_unique<weir::http::h2::exchange>(t.on);
  weir::error_code waited;
  auto sending = [&]() -> asio::awaitable<void> { co_await x->send(post("one")); };
  asio::co_spawn(t.context, sending(), [&](std::exception_ptr) {
    x->async_wait(asio::bind_executor(t.context.get_executor(), [&](weir::error_code ec) { waited = ec; }));
    x.reset();
    CHECK(!waited);
  });
  t.play();
  CHECK(waited == asio::error::operation_aborted);
  CHECK(t.count(rst_frame) == 1);
}

TEST_CASE("h2 connection: a context that is destroyed destroys who waits") {
  auto t = std::make_unique<trial>();
  t->connect(script().reply(settings()).expect("one").reply(headers(1, ok)).stall());
  const auto here = std::make_shared<int>(1);
  std::weak_ptr<int> there = here;
  auto waiting = [](std::shared_ptr<weir::http::h2::connection> on, std::shared_ptr<int>) -> asio::awaitable<void> {
    weir::http::h2::exchange x(std::move(on));
    co_await x.send(post("one"));
    co_await x.read_some_body();
  };
  asio::co_spawn(t->context, waiting(t->on, here), [](std::exception_ptr) {});
  t->context.poll();
  CHECK(here.use_count() == 2);
  const auto on = t->on;
  t.reset();
  CHECK(here.use_count() == 1);
  CHECK(on->capacity() == 0);
}

TEST_CASE("h2 connection: a request that the server does not process says so, whatever it is") {
  trial t;
  t.connect(script()
                .reply(settings())
                .expect("one")
                .expect("two")
                .reply(goaway(1, 0))
                .pause(1s)
                .reply(headers(1, ok) + data(1, "A", true)));
  auto& a = t.start("one");
  auto& b = t.start("two");
  bool told = false;
  t.on->watch([&] { told = true; });
  t.play();
  CHECK(a.body == "A");
  CHECK(b.failed == errc::connection_lost);
  CHECK(b.x->unprocessed());
  CHECK(told);
  CHECK(t.record->closed);
}

TEST_CASE("h2 connection: an idle one that was closed meanwhile has shown the request to nobody") {
  trial t;
  t.connect(script().reply(settings()).expect("one").reply(headers(1, ok, true)).close());
  auto& a = t.start("one");
  t.play();
  CHECK(a.status == 200);
  t.context.restart();
  auto& b = t.start("two");
  t.play();
  CHECK(b.failed == errc::connection_lost);
  CHECK((b.x->unprocessed() || !b.x->response_started()));
}

TEST_CASE("h2 connection: a silent server is asked, given up, and reported") {
  trial t;
  t.connect(script().reply(settings()).expect("one").reply(headers(1, ok)).stall());
  const auto begin = t.time->now();
  auto& a = t.start("one", 10min);
  t.play();
  CHECK(a.failed == errc::connection_lost);
  CHECK(a.text.find("PING") != std::string::npos);
  CHECK(t.time->now() - begin == 25s);
  CHECK(t.count(ping_frame) == 1);
  CHECK(t.trouble.silent);
  CHECK(t.record->closed);
}

TEST_CASE("h2 connection: a server that answers PING may think as long as it likes") {
  trial t;
  script s;
  s.reply(settings()).expect("one");
  for (int i = 0; i < 20; ++i)
    s.expect(std::string("\0\0\x08\x06\0", 5)).reply(frame(ping_frame, ack, 0, std::string(8, '\0')));
  t.connect(std::move(s.reply(headers(1, ok) + data(1, "A", true))));
  const auto begin = t.time->now();
  auto& a = t.start("one", 10min);
  t.play();
  CHECK(a.body == "A");
  CHECK(t.time->now() - begin == 300s);
}

TEST_CASE("h2 connection: a peer that takes no bytes holds up nothing but itself") {
  trial t;
  t.connect(script().accept(100).expect("PRI").block_writes().stall());
  auto& a = t.start("one", 5s);
  auto& b = t.start("two", 5s);
  t.play();
  CHECK(a.failed == errc::deadline_exceeded);
  CHECK(b.failed == errc::deadline_exceeded);
}

TEST_CASE("h2 connection: a peer that takes no bytes is not waited for once its requests were cancelled") {
  trial t;
  t.connect(script().reply(settings()).accept(100).expect("PRI").block_writes().stall());
  t.start("one", 5s);
  t.context.poll();
  CHECK(!t.record->closed);
  t.calls.front().x.reset();
  CHECK(t.record->closed);
}

TEST_CASE("h2 connection: HTTP/1.1 and HTTP/2 give the same responses") {
  class conversation {
  public:
    conversation(int s, field_list f, std::vector<std::string> p)
        : status(s), fields(std::move(f)), pieces(std::move(p)) {}
    int status;
    field_list fields;
    std::vector<std::string> pieces;
  };
  const std::vector<conversation> all = {
      {200, {{"content-type", "text/event-stream"}}, {"data: {\"a\":1}\n\n", "data: [DONE]\n\n"}},
      {200, {{"content-type", "application/json"}, {"x-request-id", "r1"}}, {std::string(100000, 'x')}},
      {404, {{"content-type", "text/plain"}, {"content-encoding", "gzip"}}, {"no"}},
      {200, {{"content-encoding", "gzip"}}, {"no"}},
      {204, {}, {}},
      {429, {{"retry-after", "3"}}, {"{}"}},
      {200, {{"content-length", "5"}}, {"he", "llo"}},
  };
  for (const auto& c : all) {
    CAPTURE(c.status);
    std::string h1 = "HTTP/1.1 " + std::to_string(c.status) + " X\r\n";
    field_list fields = {{":status", std::to_string(c.status)}};
    bool sized = c.status == 204;
    for (const auto& [name, value] : c.fields) {
      h1 += name + ": " + value + "\r\n";
      fields.emplace_back(name, value);
      sized = sized || name == "content-length";
    }
    h1 += sized ? "\r\n" : "transfer-encoding: chunked\r\n\r\n";
    std::string h2 = settings() + headers(1, fields, c.pieces.empty());
    for (std::size_t i = 0; i < c.pieces.size(); ++i) {
      char size[32];
      std::snprintf(size, sizeof size, "%zx\r\n", c.pieces[i].size());
      h1 += sized ? c.pieces[i] : size + c.pieces[i] + "\r\n";
      for (std::size_t at = 0; at < c.pieces[i].size(); at += 16000)
        h2 += data(1, c.pieces[i].substr(at, 16000), i + 1 == c.pieces.size() && at + 16000 >= c.pieces[i].size());
    }
    h1 += sized || c.pieces.empty() ? "" : "0\r\n\r\n";
    trial t;
    t.connect(script().expect("one").reply(h2));
    const auto& over_h2 = t.start("one");
    t.play();
    trial u;
    auto& over_h1 = u.calls.emplace_back();
    const auto stream = weir::testing::play(u.context.get_executor(), script().expect("one").reply(h1), u.record);
    over_h1.x = std::make_unique<weir::http::h1_exchange>(*stream);
    asio::co_spawn(u.context, run(over_h1, post("one")), [&](std::exception_ptr e) {
      try {
        if (e)
          std::rethrow_exception(e);
      } catch (const boost::system::system_error& thrown) {
        over_h1.failed = thrown.code();
        over_h1.text = thrown.what();
      }
    });
    u.play();
    CHECK(over_h1.status == over_h2.status);
    CHECK(over_h1.body == over_h2.body);
    CHECK(over_h1.failed == over_h2.failed);
    CHECK(over_h1.text == over_h2.text);
    CHECK(over_h1.x->status() == over_h2.x->status());
    CHECK(over_h1.x->reusable() == over_h2.x->reusable());
    over_h1.x.reset();
  }
}
