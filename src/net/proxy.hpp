// A tunnel through an HTTP proxy (RFC 9110, section 9.3.6).
#pragma once

#include <boost/asio/awaitable.hpp>

#include <string>
#include <string_view>

#include <weir/net/stream.hpp>

#include "net/proxy_rules.hpp"

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

private:
  std::string head_;
  std::size_t skipped_ = 0;
  int status_ = 0;
};

/// Asks the proxy at the other end of `s` for a tunnel to host:port.
/// Errors: weir::error errc::proxy_refused, with the status where there was one. Cancellation: terminal;
/// `s` is then of no use.
boost::asio::awaitable<void> tunnel(stream& s, proxy via, std::string host, std::uint16_t port);

} // namespace weir::net
