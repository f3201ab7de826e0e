// Through an HTTP proxy: by a tunnel (RFC 9110, section 9.3.6), or by having it forward requests.
#pragma once

#include <boost/asio/awaitable.hpp>

#include <string>
#include <string_view>

#include <weir/net/stream.hpp>

#include "core/time/wait_hint.hpp"
#include "net/dial/proxy_rules.hpp"

namespace weir::inline v0::net {

/// Reads the response to CONNECT: its status, and that nothing follows its head.
class connect_answer {
public:
  enum class state { more, open, refused, malformed, too_large, unasked_bytes };
  static constexpr std::size_t limit = 16u << 10;

  connect_answer() = default;
  /// Takes what was read; the verdict so far.
  state feed(std::string_view bytes);
  /// The status of the last complete head, or 0.
  int status() const noexcept { return status_; }
  /// The Retry-After of a refusal.
  wait_hint retry_after(wall_time now) const noexcept;

private:
  std::string head_;
  std::size_t skipped_ = 0;
  int status_ = 0;
};

/// The failure for a 407: errc::proxy_refused. `given`: credentials were sent.
[[noreturn]] void throw_unauthorized(const std::string& proxy, bool given);

/// Asks the proxy at the other end of `s` for a tunnel to host:port.
/// Errors: weir::error errc::connect_failed for 429, 502, 503 and 504, with the status and failure::retry_after() if
/// given; else errc::proxy_refused, with the status if there was one. Cancellation: terminal; `s` is unusable then.
boost::asio::awaitable<void> tunnel(stream& s, proxy via, std::string host, std::uint16_t port);

/// A stream to `to` through the proxy at the other end of `s`: a tunnel for https origins; for http ones a
/// forwarded_stream, since many proxies deny CONNECT to ports other than 443. Errors: those of tunnel().
boost::asio::awaitable<stream_ptr> through(stream_ptr s, proxy via, origin to);

} // namespace weir::inline v0::net
