// Servers on loopback, each connection on a thread of its own with blocking calls.
#pragma once

#include <openssl/ssl.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "net/certificates.hpp"

namespace test {

/// Accepts connections on 127.0.0.1 and hands each to `serve`, whose return closes it.
/// Destruction ends all of them.
class tcp_server {
public:
  explicit tcp_server(std::function<void(int fd)> serve, const std::string& address = "127.0.0.1");
  tcp_server(const tcp_server&) = delete;
  tcp_server& operator=(const tcp_server&) = delete;
  ~tcp_server();
  std::uint16_t port() const noexcept { return port_; }
  int accepted() const noexcept { return accepted_; }

private:
  void accept_all();

  std::function<void(int)> serve_;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::atomic<int> accepted_{0};
  std::atomic<bool> stopping_{false};
  std::mutex mutex_;
  std::vector<int> open_;
  std::vector<std::thread> threads_;
  std::thread acceptor_;
};

class tls_server_options {
public:
  tls_server_options() = default;
  key_and_certificate identity;
  std::vector<key_and_certificate> intermediates;
  int min_version = 0, max_version = 0;
  std::string alpn = "http/1.1";                  ///< What it chooses, if offered or not; empty: no ALPN.
  const key_and_certificate* client_ca = nullptr; ///< Not null: asks for a client certificate.
};

/// Sends every byte back until the client ends.
void echo(SSL* ssl);

/// A TLS server that accepts anything a client might: weak keys and old versions too.
class tls_server {
public:
  explicit tls_server(tls_server_options options, std::function<void(SSL*)> serve = echo);
  std::uint16_t port() const noexcept { return tcp_.port(); }
  int handshakes() const noexcept { return handshakes_; }
  int resumptions() const noexcept { return resumptions_; }
  /// The server name of the last client hello.
  std::string last_sni() const;

private:
  static int note_sni(SSL* ssl, int*, void* self);
  void serve(int fd);

  tls_server_options options_;
  std::shared_ptr<SSL_CTX> ctx_;
  std::function<void(SSL*)> serve_;
  std::atomic<int> handshakes_{0}, resumptions_{0};
  mutable std::mutex mutex_;
  std::string sni_;
  tcp_server tcp_;
};

/// Copies bytes both ways between a connection and 127.0.0.1:port until either ends.
void relay(int fd, std::uint16_t port);
void relay(SSL* ssl, std::uint16_t port);

/// A port on 127.0.0.1 that nothing listens on.
std::uint16_t closed_port();

} // namespace test
