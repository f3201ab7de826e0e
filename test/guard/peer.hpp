// A server on a loopback socket that takes turns with its client, in the client's own thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "sim/server/certificates.hpp"

namespace weir::inline v0::test {

/// Whatever it does is done when turn() returns: how often the client wakes up, and what it then finds, depends on no
/// clock and no scheduler.
class peer {
public:
  explicit peer(bool tls);
  ~peer();
  peer(const peer&) = delete;
  peer& operator=(const peer&) = delete;

  std::string url() const;
  const std::string& ca_file() const noexcept { return ca_file_; }
  /// How each request from now on is answered: with one of the pieces a turn.
  void answer(std::vector<std::string> pieces);
  /// Connections from now on may be resumed, or not.
  void give_tickets(bool on);
  /// Sends every client its next piece; without one, serves clients until some are sent something.
  /// \throws std::runtime_error if no client wants anything.
  void turn();

private:
  class connection;
  void accept();
  bool send_pieces();
  bool serve();

  const bool tls_;
  sim::authority trust_;
  sim::tls_identity identity_;
  std::string ca_file_;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::shared_ptr<const std::vector<std::string>> pieces_;
  std::vector<std::unique_ptr<connection>> connections_;
};

} // namespace weir::inline v0::test
