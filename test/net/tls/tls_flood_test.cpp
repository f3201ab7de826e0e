// A peer that keeps a handshake busy: others run meanwhile.
#include <doctest/doctest.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>

#include "net/tls/tls_stream.hpp"

using namespace weir;
namespace asio = boost::asio;

namespace {

// Requests to begin a handshake, which a client in the middle of one must ignore, faster than anyone reads.
class hello_flood final : public net::stream {
public:
  explicit hello_flood(std::size_t& taken) : taken_(taken) {}

  std::size_t read_some(asio::mutable_buffer buffer, error_code& ec) override {
    static const auto record = std::string("\x16\x03\x03\x10\x00", 5) + std::string(4096, '\0');
    if (taken_ >= all) {
      ec = asio::error::eof;
      return 0;
    }
    const auto at = taken_ % record.size();
    const auto n = std::min(buffer.size(), record.size() - at);
    std::copy_n(record.data() + at, n, static_cast<char*>(buffer.data()));
    taken_ += n;
    return n;
  }
  std::size_t write_some(asio::const_buffer buffer, error_code&) override { return buffer.size(); }
  void async_wait(net::direction, wait_handler) override { FAIL("there is nothing to wait for"); }
  void close() noexcept override {}
  bool idle_and_healthy() noexcept override { return true; }

  static constexpr std::size_t all = 32u << 20;

private:
  std::size_t& taken_;
};

} // namespace

TEST_CASE("a handshake that is kept busy without end lets others run") {
  asio::io_context io(1);
  asio::cancellation_signal signal;
  std::size_t taken = 0, taken_then = 0;
  error_code code;
  auto made = net::tls_connect(std::make_unique<hello_flood>(taken),
                               std::make_shared<net::tls_context>(net::tls_settings()), net::tls_peer("h.test", 443));
  const auto ended = [&](std::exception_ptr e, const net::stream_ptr&) {
    try {
      std::rethrow_exception(e);
    } catch (const boost::system::system_error& why) {
      code = why.code();
    }
  };
  asio::co_spawn(io, std::move(made), asio::bind_cancellation_slot(signal.slot(), ended));
  asio::post(io, [&] {
    taken_then = taken;
    signal.emit(asio::cancellation_type::terminal);
  });
  io.run();
  CHECK(code == asio::error::operation_aborted);
  CHECK(taken_then > 0);
  CHECK(taken_then < 1u << 20);
}
