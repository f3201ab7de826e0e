// The seam to the HTTP library: only its translation unit includes Beast.
#pragma once

#include <string_view>

#include "http/message/types.hpp"

namespace weir::inline v0::http {

/// Parses a whole head, final CRLF CRLF included, that the guard has vetted.
/// \returns false if the library refuses it all the same; `out` must not be used then.
bool parse_head(std::string_view text, response_head& out);

} // namespace weir::inline v0::http
