// Scripted streams and the connector that hands them out.
#include <doctest/doctest.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <array>
#include <memory>
#include <string>
#include <vector>

#include <weir/core/within.hpp>
#include <weir/testing.hpp>

namespace asio = boost::asio;
using namespace std::chrono_literals;
using weir::error_code;
using weir::net::direction;
using weir::testing::manual_time;
using weir::testing::play;
using weir::testing::recording;
using weir::testing::script;

namespace {

class bench {
public:
  bench() { manual_time::install(context); }
  weir::net::stream_ptr play(script s) { return weir::testing::play(context.get_executor(), std::move(s), record); }
  weir::duration elapsed() { return manual_time::of(context).now() - start; }

  asio::io_context context;
  std::shared_ptr<recording> record = std::make_shared<recording>();
  weir::time_point start{1h};
};

// What one read gives: its bytes, or the error's message in brackets.
std::string read(weir::net::stream& s, std::size_t size = 100) {
  std::string out(size, '\0');
  error_code ec;
  out.resize(s.read_some(asio::buffer(out), ec));
  if (ec == asio::error::would_block)
    return "[wait]";
  return ec ? std::string("[") + ec.message() + "]" : out;
}

error_code write(weir::net::stream& s, std::string_view bytes) {
  error_code ec;
  s.write_some(asio::buffer(bytes), ec);
  return ec;
}

} // namespace

TEST_CASE("a reply comes once its expectation was written") {
  bench b;
  auto s = b.play(script().expect("GET /a").reply("one").expect("GET /b").reply("two").close());
  CHECK(read(*s) == "[wait]");
  CHECK(!write(*s, "GE"));
  CHECK(read(*s) == "[wait]");
  CHECK(!write(*s, "T /a HTTP"));
  CHECK(read(*s, 2) == "on");
  CHECK(read(*s) == "e");
  CHECK(read(*s) == "[wait]");
  CHECK(!b.record->finished);
  CHECK(!write(*s, "GET /b"));
  CHECK(read(*s) == "two");
  CHECK(read(*s) == "[End of file]");
  CHECK(b.record->sent == "GET /a HTTPGET /b");
  CHECK(b.record->finished);
  CHECK(b.record->received == 6);
}

TEST_CASE("exact bytes are matched as they come, and others cut the stream with a problem") {
  bench b;
  auto s = b.play(script().expect_bytes("abc").reply("yes").expect_bytes("def").reply("no"));
  CHECK(!write(*s, "ab"));
  CHECK(read(*s) == "[wait]");
  CHECK(!write(*s, "c"));
  CHECK(read(*s) == "yes");
  CHECK(!write(*s, "dx"));
  CHECK(write(*s, "f") == weir::errc::connection_lost);
  CHECK(read(*s) != "no");
  REQUIRE(b.record->problems.size() == 1);
  CHECK(b.record->problems[0].find("dx") != std::string::npos);
}

TEST_CASE("sliced replies come piece by piece with would_block between") {
  bench b;
  auto s = b.play(script().slice(2).reply("abcde").slice(0).reply("fgh"));
  for (const char* piece : {"ab", "[wait]", "cd", "[wait]", "e", "[wait]", "fgh", "[wait]"})
    CHECK(read(*s) == piece);
}

TEST_CASE("a slow writer takes a few bytes at a time and wants the same bytes again") {
  bench b;
  auto s = b.play(script().accept(2));
  error_code ec;
  CHECK(s->write_some(asio::buffer("abcde", 5), ec) == 2);
  CHECK(s->write_some(asio::buffer("cde", 3), ec) == 0);
  CHECK(ec == asio::error::would_block);
  CHECK(s->write_some(asio::buffer("cde", 3), ec) == 2);
  CHECK(s->write_some(asio::buffer("e", 1), ec) == 0);
  CHECK(b.record->problems.empty());
  s->write_some(asio::buffer("x", 1), ec);
  CHECK(b.record->problems.size() == 1);
}

TEST_CASE("a wait ends when bytes, an end or an error arrive, after the virtual time they take") {
  bench b;
  auto s = b.play(script().pause(3s).reply("x").pause(4s).cut());
  std::vector<weir::duration> ended;
  auto body = [&]() -> asio::awaitable<void> {
    for (int i = 0; i < 2; ++i) {
      auto start = [&](auto handler) { s->async_wait(direction::read, std::move(handler)); };
      co_await asio::async_initiate<const asio::use_awaitable_t<>, void(error_code)>(start, asio::use_awaitable);
      ended.push_back(b.elapsed());
      read(*s);
    }
  };
  asio::co_spawn(b.context, body, asio::detached);
  CHECK(weir::testing::run(b.context));
  CHECK(ended == std::vector<weir::duration>{3s, 7s});
  CHECK(read(*s) == std::string("[") + weir::make_error_code(weir::errc::connection_lost).message() + "]");
}

TEST_CASE("a stalled stream leaves its reader waiting, until that is cancelled or the stream closed") {
  for (const bool by_close : {false, true}) {
    bench b;
    auto s = b.play(script().stall().reply("never"));
    asio::cancellation_signal signal;
    std::vector<error_code> ended;
    auto handler = [&](error_code ec) { ended.push_back(ec); };
    s->async_wait(direction::read, asio::bind_cancellation_slot(signal.slot(), handler));
    CHECK(!weir::testing::run(b.context));
    CHECK(ended.empty());
    if (by_close)
      s->close();
    else
      signal.emit(asio::cancellation_type::total);
    CHECK(ended.empty());
    CHECK(weir::testing::run(b.context));
    CHECK(ended == std::vector<error_code>{asio::error::operation_aborted});
    CHECK(b.record->closed == by_close);
  }
}

