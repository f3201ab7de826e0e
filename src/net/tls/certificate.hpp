// What a peer's certificate says, for people.
#pragma once

#include <openssl/ssl.h>

#include <chrono>
#include <optional>
#include <string>

namespace weir::inline v0::net {

class peer_certificate {
public:
  peer_certificate() = default;
  std::string subject; ///< The first alternative name, or the common name.
  std::string issuer;  ///< The organisation, and the common name where it has one.
  std::optional<std::chrono::system_clock::time_point> expires;
};

/// The certificate of a connection that is established; all empty if the peer presented none.
peer_certificate describe(const SSL* ssl);

} // namespace weir::inline v0::net
