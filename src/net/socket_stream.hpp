// TCP and Unix sockets as streams.
#pragma once

#include <boost/asio/generic/stream_protocol.hpp>

#include <weir/net/stream.hpp>

namespace weir::inline v0::net {

/// A connected socket. A read that was short has emptied it, so the next one reports would_block
/// without asking the system; the wait that then follows completes at once if more has arrived.
class socket_stream final : public stream {
public:
  using socket = boost::asio::generic::stream_protocol::socket;

  /// \throws boost::system::system_error if the socket cannot be made non-blocking.
  explicit socket_stream(socket s);

  std::size_t read_some(boost::asio::mutable_buffer buffer, error_code& ec) override;
  std::size_t write_some(boost::asio::const_buffer buffer, error_code& ec) override;
  void async_wait(direction d, wait_handler handler) override;
  void close() noexcept override;
  bool idle_and_healthy() noexcept override;

private:
  socket socket_;
  bool emptied_ = false; // By the last read; until the next wait.
};

} // namespace weir::inline v0::net
