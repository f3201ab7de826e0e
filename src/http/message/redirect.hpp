// Where a response redirects a GET.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "http/message/types.hpp"
#include "http/message/url.hpp"

namespace weir::inline v0::http {

/// The URL that a reference resolves to at `base` (RFC 3986 §5.2): absolute, `//host/path`, `/path`, `path`,
/// `../path`, `?query` or empty. A fragment is dropped, and what a server ought to have escaped (spaces, bytes
/// beyond ASCII) is escaped, as browsers do.
/// \throws weir::error as parse_url(), which reads the result.
url resolve_reference(const url& base, std::string_view reference);

/// Follows redirects within its policy: how many, and to which origins.
/// Only for requests without a body. Thread safety: none.
class redirects {
public:
  enum class reach {
    same_origin, ///< For requests with a credential: it stays within its origin.
    any_secure,  ///< Anywhere, but from https to https only.
  };

  redirects(url from, int most, reach within) : at_(std::move(from)), left_(most), reach_(within) {}

  /// Where the request is to go now.
  const url& at() const noexcept { return at_; }

  /// Whether the response is a redirect, which at() then points to. A 3xx without a location, such as 304, is not one.
  /// \throws weir::error errc::unexpected_redirect for a location outside the policy, or one that is not a URL. The
  /// message names the origin alone: a path may be signed.
  bool follow(const response_head& head);

private:
  url at_;
  int left_;
  reach reach_;
};

} // namespace weir::inline v0::http
