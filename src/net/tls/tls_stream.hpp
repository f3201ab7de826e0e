// TLS over any stream, with OpenSSL driven by readiness.
#pragma once

#include <boost/asio/awaitable.hpp>

#include <memory>
#include <string>

#include <weir/net/stream.hpp>

#include "net/tls/certificate.hpp"
#include "net/tls/tls_context.hpp"

namespace weir::inline v0::net {

/// TLS on top of another stream. OpenSSL reads and writes that stream directly, so that one
/// wake-up drains as many records as have arrived, and no operation is in flight between calls.
class tls_stream final : public stream {
public:
  /// `give_way`: the peer sends faster than its bytes make progress; continue after others had a turn.
  enum class progress { done, wait_read, wait_write, give_way };

  /// `ex`: the plain executor of the strand that the stream is used on. `time` outlives the stream.
  tls_stream(boost::asio::any_io_executor ex, stream_ptr inner, std::shared_ptr<tls_context> context, tls_peer peer,
             const time_source& time);
  ~tls_stream() override;

  /// Continues the handshake.
  /// \throws weir::error certificate_rejected, tls_failed or connect_failed.
  progress handshake();

  /// One record at most is written: a caller may stop between records, but not within one.
  std::size_t write_some(boost::asio::const_buffer buffer, error_code& ec) override;
  std::size_t read_some(boost::asio::mutable_buffer buffer, error_code& ec) override;
  void async_wait(direction d, wait_handler handler) override;
  /// Sends close_notify if that is possible at once.
  void close() noexcept override;
  bool idle_and_healthy() noexcept override;
  std::string_view alpn() const noexcept override { return alpn_; }
  bool resumed() const noexcept override { return resumed_; }

  stream& inner() noexcept { return *inner_; }
  /// The peer's, once the handshake is done.
  peer_certificate certificate() const { return describe(ssl_.get()); }

private:
  friend int keep_session(SSL*, SSL_SESSION*);
  friend class stream_bio;

  // What a direction that would block waits for: the inner stream, or only its next turn.
  enum class need { read, write, turn };
  void begin() noexcept;
  void give_buffers_back() noexcept;
  error_code error_after(int result, direction own);
  [[noreturn]] void handshake_failed(int result);
  void check_alpn();
  void keep(ssl_session_ptr session);
  std::string peer_text() const;

  boost::asio::any_io_executor executor_;
  const time_source& time_;
  stream_ptr inner_;
  std::shared_ptr<tls_context> context_;
  tls_peer peer_;
  ssl_ptr ssl_;
  time_point started_;
  time_point verified_;           // When the certificate was, perhaps by a connection that this one resumed.
  ssl_session_ptr early_session_; // TLS 1.2 gives it before the handshake is over.
  std::string alpn_;
  error_code inner_error_;
  error_code failure_;
  need read_wants_ = need::read;
  need write_wants_ = need::write;
  time_point waited_at_{}; // for the peer, the last time
  int short_gaps_ = 0;     // between its bytes, the last ones
  std::size_t left_ = 0;   // of what one call may take from the peer: OpenSSL swallows records that give nothing
  bool inner_ended_ = false;
  bool established_ = false;
  bool resumed_ = false;
  bool write_pending_ = false;
  bool closed_ = false;
};

/// OpenSSL's callback for new sessions.
int keep_session(SSL* ssl, SSL_SESSION* session);

/// Makes a TLS connection over `inner` and verifies the peer.
/// Errors: weir::error errc::certificate_rejected; errc::tls_failed; errc::connect_failed if the
/// connection broke. Cancellation: terminal; the connection is closed.
boost::asio::awaitable<stream_ptr> tls_connect(stream_ptr inner, std::shared_ptr<tls_context> context, tls_peer peer);

} // namespace weir::inline v0::net
