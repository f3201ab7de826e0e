// Where a URL points, reduced to what a request needs.
#pragma once

#include <string>
#include <string_view>

#include <weir/net/stream.hpp>

namespace weir::inline v0::http {

class url {
public:
  url() = default;
  net::origin origin;
  std::string target = "/"; ///< Path and query, as they go on the request line.
};

/// Reads an absolute http or https URL (RFC 3986). The host is lower-cased, the brackets of
/// an IPv6 literal removed, the scheme's port filled in, and an empty path becomes "/".
///
/// \throws weir::error errc::malformed_url for anything else: another scheme, no host, user information, a fragment, a
/// port outside 1–65535, or bytes that a URL may not have. The message says which, and quotes no part of the URL: it
/// may hold a password or a key.
url parse_url(std::string_view text);

/// Whether a text that may also be a name is meant as such a URL.
inline bool is_url(std::string_view text) noexcept {
  return text.starts_with("http://") || text.starts_with("https://");
}

} // namespace weir::inline v0::http
