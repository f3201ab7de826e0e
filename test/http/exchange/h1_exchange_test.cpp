// Exchanges over scripted streams, with a failure at every byte.
#include <doctest/doctest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>

#include "http/exchange/h1_exchange.hpp"
#include <weir/core/within.hpp>
#include <weir/testing.hpp>

namespace asio = boost::asio;
using namespace std::chrono_literals;
using weir::errc;
using weir::http::h1_exchange;
using weir::http::request;
using weir::testing::recording;
using weir::testing::script;

namespace {

std::shared_ptr<request> post(std::string body = "{}") {
  auto r = std::make_shared<request>();
  r->to = weir::net::origin("https", "api.test", 443);
  r->target = "/v1";
  r->body = std::move(body);
  return r;
}

// One exchange on simulated time, and its outcome.
class trial {
public:
  trial() { weir::testing::manual_time::install(context); }

  void run(script s, std::shared_ptr<request> r = post(), weir::http::reader_limits limits = {}) {
    stream = weir::testing::play(context.get_executor(), std::move(s), record);
    again(std::move(r), limits);
  }
  void again(std::shared_ptr<request> r = post(), weir::http::reader_limits limits = {}) {
    x = std::make_unique<h1_exchange>(*stream, limits);
    body.clear();
    status = 0;
    failed = {};
    asio::co_spawn(context, weir::within(5s, read_all(std::move(r))), [this](std::exception_ptr e) {
      ended = true;
      try {
        if (e)
          std::rethrow_exception(e);
      } catch (const boost::system::system_error& thrown) {
        failed = thrown.code();
        text = thrown.what();
      }
    });
    ended = false;
    weir::testing::run(context);
    CHECK(ended);
    for (const auto& p : record->problems)
      FAIL_CHECK(p);
  }

  asio::io_context context;
  std::shared_ptr<recording> record = std::make_shared<recording>();
  weir::net::stream_ptr stream;
  std::unique_ptr<h1_exchange> x;
  std::string body, text;
  int status = 0;
  weir::error_code failed;
  bool ended = false;

private:
  asio::awaitable<void> read_all(std::shared_ptr<request> r) {
    const auto head = co_await x->send(std::move(r));
    status = head.status;
    for (;;) {
      const auto piece = co_await x->read_some_body();
      if (piece.empty())
        break;
      body += piece;
    }
  }
};

const std::string sized = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
const std::string chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n";
const std::string until_close = "HTTP/1.1 200 OK\r\n\r\nhello";

} // namespace

TEST_CASE("one connection carries one exchange after another") {
  trial t;
  t.run(script().expect("POST /v1").expect("{}").reply(sized).expect("POST /v1").reply(chunked));
  for (int i = 0; i < 2; ++i) {
    CHECK(!t.failed);
    CHECK(t.status == 200);
    CHECK(t.body == "hello");
    CHECK(t.x->reusable());
    CHECK(t.x->response_started());
    if (i == 0) {
      CHECK(t.x->bytes_sent() == t.record->sent.size());
      t.again();
    }
  }
}

TEST_CASE("any slicing of writes and reads gives the same response") {
  for (const auto& reply : {sized, chunked})
    for (std::size_t n : {1, 2, 3, 5, 7, 11, 1000}) {
      trial t;
      t.run(script().accept(n).expect("{}").slice(n).reply(reply));
      CHECK(t.body == "hello");
      CHECK(t.x->reusable());
      CHECK(t.record->sent.ends_with("\r\n\r\n{}"));
    }
}

TEST_CASE("a response that fails, is cut, ends or stalls at any byte is an error, with a prefix of the body") {
  for (const auto& reply : {sized, chunked}) {
    for (std::size_t n = 0; n < reply.size(); ++n) {
      CAPTURE(n);
      for (int fault = 0; fault < 4; ++fault) {
        CAPTURE(fault);
        trial t;
        script s;
        s.expect("{}").reply(reply.substr(0, n));
        switch (fault) {
        case 0: s.cut(); break;
        case 1: s.fail(asio::error::connection_reset); break;
        case 2: s.close(); break;
        default: s.stall(); break;
        }
        t.run(std::move(s));
        CHECK(t.failed == (fault == 3 ? errc::deadline_exceeded : errc::connection_lost));
        CHECK(std::string_view("hello").starts_with(t.body));
        CHECK(!t.x->reusable());
        CHECK(!t.x->finish());
        CHECK(t.x->response_started() == (n > 0));
      }
    }
    trial t;
    t.run(script().expect("{}").reply(reply).cut());
    CHECK(!t.failed);
    CHECK(t.body == "hello");
  }
}

TEST_CASE("a request that fails at any byte is an error that tells how far it came") {
  trial whole;
  whole.run(script().expect("{}").reply(sized));
  const auto size = whole.record->sent.size();
  for (std::size_t n = 0; n < size; ++n) {
    CAPTURE(n);
    trial t;
    t.run(script().accept(1).expect_bytes(whole.record->sent.substr(0, n)).fail(asio::error::connection_reset));
    CHECK(t.failed == errc::connection_lost);
    CHECK(t.x->bytes_sent() == n);
    CHECK(!t.x->request_sent());
    CHECK(!t.x->response_started());
    trial stalled;
    stalled.run(script().accept(1).expect_bytes(whole.record->sent.substr(0, n)).block_writes());
    CHECK(stalled.failed == errc::deadline_exceeded);
    CHECK(!stalled.x->reusable());
  }
}

