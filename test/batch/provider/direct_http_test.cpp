// What carries the requests: keys and redirects, over a scripted network.
#include <doctest/doctest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <weir/testing.hpp>

#include "client/direct/direct_http.hpp"

using namespace weir;
namespace asio = boost::asio;
using testing::script;

namespace {

class request_end {
public:
  request_end() = default;
  direct_result got;
  std::string received;
  std::exception_ptr thrown;
};

asio::awaitable<void> ask(direct_http& by, std::string target, bool streamed, request_end& out,
                          std::string method = "GET") {
  auto to = co_await by.chat_route("m");
  http::request r;
  r.method = std::move(method);
  r.to = to.to;
  r.auth = to.auth;
  r.target = std::move(target);
  direct_http::receiver into;
  if (streamed)
    into = [&out](std::string_view piece) { out.received += piece; };
  auto sending = by.send(std::move(to), std::move(r), std::move(into));
  out.got = co_await std::move(sending);
}

class bench {
public:
  bench() {
    testing::manual_time::install(io);
    connector = std::make_shared<testing::scripted_connector>();
  }
  request_end run(std::string target, bool streamed = false) {
    direct_http by(options()
                       .provider("openai")
                       .base_url("https://one.example/v1")
                       .connector(connector)
                       .credentials(credentials().default_key(secret("sk-0123456789abcdef"))));
    request_end out;
    asio::co_spawn(io, ask(by, std::move(target), streamed, out),
                   [&out](const std::exception_ptr& e) { out.thrown = e; });
    testing::run(io, std::chrono::hours(1));
    return out;
  }
  asio::io_context io;
  std::shared_ptr<testing::scripted_connector> connector;
};

} // namespace

TEST_CASE("a redirect is followed, and the key stays with its origin") {
  bench b;
  b.connector->add(
      script()
          .expect("GET /v1/files/f/content")
          .reply("HTTP/1.1 302 Found\r\nlocation: https://store.example/f?s=1\r\ncontent-length: 0\r\n\r\n"));
  b.connector->add(script().expect("GET /f?s=1").reply("HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nline1\n"));
  const auto out = b.run("/v1/files/f/content", true);
  CHECK(!out.thrown);
  CHECK(!out.got.why);
  CHECK(out.received == "line1\n");
  CHECK(out.got.body.empty());
  REQUIRE(b.connector->connections().size() == 2);
  CHECK(b.connector->connections()[0]->sent.find("sk-0123456789abcdef") != std::string::npos);
  CHECK(b.connector->connections()[1]->sent.find("sk-0123456789abcdef") == std::string::npos);
  CHECK(b.connector->connections()[1]->to.host() == "store.example");
  CHECK(b.connector->problems().empty());
}

TEST_CASE("a refusal is a result with its status and its wait, and the key is not in it") {
  bench b;
  b.connector->add(script()
                       .expect("GET /v1/batches/b")
                       .reply("HTTP/1.1 429 Too Many Requests\r\nretry-after: 7\r\n"
                              "content-length: 48\r\n\r\n{\"error\":{\"message\":\"key sk-0123456789abcdef\"}}   "));
  const auto out = b.run("/v1/batches/b");
  CHECK(!out.thrown);
  CHECK(out.got.why.code() == errc::rate_limited);
  CHECK(out.got.why.status() == 429);
  CHECK(out.got.why.retry_after() == std::chrono::nanoseconds(std::chrono::seconds(7)));
  CHECK(out.got.why.remote().find("sk-0123456789abcdef") == std::string::npos);
}

TEST_CASE("whether a request may have been acted on") {
  bench b;
  SUBCASE("not without a connection") {
    b.connector->refuse();
    CHECK(!b.run("/v1/batches/b").got.sent);
  }
  SUBCASE("but if it was sent whole") {
    b.connector->add(script().expect("GET /v1/batches/b").cut());
    const auto out = b.run("/v1/batches/b");
    CHECK(out.got.why.code() == errc::connection_lost);
    CHECK(out.got.sent);
  }
  SUBCASE("and if the answer breaks off, which is no answer") {
    b.connector->add(
        script().expect("GET /v1/batches/b").reply("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{\"id\"").cut());
    const auto out = b.run("/v1/batches/b");
    CHECK(out.got.why);
    CHECK(out.got.sent);
  }
}

TEST_CASE("a creation is never sent twice, whatever its connection does") {
  bench b;
  // Both stay open: a second request over the first would find it broken.
  b.connector->add(script()
                       .expect("GET /v1/batches/b")
                       .reply("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}")
                       .expect("POST /v1/batches")
                       .cut());
  b.connector->add(script()
                       .expect("POST /v1/batches")
                       .reply("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}")
                       .expect("POST /v1/batches")
                       .cut());
  b.connector->otherwise(script().expect("POST /v1/batches").cut());
  direct_http by(options()
                     .provider("openai")
                     .base_url("https://one.example/v1")
                     .connector(b.connector)
                     .credentials(credentials().default_key(secret("sk-0123456789abcdef"))));
  request_end get, first, second;
  const auto all = [](direct_http& by, request_end& get, request_end& first,
                      request_end& second) -> asio::awaitable<void> {
    co_await ask(by, "/v1/batches/b", false, get);
    co_await ask(by, "/v1/batches", false, first, "POST");
    co_await ask(by, "/v1/batches", false, second, "POST");
  };
  std::exception_ptr thrown;
  asio::co_spawn(b.io, all(by, get, first, second), [&thrown](const std::exception_ptr& e) { thrown = e; });
  testing::run(b.io, std::chrono::hours(1));
  CHECK(!thrown);
  CHECK(!get.got.why);
  CHECK(!first.got.why);
  CHECK(second.got.why);
  CHECK(second.got.sent);
  std::size_t posts = 0;
  for (const auto& c : b.connector->connections())
    for (auto at = c->sent.find("POST "); at != std::string::npos; at = c->sent.find("POST ", at + 1))
      ++posts;
  CHECK(posts == 2);
}
