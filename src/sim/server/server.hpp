// A simulated provider on a local port.
#pragma once

#include <boost/asio/io_context.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <thread>

#include "sim/server/counters.hpp"
#include "sim/server/settings.hpp"

namespace weir::inline v0::sim {

/// Serves the protocols of protocol.hpp over TLS or plain TCP, with faults.
///
/// Object lifetimes: the io_context must outlive it. Connections end with stop() or with the server; their coroutines
/// return when the io_context next runs.
/// Thread safety: none, but seen() is safe. See server_thread for a server alongside blocking code.
class server {
public:
  server(boost::asio::io_context& context, settings how);
  ~server();
  server(const server&) = delete;
  server& operator=(const server&) = delete;

  /// Listens. The CA's certificate is written to a new file.
  /// \throws boost::system::system_error if the address cannot be used, weir::error if certificates cannot be created.
  void start();
  /// Closes everything at once and removes the CA file. Idempotent.
  void stop();

  std::uint16_t port() const noexcept;
  /// `https://127.0.0.1:PORT`
  std::string url() const;
  /// The path of the CA's certificate; empty without TLS.
  const std::string& ca_file() const noexcept;
  /// Replaces the server's faults from the next connection or request on.
  void faults(std::vector<fault_rule> rules);
  std::shared_ptr<const counters> seen() const noexcept;

private:
  class impl;
  std::shared_ptr<impl> impl_;
};

/// A started server on its own thread, for tests and blocking clients.
class server_thread {
public:
  explicit server_thread(settings how = settings());
  /// Stops the server and waits for its thread.
  ~server_thread();

  const std::string& url() const noexcept { return url_; }
  std::uint16_t port() const noexcept { return port_; }
  const std::string& ca_file() const noexcept { return ca_file_; }
  const counters& seen() const noexcept { return *seen_; }
  /// See server::faults(); returns once they are in force.
  void faults(std::vector<fault_rule> rules);

private:
  boost::asio::io_context context_{1};
  server server_;
  std::string url_;
  std::uint16_t port_ = 0;
  std::string ca_file_;
  std::shared_ptr<const counters> seen_;
  std::thread thread_;
};

} // namespace weir::inline v0::sim
