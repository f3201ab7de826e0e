// How long a stream lives under the waits on it.
#include "net/shared_stream.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <doctest/doctest.h>

#include <optional>

#include "net/socket_stream.hpp"

namespace asio = boost::asio;
using namespace weir;
using namespace weir::net;

namespace {

// What becomes of a stream, and of the wait on it.
class fate {
public:
  bool closed = false;
  bool destroyed = false;
  std::optional<stream::wait_handler> waiting;
};

class watched_stream final : public stream {
public:
  explicit watched_stream(fate& f) : fate_(f) {}
  ~watched_stream() override { fate_.destroyed = true; }
  std::size_t read_some(asio::mutable_buffer, error_code& ec) override {
    ec = asio::error::would_block;
    return 0;
  }
  std::size_t write_some(asio::const_buffer, error_code& ec) override {
    ec = asio::error::would_block;
    return 0;
  }
  void async_wait(direction, wait_handler handler) override { fate_.waiting.emplace(std::move(handler)); }
  void close() noexcept override { fate_.closed = true; }
  bool idle_and_healthy() noexcept override { return true; }

private:
  fate& fate_;
};

} // namespace

TEST_CASE("a stream without a wait is destroyed with its owner") {
  fate f;
  {
    const shared_stream s(std::make_unique<watched_stream>(f));
    CHECK(s);
    CHECK_FALSE(f.closed);
  }
  CHECK(f.closed);
  CHECK(f.destroyed);
}

TEST_CASE("a stream that is waited on is closed by its owner's end and lives until the wait has completed") {
  fate f;
  bool destroyed_when_told = true;
  shared_stream s(std::make_unique<watched_stream>(f));
  wait_sharing(s.share(), direction::read, [&](error_code ec) {
    CHECK(ec == asio::error::operation_aborted);
    destroyed_when_told = f.destroyed;
  });
  s.close();
  CHECK_FALSE(s);
  CHECK(f.closed);
  CHECK_FALSE(f.destroyed);
  auto told = std::move(*f.waiting);
  f.waiting.reset();
  std::move(told)(asio::error::operation_aborted);
  CHECK_FALSE(destroyed_when_told);
  CHECK(f.destroyed);
}

TEST_CASE("a wait that is dropped releases its stream") {
  fate f;
  shared_stream s(std::make_unique<watched_stream>(f));
  wait_sharing(s.share(), direction::read, [](error_code) {});
  s = shared_stream();
  CHECK(f.closed);
  CHECK_FALSE(f.destroyed);
  f.waiting.reset();
  CHECK(f.destroyed);
}

TEST_CASE("a wait on a socket may be cancelled again and again after its owner has closed it") {
  asio::io_context io(1);
  asio::ip::tcp::acceptor listener(io, asio::ip::tcp::endpoint(asio::ip::address_v4::loopback(), 0));
  asio::ip::tcp::socket connected(io);
  connected.connect(listener.local_endpoint());
  shared_stream s(std::make_unique<socket_stream>(socket_stream::socket(std::move(connected))));
  asio::cancellation_signal signal;
  error_code told;
  auto handler = [&](error_code ec) { told = ec; };
  wait_sharing(s.share(), direction::read, asio::bind_cancellation_slot(signal.slot(), handler));
  s.close();
  signal.emit(asio::cancellation_type::terminal);
  signal.emit(asio::cancellation_type::terminal);
  CHECK_FALSE(told);
  io.run();
  CHECK(told == asio::error::operation_aborted);
}
