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

/// \throws weir::error
///   errc::invalid_argument for a method, target, header name or value with a byte that could
///   end it, and for headers that are the writer's own; the text names the field, never the value;
///   errc::insecure if the key is not bound to the request's origin, or would go over plain
///   HTTP to another host than this one, or through a proxy on another; errc::missing_key for an empty key.
/// `via`: a proxy reads the request and sends it on.
void check(const request& r, const net::forwarding* via = nullptr);

/// Calls `put(name, parts…)` for each field of a request, but those that say where it goes, in turn: the parts together
/// are the value. `length`: of the body, as text.
template <class Put>
void each_field(const request& r, std::string_view length, Put put) {
  if (!r.headers.has("user-agent"))
    put("user-agent", user_agent());
  if (!r.headers.has("accept"))
    put("accept", std::string_view("*/*"));
  if (!r.headers.has("accept-encoding"))
    put("accept-encoding", std::string_view("identity"));
  if (r.auth)
    put(r.auth->header, std::string_view(r.auth->scheme), std::string_view(r.auth->scheme.empty() ? "" : " "),
        r.auth->key.reveal());
  for (const auto& [name, value] : r.headers)
    put(name, std::string_view(value));
  if (!r.body.empty() || r.method == "POST" || r.method == "PUT" || r.method == "PATCH")
    put("content-length", length);
}

/// The bytes of one request of HTTP/1.1: the head, followed by the body in the same buffer where both
/// are small, so that they are sent in one write.
///
/// Object lifetimes: the request must live as long, since a large body is not copied. The head,
/// which may hold a key, is overwritten by cleanse() and by the destructor.
class request_bytes {
public:
  static constexpr std::size_t one_write = 64u << 10;

  /// \throws weir::error as check().
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
