// A server on loopback that answers each request as the plan of its seed has it.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <atomic>
#include <string>
#include <thread>

namespace weir::inline v0::adversary {

/// Runs on a thread of its own until it is destroyed.
class server {
public:
  server();
  ~server();
  server(const server&) = delete;
  server& operator=(const server&) = delete;

  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  /// Connections that are open at this side.
  int open() const noexcept { return open_; }

private:
  boost::asio::awaitable<void> accept();
  boost::asio::awaitable<void> serve(boost::asio::ip::tcp::socket peer);

  boost::asio::io_context context_{1};
  boost::asio::ip::tcp::acceptor acceptor_;
  std::uint16_t port_;
  std::atomic<int> open_{0};
  std::thread thread_;
};

} // namespace weir::inline v0::adversary