TEST_CASE("a frame that owns the stream it waits on is destroyed with the context") {
  const auto alive = std::make_shared<int>(0);
  {
    bench b;
    auto body = [](weir::net::stream_ptr s, std::shared_ptr<int>) -> asio::awaitable<void> {
      auto start = [&](auto handler) { s->async_wait(direction::read, std::move(handler)); };
      co_await asio::async_initiate<const asio::use_awaitable_t<>, void(error_code)>(start, asio::use_awaitable);
    };
    asio::co_spawn(b.context, body(b.play(script().stall()), alive), asio::detached);
    b.context.poll();
    CHECK(alive.use_count() == 2);
  }
  CHECK(alive.use_count() == 1);
}

TEST_CASE("writes can be refused while reads go on") {
  bench b;
  auto s = b.play(script().refuse_writes(asio::error::broken_pipe).reply("early"));
  CHECK(write(*s, "x") == asio::error::broken_pipe);
  CHECK(read(*s) == "early");
}

TEST_CASE("blocked writes wait for good") {
  bench b;
  auto s = b.play(script().expect("a").block_writes());
  CHECK(!write(*s, "a"));
  CHECK(write(*s, "b") == asio::error::would_block);
  bool ended = false;
  s->async_wait(direction::write, [&](error_code) { ended = true; });
  CHECK(!weir::testing::run(b.context));
  CHECK(!ended);
}

TEST_CASE("a stream with unread bytes or an end is not healthy to reuse") {
  bench b;
  CHECK(b.play(script())->idle_and_healthy());
  CHECK(!b.play(script().reply("x"))->idle_and_healthy());
  CHECK(!b.play(script().close())->idle_and_healthy());
  CHECK(!b.play(script().cut())->idle_and_healthy());
}

TEST_CASE("the connector plays its scripts in order and counts the streams") {
  bench b;
  weir::testing::scripted_connector c;
  c.add(script().reply("1")).refuse().delay(2s).add(script().reply("2")).stall();
  std::vector<std::string> seen;
  auto body = [&]() -> asio::awaitable<void> {
    weir::net::connect_times times;
    const weir::net::origin to("https", "api.test", 443);
    auto one = co_await c.connect(to, times);
    seen.push_back(read(*one));
    try {
      co_await c.connect(to, times);
    } catch (const weir::error& e) {
      seen.push_back(e.code() == weir::errc::connect_failed ? "refused" : "?");
    }
    auto two = co_await c.connect(to, times);
    seen.push_back(read(*two));
    CHECK(b.elapsed() == 2s);
    CHECK(c.live() == 2);
    two.reset();
    CHECK(c.live() == 1);
    try {
      co_await weir::within(5s, c.connect(to, times));
    } catch (const weir::error& e) {
      seen.push_back(e.code() == weir::errc::deadline_exceeded ? "deadline" : "?");
    }
  };
  asio::co_spawn(b.context, body, [](std::exception_ptr e) { CHECK(!e); });
  CHECK(weir::testing::run(b.context));
  CHECK(seen == std::vector<std::string>{"1", "refused", "2", "deadline"});
  CHECK(c.opened() == 2);
  CHECK(c.closed() == 2);
  CHECK(c.attempts() == 4);
  CHECK(c.connections()[0]->to.host() == "api.test");
  CHECK(c.problems().empty());
}

TEST_CASE("a connect beyond the scripts fails and is a problem") {
  bench b;
  weir::testing::scripted_connector c;
  auto body = [&]() -> asio::awaitable<void> {
    weir::net::connect_times times;
    co_await c.connect(weir::net::origin(), times);
  };
  std::exception_ptr failed;
  asio::co_spawn(b.context, body, [&](std::exception_ptr e) { failed = e; });
  CHECK(weir::testing::run(b.context));
  CHECK(failed);
  CHECK(!c.problems().empty());
}

TEST_CASE("a stream that is destroyed under a pending wait is a problem, also where it was closed before") {
  for (const bool close : {false, true}) {
    bench b;
    auto s = b.play(script().stall());
    error_code told;
    s->async_wait(direction::read, [&](error_code ec) { told = ec; });
    if (close)
      s->close();
    s.reset();
    REQUIRE(b.record->problems.size() == 1);
    CHECK(b.record->problems[0].find("destroyed under a pending wait") != std::string::npos);
    weir::testing::run(b.context);
    CHECK(told == asio::error::operation_aborted);
  }
}

TEST_CASE("a stream that is kept until its wait has completed is not a problem") {
  bench b;
  auto s = b.play(script().stall());
  error_code told;
  s->async_wait(direction::read, [&](error_code ec) { told = ec; });
  s->close();
  CHECK_FALSE(told);
  weir::testing::run(b.context);
  CHECK(told == asio::error::operation_aborted);
  s.reset();
  CHECK(b.record->problems.empty());
}

TEST_CASE("a cancellation that reaches a stream after its end is a problem, as with sockets") {
  bench b;
  asio::cancellation_signal signal;
  auto s = b.play(script().stall());
  auto handler = [](error_code) {};
  s->async_wait(direction::read, asio::bind_cancellation_slot(signal.slot(), handler));
  s.reset();
  CHECK(b.record->problems.size() == 1);
  signal.emit(asio::cancellation_type::terminal);
  REQUIRE(b.record->problems.size() == 2);
  CHECK(b.record->problems[1].find("cancelled") != std::string::npos);
  weir::testing::run(b.context);
}
