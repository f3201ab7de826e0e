// The seam to the network: byte streams by readiness, connectors, resolvers.
#pragma once

#include <weir/core/asio.hpp>
#include <weir/detail/abi.hpp>

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include <weir/core/connect_times.hpp>
#include <weir/core/error.hpp>
#include <weir/core/time.hpp>

WEIR_BEGIN_NAMESPACE
namespace net {

enum class direction { read, write };

/// A connected byte stream, plain or TLS, that never blocks: reads and writes transfer what they can at once, and
/// `async_wait` says when to try again. Because nothing is in flight inside it but that wait, cancelling a wait leaves
/// the stream as it was.
///
/// Object lifetimes: a pending wait shares the stream. weir ends one with close(), and destroys it once its waits have
/// completed: a cancellation may still reach into it before. Thread safety: none; one strand.
class stream {
public:
  using wait_handler = boost::asio::any_completion_handler<void(error_code)>;

  virtual ~stream() = default;

  /// Reads at least one byte, or reports why not: `would_block` (asio::error), `eof`
  /// after an orderly end (TLS: close_notify), errc::connection_lost where TLS ended
  /// without one, or a system error.
  virtual std::size_t read_some(boost::asio::mutable_buffer buffer, error_code& ec) = 0;
  /// Writes a prefix of `buffer`; `would_block` if nothing could be written.
  /// After would_block the next call must pass the same bytes (a TLS record may be half out).
  virtual std::size_t write_some(boost::asio::const_buffer buffer, error_code& ec) = 0;
  /// Completes when the operation that last reported would_block in this direction
  /// may make progress; never inline. At most one wait per direction.
  /// Cancellation: terminal, partial and total; the stream stays usable.
  virtual void async_wait(direction, wait_handler handler) = 0;
  /// Ends the stream at once; pending waits complete with operation_aborted. Idempotent.
  virtual void close() noexcept = 0;

  /// Whether an idle stream is still good: no end, error or unsolicited byte has arrived. Does not consume. Used before
  /// a pooled connection is leased again.
  virtual bool idle_and_healthy() noexcept = 0;
  /// The protocol chosen by ALPN ("http/1.1", "h2"), empty if none or plain.
  virtual std::string_view alpn() const noexcept { return {}; }
  /// Whether the TLS session was resumed; false for plain streams.
  virtual bool resumed() const noexcept { return false; }
};

using stream_ptr = std::unique_ptr<stream>;

/// Where a request goes: scheme, host and port, and nothing else. Cheap to copy.
class origin {
public:
  origin() = default;
  origin(std::string scheme, std::string host, std::uint16_t port);

  const std::string& scheme() const noexcept { return parts().scheme; }
  /// Lower case, without brackets; an IP literal as it was written.
  const std::string& host() const noexcept { return parts().host; }
  std::uint16_t port() const noexcept { return parts().port; }
  bool tls() const noexcept { return scheme() == "https"; }
  /// `host`, `[v6]`, with `:port` unless it is the scheme's default: the Host header.
  std::string authority() const { return text().substr(scheme().size() + 3); }
  /// `scheme://authority`: what a secret is bound to.
  const std::string& text() const noexcept { return parts().text; }

  friend bool operator==(const origin& a, const origin& b) noexcept {
    return a.parts_ == b.parts_ || a.text() == b.text();
  }

private:
  class all {
  public:
    std::string scheme, host, text = "://";
    std::uint16_t port = 0;
  };
  const all& parts() const noexcept;

  std::shared_ptr<const all> parts_;
};

using weir::connect_times;

/// Opens streams. The real one resolves, dials, tunnels and handshakes; a test's
/// plays a script.
///
/// connect() must be cancellable at every point (terminal) and then leave nothing
/// behind. Its deadline is the ambient one of the awaiting coroutine's executor.
/// Errors: resolve_failed, connect_failed, out_of_resources, proxy_refused, tls_failed,
/// certificate_rejected as weir::error.
class connector {
public:
  virtual ~connector() = default;
  virtual boost::asio::awaitable<stream_ptr> connect(origin to, connect_times& times) = 0;
};

} // namespace net
WEIR_END_NAMESPACE
