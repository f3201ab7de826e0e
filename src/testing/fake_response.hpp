// The bytes of a fake provider's responses.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include <weir/testing.hpp>

namespace weir::inline v0::testing {

class response_bytes {
public:
  /// Adds to a server's script its response to a request.
  static void add(script& to, const response& r, const seen_request& request);

private:
  static void add_whole(script& to, const response& r, std::string_view type, const std::string& body);
  static void add_answer(script& to, const response& r, const seen_request& request);
  static std::string head(const response& r, std::string_view type, const std::string& framing);
};

/// Parses the request that `bytes` begin with. \returns its length; 0 if it is not complete.
std::size_t parse_request(std::string_view bytes, seen_request& out);

} // namespace weir::inline v0::testing
