// TCP and Unix sockets as streams.
#pragma once

#include <boost/asio/generic/stream_protocol.hpp>

#include <weir/net/stream.hpp>

namespace weir::net {

/// A connected socket. Its async_wait is level-triggered: it completes at once if the
/// socket is ready already, whatever the last read or write reported.
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
};

} // namespace weir::net
