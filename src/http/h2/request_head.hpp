// A request's head as the fields that HPACK encodes.
#pragma once

#include <nghttp2/nghttp2.h>

#include <string>
#include <string_view>
#include <vector>

#include "http/message/types.hpp"

namespace weir::inline v0::http::h2 {

/// The fields of a request, pseudo-fields first, names in lower case. Those that hold credentials are marked never to
/// be indexed: neither this side nor a proxy keeps them in a table that an attacker could probe (RFC 7541, 7.1.3).
///
/// Object lifetimes: the views of fields() are into this object, which overwrites its copy of the key when it is
/// destroyed.
class request_head {
public:
  /// \throws weir::error as http::check().
  explicit request_head(const request& r);
  request_head(const request_head&) = delete;
  request_head& operator=(const request_head&) = delete;
  ~request_head();

  const std::vector<nghttp2_nv>& fields() const noexcept { return fields_; }

private:
  void add(std::string_view name, std::string_view value, bool secret);

  std::string text_; // names and values, one after the other
  std::vector<nghttp2_nv> fields_;
};

} // namespace weir::inline v0::http::h2