TEST_CASE("a body that the connection's end delimits is complete only with an orderly end, and flagged") {
  trial t;
  t.run(script().expect("{}").reply(until_close).close());
  CHECK(!t.failed);
  CHECK(t.body == "hello");
  CHECK(t.x->close_delimited());
  CHECK(!t.x->reusable());
  trial cut;
  cut.run(script().expect("{}").reply(until_close).cut());
  CHECK(cut.failed == errc::connection_lost);
  CHECK(cut.x->close_delimited());
}

TEST_CASE("bytes after a response spoil the connection") {
  trial t;
  t.run(script().expect("{}").reply(sized + "x"));
  CHECK(t.body == "hello");
  CHECK(!t.x->reusable());
  trial closes;
  closes.run(script().expect("{}").reply("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello"));
  CHECK(closes.body == "hello");
  CHECK(!closes.x->reusable());
}

TEST_CASE("a response is read although the peer refuses the rest of the request") {
  const std::string refusal = "HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno";
  const std::string large(200000, 'x');
  trial reset;
  reset.run(script().expect("POST").refuse_writes(asio::error::connection_reset).reply(refusal), post(large));
  CHECK(!reset.failed);
  CHECK(reset.status == 413);
  CHECK(reset.body == "no");
  CHECK(!reset.x->request_sent());
  CHECK(!reset.x->reusable());
  trial blocked;
  blocked.run(script().expect("POST").block_writes().pause(2s).reply(refusal), post(large));
  CHECK(blocked.status == 413);
  CHECK(!blocked.x->reusable());
  trial slow;
  slow.run(script().accept(1000).expect("xxx").reply(refusal), post(large));
  CHECK(slow.status == 413);
  CHECK(slow.record->sent.size() < 20000);
}

TEST_CASE("a response that is not a refusal does not end the request, however early it arrives") {
  const std::string large(200000, 'x');
  trial t;
  t.run(script().accept(1000).expect("POST").reply("HTTP/1.1 100 Continue\r\n\r\n" + sized), post(large));
  CHECK(t.body == "hello");
  CHECK(t.x->request_sent());
  CHECK(t.record->sent.ends_with(large));
  CHECK(t.x->reusable());
}

TEST_CASE("redirects are responses like any other, and refused content still shows its status") {
  trial t;
  t.run(script().expect("{}").reply(
      "HTTP/1.1 307 Over There\r\nLocation: https://evil.test/\r\nContent-Length: 0\r\n\r\n"));
  CHECK(t.status == 307);
  CHECK(t.x->reusable());
  trial coded;
  coded.run(script().expect("{}").reply("HTTP/1.1 203 Yes\r\nContent-Encoding: gzip\r\nContent-Length: 1\r\n\r\nx"));
  CHECK(coded.failed == errc::unexpected_content);
  CHECK(coded.x->status() == 203);
  CHECK(!coded.x->reusable());
  trial refused;
  refused.run(script().expect("{}").reply("HTTP/1.1 401 No\r\nContent-Encoding: gzip\r\nContent-Length: 1\r\n\r\nx"));
  CHECK(!refused.failed);
  CHECK(refused.status == 401);
  CHECK(refused.x->reusable());
}

TEST_CASE("nothing is sent of a request that is refused locally") {
  trial t;
  auto r = post();
  r->headers.add("X", "a\r\nb");
  t.run(script(), r);
  CHECK(t.failed == errc::invalid_argument);
  CHECK(t.record->sent.empty());
  CHECK(t.x->bytes_sent() == 0);
}

TEST_CASE("the body is read without suspending while bytes are there, and the rest can be finished") {
  trial t;
  t.stream =
      weir::testing::play(t.context.get_executor(),
                          script()
                              .expect("{}")
                              .reply("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n2\r\ncd\r\n")
                              .pause(1s)
                              .reply("0\r\n\r\n"),
                          t.record);
  h1_exchange x(*t.stream);
  bool checked = false;
  auto body = [&]() -> asio::awaitable<void> {
    co_await x.send(post());
    CHECK(x.try_body() == "ab");
    CHECK(x.try_body() == "cd");
    CHECK(x.try_body() == std::nullopt);
    CHECK(!x.finish());
    co_await weir::sleep_for(2s);
    CHECK(x.finish());
    CHECK(x.try_body() == "");
    checked = true;
  };
  asio::co_spawn(t.context, body, [](std::exception_ptr e) { CHECK(!e); });
  CHECK(weir::testing::run(t.context));
  CHECK(checked);
}

TEST_CASE("an error's body is kept up to a limit, and an endless one is given up") {
  for (const std::size_t size : {100, 1000, 60000, 200000}) {
    trial t;
    t.stream =
        weir::testing::play(t.context.get_executor(),
                            script().expect("{}").reply("HTTP/1.1 500 No\r\nContent-Length: " + std::to_string(size) +
                                                        "\r\n\r\n" + std::string(size, 'e')),
                            t.record);
    h1_exchange x(*t.stream);
    std::string kept;
    auto body = [&]() -> asio::awaitable<void> {
      co_await x.send(post());
      kept = co_await x.read_body(1000);
    };
    asio::co_spawn(t.context, body, [](std::exception_ptr e) { CHECK(!e); });
    CHECK(weir::testing::run(t.context));
    CHECK(kept.size() == std::min<std::size_t>(size, 1000));
    CHECK(x.reusable() == (size <= 60000));
  }
}
