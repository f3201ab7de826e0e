// A connection to a proxy that reads and forwards the requests, as it does for http origins.
#pragma once

#include <string>
#include <utility>

#include <weir/core/secret.hpp>
#include <weir/net/stream.hpp>

namespace weir::inline v0::net {

/// What a request needs if a proxy reads it: its target in absolute form (RFC 9112, section 3.2.2), and the proxy's own
/// credentials.
class forwarding {
public:
  forwarding(std::string p, secret b, bool l) : proxy(std::move(p)), basic(std::move(b)), local(l) {}
  std::string proxy; ///< `http://host:port`
  secret basic;      ///< Of Proxy-Authorization: Basic. May be empty.
  bool local;        ///< The proxy is on this machine: nobody on a network reads the requests.
};

/// Found through forwarding_of(): code that only moves bytes does not care where they go.
class forwarded_stream final : public stream {
public:
  forwarded_stream(stream_ptr inner, forwarding how) : inner_(std::move(inner)), how_(std::move(how)) {}

  std::size_t read_some(boost::asio::mutable_buffer buffer, error_code& ec) override {
    return inner_->read_some(buffer, ec);
  }
  std::size_t write_some(boost::asio::const_buffer buffer, error_code& ec) override {
    return inner_->write_some(buffer, ec);
  }
  void async_wait(direction d, wait_handler handler) override { inner_->async_wait(d, std::move(handler)); }
  void close() noexcept override { inner_->close(); }
  bool idle_and_healthy() noexcept override { return inner_->idle_and_healthy(); }

  const forwarding& how() const noexcept { return how_; }

private:
  stream_ptr inner_;
  forwarding how_;
};

/// How requests over `s` are forwarded; null if they are not.
inline const forwarding* forwarding_of(const stream& s) noexcept {
  const auto* forwarded = dynamic_cast<const forwarded_stream*>(&s);
  return forwarded ? &forwarded->how() : nullptr;
}

} // namespace weir::inline v0::net
