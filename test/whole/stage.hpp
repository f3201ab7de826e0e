// A server on a loopback socket that takes a client to one point of a call and leaves it there.
#pragma once

#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "sim/server/certificates.hpp"

namespace weir::inline v0::test {

/// What the server does with a request.
class part {
public:
  enum class then {
    serve, ///< reads the next request
    end,   ///< ends the connection
    hold,  ///< sends nothing more, until the client leaves
    flood, ///< sends `repeated` over and over, faster than the client reads
    relay, ///< becomes a tunnel to the port that a CONNECT names, on loopback
  };
  /// `match`: how the request's first line begins.
  part(std::string match, std::string bytes, then next = then::serve, std::string repeated = {})
      : match(std::move(match)), bytes(std::move(bytes)), next(next), repeated(std::move(repeated)) {}

  std::string match;
  std::string bytes;
  then next;
  std::string repeated;
};

class play {
public:
  /// `dumb` connections are accepted and sent nothing, not even TLS; `deaf` ones read no request.
  enum class greeting { serve, dumb, deaf };
  play() = default;
  explicit play(std::vector<part> p) : parts(std::move(p)) {}
  explicit play(greeting g) : hello(g) {}

  greeting hello = greeting::serve;
  std::vector<part> parts; ///< The first that matches a request is played; others end the connection.
};

/// A stage is played on a thread of its own.
class stage {
public:
  /// `over_h2`: nghttpx stands in front of it, and speaks HTTP/2; see has_front().
  explicit stage(bool tls, bool over_h2 = false);
  ~stage();
  stage(const stage&) = delete;
  stage& operator=(const stage&) = delete;

  /// Applies to connections from now on; resets the counts.
  void set(play p);
  /// Dumb and deaf connections now read, so that the client's close is seen.
  void release() noexcept { released_ = true; }
  /// Connections that have reached the end of the play.
  int reached() const noexcept { return reached_; }
  /// Connections that the client has not closed.
  int open() const noexcept { return open_; }
  /// Requests that were read.
  int requests() const noexcept { return requests_; }

  bool tls() const noexcept { return tls_; }
  bool over_h2() const noexcept { return front_port_ != 0; }
  /// Whether this machine has nghttpx.
  static bool has_front();
  std::string authority() const { return "127.0.0.1:" + std::to_string(over_h2() ? front_port_ : port_); }
  std::string url() const { return (tls_ || over_h2() ? "https://" : "http://") + authority(); }
  /// The same play without TLS, also on a stage with TLS.
  std::string plain_url() const { return "http://127.0.0.1:" + std::to_string(plain_port_); }
  /// The same play as at url(), on a Unix socket.
  const std::string& socket_path() const noexcept { return socket_path_; }
  /// For the files of a client.
  const std::string& folder() const noexcept { return folder_; }
  const std::string& ca_file() const noexcept { return ca_file_; }

private:
  class connection;
  template <class Acceptor>
  void accept(Acceptor& at, bool tls);
  void start_front();

  const bool tls_;
  sim::authority trust_;
  sim::tls_identity identity_;
  std::string ca_file_;
  std::mutex mutex_;
  std::shared_ptr<const play> play_;
  std::atomic<int> reached_ = 0, open_ = 0, requests_ = 0;
  std::atomic<bool> released_ = false;
  boost::asio::io_context context_{1};
  boost::asio::ip::tcp::acceptor acceptor_, plain_acceptor_;
  boost::asio::local::stream_protocol::acceptor unix_acceptor_;
  std::uint16_t port_ = 0, plain_port_ = 0, front_port_ = 0;
  int front_ = -1; // its process
  std::string socket_path_, folder_;
  std::thread thread_;
};

} // namespace weir::inline v0::test
