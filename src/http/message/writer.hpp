// A request as the bytes that go on the wire.
#pragma once

#include <string>
#include <string_view>

#include "http/message/types.hpp"

namespace weir::inline v0::net {
class forwarding;
}

namespace weir::inline v0::http {

/// The name and version that weir sends as User-Agent.
std::string_view user_agent() noexcept;

/// The bytes of one request: the head, followed by the body in the same buffer where both
/// are small, so that they are sent in one write.
///
/// Object lifetimes: the request must live as long, since a large body is not copied. The head,
/// which may hold a key, is overwritten by cleanse() and by the destructor.
class request_bytes {
public:
  static constexpr std::size_t one_write = 64u << 10;

  /// \throws weir::error
  ///   errc::invalid_argument for a method, target, header name or value with a byte that could
  ///   end it, and for headers that are the writer's own; the text names the field, never the value;
  ///   errc::insecure if the key is not bound to the request's origin, or would go over plain
  ///   HTTP to another host than this one, or through a proxy on another; errc::missing_key for an empty key.
  /// `via`: a proxy reads the request and sends it on.
  explicit request_bytes(const request& r, const net::forwarding* via = nullptr);
  request_bytes(request_bytes&&) = delete;
  ~request_bytes() { cleanse(); }

  std::string_view first() const noexcept { return buffer_; }
  /// The body, if it is too large to be part of first().
  std::string_view second() const noexcept { return rest_; }
  /// Overwrites first(); second() stays.
  void cleanse() noexcept;

private:
  std::string buffer_;
  std::string_view rest_;
};

} // namespace weir::inline v0::http
