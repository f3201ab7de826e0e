#include "net/socket_stream.hpp"

#include <boost/asio/bind_allocator.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/recycling_allocator.hpp>

#include <sys/socket.h>

#include <cerrno>

namespace weir::inline v0::net {

namespace asio = boost::asio;

socket_stream::socket_stream(socket s) : socket_(std::move(s)) { socket_.non_blocking(true); }

std::size_t socket_stream::read_some(asio::mutable_buffer buffer, error_code& ec) {
  if (emptied_) {
    ec = asio::error::would_block;
    return 0;
  }
  const auto n = socket_.read_some(buffer, ec);
  emptied_ = n > 0 && n < buffer.size();
  return n;
}

std::size_t socket_stream::write_some(asio::const_buffer buffer, error_code& ec) {
  // Asio sends with MSG_NOSIGNAL.
  return socket_.write_some(buffer, ec);
}

void socket_stream::async_wait(direction d, wait_handler handler) {
  // Asio's reactor arms the descriptor anew: the wait is level-triggered.
  emptied_ = emptied_ && d != direction::read;
  // Directly on the socket's executor, which is the strand that the handler's own would lead to: this saves each
  // wake-up a trip through two erased executors. Nor with the handler's allocator: an operation that cannot be started
  // is freed by it after the handler has been moved.
  socket_.async_wait(d == direction::read ? socket::wait_read : socket::wait_write,
                     asio::bind_allocator(asio::recycling_allocator<void>(),
                                          asio::bind_executor(socket_.get_executor(), std::move(handler))));
}

void socket_stream::close() noexcept {
  error_code ignored;
  socket_.close(ignored);
  emptied_ = false;
}

bool socket_stream::idle_and_healthy() noexcept {
  char unrequested;
  const auto n = ::recv(socket_.native_handle(), &unrequested, 1, MSG_PEEK | MSG_DONTWAIT);
  emptied_ = n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
  return emptied_;
}

} // namespace weir::inline v0::net
