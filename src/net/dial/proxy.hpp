// Through an HTTP proxy: by a tunnel (RFC 9110, section 9.3.6), or by having it send requests on.
#pragma once

#include <boost/asio/awaitable.hpp>

#include <string>
#include <string_view>

#include <weir/net/stream.hpp>

#include "core/time/wait_hint.hpp"
#include "net/dial/proxy_rules.hpp"

namespace weir::net {

/// Reads the answer to CONNECT: its status, and that nothing follows its head.
class connect_answer {
public:
  enum class state { more, open, refused, malformed, too_large, unasked_bytes };
  static constexpr std::size_t limit = 16u << 10;

  connect_answer() = default;
  /// Takes what was read; the verdict so far.
  state feed(std::string_view bytes);
  /// The status of the last head that was whole, or 0.
  int status() const noexcept { return status_; }
  /// What the Retry-After of one that refused asks for.
  wait_hint retry_after(wall_time now) const noexcept;

private:
  std::string head_;
  std::size_t skipped_ = 0;
  int status_ = 0;
};

/// The failure that a 407 stands for: errc::proxy_refused. `given`: credentials were sent.
[[noreturn]] void throw_unauthorized(const std::string& proxy, bool given);

/// Asks the proxy at the other end of `s` for a tunnel to host:port.
/// Errors: weir::error errc::connect_failed for 429, 502, 503 and 504, with the status and failure::retry_after() if
/// told; else errc::proxy_refused, with the status where there was one. Cancellation: terminal; `s` is then of no use.
boost::asio::awaitable<void> tunnel(stream& s, proxy via, std::string host, std::uint16_t port);

/// A stream to `to` through the proxy at the other end of `s`: a tunnel for https origins; for http ones a
/// forwarded_stream, since many proxies deny CONNECT to other ports than 443. Errors: those of tunnel().
boost::asio::awaitable<stream_ptr> through(stream_ptr s, proxy via, origin to);

} // namespace weir::net
